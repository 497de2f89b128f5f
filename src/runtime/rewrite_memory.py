"""Rules for less memory: what is built to be gone through once need not be built. For rewrite.py; as all rules they only
propose."""

import ast

from program_text import COMPREHENSIONS, FUNCTIONS, LOOPS, bound, called, names

TAKES_ONE = {"sum", "any", "all", "min", "max", "set", "frozenset", "Counter", "collections.Counter", "math.prod", "deque",
             "collections.deque", "heapq.nlargest", "heapq.nsmallest"}
LAZY = {"map", "filter", "zip", "enumerate", "range", "reversed", "itertools.chain", "chain", "combinations",
        "itertools.combinations", "permutations", "itertools.permutations", "product", "itertools.product"}


def consumed(code, node):
    """Whether the value is gone through once where it stands, and nobody keeps it."""
    p = code.parent.get(node)
    if isinstance(p, ast.For):
        return p.iter is node and not any(code.mutated(x, stmt) for x in names(node) - bound(node) for stmt in p.body)
    if isinstance(p, ast.comprehension):
        return p.iter is node
    if not isinstance(p, ast.Call) or node not in p.args:
        return False
    return called(p) in TAKES_ONE and (p.args[-1:] == [node] if called(p).startswith("heapq.") else p.args == [node])


def generators(code):
    """sum([…]), for x in [… for …], a list that is only gone through once: a generator."""
    done = set()
    for n in ast.walk(code.tree):
        if any(p in done for p in code.up(n)):
            continue  # in the next round
        if isinstance(n, ast.ListComp) and consumed(code, n):
            done.add(n)
            as_generator(code, n)
            code.say(n, "what is gone through once is not built")
        elif called(n) == "list" and len(n.args) == 1 and called(n.args[0]) in LAZY and consumed(code, n):
            code.replace(n, code.source(n.args[0]))
            code.say(n, "what is gone through once is not built")
        elif called(n) == "len" and len(n.args) == 1 and isinstance(n.args[0], ast.ListComp) and not n.keywords:
            count(code, n, n.args[0])
        elif isinstance(n, FUNCTIONS) and not isinstance(n, ast.Lambda):
            named(code, n)


def as_generator(code, n):
    """The brackets go, where the call has its own; else they become parentheses."""
    p = code.parent[n]
    inner = code.source(n)[1:-1]
    alone = isinstance(p, ast.Call) and p.args == [n] and not p.keywords
    code.replace(n, inner if alone else f"({inner})")


def count(code, call, n):
    """len([x for …]): 1 for each."""
    text = code.source(n)
    rest = text[code.end(n.elt) - code.start(n):-1].lstrip()
    if "#" in text or any(isinstance(x, (ast.Call, ast.Await, ast.NamedExpr)) for x in ast.walk(n.elt)) or not rest.startswith("for"):
        return  # it does something, or stands in parentheses
    code.replace(call, f"sum(1 for {rest[3:].lstrip()}")
    code.edits[-1] = (*code.edits[-1][:2], code.edits[-1][2] + ")")
    code.say(call, "what is only counted is not built")


def named(code, function):
    """squares = [… for …] that is used in one place, which goes through it."""
    for name in sorted(bound(function)):
        made = code.assignments(name, function)
        found = [x for x in ast.walk(code.tree) if isinstance(x, ast.Name) and x.id == name]
        if len(made) != 1 or len(found) != 2 or not isinstance(made[0], ast.Assign) or \
                not isinstance(made[0].value, ast.ListComp):
            continue
        use = next(x for x in found if x not in made[0].targets)
        if not isinstance(use.ctx, ast.Load) or not consumed(code, use) or \
                code.loops(use) != code.loops(made[0]) or code.function_of(use) is not function:
            continue
        if rebound(code, made[0].value, made[0], code.statement(use)):
            continue
        code.replace(made[0].value, f"({code.source(made[0].value)[1:-1]})")
        code.say(made[0], f"{name} is gone through once: it is not built")


def rebound(code, value, first, last):
    """Whether a name that the value reads is bound again, or changed, before or while it is gone through."""
    read = names(value) - bound(value)
    block = code.parent[first]
    for body in ("body", "orelse", "finalbody"):
        stmts = getattr(block, body, None)
        if isinstance(stmts, list) and first in stmts:
            after = stmts[stmts.index(first) + 1:]
            return last not in after or any(code.mutated(x, s) for s in after[:after.index(last) + 1] for x in read)
    return True


def copies(code):
    """A copy that is only gone through: for x in list(a), a[:], a.copy(), sorted(list(a)), a[1:], a[::-1]."""
    for n in ast.walk(code.tree):
        if not isinstance(n, (ast.For, ast.comprehension)):
            whole = called(n) in {"sorted", "reversed", "set", "tuple", *TAKES_ONE} and len(n.args) == 1
            of = whole_copy(code, n.args[0]) if whole else None
            if of is not None:
                code.replace(n.args[0], code.source(of))
                code.say(n, f"{ast.unparse(of)[:40]} is not copied")
            continue
        loop = n if isinstance(n, ast.For) else code.parent[n]
        of = whole_copy(code, n.iter)
        if of is not None and not code.mutated(of.id, loop):
            code.replace(n.iter, code.source(of))
            code.say(n.iter, f"{of.id} is not copied to be gone through")
        else:
            part(code, n.iter, loop)


def whole_copy(code, expr):
    """The name that the expression copies."""
    of = None
    if called(expr) in ("list", "tuple") and len(expr.args) == 1:
        of = expr.args[0]
    elif isinstance(expr, ast.Call) and isinstance(expr.func, ast.Attribute) and expr.func.attr == "copy" and not expr.args:
        of = expr.func.value
    elif isinstance(expr, ast.Subscript) and isinstance(expr.slice, ast.Slice) and ast.unparse(expr.slice) == ":":
        of = expr.value
    return of if isinstance(of, ast.Name) else None


def part(code, expr, loop):
    """a[1:], a[:n], a[::-1] of a list."""
    if not (isinstance(expr, ast.Subscript) and isinstance(expr.slice, ast.Slice) and isinstance(expr.value, ast.Name)) or \
            code.mutated(expr.value.id, loop) or not code.is_list(expr.value.id, code.function_of(expr)):
        return
    of, s = expr.value.id, expr.slice
    if ast.unparse(s) == "::-1":
        code.replace(expr, f"reversed({of})")
    elif s.step is None and not any(isinstance(x, ast.USub) for x in ast.walk(s)):
        low, high = (code.source(x) if x else "None" for x in (s.lower, s.upper))
        code.replace(expr, f"itertools.islice({of}, {low}, {high})")
        code.top("import itertools")
    else:
        return
    code.say(expr, f"a part of {of} is not copied to be gone through")


def lines(code):
    """for line in f.readlines(): the file itself."""
    for n in ast.walk(code.tree):
        if called(n).endswith(".readlines") and not n.args and consumed(code, n):
            code.replace(n, code.source(n.func.value))
            code.say(n, "lines are read one by one")


def sets(code):
    """A list that is filled in loops to be made a set (or counted, or summed) at the end: the set itself."""
    for f in ast.walk(code.tree):
        if not isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        for name in sorted(bound(f)):
            grow_as_set(code, f, name)


def grow_as_set(code, f, name):
    made = code.assignments(name, f)
    if len(made) != 1 or not isinstance(made[0], ast.Assign) or ast.unparse(made[0].value) not in ("[]", "list()"):
        return
    read, adds = [], []
    for n in ast.walk(f):
        if isinstance(n, ast.Name) and n.id == name and n not in made[0].targets:
            p = code.parent[n]
            call = code.parent.get(p)
            if isinstance(p, ast.Attribute) and p.attr == "append" and isinstance(code.parent.get(call), ast.Expr):
                adds.append(p)
            elif called(p) in ("set", "frozenset") and p.args == [n]:
                read.append(p)
            else:
                return
    if not adds or len(read) != 1 or not any(isinstance(p, (*LOOPS, *COMPREHENSIONS)) for a in adds for p in code.up(a)) or \
            called(read[0]) != "set" or code.loops(read[0]) != code.loops(made[0]):
        return
    code.replace(made[0].value, "set()")
    code.replace(read[0], name)
    for a in adds:
        code.replace(a, f"{name}.add")
    code.say(made[0], f"{name} is a set from the beginning")


RULES = (("generators", generators), ("copying", copies), ("lines", lines), ("sets", sets))
