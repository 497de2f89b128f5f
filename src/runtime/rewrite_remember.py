"""Rules of rewrite.py about pure functions: what they have answered is remembered within one call of the program."""

import ast

from program_text import FUNCTIONS, MUTATORS, PURE, bound, called, names

IMPURE = {"print", "input", "open", "exec", "eval", "setattr", "delattr", "next", "iter", "globals", "locals", "vars"}


FIXED = {"min", "max", "sum", "len", "abs", "int", "str", "float", "pow", "any", "all", "bool", "round", "chr", "ord", "date",
         "datetime", "timedelta", "Decimal", "Fraction", "frozenset"}  # what they answer cannot be changed, or is judged
FIXED_METHODS = {"strip", "lstrip", "rstrip", "lower", "upper", "casefold", "title", "replace", "join", "format", "group",
                 "strftime", "strptime", "isoformat", "fromisoformat", "weekday", "isoweekday", "toordinal", "date", "time",
                 "timestamp", "total_seconds", "count", "find", "startswith", "endswith", "isdigit", "zfill", "sqrt"}
CLOCKS = {"now", "today", "utcnow", "monotonic", "perf_counter", "urandom"}


def scalar(expr, function, own):
    """Whether the value can be shared by all who ask: no list, no mapping."""
    if isinstance(expr, (ast.Constant, ast.Compare, ast.JoinedStr)):
        return True
    if isinstance(expr, ast.BinOp):
        return scalar(expr.left, function, own) and scalar(expr.right, function, own)
    if isinstance(expr, ast.UnaryOp):
        return scalar(expr.operand, function, own)
    if isinstance(expr, ast.BoolOp):
        return all(scalar(v, function, own) for v in expr.values)
    if isinstance(expr, ast.IfExp):
        return scalar(expr.body, function, own) and scalar(expr.orelse, function, own)
    if isinstance(expr, ast.Tuple):
        return all(scalar(v, function, own) for v in expr.elts)
    if isinstance(expr, ast.Subscript):
        return True  # judged by the comparison
    if isinstance(expr, ast.Call):
        return called(expr) in FIXED | {function.name} or isinstance(expr.func, ast.Attribute) and \
            expr.func.attr in FIXED_METHODS
    if isinstance(expr, ast.Name):
        if expr.id in own:
            return True
        made = [n.value for n in ast.walk(function) if isinstance(n, (ast.Assign, ast.AugAssign)) and any(
            isinstance(t, ast.Name) and t.id == expr.id for t in getattr(n, "targets", [getattr(n, "target", None)]))]
        return bool(made) and all(v is not None and scalar(v, function, own | {expr.id}) for v in made)
    return False


def is_pure(code, function):
    own = {a.arg for a in function.args.args} | bound(function)
    inner = [n for stmt in function.body for n in ast.walk(stmt)]
    for n in inner:
        if isinstance(n, (ast.Global, ast.Nonlocal, ast.Yield, ast.YieldFrom, ast.Await, ast.FunctionDef, ast.Try)):
            return False
        if isinstance(n, ast.Call) and (called(n) in IMPURE or called(n).split(".")[0] in ("random", "time", "os")):
            return False
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and called(n) != function.name and \
                called(n) not in PURE:
            return False
        if isinstance(n, (ast.Subscript, ast.Attribute)) and not isinstance(n.ctx, ast.Load):
            return False
        if isinstance(n, ast.Attribute) and n.attr in MUTATORS and isinstance(n.value, ast.Name) and \
                (n.value.id not in own or n.value.id in {a.arg for a in function.args.args}):
            return False
    returns = [n.value for n in inner if isinstance(n, ast.Return)]
    return all(r is None or scalar(r, function, {a.arg for a in function.args.args}) for r in returns)


def memo(code):
    """A pure function that calls itself more than once, or in a loop, remembers its answers within one call."""
    for f in ast.walk(code.tree):
        if not isinstance(f, ast.FunctionDef) or f.decorator_list or f.args.vararg or f.args.kwarg or f.args.kwonlyargs:
            continue
        own = [n for stmt in f.body for n in ast.walk(stmt) if called(n) == f.name]
        if not own or not f.args.args or (len(own) < 2 and not any(code.loops(n) for n in own)):
            continue
        if not is_pure(code, f) or isinstance(code.parent[f], ast.ClassDef) or code.indent(f) is None:
            continue
        lists = listed(code, f)
        if lists is None or lists and code.function_of(f) is not code.tree:
            continue
        if isinstance(code.function_of(f), FUNCTIONS):
            code.before(f, "@functools.cache")
        elif wrap(code, f, lists):
            code.say(f, f"{f.name} remembers what it has answered")
            continue
        else:
            continue
        code.top("import functools")
        code.say(f, f"{f.name} remembers what it has answered")


def listed(code, f):
    """The parameters that are given lists and could as well be given tuples; None: something cannot be remembered."""
    found = set()
    for i, a in enumerate(f.args.args):
        name, kind = a.arg, ast.unparse(a.annotation).lower() if a.annotation else ""
        values = code.values_in(name, f, 3)
        if not any(isinstance(v, (list, dict, set)) for v in values) and not kind.startswith(("list", "typing.list")):
            continue
        if any(not isinstance(v, (list, tuple)) or any(isinstance(x, (list, dict, set)) for x in v) for v in values):
            return None
        if not all(as_tuple(code, n, f, i) for stmt in f.body for n in ast.walk(stmt)
                   if isinstance(n, ast.Name) and n.id == name):
            return None
        found.add(name)
    return found


def as_tuple(code, n, f, at):
    """This use of a list would be the same for a tuple."""
    p = code.parent[n]
    if isinstance(p, ast.Subscript) and p.value is n and isinstance(p.ctx, ast.Load):
        up = code.parent[p]
        return not isinstance(p.slice, ast.Slice) or called(up) == f.name and up.args.index(p) == at or \
            called(up) in PURE - {"list", "print"}
    if called(p) == f.name:
        return p.args.index(n) == at
    return isinstance(n.ctx, ast.Load) and (
        called(p) in PURE - {"print", "type", "repr", "str", "isinstance"} or
        isinstance(p, (ast.If, ast.While, ast.IfExp)) and p.test is n or isinstance(p, (ast.BoolOp, ast.UnaryOp)) or
        isinstance(p, (ast.For, ast.comprehension)) and p.iter is n or
        isinstance(p, ast.Compare) and isinstance(p.ops[0], (ast.In, ast.NotIn)) and n in p.comparators)


def wrap(code, f, lists):
    """The function within itself, so that what is remembered goes with the call. Not by functools.cache: that takes two
    places on the stack for each call, and what the program could do before must not be too deep now."""
    told = isinstance(f.body[0], ast.Expr) and isinstance(f.body[0].value, ast.Constant) and len(f.body) > 1
    inner = f.body[1 if told else 0]
    first, end = code.starts[inner.lineno - 1], code.end(f)
    places = [a.arg for a in f.args.args]
    returns = [n for n in ast.walk(f) if isinstance(n, ast.Return)]
    if f.body[0].lineno == f.lineno or set(places) & bound(f) or any(n.value is None for n in returns) or any(
            isinstance(n, (ast.Constant, ast.JoinedStr)) and n.end_lineno > n.lineno for x in f.body[1 if told else 0:] for n in ast.walk(x)):
        return False
    known, key = code.fresh("known"), places[0] if len(places) == 1 else f"({', '.join(places)})"
    body = code.data[first:end]
    for n in sorted(returns, key=code.start, reverse=True):
        value = f"({code.source(n.value)})" if isinstance(n.value, ast.Tuple) else code.source(n.value)
        body = body[:code.start(n.value) - first] + f"{known}.setdefault({key}, {value})".encode() + \
            body[code.end(n.value) - first:]
    head, pad = code.data[code.start(f):code.starts[f.body[0].lineno - 1]].decode(), code.indent(inner)
    if pad is None:
        return False
    lines = [f"    {known} = {{}}", "", *("    " + x for x in head.rstrip("\n").split("\n")),
             f"    {pad}if {key} in {known}:", f"    {pad}    return {known}[{key}]",
             *("    " + x if x.strip() else "" for x in body.decode().split("\n")), "",
             f"    return {f.name}({', '.join(f'tuple({x})' if x in lists else x for x in places)})"]
    code.edits.append((first, end, "\n".join(lines)))
    return True


def is_effectless(code, f, seen=()):
    """The function answers equal questions alike and changes nothing of others', as far as its text tells."""
    places = {a.arg for a in f.args.args}
    own, module = bound(f) | places, code.functions()
    for n in (n for stmt in f.body for n in ast.walk(stmt)):
        if isinstance(n, (ast.Global, ast.Nonlocal, ast.Yield, ast.YieldFrom, ast.Await, ast.FunctionDef, ast.ClassDef)):
            return False
        if isinstance(n, (ast.Subscript, ast.Attribute)) and not isinstance(n.ctx, ast.Load) and root(n) not in own - places:
            return False
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and n.id not in own and changes(code, n.id):
            return False
        if isinstance(n, ast.Call) and not call_is_effectless(code, n, f, own - places, module, seen):
            return False
    return True


def root(node):
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def changes(code, name):
    """Whether the program changes a name of its module."""
    stores = [n for n in ast.walk(code.tree) if isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load)]
    made = getattr(code.parent[stores[0]], "value", None) if len(stores) == 1 else None
    if isinstance(made, ast.Constant) or called(made) == "re.compile":
        return False
    return bool(stores) and (len(stores) > 1 or code.function_of(stores[0]) is not code.tree or
                             code.mutated(name, code.tree, but=set(stores)))


def call_is_effectless(code, n, f, free, module, seen):
    name = called(n)
    if isinstance(n.func, ast.Name):
        if name in module and name not in seen:
            return name == f.name or is_effectless(code, module[name], (*seen, f.name))
        return name in PURE - {"print"} | FIXED | {"map", "filter", "deque", "defaultdict"} or name in seen or \
            name.endswith(("Error", "Exception"))
    if not isinstance(n.func, ast.Attribute) or root(n.func) in ("random", "os", "sys", "time", "uuid", "secrets") or \
            n.func.attr in CLOCKS:
        return False
    return n.func.attr not in MUTATORS or root(n.func) in free


def depth(code, node, seen=()):
    """In how many loops the node stands, those of its function's callers counted as well."""
    here, function = len(code.loops(node)), code.function_of(node)
    if isinstance(function, ast.Lambda):
        return here + 1 + depth(code, function, seen)
    if function is code.tree or function.name == code.function or function.name in seen or \
            code.functions().get(function.name) is not function:
        return here
    calls = code.calls_of(function) or []
    return here + max((depth(code, c, (*seen, function.name)) for c in calls), default=0)


def cannot_be_remembered(code, expr):
    if isinstance(expr, (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        return True
    if isinstance(expr, ast.Name):
        made = [a.value for a in code.assignments(expr.id, code.function_of(expr))]
        if any(isinstance(v, (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp)) or called(v) in (
                "set", "dict", "list", "sorted", "Counter", "defaultdict", "deque", "collections.Counter",
                "collections.defaultdict", "collections.deque") for v in made):
            return True
    if isinstance(expr, ast.Name) and code.is_list(expr.id, code.function_of(expr)) or \
            not isinstance(expr, (ast.Name, ast.BinOp)) and code.listish(expr):
        return True
    return any(isinstance(v, (list, dict, set)) for v in code.values(expr))


def ever_new(code, call):
    """Each call has other arguments: they are made of what every loop around it counts, or of a place in a range."""
    loops = code.loops(call)
    if depth(code, call) > len(loops):
        return False
    given = {x for a in call.args for x in names(a)}
    heads = [[x.target] if isinstance(x, ast.For) else [g.target for g in getattr(x, "generators", [])] for x in loops]
    plainly = {a.id for a in call.args if isinstance(a, ast.Name)}
    counted = {x.target.id for x in loops if isinstance(x, ast.For) and called(x.iter) == "range"
               and isinstance(x.target, ast.Name)} | {
        g.target.id for x in loops for g in getattr(x, "generators", []) if called(g.iter) == "range"
        and isinstance(g.target, ast.Name)}
    if len(loops) == 1:
        return bool(plainly & counted)
    return bool(loops) and all(h and given & {x for t in h for x in names(t)} for h in heads)


def remember(code):
    """A helper that answers equal questions alike, asked again and again: it remembers until the program is called anew."""
    entry = code.functions().get(code.function)
    if entry is None or entry.decorator_list or any(called(n) == entry.name for n in ast.walk(code.tree)):
        return
    first = entry.body[1 if isinstance(entry.body[0], ast.Expr) and isinstance(entry.body[0].value, ast.Constant) and
                       len(entry.body) > 1 else 0]
    for f in code.functions().values():
        places = {a.arg for a in f.args.args}
        if f is entry or f.decorator_list or not places or f.args.vararg or f.args.kwarg or f.args.kwonlyargs or \
                any(called(n) == f.name for n in ast.walk(f)) or len(code.calls_of(f) or ()) == 0:
            continue
        calls = code.calls_of(f)
        deep = max(depth(code, c) for c in calls)
        dear = any(isinstance(n, (ast.For, ast.While, ast.comprehension, ast.Call)) for s in f.body for n in ast.walk(s))
        loops = any(isinstance(n, (ast.For, ast.While, ast.comprehension)) for s in f.body for n in ast.walk(s))
        if not dear or deep < (1 if loops else 2) or all(ever_new(code, c) for c in calls) or not is_effectless(code, f):
            continue
        if not all(n.value is None or scalar(n.value, f, places) for n in ast.walk(f) if isinstance(n, ast.Return)) or \
                any(cannot_be_remembered(code, a) for c in calls for a in c.args):
            continue
        if code.before(f, "@functools.cache") and code.before(first, f"{f.name}.cache_clear()"):
            code.top("import functools")
            code.say(f, f"{f.name} remembers what it has answered")
