"""Rules of rewrite.py about loops in loops that prepare the same things again in each turn of the outer one."""

import ast

from program_text import COMPREHENSIONS, LOOPS, MUTATORS, PURE_METHODS, WORTH, bound, called, is_pure_call, names
from rewrite_lookup import plain

READERS = (ast.Compare, ast.BinOp, ast.FormattedValue, ast.UnaryOp, ast.BoolOp)


def only_read(code, node):
    """The value is read where it stands, never kept or changed: one copy serves all."""
    p = code.parent.get(node)
    if isinstance(p, READERS):
        return True
    if isinstance(p, ast.Subscript):
        return p.value is node and isinstance(p.ctx, ast.Load) and not code.deep_store(p)
    if isinstance(p, ast.Attribute):
        call = code.parent.get(p)
        return not (isinstance(call, ast.Call) and call.func is p and p.attr in MUTATORS)
    if isinstance(p, (ast.For, ast.comprehension)):
        return p.iter is node
    return isinstance(p, ast.Call) and node in p.args and is_pure_call(p)


def fixed(node):
    """A value that nobody can change."""
    return called(node) in {"sum", "max", "min", "tuple", "frozenset", "re.compile", "math.factorial"} or (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and
        node.func.attr in {"strip", "lower", "upper", "replace", "casefold", "title", "strptime", "fromisoformat"})


def kept_unchanged(code, node, loop):
    """x = call(…) in the loop, where the loop never changes x."""
    p = code.parent.get(node)
    return isinstance(p, ast.Assign) and len(p.targets) == 1 and isinstance(p.targets[0], ast.Name) and \
        not code.mutated(p.targets[0].id, loop, but={p.targets[0]})


def table(code):
    """What a loop within a loop computes anew of each of its items: a table of it, made once."""
    for outer in ast.walk(code.tree):
        if not isinstance(outer, ast.For) or code.loops(outer):
            continue
        for inner in ast.walk(outer):
            if isinstance(inner, ast.For) and inner is not outer and isinstance(inner.target, (ast.Name, ast.Tuple)) and \
                    outer in code.loops(inner) and code.invariant(inner.iter, outer) and repeats(code, inner.iter):
                table_of(code, outer, inner)


def repeats(code, of):
    """It can be gone through twice."""
    if isinstance(of, ast.Name):
        values = code.parameter_rows(of.id, code.function_of(of))
        return code.is_list(of.id, code.function_of(of)) or bool(values) and all(
            isinstance(v, (list, tuple, str, dict)) for v in values)
    return called(of) in ("range", "sorted", "list")


def table_of(code, outer, inner):
    items, item, made = bound(inner.target), code.source(inner.target), {}
    if sum(isinstance(n, ast.Name) and n.id in items and not isinstance(n.ctx, ast.Load) for n in ast.walk(inner)) != \
            len(items):
        return

    def serves(n):
        if not isinstance(n, ast.Call) or not items & names(n) or not plain(code, n):
            return False
        own, targets = bound(n), set(ast.walk(inner.target))
        return not any(code.mutated(x, outer) for x in names(n) - own - items - code.functions().keys()) and \
            not any(code.mutated(x, inner, but=targets | calls_with(code, inner, x)) for x in items & names(n))

    for n in (n for stmt in inner.body for n in ast.walk(stmt)):
        own = called(n) in code.functions()
        worth = own or called(n) in WORTH | {"int", "float"} or isinstance(n, ast.Call) and isinstance(
            n.func, ast.Attribute) and n.func.attr in PURE_METHODS - {"keys", "values", "items", "copy"}
        if not worth or not serves(n) or any(serves(p) for p in code.up(n)) or \
                any(isinstance(p, (*COMPREHENSIONS, ast.Lambda)) for p in code.up(n)):
            continue
        if not (fixed(n) or only_read(code, n) or kept_unchanged(code, n, outer) or called(n) in ("int", "float")):
            continue
        made.setdefault(ast.dump(n), (code.fresh(f"{'_'.join(sorted(items & names(n)))}_{called(n).rpartition('.')[2] or 'value'}"), []))[1].append(n)
    if not made or code.indent(outer) is None:
        return
    of = code.source(inner.iter)
    lists = {key: code.fresh(name + "s") for key, (name, _) in made.items()}
    if not code.before(outer, *(f"{lists[key]} = [{code.source(found[0])} for {item} in {of}]"
                                for key, (_, found) in made.items())):
        return
    whole = item if isinstance(inner.target, ast.Name) or item.startswith("(") else f"({item})"
    code.replace(inner.target, ", ".join([whole, *(name for name, _ in made.values())]))
    code.replace(inner.iter, f"zip({', '.join([of, *lists.values()])})")
    for name, found in made.values():
        for n in found:
            code.replace(n, name)
            code.say(n, f"{ast.unparse(n)[:50]} is computed once for each {item}")


def calls_with(code, node, name):
    """The places where the name is given to a function of the program that changes nothing."""
    return {n for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == name and isinstance(code.parent.get(n), ast.Call)
            and called(code.parent[n]) in code.functions() and plain(code, code.parent[n])}


# ---- statements -----------------------------------------------------------------------------------


def prepared(code):
    """The first statements of an inner loop, which know nothing of the outer one: done before, once for each item."""
    for inner in ast.walk(code.tree):
        if not isinstance(inner, ast.For) or not isinstance(inner.target, ast.Name) or len(inner.body) < 2 or inner.orelse:
            continue
        loops = [x for x in code.loops(inner.iter)]
        outer = None
        for x in loops:
            if not isinstance(x, LOOPS) or not code.invariant(inner.iter, x):
                break
            outer = x
        if outer is not None and (repeats(code, inner.iter) or code.listish(inner.iter)):
            prepare(code, outer, inner)


def closed(stmt):
    """Nothing in it leaves it."""
    own = {n for x in ast.walk(stmt) if isinstance(x, LOOPS) for n in ast.walk(x)}
    return not any(isinstance(n, (ast.Return, ast.Yield, ast.YieldFrom, ast.Await, ast.Global, ast.Nonlocal, ast.Delete,
                                  ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.With, ast.Import, ast.NamedExpr)) or
                   isinstance(n, (ast.Break, ast.Continue)) and n not in own for n in ast.walk(stmt))


def knows_only(code, stmt, known, outer):
    """The statement reads what is known or stays as it is in the outer loop, and changes only what it has made."""
    mine = known | bound(stmt)
    for n in ast.walk(stmt):
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and n.id not in mine and \
                n.id not in code.functions() and code.mutated(n.id, outer):
            return False
        if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name) and n.target.id not in known:
            return False
        if isinstance(n, (ast.Subscript, ast.Attribute)) and not isinstance(n.ctx, ast.Load) and not names(n.value) <= known:
            return False
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr in MUTATORS:
            if not (isinstance(n.func.value, ast.Name) and n.func.value.id in known):
                return False
        elif isinstance(n, ast.Call) and not (is_pure_call(n) and called(n) != "print" or called(n) in code.functions() and
                                              plain(code, n) or isinstance(n.func, ast.Attribute)):
            return False
    return True


def prepare(code, outer, inner):
    item, first, made = inner.target.id, [], set()
    for stmt in inner.body[:-1]:
        if not closed(stmt) or not isinstance(stmt, (ast.Assign, ast.For, ast.Expr, ast.AugAssign, ast.If)) or \
                not knows_only(code, stmt, made | {item}, outer):
            break
        first.append(stmt)
        made |= bound(stmt)
    while first and not bound(first[-1]) and not isinstance(first[-1], (ast.For, ast.Expr)):
        first.pop()
    rest = inner.body[len(first):]
    made = {x for s in first for x in bound(s)}
    dear = any(called(n) in WORTH or called(n) in code.functions() or isinstance(n, (*LOOPS, *COMPREHENSIONS)) or
               isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr in PURE_METHODS
               for s in first for n in ast.walk(s))
    used = sorted(made & {x for s in rest for x in names(s)})
    inside = {n for s in inner.body for n in ast.walk(s)}
    elsewhere = any(isinstance(n, ast.Name) and n.id in made and n not in inside for n in ast.walk(code.function_of(inner)))
    if not first or not dear or not used or item in made or elsewhere or any(
            code.mutated(x, s) and not only_kept(code, x, s) for x in [*used, item] for s in rest):
        return
    write_prepared(code, outer, inner, first, rest, used)


def only_kept(code, name, stmt):
    """What may change it is only that a new name is given to a part: a, b = name."""
    return all(isinstance(code.parent[n], ast.Assign) and isinstance(code.parent[n].targets[0], ast.Tuple)
               for n in ast.walk(stmt) if isinstance(n, ast.Name) and n.id == name and code.mutated(name, code.parent[n]))


def write_prepared(code, outer, inner, first, rest, used):
    item, of, place = inner.target.id, code.source(inner.iter), code.statement(outer)
    pad, own = code.indent(first[0]), code.indent(place)
    if pad is None or own is None or any(isinstance(n, (ast.Constant, ast.JoinedStr)) and n.end_lineno > n.lineno
                                         for s in first for n in ast.walk(s)):
        return
    start, end = code.starts[first[0].lineno - 1], code.starts[first[-1].end_lineno]
    lines = code.data[start:end].decode().split("\n")[:-1]
    if any(x.strip() and not x.startswith(pad) for x in lines):
        return
    name = code.fresh(f"{item}_prepared")
    value = used[0] if len(used) == 1 else f"({', '.join(used)})"
    if not code.before(place, f"{name} = []", f"for {item} in {of}:",
                       *("    " + x[len(pad):] if x.strip() else "" for x in lines), f"    {name}.append({value})"):
        return
    code.edits.append((start, end, ""))
    if item in {x for s in rest for x in names(s)}:
        code.replace(inner.target, f"{item}, {value}")
        code.replace(inner.iter, f"zip({of}, {name})")
    else:
        code.replace(inner.target, value.strip("()"))
        code.replace(inner.iter, name)
    code.say(inner, f"what is made of each {item} is made once")


# ---- sorted(list[:i + 1]) -------------------------------------------------------------------------


def until(code, expr):
    """(loop, list) of l[:i + 1] in: for i in range(len(l)); None."""
    if not (isinstance(expr, ast.Subscript) and isinstance(expr.slice, ast.Slice) and not expr.slice.lower and
            not expr.slice.step and isinstance(expr.value, ast.Name) and expr.slice.upper):
        return None
    of = expr.value.id
    for loop in code.loops(expr)[:1]:
        if isinstance(loop, ast.For) and isinstance(loop.target, ast.Name) and \
                ast.unparse(loop.iter) == f"range(len({of}))" and \
                ast.unparse(expr.slice.upper) == f"{loop.target.id} + 1" and not code.mutated(of, loop, but={expr.value}) \
                and not any(isinstance(n, (ast.Continue, ast.Break)) for n in ast.walk(loop)):
            return loop, of
    return None


def sorts_first(code, f):
    """The call sorted(p) that is the only use of a function's only parameter, of whose answer nobody changes anything."""
    if len(f.args.args) != 1 or f.args.defaults:
        return None
    uses = [n for n in ast.walk(f) if isinstance(n, ast.Name) and n.id == f.args.args[0].arg]
    call = code.parent[uses[0]] if len(uses) == 1 else None
    if called(call) != "sorted" or len(call.args) != 1 or call.keywords or code.loops(call):
        return None
    return call if only_read(code, call) or kept_unchanged(code, call, f) else None


def prefixes(code):
    """What has come so far, sorted anew in each turn: it is kept sorted."""
    for n in ast.walk(code.tree):
        if called(n) == "sorted" and len(n.args) == 1 and not n.keywords and until(code, n.args[0]) and (
                only_read(code, n) or kept_unchanged(code, n, until(code, n.args[0])[0])):
            keep_sorted(code, n, n.args[0])
    for f in code.functions().values():
        call, calls = sorts_first(code, f), code.calls_of(f)
        if call is not None and calls and f.name != code.function and all(
                len(c.args) == 1 and until(code, c.args[0]) for c in calls):
            for c in calls:
                keep_sorted(code, c.args[0], c.args[0])
            code.replace(call, code.source(call.args[0]))


def keep_sorted(code, node, part):
    loop, of = until(code, part)
    name = code.fresh(f"{of}_sorted")
    if not code.before(loop, f"{name} = []") or not code.before(loop.body[0], f"bisect.insort({name}, {of}[{loop.target.id}])"):
        raise ValueError("no place")
    code.replace(node, name)
    code.top("import bisect")
    code.say(node, f"what has come of {of} is kept sorted")
