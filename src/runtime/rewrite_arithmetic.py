"""Rules of rewrite.py about loops that compute what has a shorter way: divisors, powers, sums and extremes of parts."""

import ast

from program_text import LOOPS, bound, called, is_pure_call, names


def counts(loop):
    """The n of `for _ in range(n)` whose variable nobody reads; None."""
    if not (isinstance(loop, ast.For) and called(loop.iter) == "range" and len(loop.iter.args) == 1 and
            isinstance(loop.target, ast.Name) and not loop.orelse):
        return None
    return loop.iter.args[0] if loop.target.id not in {x for s in loop.body for x in names(s)} else None


def read_elsewhere(code, name, node):
    """Whether the function around the node reads the name outside of it."""
    inside = set(ast.walk(node))
    return any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load) and n not in inside
               for n in ast.walk(code.function_of(node)))


# ---- trial division -------------------------------------------------------------------------------


def divides(test, of, by):
    """n % d == 0, not n % d"""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return isinstance(test.operand, ast.BinOp) and rest_of(test.operand, of, by)
    return isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq) and \
        rest_of(test.left, of, by) and ast.unparse(test.comparators[0]) == "0"


def divides_not(test, of, by):
    """n % d, n % d != 0, n % d > 0"""
    if isinstance(test, ast.Compare):
        return len(test.ops) == 1 and isinstance(test.ops[0], (ast.NotEq, ast.Gt)) and \
            ast.unparse(test.comparators[0]) == "0" and rest_of(test.left, of, by)
    return rest_of(test, of, by)


def rest_of(node, of, by):
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and ast.unparse(node) == f"{of} % {by}"


def only_tells(body):
    """The statements say that there is a divisor, not which."""
    *before, last = body
    return (isinstance(last, ast.Break) or isinstance(last, ast.Return) and (
        last.value is None or isinstance(last.value, ast.Constant))) and all(
        isinstance(s, ast.Assign) and isinstance(s.value, ast.Constant) for s in before)


def divisors_of(loop_iter):
    """(n, the last argument) of range(2, n), range(2, n // 2 + 1)."""
    if called(loop_iter) != "range" or len(loop_iter.args) != 2 or ast.unparse(loop_iter.args[0]) != "2":
        return None, None
    text, last = ast.unparse(loop_iter.args[1]), loop_iter.args[1]
    for end in ("", " + 1", " // 2 + 1"):
        if text.endswith(end) and text.removesuffix(end).isidentifier():
            return text.removesuffix(end), last if end != " + 1" else None
    return None, None


def divisors(code):
    """Trial division by all that is smaller: up to the root, where only whether one divides is asked."""
    for n in ast.walk(code.tree):
        if isinstance(n, ast.For) and isinstance(n.target, ast.Name):
            number, last = divisors_of(n.iter)
            serves = last and len(n.body) == 1 and isinstance(n.body[0], ast.If) and not n.body[0].orelse and \
                divides(n.body[0].test, number, n.target.id) and only_tells(n.body[0].body) and \
                not read_elsewhere(code, n.target.id, n)
        elif called(n) in ("all", "any") and len(n.args) == 1 and isinstance(n.args[0], (ast.GeneratorExp, ast.ListComp)):
            comp = n.args[0]
            first = comp.generators[0]
            number, last = divisors_of(first.iter)
            serves = last and len(comp.generators) == 1 and not first.ifs and isinstance(first.target, ast.Name) and (
                divides_not if called(n) == "all" else divides)(comp.elt, number, first.target.id)
        elif isinstance(n, ast.While):
            counted_divisors(code, n)
            continue
        else:
            continue
        if serves:
            code.replace(last, f"math.isqrt(max({number}, 0)) + 1")
            code.top("import math")
            code.say(n, f"a divisor of {number} is looked for up to its root")


def counted_divisors(code, loop):
    """d = 2; while d < n: if n % d == 0: …; d += 1"""
    test = loop.test
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.Lt)) and
            isinstance(test.left, ast.Name) and isinstance(test.comparators[0], ast.Name) and len(loop.body) == 2):
        return
    by, number = test.left.id, test.comparators[0].id
    asked, step = loop.body
    begun = [a for a in code.assignments(by, code.function_of(loop))]
    if isinstance(asked, ast.If) and not asked.orelse and divides(asked.test, number, by) and only_tells(asked.body) and \
            ast.unparse(step) == f"{by} += 1" and len(begun) == 1 and ast.unparse(begun[0].value) == "2" and \
            not read_elsewhere(code, by, loop):
        code.replace(test, f"{by} * {by} <= {number}")
        code.say(loop, f"a divisor of {number} is looked for up to its root")


# ---- powers ---------------------------------------------------------------------------------------


def repeated(code):
    """for _ in range(n): x *= y (x += y): x *= y ** n (x += y * n)"""
    for loop in ast.walk(code.tree):
        times = counts(loop)
        if times is None or len(loop.body) != 1 or isinstance(loop.body[0], ast.AugAssign) is False:
            continue
        step = loop.body[0]
        if not isinstance(step.target, ast.Name) or step.target.id in names(step.value) | names(times) or \
                any(isinstance(n, ast.Call) and not is_pure_call(n) for n in ast.walk(step.value)):
            continue
        how = {ast.Mult: ("*=", "**"), ast.Add: ("+=", "*")}.get(type(step.op))
        if how:
            n = code.source(times) if isinstance(times, ast.Constant) else f"max({code.source(times)}, 0)"
            code.replace(loop, f"{step.target.id} {how[0]} ({code.source(step.value)}) {how[1]} {n}"
                         if not isinstance(step.value, (ast.Name, ast.Constant)) else
                         f"{step.target.id} {how[0]} {code.source(step.value)} {how[1]} {n}")
            code.say(loop, f"what is repeated for {step.target.id} is one operation")


def function_named(code, name, node):
    found = [f for f in ast.walk(code.tree) if isinstance(f, ast.FunctionDef) and f.name == name]
    return found[0] if len(found) == 1 and found[0] not in code.up(node) else None


def multiplies(code, f):
    """Whether the function of two things multiplies parts of one with parts of the other, and changes neither."""
    places = [a.arg for a in f.args.args]
    if len(places) != 2 or f.args.defaults or any(code.mutated(p, f) for p in places):
        return False
    return any(isinstance(n, ast.BinOp) and isinstance(n.op, (ast.Mult, ast.MatMult)) and
               set(places) <= names(n) and (set(places) & names(n.left) != set(places) & names(n.right))
               for n in ast.walk(f))


def squaring(code):
    """for _ in range(n): p = multiply(p, m): by squares, where multiply is a product (which the comparison shows)."""
    for loop in ast.walk(code.tree):
        times = counts(loop)
        if times is None or len(loop.body) != 1 or not isinstance(loop.body[0], ast.Assign) or \
                isinstance(times, ast.Constant) or code.indent(loop) is None:
            continue
        step = loop.body[0]
        call = step.value
        if len(step.targets) != 1 or not isinstance(step.targets[0], ast.Name) or not isinstance(call, ast.Call) or \
                len(call.args) != 2 or call.keywords or not all(isinstance(a, ast.Name) for a in call.args):
            continue
        name, given = step.targets[0].id, [a.id for a in call.args]
        f = function_named(code, called(call), loop)
        if f is None or given.count(name) != 1 or not multiplies(code, f):
            continue
        other = next(x for x in given if x != name)
        left, square = code.fresh("left"), code.fresh("square")
        pad = code.indent(loop)
        turn = [f"{square} = {other}", f"{left} = {code.source(times)}", f"while {left} > 0:",
                f"    if {left} & 1:", f"        {name} = {f.name}({', '.join(square if x == other else x for x in given)})",
                f"    {left} >>= 1", f"    if {left}:", f"        {square} = {f.name}({square}, {square})"]
        code.replace(loop, f"\n{pad}".join(turn))
        code.say(loop, f"{name} is raised to its power by squares")


# ---- parts of lists -------------------------------------------------------------------------------


def span(loop):
    """("", "stop") or ("start", "stop") of a loop over range(), as text."""
    if not (isinstance(loop, ast.For) and called(loop.iter) == "range" and isinstance(loop.target, ast.Name) and
            1 <= len(loop.iter.args) <= 2 and not loop.iter.keywords and not loop.orelse and len(loop.body) == 1):
        return None
    return loop.iter.args


def item_at(expr, place):
    """The list of `list[place]`, which does not depend on the place."""
    if isinstance(expr, ast.Subscript) and isinstance(expr.slice, ast.Name) and expr.slice.id == place and \
            place not in names(expr.value):
        return expr.value
    return None


def part(code, of, limits):
    start = code.source(limits[0]) if len(limits) == 2 and ast.unparse(limits[0]) != "0" else ""
    return f"{code.source(of)}[{start}:{code.source(limits[-1])}]"


def slices(code):
    """A loop that appends (adds) l[a], l[a + 1] … : a slice (the sum of one)."""
    for loop in ast.walk(code.tree):
        limits = span(loop)
        if not limits:
            continue
        step, place = loop.body[0], loop.target.id
        if read_elsewhere(code, place, loop) and not only_loops(code, place, loop):
            continue
        if isinstance(step, ast.AugAssign) and isinstance(step.op, ast.Add) and isinstance(step.target, ast.Name):
            of = item_at(step.value, place)
            begun = [a.value for a in code.assignments(step.target.id, code.function_of(loop))]
            if of is not None and step.target.id not in names(of) | {x for a in limits for x in names(a)} and begun and all(
                    isinstance(v, ast.Constant) and type(v.value) in (int, float) for v in begun):
                code.replace(loop, f"{step.target.id} += sum({part(code, of, limits)})")
                code.say(loop, f"what is added to {step.target.id} is the sum of a part")
        elif isinstance(step, ast.Expr) and called(step.value).endswith(".append") and len(step.value.args) == 1:
            of, target = item_at(step.value.args[0], place), step.value.func.value
            if of is not None and isinstance(target, ast.Name) and target.id not in names(of) | names(loop.iter):
                copy_part(code, loop, target.id, part(code, of, limits))


def only_loops(code, name, loop):
    """The other readers of the name stand in loops of their own over it."""
    inside = set(ast.walk(loop))
    others = [n for n in ast.walk(code.function_of(loop)) if isinstance(n, ast.Name) and n.id == name and n not in inside]
    return all(any(isinstance(p, (ast.For, ast.comprehension)) and ast.unparse(p.target) == name
                   for p in [*code.up(n), *(g for u in code.up(n) for g in getattr(u, "generators", []))]) for n in others)


def copy_part(code, loop, name, text):
    block = next(b for b in (getattr(code.parent[loop], f, None) for f in ("body", "orelse", "finalbody"))
                 if isinstance(b, list) and loop in b)
    at = block.index(loop)
    begun = block[at - 1] if at else None
    if isinstance(begun, ast.Assign) and ast.unparse(begun) == f"{name} = []":
        code.replace(begun.value, text)
        code.drop(loop)
    else:
        code.replace(loop, f"{name}.extend({text})")
    code.say(loop, f"{name} is copied in one piece")


def slice_of(code, expr):
    """(list's name, slice) of l[a:b], also where a name stands for it that is only measured; None."""
    if isinstance(expr, ast.Subscript) and isinstance(expr.slice, ast.Slice) and not expr.slice.step and \
            isinstance(expr.value, ast.Name):
        return expr.value.id, expr.slice
    if not isinstance(expr, ast.Name) or not isinstance(code.parent.get(expr), ast.Call):
        return None
    function = code.function_of(expr)
    made = code.assignments(expr.id, function)
    found = slice_of(code, made[0].value) if len(made) == 1 and isinstance(made[0].value, ast.Subscript) else None
    if not found or any(isinstance(n, ast.Name) and n.id == expr.id and not isinstance(n.ctx, ast.Load) and
                        code.parent[n] is not made[0] for n in ast.walk(function)):
        return None
    block = next((b for b in (getattr(code.parent[made[0]], f, None) for f in ("body", "orelse")) if
                  isinstance(b, list) and made[0] in b), [])
    after = block[block.index(made[0]) + 1:] if block else []
    user = next((i for i, s in enumerate(after) if code.inside(expr, s)), None)
    if user is None or any(names(found[1]) & bound(s) for s in after[:user]):
        return None
    return found


EXTREME = '''def {name}(kept, pick, values, *limits):
    start, stop, _ = slice(*limits).indices(len(values))
    if stop <= start:
        return pick(values[:0])
    k = (stop - start).bit_length() - 1
    if k not in kept:
        kept[k] = values
        for i in range(k):
            kept[k] = list(map(pick, kept[k], kept[k][1 << i:]))
    return pick(kept[k][start], kept[k][stop - (1 << k)])'''


def extremes(code):
    """max(l[a:b]), min(l[a:b]) in a loop: of two overlapping parts whose extremes are known."""
    made, helper = {}, None
    for n in ast.walk(code.tree):
        if called(n) not in ("max", "min") or len(n.args) != 1 or n.keywords:
            continue
        found = slice_of(code, n.args[0])
        if not found:
            continue
        name, limits = found
        loop = code.outermost(n, lambda x, name=name: not code.mutated(name, x))
        if loop is None or not code.is_list(name, code.function_of(n)) and not code.parameter_rows(
                name, code.function_of(n)):
            continue
        helper = helper or code.fresh("extreme")
        key = (called(n), name, loop)
        if key not in made:
            made[key] = code.fresh(f"{name}_{called(n)}")
            if not code.before(code.statement(loop), f"{made[key]} = {{}}"):
                raise ValueError("no place")
        low, high = (code.source(x) if x else "None" for x in (limits.lower, limits.upper))
        code.replace(n, f"{helper}({made[key]}, {called(n)}, {name}, {low}, {high})")
        code.say(n, f"the {called(n)} of a part of {name} comes from those of two that are known")
    if made:
        code.top(EXTREME.format(name=helper))


def unread(code):
    """A name whose value is only a slice that nobody reads any more, or only its length: the length is computed."""
    for loop in ast.walk(code.tree):
        if not isinstance(loop, LOOPS):
            continue
        for stmt in loop.body:
            if not (isinstance(stmt, ast.Assign) and len(stmt.targets) == 1 and isinstance(stmt.targets[0], ast.Name) and
                    isinstance(stmt.value, ast.Subscript) and isinstance(stmt.value.slice, ast.Slice)):
                continue
            name = stmt.targets[0].id
            if all(n is stmt.targets[0] for n in ast.walk(code.tree) if isinstance(n, ast.Name) and n.id == name) and \
                    isinstance(stmt.value.value, ast.Name) and len(loop.body) > 1:
                code.drop(stmt)
                code.say(stmt, f"{name} is not read")
