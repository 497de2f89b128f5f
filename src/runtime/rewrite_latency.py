"""Rules for an earlier first answer: what is loaded or computed before it, and only some calls need, is so where they do.
For rewrite.py; as all rules they only propose."""

import ast

from program_text import COMPREHENSIONS, FUNCTIONS, LOOPS, bound, called

PLACES_MAX = 3


def body_function(code, node):
    """The outermost function whose body holds the node; None: it is needed when the program is loaded (a decorator, a
    default value, an annotation)."""
    found, child = None, node
    for p in code.up(node):
        if isinstance(p, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found = p if child in p.body else None
        elif isinstance(p, ast.ClassDef):
            found = None
        child = p
    return found


def chain(code, node, function, ends):
    """The statements around the node, from the function's own down to the first of these."""
    path = [p for p in [node, *code.up(node)] if isinstance(p, (ast.stmt, *FUNCTIONS, *COMPREHENSIONS))]
    path = path[:path.index(function)][::-1]
    found = []
    for p in path:
        if not isinstance(p, ast.stmt):
            break
        found.append(p)
        inside = next((b for b in ("body", "orelse", "finalbody") if any(x in path for x in getattr(p, b, []))), None)
        if isinstance(p, ends) or inside is None:
            break
    return found


def block_of(code, stmt):
    parent = code.parent[stmt]
    return next(b for b in (getattr(parent, f, None) for f in ("body", "orelse", "finalbody"))
                if isinstance(b, list) and stmt in b)


INNER = (*FUNCTIONS, ast.ClassDef, ast.Try, ast.Match)
OUTSIDE = (*LOOPS, *INNER)  # of loops


def place(code, uses, function, ends):
    """The statement before which all uses can be provided for, as deep as can be."""
    chains = [chain(code, n, function, ends) for n in uses]
    best = None
    for level in zip(*chains):
        blocks = [block_of(code, s) for s in level]
        if any(b is not blocks[0] for b in blocks):
            break
        first = min(level, key=lambda s: s.lineno)
        if code.indent(first) is not None and not code.is_elif(first):
            best = first
        if any(s is not level[0] for s in level):
            break
    return best


def places(code, name, but, ends=OUTSIDE):
    """{function: (uses, statement)} of a module's name; None: it is needed elsewhere."""
    found = [n for n in ast.walk(code.tree) if isinstance(n, ast.Name) and n.id == name and n not in but]
    if any(not isinstance(n.ctx, ast.Load) for n in found) or \
            any(name in n.names for n in ast.walk(code.tree) if isinstance(n, (ast.Global, ast.Nonlocal))) or \
            any(isinstance(n, ast.arg) and n.arg == name for n in ast.walk(code.tree)):
        return None
    by = {}
    for n in found:
        by.setdefault(body_function(code, n), []).append(n)
    if None in by or len(by) > PLACES_MAX:
        return None
    return {f: place(code, uses, f, ends) for f, uses in by.items()}


def imports(code, ends=OUTSIDE):
    """A module that only some function needs is loaded there, in the branch that needs it; one that none needs, not."""
    for stmt in code.tree.body:
        if not isinstance(stmt, (ast.Import, ast.ImportFrom)) or getattr(stmt, "module", "") == "__future__":
            continue
        kept, moved = [], []
        for alias in stmt.names:
            name = alias.asname or alias.name.split(".")[0]
            others = [a for s in code.tree.body if isinstance(s, (ast.Import, ast.ImportFrom)) for a in s.names
                      if (a.asname or a.name.split(".")[0]) == name]
            where = places(code, name, (), ends) if alias.name != "*" and len(others) == 1 else None
            if where is None or None in where.values():
                kept.append(alias)
            else:
                moved.append((alias, where))
        if not moved:
            continue
        for alias, where in moved:
            one = ast.ImportFrom(stmt.module, [alias], stmt.level) if isinstance(stmt, ast.ImportFrom) \
                else ast.Import([alias])
            for at in where.values():
                code.before(at, ast.unparse(one))
            code.say(stmt, f"{alias.name} is loaded where it is needed" if where else f"{alias.name} is not needed")
        if kept:
            rest = ast.ImportFrom(stmt.module, kept, stmt.level) if isinstance(stmt, ast.ImportFrom) else ast.Import(kept)
            code.replace(stmt, ast.unparse(rest))
        else:
            code.drop(stmt)


def branches(code):
    """The same within loops: looking it up costs little where the branch is rare, or does much."""
    imports(code, INNER)


BUILT_IN = {"List": "list", "Dict": "dict", "Set": "set", "FrozenSet": "frozenset", "Tuple": "tuple", "Type": "type"}
ABSTRACT = {"Iterable", "Iterator", "Sequence", "Mapping", "MutableMapping", "Callable", "Generator", "Collection",
            "Hashable", "Sized", "Container"}


def typing(code):
    """typing is only there for annotations that need no module today: list[int], int | None."""
    for stmt in code.tree.body:
        if not isinstance(stmt, ast.ImportFrom) or stmt.module != "typing":
            continue
        named = {a.name for a in stmt.names}
        if any(a.asname for a in stmt.names) or named - set(BUILT_IN) - ABSTRACT - {"Optional", "Union"}:
            continue
        used = [n for n in ast.walk(code.tree) if isinstance(n, ast.Name) and n.id in named]
        if any(not isinstance(n.ctx, ast.Load) for n in used) or any(
                isinstance(n, ast.Constant) and isinstance(n.value, str) and any(x in n.value for x in named)
                for n in ast.walk(code.tree)):
            continue
        for n in used:
            if n.id in BUILT_IN:
                code.replace(n, BUILT_IN[n.id])
            elif n.id in ("Optional", "Union"):
                either(code, n)
        abstract = sorted(named & ABSTRACT)
        if abstract:
            code.replace(stmt, f"from collections.abc import {', '.join(abstract)}")
        else:
            code.drop(stmt)
        code.say(stmt, "annotations that need no module")


def either(code, n):
    """Optional[X] → X | None, Union[X, Y] → X | Y"""
    whole = code.parent[n]
    if not isinstance(whole, ast.Subscript) or whole.value is not n or any(
            isinstance(x, ast.Constant) and isinstance(x.value, str) for x in ast.walk(whole)):
        raise ValueError("no place")
    of = whole.slice.elts if n.id == "Union" and isinstance(whole.slice, ast.Tuple) else [whole.slice]
    code.edits.append((code.start(whole), code.start(of[0]), ""))
    for a, b in zip(of, of[1:]):
        code.edits.append((code.end(a), code.start(b), " | "))
    code.edits.append((code.end(of[-1]), code.end(whole), " | None" if n.id == "Optional" else ""))


def costly(stmt):
    return any(isinstance(n, (*LOOPS, *COMPREHENSIONS)) or (isinstance(n, ast.Call) and called(n) not in
                                                           ("set", "frozenset", "dict", "list", "tuple", "object"))
               for n in ast.walk(stmt))


def tables(code):
    """A value that is computed when the program is loaded: when it is first asked for."""
    stmts = code.tree.body
    for i, stmt in enumerate(stmts):
        if isinstance(stmt, ast.Assign) and len(stmt.targets) == 1:
            target = stmt.targets[0]
        elif isinstance(stmt, ast.AnnAssign) and stmt.value is not None:
            target = stmt.target
        else:
            continue
        if not isinstance(target, ast.Name):
            continue
        name, last = target.id, i
        while last + 1 < len(stmts) and isinstance(stmts[last + 1], LOOPS) and any(
                isinstance(n, ast.Name) and n.id == name for n in ast.walk(stmts[last + 1])):
            last += 1
        make_late(code, name, stmts[i:last + 1])


def is_own(code, n):
    """Whether a comprehension or function around the name binds it."""
    return any(isinstance(p, (*COMPREHENSIONS, *FUNCTIONS)) and n.id in bound(p) for p in code.up(n))


def make_late(code, name, stmts):
    inner = {n for s in stmts for n in ast.walk(s)}
    others = {n.id for n in inner if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load) and not is_own(code, n)}
    others -= {name}
    where = places(code, name, inner)
    text = code.data[code.begin(stmts[0]):code.end(stmts[-1])].decode()
    if not any(map(costly, stmts)) or not where or None in where.values() or any(
            isinstance(n, ast.Name) and n.id in others and n not in inner and not is_own(code, n)
            for n in ast.walk(code.tree)) or any(
            isinstance(n, (ast.Constant, ast.JoinedStr)) and n.end_lineno > n.lineno for n in inner):
        return
    maker = code.fresh("made_" + name.lower().strip("_"))
    lines = ["@functools.cache", f"def {maker}():", *("    " + x if x else x for x in text.split("\n")), f"    return {name}"]
    start, end = code.begin(stmts[0]), code.end(stmts[-1])
    above, below = code.data[:start].decode(), code.data[end:].decode()
    blank = "\n" * max(0, 2 - (len(above) - len(above.rstrip("\n")) - 1)) if above else ""
    behind = "\n" * max(0, 3 - (len(below) - len(below.lstrip("\n")))) if below.strip() else ""
    code.edits.append((start, end, blank + "\n".join(lines) + behind))
    for at in where.values():
        code.before(at, f"{name} = {maker}()")
    code.top("import functools")
    code.say(stmts[0], f"{name} is made when it is first asked for")


RULES = (("imports", imports), ("branches", branches), ("typing", typing), ("tables", tables))
