"""Rules of rewrite.py about things that are looked for one by one: by equality with a key, or whether they are there."""

import ast
import copy

from program_text import COMPREHENSIONS, bound, called, is_pure_call, names
from rewrite_remember import is_effectless


def plain(code, expr):
    """The expression has no effect: all that it calls is pure, or is a function of the program that is."""
    module = code.functions()
    return all(is_pure_call(n) and called(n) != "print" or called(n) in module and is_effectless(code, module[called(n)])
               for n in ast.walk(expr) if isinstance(n, ast.Call)) and not any(
        isinstance(n, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr, ast.Lambda)) for n in ast.walk(expr))


def conditions(tests):
    return [t for x in tests for t in (x.values if isinstance(x, ast.BoolOp) and isinstance(x.op, ast.And) else [x])]


def sides(test, item, negated=False):
    """(of the item, of others) of an equality between what is only known with the item and what is known without it."""
    kind = ast.NotEq if negated else ast.Eq
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], kind)):
        return None
    for mine, other in ((test.left, test.comparators[0]), (test.comparators[0], test.left)):
        if item & names(mine) and not item & names(other):
            return mine, other
    return None


# ---- whether it is there --------------------------------------------------------------------------


def seen(code):
    """A list that is only appended to and asked whether something is in it: a set."""
    for text, stmt, uses in code.holders():
        roles = [code.role(n) for n in uses]
        if not {"append", "in"} <= set(roles) or set(roles) - {"append", "in", "test"} or \
                not (isinstance(stmt.value, ast.List) or ast.unparse(stmt.value) == "list()"):
            continue
        calls = [code.parent[code.parent[n]] for n, r in zip(uses, roles) if r == "append"]
        asked_for = [code.parent[n].left for n, r in zip(uses, roles) if r == "in"]
        begun = getattr(stmt.value, "elts", [])
        if any(len(c.args) != 1 or not isinstance(code.parent[c], ast.Expr) for c in calls) or \
                any(isinstance(x, ast.Starred) for x in begun):
            continue
        if all(code.function_of(x) is code.function_of(stmt) and len(code.loops(x)) <= len(code.loops(stmt))
               for x in asked_for):
            continue  # it is asked once
        row = any(code.is_row(x) for x in [*begun, *asked_for, *(c.args[0] for c in calls)])
        inner = ", ".join(code.key(x, row) for x in begun)
        code.replace(stmt, f"{text} = {f'{{{inner}}}' if inner else 'set()'}")
        for c in calls:
            code.replace(c, f"{code.source(c.func.value)}.add({code.key(c.args[0], row)})")
        for x in asked_for if row else ():
            code.replace(x, code.key(x, True))
        code.say(stmt, f"{text} is only asked what is in it: a set")


def asked(code):
    """A list that is given to a function which only asks what is in it: the caller gives a set."""
    for f in code.functions().values():
        calls = code.calls_of(f)
        if f.name == code.function or not calls or any(called(n) == f.name for n in ast.walk(f)):
            continue
        for i, a in enumerate(f.args.args):
            uses = [n for n in ast.walk(f) if isinstance(n, ast.Name) and n.id == a.arg]
            if uses and all(code.role(n) == "in" for n in uses) and all(len(c.args) > i for c in calls):
                asked_of(code, f, i, [code.parent[n].left for n in uses], calls)


def asked_of(code, f, i, questions, calls):
    given = [c.args[i] for c in calls]
    loops = [code.outermost(c, lambda x, g=g: not code.mutated(g.id, x, but={g}))
             if isinstance(g, ast.Name) else None for c, g in zip(calls, given)]
    if None in loops:
        return
    lists = [code.is_list(g.id, code.function_of(g)) or any(isinstance(v, list) for v in code.values(g)) for g in given]
    if not all(lists):
        return
    row, made = any(map(code.is_row, questions)), {}
    for g, loop in zip(given, loops):
        key = (g.id, loop)
        if key not in made:
            made[key] = code.fresh(f"{g.id}_set")
            source = f"map(tuple, {g.id})" if row else g.id
            if not code.before(code.statement(loop), f"{made[key]} = set({source})"):
                raise ValueError("no place")
        code.replace(g, made[key])
    for q in questions if row else ():
        code.replace(q, code.key(q, True))
    code.say(f, f"{f.name} is given a set to look in")


# ---- helpers of one expression --------------------------------------------------------------------


class Substitute(ast.NodeTransformer):
    def __init__(self, given):
        self.given = given

    def visit_Name(self, node):
        return copy.deepcopy(self.given[node.id]) if node.id in self.given else node


def one_expression(f):
    body = f.body[1:] if isinstance(f.body[0], ast.Expr) and isinstance(f.body[0].value, ast.Constant) else f.body
    return body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None


def simple(expr):
    return isinstance(expr, (ast.Name, ast.Constant)) or isinstance(expr, (ast.Subscript, ast.Attribute)) and \
        simple(expr.value) and (isinstance(expr, ast.Attribute) or simple(expr.slice))


def inline(code):
    """A helper that is one expression stands where it is called in a loop, for the other rules to see."""
    done = set()
    for f in code.functions().values():
        expr, calls = one_expression(f), code.calls_of(f)
        if expr is None or f.name == code.function or not calls or f.decorator_list or f.args.defaults or f.args.vararg or \
                f.args.kwarg or f.args.kwonlyargs or any(called(n) == f.name for n in ast.walk(f)) or \
                any(isinstance(n, (ast.Lambda, ast.Yield, ast.Await)) for n in ast.walk(expr)):
            continue
        places = [a.arg for a in f.args.args]
        often = {p: sum(isinstance(n, ast.Name) and n.id == p for n in ast.walk(expr)) for p in places}
        if any(len(c.args) != len(places) or code.function_of(c) is code.tree or done & set(code.up(c)) or
               any(not simple(a) and often[p] != 1 for a, p in zip(c.args, places)) or
               bound(expr) & {x for a in c.args for x in names(a)} for c in calls) or not any(map(code.loops, calls)):
            continue
        for c in calls:
            tree = ast.parse(ast.unparse(expr), mode="eval")
            text = ast.unparse(Substitute(dict(zip(places, c.args))).visit(tree))
            code.replace(c, text if isinstance(expr, ast.Call) else f"({text})")
            done.add(c)
        code.drop_function(f)
        code.say(f, f"{f.name} stands where it is called")


# ---- any(key(x) == k for x in list) ---------------------------------------------------------------


def keys(code):
    """Whether any item of a list has this key: a set of the keys, which grows with the list."""
    for n in list(ast.walk(code.tree)):
        negated = called(n) == "all"
        if called(n) in ("any", "all") and len(n.args) == 1 and isinstance(n.args[0], (ast.GeneratorExp, ast.ListComp)):
            comp = n.args[0]
            first = comp.generators[0]
            if len(comp.generators) != 1 or first.ifs or not isinstance(first.target, ast.Name):
                continue
            found = sides(comp.elt, {first.target.id}, negated)
            if found and keys_of(code, n, first.target.id, first.iter, found):
                code.replace(n, f"{code.source(found[1])} {'not in' if negated else 'in'} {code.made_keys}")
        elif isinstance(n, ast.For) and isinstance(n.target, ast.Name) and not n.orelse and len(n.body) == 1 and \
                isinstance(n.body[0], ast.If) and not n.body[0].orelse and is_flag(n.body[0].body):
            found = sides(n.body[0].test, {n.target.id})
            if found and n.target.id not in names(n.body[0].body[0]) and \
                    keys_of(code, n, n.target.id, n.iter, found):
                flag = n.body[0].body[0]
                lines = [f"if {code.source(found[1])} in {code.made_keys}:", f"    {code.source(flag)}"]
                if isinstance(n.body[0].body[-1], ast.Break) or flag is n.body[0].body[-1]:
                    code.replace(n, f"\n{code.indent(n)}".join(lines))


def is_flag(body):
    """found = True; break — return True — found = True"""
    return (isinstance(body[0], ast.Assign) and isinstance(body[0].value, ast.Constant) and
            (len(body) == 1 or len(body) == 2 and isinstance(body[1], ast.Break))) or (
        len(body) == 1 and isinstance(body[0], ast.Return) and isinstance(body[0].value, ast.Constant))


def keys_of(code, n, item, of, found):
    """Makes the set of keys, and writes its name into code.made_keys."""
    mine, other = found
    if not isinstance(of, ast.Name) or not plain(code, mine) or not code.loops(n) or \
            names(mine) - {item} - bound(mine) & bound(code.function_of(n)) & names(n):
        return False
    free = names(mine) - {item} - bound(mine)
    function = code.function_of(n)
    inside = {x for x in ast.walk(n)}
    loop = code.outermost(n, lambda x: not code.mutated(of.id, x, but=inside) and not any(code.mutated(y, x) for y in free))
    if loop is n:
        loop = None
    name = code.fresh(f"{of.id}_keys")
    code.made_keys = name
    text = code.source(mine)
    if loop is not None and (code.is_list(of.id, function) or code.values(of)):
        if not code.before(code.statement(loop), f"{name} = {{{text} for {item} in {of.id}}}"):
            return False
        code.say(n, f"the keys of {of.id} are gathered once")
        return True
    return grow_keys(code, n, name, item, of, mine)


def grow_keys(code, n, name, item, of, mine):
    held = [h for h in code.holders() if h[0] == of.id and code.inside(n, code.function_of(h[1]))]
    if len(held) != 1 or ast.unparse(held[0][1].value) != "[]":
        return False
    roles = [code.role(u) for u in held[0][2]]
    adds = [code.parent[code.parent[u]] for u, r in zip(held[0][2], roles) if r == "append"]
    known = {"append", "read", "len", "test", "in"}
    rest = [u for u, r in zip(held[0][2], roles) if r not in known and not isinstance(code.parent[u], ast.Return)]
    if not adds or rest or any(not isinstance(code.parent[c], ast.Expr) or not isinstance(c.args[0], ast.Name) for c in adds):
        return False
    for c in adds:
        tree = ast.parse(ast.unparse(mine), mode="eval")
        text = ast.unparse(Substitute({item: c.args[0]}).visit(tree))
        if not code.after(code.parent[c], f"{name}.add({text})"):
            return False
    if not code.after(held[0][1], f"{name} = set()"):
        return False
    code.say(n, f"the keys of {of.id} grow with it")
    return True


# ---- all with this key ----------------------------------------------------------------------------


def grouped(code):
    """A list that is filtered by equality again and again: groups of it by key."""
    made = {}
    for n in ast.walk(code.tree):
        if isinstance(n, COMPREHENSIONS) and len(n.generators) == 1:
            first = n.generators[0]
            group(code, n, first, conditions(first.ifs), made)
        elif isinstance(n, ast.For) and len(n.body) == 1 and isinstance(n.body[0], ast.If) and not n.body[0].orelse and \
                not n.orelse:
            group(code, n, n, conditions([n.body[0].test]), made)


def group(code, n, head, tests, made):
    item = bound(head.target)
    if not isinstance(head.iter, ast.Name) or not item or not isinstance(head.target, (ast.Name, ast.Tuple)):
        return
    function, of = code.function_of(n), head.iter.id
    if not code.is_list(of, function) and not any(isinstance(v, (list, tuple)) for v in code.values(head.iter)):
        return
    inside = set(ast.walk(n))
    equal = [(t, *pair) for t in tests for pair in [sides(t, item)] if pair and plain(code, pair[0]) and
             plain(code, pair[1]) and not isinstance(pair[1], ast.Constant)]
    loops = [x for x in code.loops(head.iter) if x is not n]
    loop = None
    for x in loops:
        if code.mutated(of, x) or any(code.mutated(y, x, but=inside) for y in item) and any(
                isinstance(c, ast.Name) and c.id in item and not isinstance(c.ctx, ast.Load)
                for c in ast.walk(x) if c not in inside and not isinstance(code.parent.get(c), (ast.For, ast.comprehension, ast.Tuple))):
            break
        loop = x
    equal = [e for e in equal if loop is not None and names(e[2]) & bound(loop) and not any(
        code.mutated(x, loop) for x in names(e[1]) - item - code.functions().keys())]
    if loop is None or not equal or stores_to_keys(code, loop, [e[1] for e in equal]):
        return
    place, target = code.statement(loop), code.source(head.target)
    value = target if isinstance(head.target, ast.Name) or target.startswith("(") else f"({target})"
    key = [code.source(e[1]) for e in equal]
    key = key[0] if len(key) == 1 else f"({', '.join(key)})"
    name = made.get((of, key, target, place))
    if not name:
        name = made[of, key, target, place] = code.fresh(f"{of}_by_key")
        if not code.before(place, f"{name} = {{}}", f"for {target} in {of}:",
                           f"    {name}.setdefault({key}, []).append({value})"):
            raise ValueError("no place")
    wanted = [code.source(e[2]) for e in equal]
    wanted = wanted[0] if len(wanted) == 1 else f"({', '.join(wanted)})"
    rest = [code.source(t) for t in tests if t not in [e[0] for e in equal]]
    rest = [f"({x})" if isinstance(t, ast.BoolOp) or " if " in x else x
            for x, t in zip(rest, [t for t in tests if t not in [e[0] for e in equal]])]
    code.replace(head.iter, f"{name}.get({wanted}, ())")
    if isinstance(n, ast.For):
        if rest or not code.unwrap(n.body[0]):
            code.replace(n.body[0].test, " and ".join(rest) if len(rest) != 1 else rest[0]) if rest else \
                code.replace(n.body[0].test, "True")
    else:
        start, end = code.end(head.iter), code.end(head.ifs[-1])
        code.edits.append((start, end, f" if {' and '.join(rest)}" if rest else ""))
    code.say(n, f"{of} is grouped by {key}")


def stores_to_keys(code, loop, found):
    """Whether the loop may change a field that the keys are made of."""
    fields = {ast.unparse(x.slice) if isinstance(x, ast.Subscript) else x.attr for key in found for x in ast.walk(key)
              if isinstance(x, (ast.Subscript, ast.Attribute))}
    return any(isinstance(x, (ast.Subscript, ast.Attribute)) and not isinstance(x.ctx, ast.Load) and
               (ast.unparse(x.slice) if isinstance(x, ast.Subscript) else x.attr) in fields for x in ast.walk(loop))


# ---- the first with this key ----------------------------------------------------------------------


def first_with(body, of):
    """(item, key, k, answer) of: for item in of: if key == k: return answer."""
    loop = body[0]
    if not (isinstance(loop, ast.For) and isinstance(loop.target, ast.Name) and ast.unparse(loop.iter) == of and
            not loop.orelse and len(loop.body) == 1 and isinstance(loop.body[0], ast.If) and not loop.body[0].orelse and
            len(loop.body[0].body) == 1 and isinstance(loop.body[0].body[0], ast.Return)):
        return None
    found, answer = sides(loop.body[0].test, {loop.target.id}), loop.body[0].body[0].value
    if not found or not simple(found[0]) or not isinstance(found[1], ast.Name) or answer is None:
        return None
    return loop.target.id, found[0], found[1], answer


def find(code):
    """A list that only grows, in which the first item with a key is looked for: a mapping beside it."""
    for text, stmt, uses in list(code.holders()):
        if "." in text and ast.unparse(stmt.value) == "[]":
            find_in_object(code, text, stmt, uses)
    for f in code.functions().values():
        if f.name != code.function:
            find_by_helper(code, f)


def find_in_object(code, text, stmt, uses):
    roles = [code.role(n) for n in uses]
    loops = [code.parent[n] for n, r in zip(uses, roles) if r == "read" and isinstance(code.parent[n], ast.For)]
    found = [(x, first_with([x], text)) for x in loops]
    found = [(x, w) for x, w in found if w and isinstance(w[3], ast.Name) and w[3].id == w[0]]
    adds = [code.parent[code.parent[n]] for n, r in zip(uses, roles) if r == "append"]
    fields = {ast.unparse(Substitute({w[0]: ast.Name("item", ast.Load())}).visit(ast.parse(ast.unparse(w[1]), mode="eval")))
              for _, w in found}
    rest = [n for n, r in zip(uses, roles) if r not in ("append", "read", "len", "test") and
            not isinstance(code.parent[n], ast.Return)]
    if len(fields) != 1 or not adds or rest or \
            any(not isinstance(code.parent[c], ast.Expr) for c in adds) or \
            any(stores_to_keys(code, f, [w[1] for _, w in found]) for f in ast.walk(code.tree)
                if isinstance(f, ast.FunctionDef) and f.name != "__init__"):
        return
    index = f"{text}_by_key"
    field = next(iter(fields))
    if not code.after(stmt, f"{index} = {{}}"):
        return
    for c in adds:
        of = code.source(c.func.value)
        last = ast.unparse(Substitute({"item": ast.parse(f"{of}[-1]", mode="eval").body}).visit(
            ast.parse(field, mode="eval")))
        if not code.after(code.parent[c], f"{of}_by_key.setdefault({last}, {of}[-1])"):
            raise ValueError("no place")
    for loop, (_, _, k, _) in found:
        pad = code.indent(loop)
        code.replace(loop, f"if {k.id} in {index}:\n{pad}    return {index}[{k.id}]")
    code.say(stmt, f"{text} has a mapping from key to item beside it")


def find_by_helper(code, f):
    """find(items, key), called in loops that leave the items alone: a mapping made before the loop."""
    body = f.body[1:] if isinstance(f.body[0], ast.Expr) and isinstance(f.body[0].value, ast.Constant) else f.body
    calls, places = code.calls_of(f), [a.arg for a in f.args.args]
    if not calls or len(places) != 2 or not 1 <= len(body) <= 2 or f.args.defaults:
        return
    for at, of in enumerate(places):
        found = first_with(body, of)
        if not found or found[2].id != places[1 - at] or not plain(code, found[3]):
            continue
        item, key, k, answer = found
        missing = body[1].value if len(body) == 2 and isinstance(body[1], ast.Return) else None
        if len(body) == 2 and (not isinstance(body[1], ast.Return) or not isinstance(missing, (ast.Constant, type(None)))) or \
                (names(answer) | names(key)) - {item}:
            continue
        for c in calls:
            seq = c.args[at] if len(c.args) == 2 else None
            if not isinstance(seq, ast.Name):
                continue
            loop = code.outermost(c, lambda x, seq=seq: not code.mutated(seq.id, x, but={seq}))
            index = code.fresh(f"{seq.id}_by_key")
            one = code.fresh(item)
            texts = [ast.unparse(Substitute({item: ast.Name(one, ast.Load())}).visit(ast.parse(ast.unparse(x), mode="eval")))
                     for x in (key, answer)]
            if loop is None or stores_to_keys(code, loop, [key]) or not code.before(
                    code.statement(loop), f"{index} = {{}}", f"for {one} in {seq.id}:",
                    f"    {index}.setdefault({texts[0]}, {texts[1]})"):
                continue
            default = ", " + ast.unparse(missing) if missing is not None and ast.unparse(missing) != "None" else ""
            code.replace(c, f"{index}.get({code.source(c.args[1 - at])}{default})")
            code.say(c, f"{seq.id} is looked up by key")
        return
