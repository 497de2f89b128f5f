"""Rewrites a program by rules that make it better at a target (faster; those for less memory, an earlier first answer and
clarity stand in rewrite_*.py) without changing what it does, as far as its text tells.

Reads `old.py` and `job.json` (as measure.py does) in the working folder; the program is never run. Writes one JSON
line to descriptor 3 for each rule that applies:
    {"kind": "rewrite", "rule": name, "what": words, "source": the whole program after this rule alone}
and, when several do, one of all of them together, first. Nothing here decides: each is judged as a model's proposal is.
"""

import ast
import json
import os
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]  # nothing here runs the program

from program_text import (  # noqa: E402
    COMPREHENSIONS, Code, LOOPS, PURE_METHODS, WORTH, bound, called, is_pure_call,
    names,
)
from rewrite_lookup import asked, find, grouped, inline, keys, seen  # noqa: E402
from rewrite_loops import fixed, kept_unchanged, only_read, prepared, prefixes, table  # noqa: E402
from rewrite_shape import heap_by_key, peel, queue_given, recent  # noqa: E402
from rewrite_remember import memo, remember  # noqa: E402
from rewrite_arithmetic import divisors, extremes, repeated, slice_of, slices, squaring, unread  # noqa: E402

import rewrite_latency  # noqa: E402
import rewrite_memory  # noqa: E402
import rewrite_quality  # noqa: E402

REPORT, ROUNDS = 3, 40

# ---- the rules -----------------------------------------------------------------------------------


def membership(code):
    """x in a list, in a loop: a set beside the list."""
    made = {}
    for n in ast.walk(code.tree):
        if not (isinstance(n, ast.Compare) and len(n.ops) == 1 and isinstance(n.ops[0], (ast.In, ast.NotIn))):
            continue
        of, function = n.comparators[0], code.function_of(n)
        if not code.loops(n):
            continue
        if isinstance(of, ast.Call) and called(of).endswith(".keys") and not of.args:
            code.replace(of, code.source(of.func.value))
            code.say(n, "a look-up in keys() asks the mapping itself")
            continue
        if isinstance(of, ast.Name):
            if not code.is_list(of.id, function) or isinstance(function, ast.Lambda):
                continue
            loop = code.outermost(n, lambda x, of=of: not code.mutated(of.id, x))
        elif code.listish(of):
            loop = code.outermost(n, lambda x, of=of: code.invariant(of, x))
        else:
            continue
        row = code.is_row(n.left)
        key = (ast.dump(of), loop)
        if loop is not None and key not in made:
            made[key] = code.fresh((of.id if isinstance(of, ast.Name) else "known") + "_set")
            if not code.before(code.statement(loop), f"{made[key]} = set({code.source(of)})" if not row else
                               f"{made[key]} = set(map(tuple, {code.source(of)}))"):
                continue
        if loop is not None:
            if row:
                code.replace(n.left, code.key(n.left, row))
            code.replace(of, made[key])
            code.say(n, f"membership of {ast.unparse(of)[:40]} is looked up in a set")
        elif isinstance(of, ast.Name):
            companion(code, n, of, function, made)


def companion(code, compare, of, function, made):
    """A list that begins empty and only grows by append(): a set grows beside it."""
    name = of.id
    begun = code.assignments(name, function)
    adds = [c for c in ast.walk(function) if isinstance(c, ast.Call) and isinstance(c.func, ast.Attribute) and
            c.func.attr == "append" and isinstance(c.func.value, ast.Name) and c.func.value.id == name]
    key = (name, function)
    if key not in made:
        simple = all(isinstance(code.parent[c], ast.Expr) and len(c.args) == 1 and
                     all(isinstance(x, (ast.Name, ast.Constant, ast.Tuple, ast.List, ast.expr_context, ast.Subscript,
                                        ast.BinOp, ast.operator)) for x in ast.walk(c.args[0])) for c in adds)
        values = [a.value for a in begun]
        others = [t for a in begun for t in (a.targets if isinstance(a, ast.Assign) else [a.target])]
        if not adds or not simple or len(begun) != 1 or not isinstance(values[0], ast.List) or len(others) != 1 or \
                code.mutated(name, function, but={*adds, *others}):
            return
        row = any(code.is_row(x) for x in [compare.left, *values[0].elts, *(c.args[0] for c in adds)])
        made[key] = code.fresh(name + "_set"), row
        inner = ", ".join(code.key(x, row) for x in values[0].elts)
        start = f"{made[key][0]} = {f'{{{inner}}}' if inner else 'set()'}"
        if not code.after(begun[0], start) or \
                not all(code.after(code.statement(c), f"{made[key][0]}.add({code.key(c.args[0], row)})") for c in adds):
            raise ValueError("no place")
    if made[key][1]:
        code.replace(compare.left, code.key(compare.left, True))
    code.replace(of, made[key][0])
    code.say(compare, f"membership of {name} is looked up in a set that grows with it")


def strings(code):
    """Text or a list that is built by copying it again and again."""
    for loop in ast.walk(code.tree):
        if not isinstance(loop, LOOPS):
            continue
        for n in ast.walk(loop):
            if isinstance(n, (ast.Assign, ast.AugAssign)) and code.loops(n)[:1] == [loop]:
                extend_list(code, n) or gather(code, n, code.loops(n)[-1])


def target_of(stmt):
    target = stmt.target if isinstance(stmt, ast.AugAssign) else stmt.targets[0] if len(stmt.targets) == 1 else None
    return target.id if isinstance(target, ast.Name) else None


def extend_list(code, stmt):
    """l = l + [x]: l.append(x)"""
    name = target_of(stmt)
    if not name or not isinstance(stmt, ast.Assign) or not isinstance(stmt.value, ast.BinOp) or \
            not isinstance(stmt.value.op, ast.Add) or not isinstance(stmt.value.left, ast.Name) or \
            stmt.value.left.id != name or not isinstance(stmt.value.right, (ast.List, ast.ListComp)):
        return False
    function = code.function_of(stmt)
    first = [a for a in code.assignments(name, function) if a is not stmt]
    growing = [a for a in first if isinstance(a.value, ast.BinOp)]
    for n in ast.walk(function):  # nobody else may hold it
        p = code.parent.get(n)
        if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load) and not isinstance(
                p, (ast.BinOp, ast.Return, ast.Subscript, ast.Compare, ast.For, ast.Attribute)) and not is_pure_call(p):
            return False
    if not first or growing or not all(code.listish(a.value) and not isinstance(a.value, ast.Name) for a in first):
        return False
    right = stmt.value.right
    one = isinstance(right, ast.List) and len(right.elts) == 1 and not isinstance(right.elts[0], ast.Starred)
    code.replace(stmt, f"{name}.append({code.source(right.elts[0])})" if one
                 else f"{name}.extend({code.source(right)})")
    code.say(stmt, f"{name} grows in place")
    return True


def gather(code, stmt, loop):
    """s = x + s, s += x in a loop, where nobody reads s before the loop is over: parts and one join."""
    name, function = target_of(stmt), code.function_of(stmt)
    if not name:
        return False
    begun = [a for a in code.assignments(name, function) if a is not stmt]
    if len(begun) != 1 or not isinstance(begun[0].value, ast.Constant) or begun[0].value.value != "" or \
            code.loops(begun[0]) or isinstance(begun[0], ast.AnnAssign):
        return False
    forward, part = True, None
    if isinstance(stmt, ast.AugAssign) and isinstance(stmt.op, ast.Add):
        part = stmt.value
    elif isinstance(stmt, ast.Assign) and isinstance(stmt.value, ast.BinOp) and isinstance(stmt.value.op, ast.Add):
        left = stmt.value.left
        while isinstance(left, ast.BinOp) and isinstance(left.op, ast.Add):
            left = left.left
        if isinstance(left, ast.Name) and left.id == name:  # s + a + b
            text = code.source(stmt.value)
            part = ast.parse(text[len(code.source(left)):].lstrip(" \n+").strip(), mode="eval").body \
                if "\n" not in text else None
            text_part = ast.unparse(part) if part is not None else None
        elif isinstance(stmt.value.right, ast.Name) and stmt.value.right.id == name:
            forward, part = False, stmt.value.left
    if part is None:
        return False
    mine = {n for n in ast.walk(stmt)}
    others = [n for n in ast.walk(loop) if isinstance(n, ast.Name) and n.id == name and n not in mine]
    if others or name in names(part):
        return False
    text = text_part if isinstance(stmt, ast.Assign) and forward else code.source(part)
    parts = code.fresh(name + "_parts")
    if not code.before(code.statement(loop), f"{parts} = []") or not code.after(
            code.statement(loop), f'{name} = "".join({parts if forward else f"reversed({parts})"})'):
        raise ValueError("no place")
    code.replace(stmt, f"{parts}.append({text})")
    code.say(stmt, f"{name} is joined once")
    return True


def hoist(code):
    """What is computed again in each turn of a loop, and is the same each time."""
    made = {}
    for n in ast.walk(code.tree):
        worth = isinstance(n, ast.Call) and (called(n) in WORTH or (
            isinstance(n.func, ast.Attribute) and n.func.attr in PURE_METHODS - {"keys", "values", "items"} and
            not isinstance(n.func.value, ast.Constant)))
        if not worth or any(isinstance(p, ast.Lambda) for p in code.up(n)) or \
                any(ast.dump(p) in made for p in code.up(n) if isinstance(p, ast.Call)):
            continue
        loop = code.outermost(n, lambda x, n=n: code.invariant(n, x))
        if loop is None:
            continue
        if not (fixed(n) or only_read(code, n) or kept_unchanged(code, n, loop)):
            continue
        if isinstance(code.statement(loop), LOOPS) and any(  # a name that only the loop's own head binds
                x in bound(code.statement(loop)) for x in names(n) - bound(n)):
            continue
        key = (ast.dump(n), loop)
        if key not in made:
            made[key] = code.fresh("same_" + (called(n).rpartition(".")[2] or "value"))
            made[ast.dump(n)] = made[key]
            if not code.before(code.statement(loop), f"{made[key]} = {code.source(n)}"):
                raise ValueError("no place")
        code.replace(n, made[key])
        code.say(n, f"{ast.unparse(n)[:50]} is computed once")


def patterns(code):
    """re.match("…", x): compiled once, when the program is loaded."""
    made = {}
    for n in ast.walk(code.tree):
        name = called(n)
        if not name.startswith("re.") or not isinstance(code.function_of(n), (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        last = name[3:]
        if last not in {"compile", "match", "search", "fullmatch", "findall", "finditer", "sub", "subn", "split"} or \
                not n.args or not isinstance(n.args[0], ast.Constant) or not isinstance(n.args[0].value, (str, bytes)):
            continue
        given = {k.arg: k.value for k in n.keywords}
        places = {"sub": 4, "subn": 4, "split": 3, "compile": 1}.get(last, 2)
        flags = given.pop("flags", n.args[places] if len(n.args) > places else None)
        if last == "compile" and len(n.args) > 1:
            flags = n.args[1]
        if flags is not None and not ast.unparse(flags).replace("re.", "").replace("|", "").replace(" ", "").isupper():
            continue
        head = f"re.compile({code.source(n.args[0])}{', ' + ast.unparse(flags) if flags is not None else ''})"
        if head not in made:
            made[head] = code.fresh("PATTERN")
            code.top("import re", f"{made[head]} = {head}")
        if last == "compile":
            code.replace(n, made[head])
        else:
            rest = [code.source(a) for a in n.args[1:places]] + [f"{k}={ast.unparse(v)}" for k, v in given.items()]
            code.replace(n, f"{made[head]}.{last}({', '.join(rest)})")
        code.say(n, f"the pattern {ast.unparse(n.args[0])[:40]} is compiled once")


def smallest(code):
    """sorted(x)[0], sorted(x)[-1]: min and max."""
    for n in ast.walk(code.tree):
        if not (isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Load) and called(n.value) == "sorted"):
            continue
        at = ast.unparse(n.slice)
        if at in ("0", "-1") and len(n.value.args) == 1 and not n.value.keywords:
            code.replace(n, f"{'min' if at == '0' else 'max'}({code.source(n.value.args[0])})")
            code.say(n, "the smallest (largest) needs no sorting")


def uses(code, name, function):
    return [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)]


def role(code, n):
    what = code.role(n)
    return "read" if what == "in" else what


def locals_begun(code, kinds):
    """(function, name, statement, value) of local names that are bound once, to such a display."""
    for f in ast.walk(code.tree):
        if isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for name in sorted(bound(f)):
                made = code.assignments(name, f)
                stores = [n for n in ast.walk(f) if isinstance(n, ast.Name) and n.id == name and
                          not isinstance(n.ctx, ast.Load)]
                if len(made) == 1 and len(stores) == 1 and (isinstance(made[0].value, kinds) or
                                                            called(made[0].value) == "list"):
                    yield f, name, made[0].value


def queue(code):
    """list.pop(0), list.insert(0, x): a deque."""
    for f, name, value in locals_begun(code, (ast.List, ast.ListComp)):
        found = uses(code, name, f)
        roles = [role(code, n) for n in found]
        known = {"append", "pop(0)", "pop()", "insert(0)", "len", "test", "end", "read", "extend", "clear()"}
        if not {"pop(0)", "insert(0)"} & set(roles) or set(roles) - known:
            continue
        if any(code.function_of(n) is not f for n in found):
            continue
        code.replace(value, f"collections.deque({'' if ast.unparse(value) == '[]' else code.source(value)})")
        for n, what in zip(found, roles):
            call = code.parent.get(code.parent[n])
            if what == "pop(0)":
                code.replace(call, f"{name}.popleft()")
            elif what == "insert(0)":
                code.replace(call, f"{name}.appendleft({code.source(call.args[1])})")
        code.top("import collections")
        code.say(value, f"{name} is taken from its front: a deque")


def heap(code):
    """A list that is sorted before each pop(0): a heap."""
    for f, name, value in locals_begun(code, ast.List):
        found = uses(code, name, f)
        roles = [role(code, n) for n in found]
        if not {"sort()", "pop(0)", "append"} <= set(roles) or \
                set(roles) - {"append", "pop(0)", "sort()", "len", "test"}:
            continue
        if len(getattr(value, "elts", "more")) > 1 and not code.after(code.statement(value), f"heapq.heapify({name})"):
            continue
        for n, what in zip(found, roles):
            call = code.parent.get(code.parent[n])
            if what == "pop(0)":
                code.replace(call, f"heapq.heappop({name})")
            elif what == "append":
                code.replace(call, f"heapq.heappush({name}, {code.source(call.args[0])})")
            elif what == "sort()":
                code.drop(code.parent[call])
        code.top("import heapq")
        code.say(value, f"{name} is kept as a heap")


def insertion(code):
    """l.append(x); l.sort() in a loop: bisect.insort(l, x)."""
    for n in ast.walk(code.tree):
        for block in ("body", "orelse"):
            stmts = getattr(n, block, None)
            for a, b in zip(stmts, stmts[1:]) if isinstance(stmts, list) else ():
                if not (isinstance(a, ast.Expr) and isinstance(b, ast.Expr) and code.loops(a)):
                    continue
                one, two = called(a.value), called(b.value)
                if one.endswith(".append") and two == one[:-7] + ".sort" and not b.value.args and not b.value.keywords:
                    code.replace(a, f"bisect.insort({one[:-7]}, {code.source(a.value.args[0])})")
                    code.drop(b)
                    code.top("import bisect")
                    code.say(a, f"{one[:-7]} is kept sorted by insertion")


COPY = '''def {name}(value, seen):
    made = seen.get(id(value))
    if made is None and type(value) is list:
        made = seen[id(value)] = []
        made += [v if type(v) in {atoms} else {name}(v, seen) for v in value]{of_mappings}
    return copy.deepcopy(value, seen) if made is None else made'''
OF_MAPPINGS = '''
    if made is None and type(value) is dict:
        made = seen[id(value)] = {{}}
        made.update({{k: v if type(v) in {atoms} else {name}(v, seen) for k, v in value.items()}})'''


def has_mapping(value):
    return isinstance(value, dict) or isinstance(value, (list, tuple)) and any(map(has_mapping, value))


def copies(code):
    """copy.deepcopy of plain lists and mappings; of lists alone where the examples have no other."""
    found = [n for n in ast.walk(code.tree) if called(n) in ("copy.deepcopy", "deepcopy") and len(n.args) == 1]
    if not found:
        return
    name, atoms = code.fresh("copy_plain"), code.fresh("ATOMS")
    values = [code.values(n.args[0]) for n in found]
    lists = all(values) and not any(has_mapping(v) for some in values for v in some)
    code.top("import copy", f"{atoms} = frozenset({{int, str, float, bool, bytes, type(None)}})\n\n",
             COPY.format(name=name, atoms=atoms, of_mappings="" if lists else OF_MAPPINGS.format(name=name, atoms=atoms)))
    for n in found:
        code.replace(n, f"{name}({code.source(n.args[0])}, {{}})")
        code.say(n, "plain lists and mappings are copied without bookkeeping")


def counting(code):
    """l.count(x), l.index(x) in a loop over something else: counted (looked up) once."""
    made = {}
    for n in ast.walk(code.tree):
        name = called(n)
        if not name.endswith((".count", ".index")) or len(n.args) != 1 or n.keywords or not code.loops(n):
            continue
        of, last = n.func.value, n.func.attr
        if not isinstance(of, ast.Name) or (last == "index" and any(isinstance(p, ast.Try) for p in code.up(n))):
            continue
        letters = last == "count" and isinstance(n.args[0], ast.Name) and any(
            isinstance(p, (ast.For, ast.comprehension)) and isinstance(p.target, ast.Name) and
            p.target.id == n.args[0].id and ast.unparse(p.iter) in (of.id, f"set({of.id})")
            for loop in code.loops(n) for p in [loop, *getattr(loop, "generators", [])])
        if not letters and not code.is_list(of.id, code.function_of(n)):
            continue
        loop = code.outermost(n, lambda x, of=of: not code.mutated(of.id, x))
        if loop is None:
            continue
        key = (of.id, last, loop)
        if key not in made:
            made[key] = code.fresh(of.id + ("_counts" if last == "count" else "_places"))
            line = f"{made[key]} = collections.Counter({of.id})"
            if last == "index":
                item = code.fresh("item")
                place = code.fresh("place")
                line = f"{made[key]} = {{{item}: {place} for {place}, {item} in reversed(list(enumerate({of.id})))}}"
            else:
                code.top("import collections")
            if not code.before(code.statement(loop), line):
                raise ValueError("no place")
        code.replace(n, f"{made[key]}[{code.source(n.args[0])}]")
        code.say(n, f"{of.id} is {'counted' if last == 'count' else 'indexed'} once")


SUM = '''def {name}(sums, *limits):
    start, stop, _ = slice(*limits).indices(len(sums) - 1)
    return sums[stop] - sums[start] if stop > start else 0'''


def whole(values):
    return bool(values) and all(isinstance(v, (list, tuple)) and all(type(x) is int for x in v) for v in values)


def sums(code):
    """sum(l[a:b]) in a loop, of whole numbers: differences of running sums."""
    made, helper = {}, None
    for n in ast.walk(code.tree):
        found = slice_of(code, n.args[0]) if called(n) == "sum" and len(n.args) == 1 and not n.keywords else None
        if not found:
            continue
        of, limits = found
        loop = code.outermost(n, lambda x, of=of: not code.mutated(of, x))
        if loop is None or not whole(code.parameter_rows(of, code.function_of(n))):
            continue
        helper = helper or code.fresh("between")
        key = (of, loop)
        if key not in made:
            made[key] = code.fresh(of + "_sums")
            if not code.before(code.statement(loop), f"{made[key]} = [0, *itertools.accumulate({of})]"):
                raise ValueError("no place")
        low, high = (code.source(x) if x else "None" for x in (limits.lower, limits.upper))
        code.replace(n, f"{helper}({made[key]}, {low}, {high})")
        code.say(n, f"sums of parts of {of} come from running sums")
    if made:
        code.top("import itertools", SUM.format(name=helper))


def join(code):
    """A loop in a loop that looks for equal values: an index of the inner one."""
    for outer in ast.walk(code.tree):
        if isinstance(outer, ast.For):
            for inner in ast.walk(outer):
                if isinstance(inner, ast.For) and inner is not outer and code.loops(inner)[:1] == [outer]:
                    join_loops(code, outer, inner)
        elif isinstance(outer, COMPREHENSIONS):
            join_generators(code, outer)


def split_condition(test):
    return test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]


def key_of(code, tests, y, variable):
    """(place, expression over the inner variable, the other side) of the first equality that serves."""
    for i, t in enumerate(tests):
        if not (isinstance(t, ast.Compare) and len(t.ops) == 1 and isinstance(t.ops[0], ast.Eq)):
            continue
        for mine, other in ((t.left, t.comparators[0]), (t.comparators[0], t.left)):
            if y <= names(mine) and not y & names(other) and not names(mine) & variable and \
                    not any(isinstance(n, (ast.Call, ast.Await)) and not is_pure_call(n)
                            for n in [*ast.walk(mine), *ast.walk(other)]):
                return i, mine, other
    return None


def bounded(of):
    """range(start, stop) → (start, stop) of an inner loop that begins behind the outer one's place."""
    if called(of) == "range" and len(of.args) == 2:
        return of.args
    return None


def join_loops(code, outer, inner):
    if len(inner.body) != 1 or not isinstance(inner.body[0], ast.If) or inner.body[0].orelse or inner.orelse or \
            not isinstance(inner.target, ast.Name) or code.indent(inner) is None:
        return
    test, of = inner.body[0], inner.iter
    tests = split_condition(test.test)
    y = {inner.target.id}
    here = bound(outer) - y
    found = key_of(code, tests, y, here)
    span, extra = bounded(of), []
    if span and here & names(span[0]) and not here & names(span[1]):
        extra = [f"{inner.target.id} >= {code.source(span[0])}"]
        of = ast.parse(f"range({code.source(span[1])})", mode="eval").body
    if not found or not code.invariant(of, outer) or here & names(of) or code.statement(outer) is not outer:
        return
    at, mine, other = found
    if any(code.mutated(x, outer) for x in names(mine) - y):
        return
    text = ast.unparse(of) if extra else code.source(of)
    index = code.fresh("by_key")
    rest = extra + [code.source(t) for i, t in enumerate(tests) if i != at]
    item = inner.target.id
    if not code.before(outer, f"{index} = {{}}", f"for {item} in {text}:",
                       f"    {index}.setdefault({code.source(mine)}, []).append({item})"):
        return
    code.replace(inner.iter, f"{index}.get({code.source(other)}, ())")
    if rest or not code.unwrap(test):
        code.replace(test.test, " and ".join(f"({x})" if " or " in x or " if " in x else x for x in rest) or "True")
    code.say(inner, "equal values are found by an index")


def join_generators(code, comp):
    if len(comp.generators) != 2:
        return
    first, second = comp.generators
    stmt = code.statement(comp)
    if not isinstance(second.target, ast.Name) or isinstance(stmt, LOOPS) or \
            any(isinstance(p, (*COMPREHENSIONS, ast.Lambda)) for p in code.up(comp)):
        return
    tests = [t for x in second.ifs for t in split_condition(x)]
    y, here = {second.target.id}, bound(first.target)
    found = key_of(code, tests, y, here)
    of, span, extra = second.iter, bounded(second.iter), []
    if span and here & names(span[0]) and not here & names(span[1]):
        extra = [f"{second.target.id} >= {code.source(span[0])}"]
        of = ast.parse(f"range({code.source(span[1])})", mode="eval").body
    if not found or here & names(of) or any(isinstance(n, ast.Call) and not is_pure_call(n) for n in ast.walk(of)):
        return
    at, mine, other = found
    index, item = code.fresh("by_key"), second.target.id
    if not code.before(stmt, f"{index} = {{}}", f"for {item} in {ast.unparse(of)}:",
                       f"    {index}.setdefault({code.source(mine)}, []).append({item})"):
        return
    code.replace(second.iter, f"{index}.get({code.source(other)}, ())")
    rest = extra + [code.source(t) for i, t in enumerate(tests) if i != at]
    start, end = code.start(second.ifs[0]), code.end(second.ifs[-1])
    code.edits.append((start, end, " and ".join(f"({x})" for x in rest) or "True"))
    code.say(comp, "equal values are found by an index")


RULES = (("memo", memo), ("inline", inline), ("keys", keys), ("find", find), ("grouped", grouped), ("join", join),
         ("heap", heap), ("heap by key", heap_by_key), ("insertion", insertion), ("recent", recent), ("seen", seen),
         ("queue", queue), ("queue given", queue_given), ("peel", peel), ("counting", counting), ("slices", slices), ("sums", sums),
         ("extremes", extremes), ("smallest", smallest), ("asked", asked), ("membership", membership),
         ("building", strings), ("patterns", patterns), ("remember", remember), ("prefixes", prefixes), ("prepared", prepared),
         ("hoisting", hoist), ("table", table),
         ("copies", copies), ("divisors", divisors), ("repeated", repeated), ("squaring", squaring), ("unread", unread))
OTHERS = {  # for the other targets
    "memory": (("smallest", smallest), *rewrite_memory.RULES),
    "latency": rewrite_latency.RULES,
    "quality": (("smallest", smallest), *rewrite_quality.RULES),
}


def apply_once(text, rule, rows, function):
    code = Code(text, rows, function)
    try:
        rule(code)
        if not code.said:
            return text, []
        changed = code.result()
        ast.parse(changed)
    except Exception:  # a rule that stumbles has nothing to say, and keeps no other from it
        return text, []
    return changed, code.said


def apply(text, rule, rows, function):
    """(the program after the rule, what it did); the same program where the rule has nothing to do. A rule that goes from
    place to place is applied until it finds none."""
    changed, said = apply_once(text, rule, rows, function)
    for _ in range(ROUNDS if getattr(rule, "again", False) and changed != text else 0):
        more, what = apply_once(changed, rule, rows, function)
        if more == changed:
            break
        changed, said = more, [*said, *what]
    return changed, said


def rewrites(text, rows, function, target="performance"):
    """(names, what, source) of all rules together, when several apply, then of each alone."""
    every, done, said = text, [], []
    alone = []
    rules = OTHERS.get(target, RULES)
    for name, rule in rules:
        changed, what = apply(text, rule, rows, function)
        if changed != text and changed not in (x[2] for x in alone):
            alone.append((name, what, changed))
    for _ in range(ROUNDS):
        before = every
        for name, rule in rules:
            changed, what = apply(every, rule, rows, function)
            if changed != every:
                every, done, said = changed, [*done, *([name] if name not in done else [])], [*said, *what]
        if every == before or target != "quality":  # there one makes room for another
            break
    whole_program = [(", ".join(done), said, every)] if len(done) > 1 else []
    return [*whole_program, *[x for x in alone if x[2] != every or len(done) < 2]]


def main():
    import types

    inputs = types.ModuleType("inputs")
    with open("inputs.py", encoding="utf-8") as f:
        exec(compile(f.read(), "inputs.py", "exec"), inputs.__dict__)
    with open("old.py", encoding="utf-8") as f:
        text = f.read()
    with open("job.json", encoding="utf-8") as f:
        job = json.load(f)
    for rule, what, source in rewrites(text, inputs.rows_of(text, job), job["function"], job["target"]):
        line = json.dumps({"kind": "rewrite", "rule": rule, "what": "; ".join(what)[:400], "source": source})
        data = (line + "\n").encode()
        while data:
            data = data[os.write(REPORT, data):]


if __name__ == "__main__":
    sys.setrecursionlimit(5000)
    main()
