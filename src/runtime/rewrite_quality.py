"""Rules for programs that are easier to read and do the same: one place a time, again and again until none is left. For
rewrite.py; as all rules they only propose. What would lose a comment is left alone."""

import ast
import io
import tokenize

from program_text import bound, called, names

WIDTH = 79
TRUTHS = {"isinstance", "bool", "any", "all", "callable", "hasattr", "issubclass"}
TRUTH_METHODS = {"startswith", "endswith", "isdigit", "isalpha", "isalnum", "isupper", "islower", "isspace", "isdecimal",
                 "isnumeric", "isidentifier", "issubset", "issuperset", "isdisjoint"}
NOT = {ast.Eq: "!=", ast.NotEq: "==", ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is"}


# ---- what is known


def is_truth(code, expr):
    """Whether the value is True or False, and nothing that only counts as such."""
    if isinstance(expr, ast.Compare) or isinstance(expr, ast.UnaryOp) and isinstance(expr.op, ast.Not):
        return True
    if isinstance(expr, ast.Constant):
        return isinstance(expr.value, bool)
    if isinstance(expr, ast.BoolOp):
        return all(is_truth(code, v) for v in expr.values)
    if isinstance(expr, ast.Call):
        return called(expr) in TRUTHS or isinstance(expr.func, ast.Attribute) and expr.func.attr in TRUTH_METHODS or \
            answers_truth(code, called(expr))
    if not isinstance(expr, ast.Name):
        return False
    f = code.function_of(expr)
    values, made = code.parameter_rows(expr.id, f), code.assignments(expr.id, f)
    stores = [n for n in ast.walk(f) if isinstance(n, ast.Name) and n.id == expr.id and not isinstance(n.ctx, ast.Load)]
    return len(stores) == len(made) and all(is_truth(code, a.value) for a in made if a.value is not expr) and (
        all(isinstance(v, bool) for v in values) if values else bool(made))


def answers_truth(code, name):
    """Whether the program's function of this name only answers True or False."""
    found = [f for f in ast.walk(code.tree) if isinstance(f, ast.FunctionDef) and f.name == name]
    if len(found) != 1 or found[0].decorator_list:
        return False
    answers = [n for n in ast.walk(found[0]) if isinstance(n, ast.Return)]
    return isinstance(found[0].body[-1], ast.Return) and all(
        n.value is not None and called(n.value) != name and is_truth(code, n.value) for n in answers)


CONTAINERS = (ast.List, ast.ListComp, ast.Dict, ast.DictComp, ast.Set, ast.SetComp, ast.Tuple, ast.JoinedStr)


def is_sized(code, expr):
    """A list, text or mapping: true when there is something in it."""
    if not isinstance(expr, ast.Name):
        return code.listish(expr)
    f = code.function_of(expr)
    values = code.parameter_rows(expr.id, f)
    made = code.assignments(expr.id, f)
    stores = [n for n in ast.walk(f) if isinstance(n, ast.Name) and n.id == expr.id and not isinstance(n.ctx, ast.Load)]
    same = not made
    if made and len(made) == len(stores) and not values and all(
            isinstance(a.value, CONTAINERS) or called(a.value) in ("list", "dict", "set", "sorted", "str", "tuple")
            for a in made):
        return True
    return code.is_list(expr.id, f) or bool(values) and same and all(
        isinstance(v, (list, tuple, str, dict, set, frozenset)) for v in values)


def is_tested(code, node):
    """Whether only its truth counts where it stands."""
    p = code.parent.get(node)
    if isinstance(p, ast.BoolOp) or isinstance(p, ast.UnaryOp) and isinstance(p.op, ast.Not):
        return is_tested(code, p) or isinstance(p, ast.UnaryOp)
    return isinstance(p, (ast.If, ast.While, ast.IfExp)) and p.test is node or \
        isinstance(p, ast.comprehension) and node in p.ifs


def constant(node, value):
    return isinstance(node, ast.Constant) and node.value is value


def returned(stmts):
    """The value of a block that only returns it."""
    return stmts[0].value if len(stmts) == 1 and isinstance(stmts[0], ast.Return) else None


def text(code, expr):
    """Its source in one line, in parentheses where it needs them as an operand."""
    source = code.source(expr)
    return source if "\n" not in source else ast.unparse(expr)


def operand(code, expr):
    return f"({text(code, expr)})" if isinstance(expr, (ast.BoolOp, ast.IfExp, ast.Lambda, ast.NamedExpr)) else text(code, expr)


def negated(code, expr):
    if isinstance(expr, ast.UnaryOp) and isinstance(expr.op, ast.Not):
        return text(code, expr.operand)
    if isinstance(expr, ast.Compare) and len(expr.ops) == 1 and type(expr.ops[0]) in NOT:
        return f"{text(code, expr.left)} {NOT[type(expr.ops[0])]} {text(code, expr.comparators[0])}"
    return f"not {operand(code, expr)}"


def follower(code, stmt):
    block = next((b for b in (getattr(code.parent[stmt], f, None) for f in ("body", "orelse", "finalbody"))
                  if isinstance(b, list) and stmt in b), [])
    at = block.index(stmt) + 1 if block else 0
    return block[at] if block and at < len(block) else None


def leader(code, stmt):
    block = next((b for b in (getattr(code.parent[stmt], f, None) for f in ("body", "orelse", "finalbody"))
                  if isinstance(b, list) and stmt in b), [])
    at = block.index(stmt) if block else 0
    return block[at - 1] if at else None


def has_comment(source):
    try:
        return any(t.type == tokenize.COMMENT for t in tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return "#" in source


def swap(code, first, last, *lines):
    """These lines for the statements. False: there is no place, or something would be lost."""
    indent = code.indent(first)
    if indent is None or code.is_elif(first) or any(len(indent) + len(x) > WIDTH for x in lines):
        return False
    end = code.end(last)
    if has_comment(code.data[code.begin(first):code.starts[last.end_lineno]].decode()):
        return False
    code.edits.append((code.begin(first), end, "\n".join(indent + x for x in lines)))
    return True


# ---- conditions


def truth(code, n):
    """x == True, if x: return True …, not a == b, len(x) == 0."""
    if isinstance(n, ast.Compare) and len(n.ops) == 1:
        return compared(code, n) or emptiness(code, n)
    if isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.Not) and (
            isinstance(n.operand, ast.Compare) and len(n.operand.ops) == 1 and type(n.operand.ops[0]) in NOT or
            isinstance(n.operand, ast.UnaryOp) and isinstance(n.operand.op, ast.Not) and
            (is_tested(code, n) or is_truth(code, n.operand.operand))):
        code.replace(n, negated(code, n.operand))
        code.say(n, "a condition without a detour")
        return True
    if isinstance(n, ast.IfExp) and is_truth(code, n.test) and isinstance(n.body, ast.Constant) and \
            isinstance(n.orelse, ast.Constant) and {repr(n.body.value), repr(n.orelse.value)} == {"True", "False"}:
        code.replace(n, f"({text(code, n.test)})" if n.body.value else f"({negated(code, n.test)})")
        code.say(n, "the condition is the value")
        return True
    return isinstance(n, ast.If) and choice(code, n)


def compared(code, n):
    """x == True → x"""
    value, op = n.comparators[0], n.ops[0]
    if not isinstance(value, ast.Constant) or not isinstance(value.value, bool) or \
            not isinstance(op, (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)) or not is_truth(code, n.left):
        return False
    same = value.value == isinstance(op, (ast.Eq, ast.Is))
    code.replace(n, operand(code, n.left) if same else f"not {operand(code, n.left)}")
    code.say(n, "a truth value need not be compared")
    return True


def emptiness(code, n):
    """len(x) == 0 → not x"""
    if called(n.left) != "len" or len(n.left.args) != 1 or not isinstance(n.comparators[0], ast.Constant):
        return False
    of, sign = n.left.args[0], f"{type(n.ops[0]).__name__} {n.comparators[0].value!r}"
    if not is_sized(code, of) or not is_tested(code, n):
        return False
    if sign in ("Eq 0", "Lt 1", "LtE 0"):
        code.replace(n, f"not {operand(code, of)}")
    elif sign in ("Gt 0", "NotEq 0", "GtE 1"):
        code.replace(n, operand(code, of))
    else:
        return False
    code.say(n, "what is empty is false")
    return True


def choice(code, n):
    """if c: return True; return False → return c"""
    then, after = returned(n.body), follower(code, n)
    other, last = (returned(n.orelse), n) if n.orelse else (returned([after]) if after else None, after)
    if then is None or other is None or not is_truth(code, n.test):
        return False
    if constant(then, True) and constant(other, False):
        line = f"return {text(code, n.test)}"
    elif constant(then, False) and constant(other, True):
        line = f"return {negated(code, n.test)}"
    elif constant(other, False) and is_truth(code, then):
        line = f"return {of_and(code, n.test)} and {of_and(code, then)}"
    elif constant(then, True) and is_truth(code, other):
        line = f"return {operand(code, n.test)} or {operand(code, other)}"
    else:
        return False
    if not swap(code, n, last, line):
        return False
    code.say(n, "the condition is the answer")
    return True


def of_and(code, expr):
    return text(code, expr) if isinstance(expr, ast.BoolOp) and isinstance(expr.op, ast.And) else operand(code, expr)


# ---- blocks


def leaves(stmts):
    last = stmts[-1]
    return isinstance(last, (ast.Return, ast.Raise, ast.Continue, ast.Break)) or \
        isinstance(last, ast.If) and bool(last.orelse) and leaves(last.body) and leaves(last.orelse)


def flat(code, n):
    """An if in an if: one with and. An else behind a return: no else. A step that does nothing: none."""
    if isinstance(n, ast.Assign) and len(n.targets) == 1 and isinstance(n.targets[0], ast.Name) and \
            isinstance(n.value, ast.Name) and n.value.id == n.targets[0].id:
        code.drop(n)
        code.say(n, "a step that does nothing")
        return True
    if not isinstance(n, ast.If):
        return False
    return idle_else(code, n) or merged(code, n) or unindented(code, n)


def idle_else(code, n):
    """else: pass"""
    if len(n.orelse) != 1 or not isinstance(n.orelse[0], ast.Pass):
        return False
    start, end = code.end(n.body[-1]), code.end(n.orelse[0])
    if has_comment(code.data[start:end].decode().replace("else:", "", 1)):
        return False
    code.edits.append((start, end, ""))
    code.say(n, "an else that does nothing")
    return True


def body_lines(code, stmts):
    """The lines of a block, without its indent; None: it has texts over several lines or shares a line."""
    first, last = stmts[0], stmts[-1]
    indent = code.indent(first)
    if indent is None or any(isinstance(x, (ast.Constant, ast.JoinedStr)) and x.end_lineno > x.lineno
                             for s in stmts for x in ast.walk(s)):
        return None
    lines = code.data[code.begin(first):code.end(last)].decode().split("\n")
    if any(x.strip() and not x.startswith(indent) for x in lines):
        return None
    return [x[len(indent):] for x in lines]


def merged(code, n):
    """if a: if b: … → if a and b: …"""
    inner = n.body[0]
    if len(n.body) != 1 or not isinstance(inner, ast.If) or inner.orelse or n.orelse or n.lineno == inner.lineno:
        return False
    lines = body_lines(code, inner.body)
    if lines is None or inner.body[0].lineno == inner.lineno:
        return False
    head = f"if {of_and(code, n.test)} and {of_and(code, inner.test)}:"
    behind = code.data[code.end(inner):code.starts[inner.end_lineno]].decode()
    if behind.strip() or code.is_elif(n):
        return False
    if not swap(code, n, inner, head, *(("    " + x) if x else x for x in lines)):
        return False
    code.say(n, "two conditions are one")
    return True


def unindented(code, n):
    """if a: return …; else: … → if a: return …; …"""
    if not n.orelse or not leaves(n.body) or isinstance(n.orelse[0], ast.If) and code.is_elif(n.orelse[0]) or \
            n.orelse[0].lineno == n.lineno or code.is_elif(n):
        return False
    indent, lines = code.indent(n), body_lines(code, n.orelse)
    start, first = code.end(n.body[-1]), code.begin(n.orelse[0])
    between = code.data[start:first].decode()
    if indent is None or lines is None or between.strip() != "else:":
        return False
    code.edits.append((start, code.end(n.orelse[-1]), "\n" + "\n".join(indent + x if x else x for x in lines)))
    code.say(n, "behind a return there needs no else")
    return True


# ---- loops


def loops(code, n):
    """A loop that any, all, sum, a list or its own items say."""
    if not isinstance(n, ast.For) or n.orelse:
        return False
    return by_index(code, n) or quantified(code, n) or collected(code, n)


def by_index(code, n):
    """for i in range(len(a)): … a[i] … → for item in a"""
    if called(n.iter) != "range" or len(n.iter.args) != 1 or called(n.iter.args[0]) != "len" or \
            not isinstance(n.target, ast.Name) or not isinstance(n.iter.args[0].args[0], ast.Name):
        return False
    of, i = n.iter.args[0].args[0].id, n.target.id
    f = code.function_of(n)
    mine = [x for stmt in n.body for x in ast.walk(stmt) if isinstance(x, ast.Name) and x.id == i]
    every = [x for x in ast.walk(f) if isinstance(x, ast.Name) and x.id == i]
    parts = [code.parent[x] for x in mine]
    if not mine or len(every) != len(mine) + 1 or any(code.mutated(of, stmt) for stmt in n.body) or any(isinstance(v, dict) for v in code.parameter_rows(of, f)):
        return False
    if not all(isinstance(p, ast.Subscript) and isinstance(p.ctx, ast.Load) and p.slice is x and
               isinstance(p.value, ast.Name) and p.value.id == of for p, x in zip(parts, mine)):
        return False
    one = of[:-1] if len(of) > 2 and of.endswith("s") and not of.endswith("ss") else "item"
    item = code.fresh(next((x for x in (one, "item", "part", "piece") if x not in code.taken), one))
    code.replace(n.target, item)
    code.replace(n.iter, of)
    for p in parts:
        code.replace(p, item)
    code.say(n, f"the loop goes through {of} itself")
    return True


def quantified(code, n):
    """for x in a: if c: return True; return False → return any(c for x in a)"""
    after = follower(code, n)
    test = n.body[0]
    if len(n.body) != 1 or not isinstance(test, ast.If) or test.orelse or not isinstance(after, ast.Return) or \
            returned(test.body) is None:
        return False
    found, other = returned(test.body), after.value
    head = f"for {text(code, n.target)} in {text(code, n.iter)}"
    if constant(found, True) and constant(other, False):
        line = f"return any({text(code, test.test)} {head})"
    elif constant(found, False) and constant(other, True):
        line = f"return all({negated(code, test.test)} {head})"
    else:
        return False
    if not swap(code, n, after, line):
        return False
    code.say(n, "any and all say what the loop looks for")
    return True


def collected(code, n):
    """total = 0; for x in a: total += e → total = sum(e for x in a); the same for lists, and for counts."""
    test, stmt = None, n.body[0]
    if len(n.body) == 1 and isinstance(stmt, ast.If) and not stmt.orelse and (
            len(stmt.body) == 1 or len(stmt.body) == 2 and isinstance(stmt.body[1], ast.Break) and
            isinstance(stmt.body[0], ast.Assign) and isinstance(stmt.body[0].value, ast.Constant)):
        test, stmt = stmt.test, stmt.body[0]
    elif len(n.body) != 1:
        return False
    name = grown(stmt)
    begun = name and beginning(code, n, name)
    if not begun:
        return False
    what, bound_here, value = ast.unparse(begun.value), bound(n.target), added(stmt, name)
    if what == "[]" and isinstance(stmt, ast.Expr) and called(stmt.value) == f"{name}.append":
        value = stmt.value.args[0]
    elif what in ("True", "False"):
        return flagged(code, begun, n, name, test, stmt)
    elif what != "0" or value is None:
        return False
    if name in names(value) | names(n.iter) | (names(test) if test else set()) or any(
            isinstance(x, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)) for x in ast.walk(n)):
        return False
    f = code.function_of(n)
    inside = set(ast.walk(n))
    if any(isinstance(x, ast.Name) and x.id in bound_here and x not in inside and isinstance(x.ctx, ast.Load)
           for x in ast.walk(f)):
        return False  # read behind the loop
    part = f"{text(code, value)} for {text(code, n.target)} in {operand(code, n.iter)}" + (
        f" if {operand(code, test) if isinstance(test, (ast.IfExp, ast.Lambda)) else text(code, test)}" if test else "")
    line = f"{name} = [{part}]" if what == "[]" else f"{name} = sum({part})"
    if test is None and ast.unparse(value) == ast.unparse(n.target):
        line = f"{name} = {'list' if what == '[]' else 'sum'}({text(code, n.iter)})"
    return instead(code, begun, n, name, line)


def instead(code, begun, n, name, line):
    """The line for the loop, and for what begins its answer."""
    if not swap(code, begun if leader(code, n) is begun else n, n, line):
        return False
    if leader(code, n) is not begun:
        code.drop(begun)
    code.say(n, f"{name} is said in one line")
    return True


def flagged(code, begun, n, name, test, stmt):
    """fine = True; for x in a: if c: fine = False → fine = all(not c for x in a)"""
    if test is None or not isinstance(stmt, ast.Assign) or not isinstance(stmt.value, ast.Constant) or \
            stmt.value.value is not (not begun.value.value) or name in names(test) | names(n.iter):
        return False
    inside, own = set(ast.walk(n)), bound(n.target)
    if any(isinstance(x, ast.Name) and x.id in own and x not in inside and isinstance(x.ctx, ast.Load)
           for x in ast.walk(code.function_of(n))):
        return False
    head = f"for {text(code, n.target)} in {operand(code, n.iter)}"
    line = f"{name} = all({negated(code, test)} {head})" if begun.value.value else f"{name} = any({text(code, test)} {head})"
    return instead(code, begun, n, name, line)


def grown(stmt):
    """The name of what the statement adds to: total += e, found.append(e)."""
    if isinstance(stmt, ast.Expr) and called(stmt.value).endswith(".append") and len(stmt.value.args) == 1:
        return called(stmt.value)[:-len(".append")]
    target = stmt.target if isinstance(stmt, ast.AugAssign) else stmt.targets[0] if isinstance(stmt, ast.Assign) else None
    return target.id if isinstance(target, ast.Name) else None


def beginning(code, n, name):
    """The statement before the loop, in its block, that begins what it adds to; nothing between them knows of it."""
    before = leader(code, n)
    while before is not None and name not in names(before):
        before = leader(code, before)
    if isinstance(before, ast.Assign) and len(before.targets) == 1 and isinstance(before.targets[0], ast.Name) and \
            before.targets[0].id == name:
        return before
    return None


def added(stmt, name):
    """total += e, total = total + e"""
    if isinstance(stmt, ast.AugAssign) and isinstance(stmt.op, ast.Add) and isinstance(stmt.target, ast.Name) and \
            stmt.target.id == name:
        return stmt.value
    if isinstance(stmt, ast.Assign) and len(stmt.targets) == 1 and isinstance(stmt.targets[0], ast.Name) and \
            stmt.targets[0].id == name and isinstance(stmt.value, ast.BinOp) and isinstance(stmt.value.op, ast.Add) and \
            isinstance(stmt.value.left, ast.Name) and stmt.value.left.id == name:
        return stmt.value.right
    return None


# ---- steps


def steps(code, n):
    """result = e; return result → return e. if k in d: d[k] += e else: d[k] = e → d[k] = d.get(k, 0) + e."""
    if isinstance(n, ast.Return) and isinstance(n.value, ast.Name):
        before = leader(code, n)
        f = code.function_of(n)
        if isinstance(before, ast.Assign) and len(before.targets) == 1 and isinstance(before.targets[0], ast.Name) and \
                before.targets[0].id == n.value.id and not any(
                    isinstance(x, (ast.Global, ast.Nonlocal)) and n.value.id in x.names for x in ast.walk(f)) and \
                not any(isinstance(x, ast.Try) for x in code.up(n)) and not code.source(before.value).count("\n"):
            if swap(code, before, n, f"return {code.source(before.value)}"):
                code.say(n, "the value is returned at once")
                return True
    return isinstance(n, ast.Assign) and (unread(code, n) or at_once(code, n)) or isinstance(n, ast.If) and counted(code, n)


def local_uses(code, n):
    """(name, its stores, its loads) of a local name that the statement alone binds; None: it is none."""
    f = code.function_of(n)
    if len(n.targets) != 1 or not isinstance(n.targets[0], ast.Name) or not isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return None
    name = n.targets[0].id
    if any(isinstance(x, (ast.Global, ast.Nonlocal)) and name in x.names for x in ast.walk(code.tree)):
        return None
    found = [x for x in ast.walk(f) if isinstance(x, ast.Name) and x.id == name]
    stores = [x for x in found if not isinstance(x.ctx, ast.Load)]
    return name, stores, [x for x in found if isinstance(x.ctx, ast.Load)]


def unread(code, n):
    """A value that nobody reads."""
    found = local_uses(code, n)
    if not found or found[2] or not isinstance(n.value, ast.Constant):
        return False
    code.drop(n)
    code.say(n, f"nobody reads {found[0]}")
    return True


def at_once(code, n):
    """total = e; result.append(total) → result.append(e), where nothing else reads it."""
    found, after = local_uses(code, n), follower(code, n)
    if not found or len(found[1]) != 1 or len(found[2]) != 1 or not isinstance(after, (ast.Expr, ast.Assign, ast.Return)):
        return False
    use = found[2][0]
    if code.statement(use) is not after or code.loops(use) != code.loops(after) or "\n" in code.source(n.value) or \
            not isinstance(code.parent[use], ast.Call) or use not in code.parent[use].args or \
            any(isinstance(x, ast.Call) for x in ast.walk(after) if x is not code.parent[use]) or \
            after.lineno != after.end_lineno or \
            after.end_col_offset + len(code.source(n.value)) > WIDTH or has_comment(code.source(n)) or \
            any(isinstance(p, ast.Lambda) for p in code.up(use)):
        return False
    if has_comment(code.data[code.end(n):code.starts[n.end_lineno]].decode()):
        return False
    code.drop(n)
    code.replace(use, operand(code, n.value))
    code.say(n, f"{found[0]} is used where it is made")
    return True


def counted(code, n):
    test = n.test
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.In, ast.NotIn)) and
            len(n.body) == len(n.orelse) == 1 and isinstance(test.comparators[0], ast.Name)):
        return False
    more, first = (n.body[0], n.orelse[0]) if isinstance(test.ops[0], ast.In) else (n.orelse[0], n.body[0])
    place = f"{test.comparators[0].id}[{ast.unparse(test.left)}]"
    if not (isinstance(more, ast.AugAssign) and isinstance(more.op, ast.Add) and ast.unparse(more.target) == place and
            isinstance(first, ast.Assign) and len(first.targets) == 1 and ast.unparse(first.targets[0]) == place and
            ast.unparse(first.value) == ast.unparse(more.value)) or isinstance(first.value, ast.Constant) and \
            not isinstance(first.value.value, (int, float)):
        return False
    if not isinstance(first.value, ast.Constant):
        return False
    of, key = test.comparators[0].id, text(code, test.left)
    if not swap(code, n, n, f"{of}[{key}] = {of}.get({key}, 0) + {text(code, first.value)}"):
        return False
    code.say(n, "a count that begins with 0")
    return True


def everywhere(rule):
    """The rule as one that finds its first place."""
    def first(code):
        for n in ast.walk(code.tree):
            if rule(code, n):
                return
    first.again = True
    return first


RULES = tuple((r.__name__, everywhere(r)) for r in (truth, flat, loops, steps))
