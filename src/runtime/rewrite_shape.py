"""Rules of rewrite.py about lists and texts that are used as something else: by age, by a key, from the front."""

import ast

from program_text import LOOPS, called, names

# ---- by age ---------------------------------------------------------------------------------------


def recent(code):
    """A list that is asked for, removed from and appended to, as that of what was used last: a mapping in that order."""
    for text, stmt, uses in code.holders():
        roles = [code.role(n) for n in uses]
        if not {"in", "append"} <= set(roles) or not {"remove", "pop(0)"} & set(roles) or \
                set(roles) - {"in", "append", "remove", "pop(0)", "len", "test", "read"} or \
                ast.unparse(stmt.value) not in ("[]", "list()") or "remove" not in roles and "pop(0)" not in roles:
            continue
        if "remove" not in roles and any(r == "read" for r in roles):
            continue
        calls = [code.parent[code.parent[n]] if r in ("append", "remove", "pop(0)") else None for n, r in zip(uses, roles)]
        if any(c is not None and r != "pop(0)" and not isinstance(code.parent[c], ast.Expr) for c, r in zip(calls, roles)):
            continue
        code.replace(stmt.value, "collections.OrderedDict()")
        for n, what, call in zip(uses, roles, calls):
            of = code.source(n)
            if what == "append":
                code.replace(call, f"{of}[{code.source(call.args[0])}] = None")
            elif what == "remove":
                code.replace(code.parent[call], f"del {of}[{code.source(call.args[0])}]")
            elif what == "pop(0)":
                alone = isinstance(code.parent[call], ast.Expr)
                code.replace(call, f"{of}.popitem(last=False)" + ("" if alone else "[0]"))
        code.top("import collections")
        code.say(stmt, f"{text} keeps its order as a mapping")


# ---- by a key -------------------------------------------------------------------------------------


class Rename(ast.NodeTransformer):
    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit_Name(self, node):
        return ast.Name(self.new, node.ctx) if node.id == self.old else node


def key_text(function, name):
    """The key of a sort, of the item with this name; None."""
    if isinstance(function, ast.Lambda) and len(function.args.args) == 1 and not function.args.defaults:
        tree = ast.parse(ast.unparse(function.body), mode="eval")
        return ast.unparse(Rename(function.args.args[0].arg, name).visit(tree))
    return f"{ast.unparse(function)}({name})" if isinstance(function, (ast.Name, ast.Attribute)) else None


def heap_by_key(code):
    """A list that is sorted by a key before each pop(0): a heap of (key, number, item)."""
    for text, stmt, uses in code.holders():
        roles = [code.role(n) for n in uses]
        if not {"append", "sort", "pop(0)"} <= set(roles) or set(roles) - {"append", "sort", "pop(0)", "len", "test"} or \
                ast.unparse(stmt.value) not in ("[]", "list()"):
            continue
        calls = [code.parent[code.parent[n]] if r in ("append", "sort", "pop(0)") else None for n, r in zip(uses, roles)]
        sorts = [c for c, r in zip(calls, roles) if r == "sort"]
        item, turn = code.fresh("entry"), code.fresh("turn")
        found = {key_text(k.value, item) if k.arg == "key" else None for c in sorts for k in c.keywords}
        adds = [c for c, r in zip(calls, roles) if r == "append"]
        if any(c.args for c in sorts) or len(found) != 1 or None in found or \
                any(not isinstance(code.parent[c], ast.Expr) or code.indent(code.parent[c]) is None for c in [*adds, *sorts]):
            continue
        self_made = "." in text
        order = f"{text}_{turn}" if self_made else turn
        if not code.after(stmt, f"{order} = itertools.count()"):
            continue
        for n, what, call in zip(uses, roles, calls):
            of = code.source(n)
            if what == "append":
                pad = code.indent(code.parent[call])
                inner = call.args[0]
                code.edits.append((code.start(call), code.start(inner), f"{item} = "))
                code.edits.append((code.end(inner), code.end(call),
                                   f"\n{pad}heapq.heappush({of}, ({found_key(found)}, next({order}), {item}))"))
            elif what == "sort":
                code.drop(code.parent[call])
            elif what == "pop(0)":
                code.replace(call, f"heapq.heappop({of})[-1]")
        code.top("import heapq", "import itertools")
        code.say(stmt, f"{text} is kept as a heap by its key")


def found_key(found):
    return next(iter(found))


# ---- a queue that is given on ---------------------------------------------------------------------

QUEUE = {"append", "pop(0)", "pop()", "insert(0)", "len", "test", "end", "extend"}


def queue_given(code):
    """A list that helpers take from the front of: they are given a deque."""
    functions = code.functions()
    group, grown = set(), True
    while grown:  # the parameters that stand for the list, through calls
        grown = False
        for f in functions.values():
            for i, a in enumerate(f.args.args):
                if (f.name, i) in group or f.name == code.function:
                    continue
                roles = [code.role(n) for n in ast.walk(f) if isinstance(n, ast.Name) and n.id == a.arg]
                if "pop(0)" in roles or any(given_to(code, n) in group for n in ast.walk(f)
                                            if isinstance(n, ast.Name) and n.id == a.arg):
                    group.add((f.name, i))
                    grown = True
    if not group or not all(fits(code, functions[name], i, group) for name, i in group):
        return
    first = []
    for name, i in group:
        for call in code.calls_of(functions[name]) or ():
            if len(call.args) <= i:
                return
            inside = getattr(code.function_of(call), "name", "")
            places = [a.arg for a in code.function_of(call).args.args] if inside else []
            given = call.args[i]
            if isinstance(given, ast.Name) and given.id in places and (inside, places.index(given.id)) in group:
                continue
            first.append(given)
    if not first or not all(isinstance(g, (ast.Call, ast.List, ast.ListComp)) for g in first):
        return
    for g in first:
        code.replace(g, f"collections.deque({code.source(g)})")
    for name, i in group:
        f = functions[name]
        for n in ast.walk(f):
            if isinstance(n, ast.Name) and n.id == f.args.args[i].arg and code.role(n) in ("pop(0)", "insert(0)"):
                call = code.parent[code.parent[n]]
                code.replace(call, f"{n.id}.popleft()" if code.role(n) == "pop(0)" else
                             f"{n.id}.appendleft({code.source(call.args[1])})")
    code.top("import collections")
    code.say(first[0], "what helpers take from the front is a deque")


def given_to(code, n):
    p = code.parent[n]
    return (called(p), p.args.index(n)) if isinstance(p, ast.Call) and n in p.args else None


def fits(code, f, i, group):
    name = f.args.args[i].arg
    return code.calls_of(f) is not None and f.args.args[i].annotation is None and all(
        isinstance(n.ctx, ast.Load) and (code.role(n) in QUEUE or given_to(code, n) in group)
        for n in ast.walk(f) if isinstance(n, ast.Name) and n.id == name)


# ---- from the front -------------------------------------------------------------------------------


def shift(code, n, name):
    """k of `name = name[k:]`; None."""
    p = code.parent[n]
    up = code.parent.get(p)
    if isinstance(p, ast.Subscript) and p.value is n and isinstance(p.slice, ast.Slice) and not p.slice.step and \
            not p.slice.upper and isinstance(p.slice.lower, ast.Constant) and type(p.slice.lower.value) is int and \
            p.slice.lower.value > 0 and isinstance(up, ast.Assign) and ast.unparse(up.targets) == name and up.value is p:
        return p.slice.lower.value
    return None


def front(code, n, at):
    """(node, text) in place of a use of a text that is read from the place `at` on; None: it needs the text itself."""
    p, name = code.parent[n], n.id
    if called(p) == "len" and n in p.args:
        return p, f"max(len({name}) - {at}, 0)"
    if isinstance(p, (ast.While, ast.If, ast.IfExp)) and p.test is n or isinstance(p, ast.BoolOp):
        return n, f"{at} < len({name})"
    if isinstance(p, ast.UnaryOp) and isinstance(p.op, ast.Not):
        return p, f"{at} >= len({name})"
    if isinstance(p, ast.Subscript) and p.value is n and isinstance(p.ctx, ast.Load):
        if isinstance(p.slice, ast.Constant) and type(p.slice.value) is int and p.slice.value >= 0:
            return p, f"{name}[{at}{f' + {p.slice.value}' if p.slice.value else ''}]"
        s = p.slice
        if isinstance(s, ast.Slice) and not s.lower and not s.step and isinstance(s.upper, ast.Constant) and \
                type(s.upper.value) is int and s.upper.value > 0:
            return p, f"{name}[{at}:{at} + {s.upper.value}]"
    if isinstance(p, ast.Attribute) and p.attr == "startswith" and isinstance(code.parent[p], ast.Call) and \
            len(code.parent[p].args) == 1:
        return code.parent[p].args[0], f"{code.source(code.parent[p].args[0])}, {at}"
    return (n, f"{name}[{at}:]") if isinstance(p, ast.Return) else None


def peel(code):
    """A text (list) that is copied without its first item again and again: a place in it that moves."""
    for f in ast.walk(code.tree):
        if not isinstance(f, ast.FunctionDef):
            continue
        for name in sorted({n.id for n in ast.walk(f) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}):
            peel_name(code, f, name)


def peel_name(code, f, name):
    uses = [n for n in ast.walk(f) if isinstance(n, ast.Name) and n.id == name]
    loads = [n for n in uses if isinstance(n.ctx, ast.Load)]
    steps = {n: k for n in loads for k in [shift(code, n, name)] if k}
    moved = {code.statement(n) for n in steps}
    others = [a for a in code.assignments(name, f) if a not in moved]
    places = [a.arg for a in f.args.args]
    if not steps or not any(code.loops(n) for n in steps) or len(uses) != len(loads) + len(moved) + len(others) or \
            any(code.function_of(n) is not f for n in uses):
        return
    if name in places and others or name not in places and (len(others) != 1 or code.loops(others[0])):
        return
    at = code.fresh(f"{name}_at")
    edits = [front(code, n, at) for n in loads if n not in steps]
    if None in edits or name in places and name in names(f.body[0]) and not isinstance(f.body[0], (*LOOPS, ast.Assign, ast.If)):
        return
    if not (code.before(f.body[0], f"{at} = 0") if name in places else code.after(others[0], f"{at} = 0")):
        return
    for node, text in edits:
        code.replace(node, text)
    for n, k in steps.items():
        code.replace(code.statement(n), f"{at} += {k}")
    code.say(f, f"{name} is read on from a place that moves, and not copied")
