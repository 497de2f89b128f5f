"""What the judge makes of an answer: whether it is the expected one, what it has in common with other answers, and
whether the program may hold nothing but the answers; and what else programs are asked, to be told apart. harness.py
loads this beside itself, before it loads the program, and gives it its `source_of`, `value_of` and `short`."""

import ast
import math

# ---- comparing -------------------------------------------------------------------------------


def same(got, expected):
    """Equality of literals as a person means it: 1 is not True, [1] is not "1", a tuple that was
    written as a list counts, NaN equals nothing, floats within 1e-9."""
    if isinstance(expected, bool) or isinstance(got, bool):
        return isinstance(expected, bool) and isinstance(got, bool) and got == expected
    if isinstance(expected, (int, float)) and isinstance(got, (int, float)):
        if isinstance(expected, int) and isinstance(got, int):
            return got == expected
        return math.isclose(got, expected, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(expected, (list, tuple)) and isinstance(got, (list, tuple)):
        return len(got) == len(expected) and all(map(same, got, expected))
    if isinstance(expected, dict) and isinstance(got, dict):
        return got.keys() == expected.keys() and all(same(got[k], v) for k, v in expected.items())
    if isinstance(expected, (set, frozenset)) and isinstance(got, (set, frozenset)):
        return got == expected
    return type(got) is type(expected) and got == expected


# ---- what people write -----------------------------------------------------------------------------

UNREADABLE = (ValueError, TypeError, SyntaxError, ArithmeticError, LookupError, AttributeError, RecursionError,
              MemoryError, StopIteration)
LARGE = 1_000_000


class Unreadable(ValueError):
    pass


class Approx:
    """pytest.approx"""

    def __init__(self, value, rel=1e-6, abs=1e-12):  # noqa: A002 - its names
        self.value, self.rel, self.abs = value, rel, abs

    def holds(self, got, value):
        if isinstance(value, (list, tuple)):
            return isinstance(got, (list, tuple)) and len(got) == len(value) and all(map(self.holds, got, value))
        if isinstance(value, dict):
            return isinstance(got, dict) and got.keys() == value.keys() and \
                all(self.holds(got[k], v) for k, v in value.items())
        if isinstance(value, (bool, str)) or isinstance(got, bool) or not isinstance(got, (int, float, complex)):
            return same(got, value)
        return math.isclose(got, value, rel_tol=self.rel, abs_tol=self.abs)


def in_order(function):
    """The order that a set happens to have is no answer."""

    def call(*values, **options):
        if any(isinstance(v, (set, frozenset)) and len(v) > 1 for v in values):
            raise Unreadable("a set has no order")
        return function(*values, **options)

    return call


def rounded_to(value, digits=None):
    if digits is not None and abs(digits) > 300:
        raise Unreadable("too many digits")
    return round(value) if digits is None else round(value, digits)


def count_up(*limits):
    made = range(*limits)
    if len(made) > LARGE:
        raise Unreadable("too many numbers")
    return made


TYPES = {t.__name__: t for t in (bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset)}
FUNCTIONS = {**TYPES, "list": in_order(list), "tuple": in_order(tuple), "str": in_order(str), "repr": in_order(repr),
             "next": next, "iter": in_order(iter), "round": rounded_to, "sorted": sorted, "len": len, "sum": sum,
             "abs": abs, "min": min, "max": max, "any": any, "all": all, "range": count_up, "isinstance": isinstance, "reversed": reversed,
             "approx": Approx}
METHODS = {"upper", "lower", "strip", "lstrip", "rstrip", "title", "capitalize", "swapcase", "split", "splitlines",
           "join", "startswith", "endswith", "count", "index", "find", "replace", "isdigit", "isalpha", "isupper",
           "islower", "keys", "values", "items", "get", "issubset", "issuperset", "isdisjoint", "union", "intersection", "is_integer",
           "isoformat", "copy"}
OF_MODULES = {"math": ("isclose", "sqrt", "pi", "e", "inf", "floor", "ceil", "isinf", "isfinite"),
              "datetime": ("date", "datetime", "time", "timedelta"), "decimal": ("Decimal",),
              "fractions": ("Fraction",), "collections": ("Counter", "OrderedDict", "deque")}
BARE = {name: module for module, names in OF_MODULES.items() for name in names if module != "math"}
BARE["isclose"] = "math"


class Reading:
    """Evaluates a simple expression that somebody wrote beside a program, without the program: literals, `"a" * 3`,
    `float("inf")`, `date(2020, 1, 1)`; and in a view what `_` stands for, the answer."""

    def __init__(self, *answer):
        self.answer = answer

    def of(self, text):
        return self.value(ast.parse(text.strip(), mode="eval").body)

    def value(self, node):
        ways = {ast.Constant: self.constant, ast.Name: self.name, ast.Attribute: self.attribute, ast.Call: self.call,
                ast.List: lambda n: [self.value(v) for v in n.elts],
                ast.Tuple: lambda n: tuple(map(self.value, n.elts)),
                ast.Set: lambda n: set(map(self.value, n.elts)), ast.Dict: self.dictionary, ast.UnaryOp: self.unary,
                ast.BinOp: self.binary, ast.Compare: self.compare, ast.Subscript: self.subscript}
        way = ways.get(type(node))
        if way is None:
            raise Unreadable(f"{type(node).__name__} is not evaluated")
        return way(node)

    def constant(self, node):
        if node.value is ...:
            raise Unreadable("... is no value")
        return node.value

    def name(self, node):
        if node.id == "_" and self.answer:
            return self.answer[0]
        if node.id in TYPES:
            return TYPES[node.id]
        if node.id == "len":
            return len
        raise Unreadable(f"{node.id} is not known")

    def dictionary(self, node):
        if None in node.keys:
            raise Unreadable("** is not evaluated")
        return {self.value(k): self.value(v) for k, v in zip(node.keys, node.values)}

    def unary(self, node):
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return not value
        return -value if isinstance(node.op, ast.USub) else +value if isinstance(node.op, ast.UAdd) else ~value

    def binary(self, node):
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult):
            times, thing = (left, right) if isinstance(left, int) else (right, left)
            if hasattr(thing, "__len__") and (not isinstance(times, int) or times * len(thing) > LARGE):
                raise Unreadable("that is too large")
            return left * right
        if isinstance(node.op, ast.Pow):
            if isinstance(right, int) and isinstance(left, int) and right * left.bit_length() > 10_000:
                raise Unreadable("that is too large")
            return left ** right
        if isinstance(left, (str, bytes)):
            raise Unreadable("a text is not formatted")
        if isinstance(node.op, ast.Div):
            return left / right
        if isinstance(node.op, ast.FloorDiv):
            return left // right
        if isinstance(node.op, ast.Mod):
            return left % right
        raise Unreadable(f"{type(node.op).__name__} is not evaluated")

    def compare(self, node):
        left = self.value(node.left)
        for op, right in zip(node.ops, map(self.value, node.comparators)):
            if not compared(op, left, right):
                return False
            left = right
        return True

    def subscript(self, node):
        held = self.value(node.value)
        if isinstance(node.slice, ast.Slice):
            parts = (node.slice.lower, node.slice.upper, node.slice.step)
            return held[slice(*(None if p is None else self.value(p) for p in parts))]
        return held[self.value(node.slice)]

    def attribute(self, node):
        """math.pi"""
        if isinstance(node.value, ast.Name) and node.attr in OF_MODULES.get(node.value.id, ()):
            return getattr(__import__(node.value.id), node.attr)
        raise Unreadable(f".{node.attr} is not known")

    def function(self, node):
        if isinstance(node, ast.Name):
            if node.id in FUNCTIONS:
                return FUNCTIONS[node.id]
            if node.id in BARE:
                return getattr(__import__(BARE[node.id]), node.id)
        elif isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and node.value.id == "pytest" and node.attr == "approx":
                return Approx
            if isinstance(node.value, ast.Name) and node.value.id != "_":
                return self.attribute(node)
            if node.attr in METHODS:
                held = getattr(self.value(node.value), node.attr)
                return in_order(held) if node.attr == "join" else held
        raise Unreadable("that function is not known")

    def call(self, node):
        function = self.function(node.func)
        if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
            raise Unreadable("* is not evaluated")
        return function(*map(self.value, node.args), **{k.arg: self.value(k.value) for k in node.keywords})


def compared(op, left, right):
    if isinstance(right, Approx) or isinstance(left, Approx):
        claim, got = (right, left) if isinstance(right, Approx) else (left, right)
        if not isinstance(op, (ast.Eq, ast.NotEq)):
            raise Unreadable("about equal is all that it can be")
        return claim.holds(got, claim.value) == isinstance(op, ast.Eq)
    if isinstance(op, (ast.Eq, ast.NotEq)):
        return same(left, right) == isinstance(op, ast.Eq)
    if isinstance(op, (ast.Is, ast.IsNot)):
        return (type(left) is type(right) and left == right) == isinstance(op, ast.Is)
    if isinstance(op, (ast.In, ast.NotIn)):
        held = left in right if isinstance(right, (str, bytes, range)) else any(same(left, v) for v in right)
        return held == isinstance(op, ast.In)
    if isinstance(op, ast.Lt):
        return left < right
    if isinstance(op, ast.LtE):
        return left <= right
    return left > right if isinstance(op, ast.Gt) else left >= right


def folded(example):
    """The example with those of its arguments that are calculations as the plain values that they give."""
    try:
        tree = ast.parse(example.get("call") or f"f({example['args']})", mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return example
    if not isinstance(tree.body, ast.Call):
        return example
    changed = False
    for field, nodes in (("args", tree.body.args), ("value", tree.body.keywords)):
        for i, node in enumerate(nodes):
            plain = folded_node(node if field == "args" else node.value)
            if plain is None:
                continue
            changed = True
            if field == "args":
                nodes[i] = plain
            else:
                node.value = plain
    if not changed:
        return example
    text = ast.unparse(ast.fix_missing_locations(tree))
    return {**example, **({"call": text} if example.get("call") else {"args": text[2:-1]})}


def folded_node(node):
    """The literal in the place of a calculation; None: it is one already, or gives no plain value."""
    try:
        ast.literal_eval(node)
        return None
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        pass
    try:
        value = Reading().value(node)
        plain = ast.parse(source_of(value), mode="eval").body
        again = ast.literal_eval(plain)
        return plain if type(again) is type(value) and again == value else None
    except UNREADABLE:
        return None


# ---- what programs agree on ---------------------------------------------------------------------


def signature(record):
    """A few letters that are equal for equal answers: what candidates agree on is counted by it."""
    import zlib

    if record is None:
        return "-"
    if "error" in record:
        return "!" + str(record.get("raised"))
    known, value = value_of(record)
    return f"{zlib.crc32(source_of(rounded(value)).encode()):08x}" if known else "-"


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, (list, tuple)):
        return [rounded(v) for v in value]
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in sorted(value.items(), key=repr)}
    return value


# ---- examples ------------------------------------------------------------------------------------


def claim_of(expected):
    """What is said of an example's answer, as words/examples.h has it: a literal that it is, or {"view", "expected"}:
    what comes out when the answer is looked at so, or {"raises"}: the errors that end the call."""
    return expected if isinstance(expected, dict) else {"expected": expected}


def judge_example(expected, record):
    claim = claim_of(expected)
    if record is None:
        return {"ok": False, "error": "the program ended before it answered"}
    if "raises" in claim:
        return judge_error(claim["raises"], record)
    if "view" in claim:
        return judge_view(claim, record)
    if "error" in record and "made" not in record:
        return {"ok": False, **said(record)}
    try:
        wanted = Reading().of(claim["expected"])
    except UNREADABLE:
        return {"ok": False, "error": "the expected value is no literal"}
    try:
        return {"ok": same(answer_of(record), wanted), "got": shown(record)}
    except UNREADABLE:
        return {"ok": False, "got": shown(record)}


def shown(record):
    return short(record.get("value", record.get("made", record.get("items", ""))))


def said(record):
    """What a record tells of a failure."""
    return {k: v for k, v in record.items() if k not in ("kind", "i", "kinds", "items", "made", "lasting", "endless")}


def judge_view(claim, record):
    try:
        answer = answer_of(record)
    except UNREADABLE:
        return {"ok": False, **(said(record) if "error" in record else {"got": shown(record)})}
    raw = shown(record)
    try:
        seen = Reading(answer).of(claim["view"])
        wanted = Reading().of(claim["expected"])
        if seen is False and wanted is True:  # what the view says is not so
            return {"ok": False, "claim": True, "got": raw}
        return {"ok": same(seen, wanted), "got": short(repr(seen)) + f" (the call gave {raw})"}
    except UNREADABLE as error:
        return {"ok": False, "got": f"nothing, as the call gave {raw} ({short(error) or type(error).__name__})"}


def answer_of(record):
    """The value that a view looks at; an iterator gives what it holds, once."""
    if "items" in record:
        held = ast.literal_eval(record["items"])
        return endless(held) if record.get("endless") else held if record.get("lasting") else iter(held)
    if "made" in record:
        return Reading().of(record["made"])
    if "error" in record:
        raise Unreadable("it has raised an error")
    return ast.literal_eval(record["value"])


def endless(held):
    yield from held
    raise Unreadable("it has no end")


# What ends a program that is not finished or does not work, unless it is what was asked for.
BREAKDOWNS = {"NameError", "UnboundLocalError", "ImportError", "ModuleNotFoundError", "SyntaxError", "IndentationError",
              "RecursionError", "NotImplementedError", "MemoryError"}


def judge_error(names, record):
    """Whether the call has ended with one of these errors, or with a kind of it. What it says counts for nothing: the
    words in which an error tells what is wrong are seldom meant as an example shows them."""
    if "error" not in record:
        return {"ok": False, "got": shown(record)}
    kinds = record.get("kinds")
    if not isinstance(kinds, list) or not kinds:
        return {"ok": False, **said(record)}
    if any(is_kind(name, kinds) for name in names):
        return {"ok": True, "got": short("raises " + str(record.get("raised")))}
    return {"ok": False, **said(record), "error": f"{record['error']} where {' or '.join(names)} is expected"}


def is_kind(name, kinds):
    """`kinds`: the error's class and those above it, with their modules."""
    import builtins

    last = name.rpartition(".")[2]
    wanted = f"builtins.{last}" if isinstance(getattr(builtins, last, None), type) else "." + last
    if not any(isinstance(k, str) and k.endswith(wanted) for k in kinds):
        return False
    return last in BREAKDOWNS or not any(k == f"builtins.{b}" for b in BREAKDOWNS for k in kinds)


def subject_of(example, expected, name):
    """The call as it is told, with what is looked at."""
    call = example.get("call") or f"{name}({example.get('args')})"
    view = claim_of(expected).get("view")
    if not view:
        return call
    try:
        names = [n for n in ast.walk(ast.parse(view, mode="eval")) if isinstance(n, ast.Name)]
        at = next(n.col_offset for n in names if n.id == "_")
    except (SyntaxError, ValueError, StopIteration, RecursionError, MemoryError):
        return call
    data = view.encode()
    return data[:at].decode() + call + data[at + 1:].decode()


def wanted_of(expected):
    """What is told to be expected."""
    claim = claim_of(expected)
    return "raises " + " or ".join(claim["raises"]) if "raises" in claim else claim["expected"]


def literals_of(tree):
    """The plain values that the program's text holds, as canonical source."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Constant, ast.UnaryOp, ast.List, ast.Tuple, ast.Dict, ast.Set)):
            try:
                found.add(source_of(ast.literal_eval(node)))
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                continue
    return found


def arguments_of(example):
    """The example's arguments as canonical source; None: they are no literals."""
    try:
        if not example.get("call"):
            return [source_of(v) for v in ast.literal_eval("(" + example["args"] + ",)")]
        call = ast.parse(example["call"], mode="eval").body
        if not isinstance(call, ast.Call):
            return None
        values = [*call.args, *(k.value for k in call.keywords)]
        return [source_of(ast.literal_eval(v)) for v in values]
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def echoes(tree, job, expected):
    """Whether the text of the program holds every example with its answer: it may be a table of
    them, and then their being right says nothing. Answers that any program holds do not count."""
    found, ordinary = literals_of(tree), {"0", "1", "-1", "True", "False", "None", "''", "[]"}
    examples = job.get("examples") or []
    telling = 0
    for example, answer in zip(examples, expected):
        given, claim = arguments_of(example), claim_of(answer)
        if not given or not all(g in found for g in given):
            return False
        if "raises" in claim:
            continue
        try:
            answer = source_of(Reading().of(claim["expected"]))
        except UNREADABLE:
            return False
        if not (any(shows(claim, f) for f in found) if "view" in claim else answer in found):
            return False
        telling += answer not in ordinary
    return telling > 0


def shows(claim, text):
    """Whether this value, looked at so, gives what is expected."""
    return judge_view(claim, {"value": text})["ok"]


# ---- probes: calls that nobody knows the answer of -----------------------------------------------


def variants(value):
    """Other values of the same shape, most telling first: what a right and an almost right program
    are likely to treat differently."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, 2 * value + 3, 1, 0)
    elif isinstance(value, float):
        yield from (value + 0.5, 2 * value + 1, 0.0)
    elif isinstance(value, str):
        yield from (value[::-1], value.swapcase(), value + " " + value, "".join(sorted(value)), value[:1], "")
    elif isinstance(value, (list, tuple)):
        make = type(value)
        yield make(reversed(value))
        yield make(value[1:] + value[:1])
        yield value + value
        for i in sorted(range(len(value)), key=lambda i: abs(2 * i + 1 - len(value)))[:2]:
            for other in list(variants(value[i]))[:2]:
                yield make([*value[:i], other, *value[i + 1:]])
        yield value[:1]
        yield make()
    elif isinstance(value, dict):
        for key in list(value)[:2]:
            for other in list(variants(value[key]))[:2]:
                yield {**value, key: other}
            yield {k: v for k, v in value.items() if k != key}
        yield {}


def values_of(example):
    """The example's positional arguments; None: they are no plain values."""
    try:
        if not example.get("call"):
            return list(ast.literal_eval("(" + example["args"] + ",)"))
        call = ast.parse(example["call"], mode="eval").body
        if not isinstance(call, ast.Call) or call.keywords:
            return None
        return [ast.literal_eval(v) for v in call.args]
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def variants_of(values):
    """One argument changed at a time."""
    for i, value in enumerate(values):
        for other in variants(value):
            yield [*values[:i], other, *values[i + 1:]]


def edges_of(values):
    """One argument emptied at a time: nothing is something that a program should be able to bear."""
    for i, value in enumerate(values):
        if isinstance(value, (str, list, tuple, dict)) and value:
            yield [*values[:i], type(value)(), *values[i + 1:]]


def probes_of(examples, made, most):
    """The edges of the first example in front; then a round goes through all examples, so that each of
    them gives some; then those that were made by the types."""
    known = [v for v in map(values_of, examples) if v]
    queues = [variants_of(v) for v in known]
    seen, found = {source_of(v) for v in known}, []
    for values in edges_of(known[0]) if known else ():
        if len(found) < most and source_of(values) not in seen:
            seen.add(source_of(values))
            found.append({"args": ", ".join(map(source_of, values)), "edge": True})
    while queues and len(found) < most:
        for queue in list(queues):
            values = next(queue, None)
            if values is None:
                queues.remove(queue)
            elif len(found) < most and source_of(values) not in seen:
                seen.add(source_of(values))
                found.append({"args": ", ".join(map(source_of, values))})
    for call in made[:most - len(found)]:
        if call.get("args") not in seen:
            found.append({**{k: v for k, v in call.items() if k in ("args", "call")}, "edge": call["empty"]})
    return found
