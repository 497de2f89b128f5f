"""Calls for generated tests: arguments of the types that a function's head says, made by the test data generator.

`testdata_calls.py` runs in the sandbox beside the generator and calls.json:
    {"function": name | "", "takes": number of arguments | -1, "task": the words, with what was planned of them,
     "programs": [text, …] that passed so far, "seed": N, "count": ordinary calls, "edges": calls at edges}
Nothing of the programs is run: heads and classes are read from their text. The task's own head goes before
theirs; of theirs the types that most of them say. So a program has a part in what all are asked, none in how its
own answers are judged; and of a program only types are taken, never values (Literal, defaults).

One JSON object on standard output: {"own": the types are the task's, "hints": they in words, "calls": [{"args":
Python text of plain values | "call": the whole call where an argument is of a class, "edge": bool, "empty": an
argument is empty}]}, ordinary ones first, each from the shortest on; without "calls" nothing was found.
"""

import ast
import collections
import json
import os
import re
import sys
import textwrap

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]

import testdata_make  # noqa: E402
import testdata_schema  # noqa: E402
from testdata_random import Random  # noqa: E402

WORDS = ["a", "b", "ab", "ba", "hello", "world", "level", "python", "tree", "data"]
TEXTS = ["", " ", "a", "A", "aa", "aBc", "a b", "été", "10"]
# Numbers at which programs fail and that none counts up to for long.
PLAIN = {
    "int": ({"type": "integer", "minimum": 1, "maximum": 30}, {"enum": [0, 1, -1, 2, 12, 25]}),
    "float": ({"type": "number", "minimum": 0, "maximum": 100, "multipleOf": 0.25},
              {"enum": [0.0, -0.0, 1.0, -1.5, 0.1, 1e-9, 1e6]}),
    "str": ({"anyOf": [{"enum": WORDS}, {"type": "string", "pattern": "^[abcxyzAB ]{1,8}$"}]}, {"enum": TEXTS}),
    "bytes": ({"enum": WORDS}, {"enum": TEXTS}),
    "bool": ({"type": "boolean"}, {"type": "boolean"}),
    "None": ({"type": "null"}, {"type": "null"}),
}
SAME = {"Number": "float", "Real": "float", "Any": "int", "object": "int", "Hashable": "int", "NoneType": "None"}
LISTS = {"list", "List", "Sequence", "MutableSequence", "Iterable", "Collection"}
SETS = {"set", "Set", "frozenset", "FrozenSet", "AbstractSet", "MutableSet"}
MAPS = {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict"}
EMPTY = {"''", "b''", "[]", "{}", "()", "set()"}
DEEP, PARTS, LONG = 8, 200, 1000  # of a hint: levels and parts; characters of a call


class Unknown(Exception):
    """There are no values of this type."""


class Kind:
    """`name`: of the type; `schema`: of its values in JSON, ordinary or edges; `text`: one of them as Python."""

    def __init__(self, name, schema, text):
        self.name, self.schema, self.text = name, schema, text


def pair(schemas):
    return {"type": "array", "prefixItems": schemas, "minItems": len(schemas), "maxItems": len(schemas)}


def last(node):
    """The name without its module."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


class Kinds:
    """Of the hints in one text. `words`: of the task, if the text is not the task's own."""

    def __init__(self, body, edge, words=None):
        self.edge, self.words = edge, words
        self.classes = {n.name: n for n in reversed(body) if isinstance(n, ast.ClassDef)}
        self.aliases = {n.targets[0].id: n.value for n in body if isinstance(n, ast.Assign) and len(n.targets) == 1 and
                        isinstance(n.targets[0], ast.Name)}
        self.defs, self.texts, self.built, self.depth, self.parts = {}, {}, False, 0, 0

    def of(self, node):
        """Bounded: names in a program's text may stand for each other."""
        self.depth += 1
        self.parts += 1
        try:
            if self.depth > DEEP or self.parts > PARTS:
                raise Unknown
            return self.find(node)
        finally:
            self.depth -= 1

    def find(self, node):
        if isinstance(node, ast.Constant):
            return self.constant(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self.union([node.left, node.right])
        if isinstance(node, ast.Subscript):
            inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            return self.generic(last(node.value), inner)
        name = SAME.get(last(node), last(node))
        if name in PLAIN:
            return self.plain(name)
        if name in LISTS | SETS | MAPS or name in ("tuple", "Tuple"):
            return self.generic(name, [])
        if name in self.classes:
            return self.cls(self.classes[name])
        if name in self.aliases:
            return self.of(self.aliases[name])
        raise Unknown

    def constant(self, node):
        if node.value is None:
            return self.plain("None")
        if not isinstance(node.value, str):
            raise Unknown
        try:
            return self.of(ast.parse(node.value, mode="eval").body)
        except (SyntaxError, ValueError):
            raise Unknown from None

    def plain(self, name):
        text = {"bytes": lambda v: repr(v.encode()), "float": lambda v: repr(float(v))}.get(name, repr)
        return Kind(name, PLAIN[name][self.edge], text)

    # ---- what has others in it ----

    def generic(self, name, inner):
        if name in LISTS:
            return self.many("list", inner, "[%s]", {})
        if name in SETS:
            return self.many("set", inner, "{%s}", {"uniqueItems": True})
        if name in MAPS:
            return self.mapping(inner)
        if name in ("tuple", "Tuple"):
            return self.tuple(inner)
        if name in ("Optional", "Union"):
            return self.union(inner + [ast.Constant(None)] * (name == "Optional"))
        if name in ("Annotated", "Final", "Required", "NotRequired") and inner:
            return self.of(inner[0])
        if name == "Literal" and self.words is None:
            values = [ast.literal_eval(v) for v in inner]
            return Kind("Literal", {"enum": values}, repr)
        raise Unknown

    def element(self, inner, at=0):
        return self.of(inner[at]) if len(inner) > at else self.plain("int")

    def size(self):
        return {"minItems": 0, "maxItems": 3} if self.edge else {"minItems": 1, "maxItems": 6}

    def many(self, name, inner, form, more):
        one = self.element(inner)

        def text(values):
            return form % ", ".join(map(one.text, values)) if values or form[0] == "[" else "set()"
        return Kind(f"{name}[{one.name}]", {"type": "array", "items": one.schema, **self.size(), **more}, text)

    def mapping(self, inner):
        key = self.element(inner) if inner else self.plain("str")
        value = self.element(inner, 1)

        def text(pairs):
            known = {key.text(k): value.text(v) for k, v in pairs}
            return "{" + ", ".join(f"{k}: {v}" for k, v in known.items()) + "}"
        return Kind(f"dict[{key.name}, {value.name}]",
                    {"type": "array", "items": pair([key.schema, value.schema]), **self.size()}, text)

    def tuple(self, inner):
        if not inner or (len(inner) == 2 and isinstance(inner[1], ast.Constant) and inner[1].value is Ellipsis):
            many = self.many("tuple", inner[:1], "[%s]", {})
            name = f"tuple[{many.name[6:-1]}, ...]"
            return Kind(name, many.schema, lambda v: f"tuple({many.text(v)})" if self.built else
                        repr(tuple(ast.literal_eval(many.text(v)))))
        kinds = [self.of(n) for n in inner]
        return Kind(f"tuple[{', '.join(k.name for k in kinds)}]", pair([k.schema for k in kinds]), lambda values:
                    "(" + "".join(k.text(v) + ", " for k, v in zip(kinds, values)).rstrip(" ") + ")")

    def union(self, inner):
        kinds = [self.of(n) for n in inner]
        schema = {"anyOf": [pair([{"const": i}, k.schema]) for i, k in enumerate(kinds)]}
        return Kind(" | ".join(k.name for k in kinds), schema, lambda v: kinds[v[0]].text(v[1]))

    # ---- classes ----

    def cls(self, node):
        """Of a program's only those that the task's words name: others may have it without them."""
        if self.words is not None and not re.search(rf"\b{re.escape(node.name)}\b", self.words):
            raise Unknown
        if node.name not in self.texts:
            self.texts[node.name] = None
            self.defs[node.name], self.texts[node.name] = self.make(node, {last(b) for b in node.bases})
        return Kind(node.name, {"$ref": "#/$defs/" + node.name}, lambda v: self.texts[node.name](v))

    def make(self, node, bases):
        """(schema, text)"""
        if bases & {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"}:
            members = [f"{node.name}.{t.id}" for n in node.body if isinstance(n, ast.Assign) for t in n.targets
                       if isinstance(t, ast.Name) and not t.id.startswith("_")]
            if not members:
                raise Unknown
            self.built = True
            return {"enum": members}, str
        fields = self.fields(node, bases)
        kinds = [self.of(hint) for _, hint in fields]
        schema = pair([k.schema for k in kinds])
        if "TypedDict" in bases:
            return schema, lambda values: "{" + ", ".join(f"{name!r}: {k.text(v)}" for (name, _), k, v in
                                                          zip(fields, kinds, values)) + "}"
        self.built = True
        named = "BaseModel" in bases
        return schema, lambda values: f"{node.name}(" + ", ".join((f"{name}=" if named else "") + k.text(v) for
                                                                  (name, _), k, v in zip(fields, kinds, values)) + ")"

    def fields(self, node, bases):
        """[(name, hint)] of what its constructor takes, as far as it has types."""
        marked = any(last(d.func if isinstance(d, ast.Call) else d) == "dataclass" for d in node.decorator_list)
        if marked or bases & {"NamedTuple", "TypedDict", "BaseModel"}:
            return [(n.target.id, n.annotation) for n in node.body if isinstance(n, ast.AnnAssign) and
                    isinstance(n.target, ast.Name) and "ClassVar" not in ast.dump(n.annotation) and
                    "'init'" not in ast.dump(n.value or ast.Constant(0))]
        for n in node.body:
            if isinstance(n, ast.FunctionDef) and n.name == "__init__":
                return hinted(n.args, 1)
        raise Unknown


# ---- the head ----------------------------------------------------------------------------------------


def hinted(args, skip=0):
    """[(name, hint)] of the positional parameters; one without a hint that may be left out ends them."""
    known, all_of = [], (args.posonlyargs + args.args)[skip:]
    required = len(all_of) - len(args.defaults)
    if any(d is None for d in args.kw_defaults):
        raise Unknown
    for i, a in enumerate(all_of):
        if a.annotation is None:
            if i < required:
                raise Unknown
            break
        known.append((a.arg, a.annotation))
    return known


def block(text, at):
    """The Python that begins with the line at `at`: as many of the lines behind it as parse."""
    lines = textwrap.dedent(text[text.rfind("\n", 0, at) + 1:]).split("\n")
    end = next((i for i, line in enumerate(lines) if i and line.strip() and not line.startswith((" ", "\t", "@", "class "))),
               len(lines))
    while end > 0:
        try:
            return ast.parse("\n".join(lines[:end])).body
        except (SyntaxError, ValueError):
            end -= 1
    return []


def head(text, at):
    """The def at `at`, whatever stands around it."""
    depth = 0
    for i in range(text.index("(", at), min(len(text), at + 2000)):
        depth += (text[i] in "([{") - (text[i] in ")]}")
        if not depth:
            try:
                return ast.parse(text[at:i + 1] + ": pass").body
            except (SyntaxError, ValueError):
                return []
    return []


def body_of_words(text):
    found = []
    for m in re.finditer(r"^[ \t]*(?:@dataclass|class [A-Za-z_])", text, re.M):
        found += block(text, m.start())
    for m in re.finditer(r"\bdef [A-Za-z_][A-Za-z_0-9]*\(", text):
        found += head(text, m.start())
    return found


def body_of_program(text):
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def function_in(body, wanted):
    found = [n for n in body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    public = [n for n in found if not n.name.startswith("_") and n.name != "main"] or found
    named = [n for n in found if n.name == wanted] or (public if not wanted else [])
    return named[-1] if named else None


class Head:
    """What a text says of the function's arguments; Unknown: nothing."""

    def __init__(self, body, job, words=None):
        node = function_in(body, job["function"])
        if node is None:
            raise Unknown
        hints, takes = hinted(node.args), job.get("takes", -1)
        hints = hints[:takes] if takes > 0 else hints
        if not hints or len(hints) < takes:
            raise Unknown
        self.name, self.kinds, self.built = node.name, [], False
        for edge in (False, True):
            kinds = Kinds(body, edge, words)
            self.kinds.append(([kinds.of(hint) for _, hint in hints], kinds.defs))
            self.built |= kinds.built
        self.hints = ", ".join(k.name for k in self.kinds[0][0])


def head_of(job):
    """(the task's own, Head); None: there is none."""
    try:
        return True, Head(body_of_words(job["task"]), job)
    except (Unknown, RecursionError, ValueError):
        pass
    known = []
    for text in job["programs"]:
        try:
            known.append(Head(body_of_program(text), job, job["task"]))
        except (Unknown, RecursionError, ValueError):
            continue
    if not known:
        return False, None
    usual = collections.Counter(h.hints for h in known).most_common(1)[0][0]
    return False, next(h for h in known if h.hints == usual)


# ---- the calls ---------------------------------------------------------------------------------------


def rows(known, edge, seed, most):
    """Texts of the arguments, each as a list."""
    kinds, defs = known.kinds[edge]
    root = {**pair([k.schema for k in kinds]), "$defs": defs}
    maker, made = testdata_make.Maker(testdata_schema.Schemas(root), Random(seed), edge), {}
    for _ in range(4 * most):
        if len(made) == most or (edge and made and maker.covered()):
            break
        texts = [k.text(v) for k, v in zip(kinds, maker.row())]
        text = ", ".join(texts)
        if len(text) <= LONG:
            made.setdefault(text, texts)
    return sorted(made.values(), key=lambda t: (len(", ".join(t)), t))


def calls_of(job):
    own, known = head_of(job)
    if known is None:
        return {}
    calls, seen = [], set()
    for edge, most in ((False, job["count"]), (True, job["edges"])):
        for texts in rows(known, edge, job["seed"], most):
            text = ", ".join(texts)
            if text in seen:
                continue
            seen.add(text)
            call = {"call": f"{known.name}({text})"} if known.built else {"args": text}
            calls.append({**call, "edge": edge, "empty": bool(EMPTY & set(texts))})
    return {"own": own, "hints": known.hints, "calls": calls}


def main():
    with open("calls.json", encoding="utf-8") as source:
        job = json.load(source)
    try:
        made = calls_of(job)
    except (testdata_schema.Unsatisfiable, testdata_schema.Bad, RecursionError):  # a class that has itself in it without end
        made = {}
    print(json.dumps(made))


if __name__ == "__main__":
    main()
