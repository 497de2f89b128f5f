"""Small mutations of a Python function, for asking whether a test would notice a wrong program."""

import ast

OPERATORS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.BitXor: ast.BitOr,
}
NAMES = {"max": "min", "min": "max", "any": "all", "all": "any", "sorted": "list"}


class Endless(BaseException):
    """A program has gone round its loops far oftener than the reference does."""


def swapped(operator):
    return OPERATORS[type(operator)]() if type(operator) in OPERATORS else None


def constants(value):
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if isinstance(value, str):
        return ["" if value else "?"]
    return []


def changes(node):
    """What can be changed about a node: (field, new value), or (None, the node that takes its place)."""
    if isinstance(node, (ast.BinOp, ast.BoolOp, ast.AugAssign)) and swapped(node.op):
        yield "op", swapped(node.op)
    elif isinstance(node, ast.Compare):
        for i, operator in enumerate(node.ops):
            if swapped(operator):
                yield "ops", node.ops[:i] + [swapped(operator)] + node.ops[i + 1:]
    elif isinstance(node, ast.Constant):
        yield from (("value", value) for value in constants(node.value))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        yield None, node.operand
    elif isinstance(node, (ast.If, ast.IfExp)):
        yield "test", ast.UnaryOp(ast.Not(), node.test)
    elif isinstance(node, ast.Return) and ast.unparse(node) not in ("return", "return None"):
        yield "value", ast.Constant(None)
    elif isinstance(node, ast.Continue):
        yield None, ast.Break()
    elif isinstance(node, ast.Break):
        yield None, ast.Continue()
    elif isinstance(node, ast.Expr):
        yield None, ast.Pass()
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in NAMES:
        yield "id", NAMES[node.id]


def is_tick(node):
    return isinstance(node, ast.Expr) and ast.unparse(node) == "tick()"


def limited(root):
    """The tree with a call of tick() at the beginning of each round of its loops."""
    for node in ast.walk(root):
        if isinstance(node, (ast.For, ast.While)):
            node.body.insert(0, ast.Expr(ast.Call(ast.Name("tick", ast.Load()), [], [])))
    return ast.fix_missing_locations(root)


def replace(root, old, new):
    for parent in ast.walk(root):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
            elif isinstance(value, list):
                value[:] = [new if item is old else item for item in value]


def mutants(root, most):
    """Changes the tree in place at most so often, at places spread over all of it, and yields (line, what was
    changed) while it is changed."""
    found = [(node, field, new) for node in ast.walk(root) if not is_tick(node) for field, new in changes(node)]
    step = max(1, len(found) / most)
    for i in range(min(most, len(found))):
        node, field, new = found[int(i * step)]
        if isinstance(new, (ast.expr, ast.stmt)):
            ast.fix_missing_locations(ast.copy_location(new, node))
        what = f"{ast.unparse(node).splitlines()[0]}, {field or 'replaced'}: {shown(new)}"
        if field:
            old = getattr(node, field)
            setattr(node, field, new)
            yield node.lineno, what
            setattr(node, field, old)
        else:
            replace(root, node, new)
            yield node.lineno, what
            replace(root, new, node)


def shown(new):
    new = new[0] if isinstance(new, list) else new
    return type(new).__name__ if isinstance(new, ast.AST) else repr(new)
