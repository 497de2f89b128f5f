"""What makes a program's text hard to read, in figures; what they are worth together stands in docs/quality.md. For
measure.py."""

import ast

WAYS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.IfExp, ast.ExceptHandler, ast.comprehension, ast.With,
        ast.AsyncWith)
SIGNS = (ast.expr_context, ast.operator, ast.cmpop, ast.unaryop, ast.boolop)
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def is_text(stmt):
    return isinstance(stmt, ast.Expr) and isinstance(stmt.value, ast.Constant) and isinstance(stmt.value.value, str)


def below(node):
    """(child, is it an elif): without what only explains, docstrings and annotations: leaving them out is no gain."""
    for field, value in ast.iter_fields(node):
        children = [x for x in (value if isinstance(value, list) else [value]) if isinstance(x, ast.AST)]
        if field in ("annotation", "returns"):
            continue
        if field == "body" and isinstance(node, DOCUMENTED) and children and is_text(children[0]):
            children = children[1:]
        elif_ = field == "orelse" and isinstance(node, ast.If) and len(children) == 1 and isinstance(children[0], ast.If)
        for child in children:
            if not isinstance(child, SIGNS):
                yield child, elif_


def size(text):
    """Nodes of the syntax tree, ways that branch, and, summed over these, in how many others each stands."""
    nodes = branches = nesting = 0
    stack = [(ast.parse(text), 0)]
    while stack:
        node, depth = stack.pop()
        inner = depth
        nodes += 1
        if isinstance(node, WAYS):
            branches, nesting, inner = branches + 1, nesting + depth, depth + 1
        elif isinstance(node, ast.BoolOp):
            branches += 1
        stack += [(child, depth if elif_ else inner) for child, elif_ in below(node)]
    return {"nodes": nodes, "branches": branches, "nesting": nesting}
