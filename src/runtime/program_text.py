"""A Python program as text and tree: what is known of its names, and edits of places that leave the rest as it is. For
rewrite.py."""

import ast

MUTATORS = {"append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "add", "discard", "update",
            "setdefault", "popitem", "appendleft", "popleft", "extendleft", "rotate", "subtract"}
PURE = {"abs", "all", "any", "bool", "chr", "dict", "divmod", "enumerate", "float", "frozenset", "int", "isinstance",
        "len", "list", "max", "min", "ord", "pow", "print", "range", "repr", "reversed", "round", "set", "sorted",
        "str", "sum", "tuple", "type", "zip", "Counter", "hash"}
PURE_OF = {"json": {"loads"}, "re": {"compile", "escape"}, "math": {"sqrt", "log", "factorial", "isqrt"},
           "copy": {"copy", "deepcopy"}, "datetime": {"strptime", "fromisoformat"}, "collections": {"Counter"},
           "bisect": {"bisect", "bisect_left", "bisect_right"}, "heapq": {"nlargest", "nsmallest", "heappush"}}
PURE_METHODS = {"split", "rsplit", "splitlines", "strip", "lstrip", "rstrip", "lower", "upper", "replace", "casefold",
                "title", "keys", "values", "items", "copy", "union", "intersection", "difference"}
WORTH = {"sorted", "set", "frozenset", "list", "tuple", "sum", "max", "min", "dict", "json.loads", "re.compile",
         "Counter", "collections.Counter", "math.factorial", "datetime.strptime", "datetime.datetime.strptime",
         "datetime.fromisoformat", "datetime.date.fromisoformat", "datetime.datetime.fromisoformat"}
VALUES_MAX = 200
LOOPS = (ast.For, ast.While, ast.AsyncFor)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def names(node):
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def bound(node):
    """Names that the node binds."""
    found = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    found |= {n.name for n in ast.walk(node) if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    return found | {a.asname or a.name for n in ast.walk(node) if isinstance(n, (ast.Import, ast.ImportFrom))
                    for a in n.names}


def called(node):
    """"sorted", "json.loads" of a call; "" for others."""
    if not isinstance(node, ast.Call):
        return ""
    try:
        return ast.unparse(node.func) if isinstance(node.func, (ast.Name, ast.Attribute)) else ""
    except ValueError:
        return ""


def is_pure_call(node):
    name = called(node)
    if not name:
        return False
    head, _, last = name.rpartition(".")
    return (not head and last in PURE) or last in PURE_OF.get(head.rpartition(".")[2], ()) or (
        isinstance(node.func, ast.Attribute) and last in PURE_METHODS)


class Code:
    """A program, its tree, and edits of its text."""

    def __init__(self, text, rows, function):
        self.text, self.rows, self.function = text, rows, function
        self.data = text.encode()
        self.tree = ast.parse(text)
        self.starts = [0]
        for line in self.data.split(b"\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.parent = {c: p for p in ast.walk(self.tree) for c in ast.iter_child_nodes(p)}
        self.taken = names(self.tree) | bound(self.tree) | {
            a.arg for n in ast.walk(self.tree) if isinstance(n, ast.arguments)
            for a in [*n.posonlyargs, *n.args, *n.kwonlyargs]}
        self.edits, self.said, self.imports = [], [], []

    # -- places

    def start(self, node):
        return self.starts[node.lineno - 1] + node.col_offset

    def end(self, node):
        return self.starts[node.end_lineno - 1] + node.end_col_offset

    def source(self, node):
        return self.data[self.start(node):self.end(node)].decode()

    def up(self, node):
        while node in self.parent:
            yield self.parent[node]
            node = self.parent[node]

    def function_of(self, node):
        return next((p for p in self.up(node) if isinstance(p, FUNCTIONS)), self.tree)

    def statement(self, node):
        if isinstance(node, ast.stmt):
            return node
        return next(p for p in self.up(node) if isinstance(p, ast.stmt))

    def loops(self, node):
        """The loops that evaluate the node again and again, the inner ones first, within its function."""
        found, child = [], node
        for p in self.up(node):
            if isinstance(p, FUNCTIONS):
                break
            if isinstance(p, LOOPS) and not (isinstance(p, ast.For) and child is p.iter) and child not in p.orelse:
                found.append(p)
            if isinstance(p, COMPREHENSIONS) and not self.inside(node, p.generators[0].iter):
                found.append(p)
            child = p
        return found

    def inside(self, node, of):
        return node is of or of in self.up(node)

    def indent(self, stmt):
        """Of a statement that begins its line; None: it does not."""
        before = self.data[self.starts[stmt.lineno - 1]:self.start(stmt)].decode()
        return before if not before.strip() else None

    def fresh(self, name):
        n, made = 1, name
        while made in self.taken:
            n, made = n + 1, f"{name}_{n + 1}"
        self.taken.add(made)
        return made

    # -- edits

    def replace(self, node, text):
        self.edits.append((self.start(node), self.end(node), text))

    def begin(self, stmt):
        first = min([stmt, *getattr(stmt, "decorator_list", [])], key=lambda n: n.lineno)
        return self.starts[first.lineno - 1]

    def before(self, stmt, *lines):
        """False: there is no place."""
        indent = self.indent(stmt)
        if indent is None or isinstance(self.parent.get(stmt), ast.If) and self.is_elif(stmt):
            return False
        at = self.begin(stmt)
        self.edits.append((at, at, "".join(f"{indent}{x}\n" for x in lines)))
        return True

    def after(self, stmt, *lines):
        indent = self.indent(stmt)
        if indent is None:
            return False
        at = self.starts[stmt.end_lineno]
        tail = self.data[self.end(stmt):at].decode()
        if tail.strip() and not tail.strip().startswith("#"):
            return False
        text = "".join(f"{indent}{x}\n" for x in lines)
        if at > len(self.data):
            at, text = len(self.data), "\n" + text.rstrip("\n")
        self.edits.append((at, at, text))
        return True

    def drop(self, stmt):
        """The statement goes; where its block has nothing else it becomes pass."""
        block = next(b for b in (getattr(self.parent[stmt], f, None) for f in ("body", "orelse", "finalbody"))
                     if isinstance(b, list) and stmt in b)
        end = self.starts[stmt.end_lineno]
        if len(block) > 1 and self.indent(stmt) is not None and not self.data[self.end(stmt):end].strip():
            self.edits.append((self.begin(stmt), min(end, len(self.data)), ""))
        else:
            self.replace(stmt, "pass")

    def drop_function(self, f):
        """A function of the module goes, with the blank lines behind it."""
        end = self.starts[f.end_lineno]
        while end < len(self.data) and self.data[end:end + 1] == b"\n":
            end += 1
        self.edits.append((self.begin(f), min(end, len(self.data)), ""))

    def unwrap(self, stmt):
        """The body of an if alone. False: its lines cannot be moved."""
        first, last = stmt.body[0], stmt.body[-1]
        if first.lineno == stmt.lineno or any(isinstance(n, (ast.Constant, ast.JoinedStr)) and
                                              n.end_lineno > n.lineno for n in ast.walk(stmt)):
            return False
        lines = self.data[self.starts[first.lineno - 1]:self.end(last)].decode().split("\n")
        cut = len(self.indent(first) or "") - len(self.indent(stmt) or "")
        if any(x.strip() and x[:cut].strip() for x in lines):
            return False
        self.edits.append((self.starts[stmt.lineno - 1], self.end(last), "\n".join(x[cut:] for x in lines)))
        return True

    def is_elif(self, stmt):
        parent = self.parent[stmt]
        return isinstance(stmt, ast.If) and isinstance(parent, ast.If) and parent.orelse == [stmt] and \
            self.data[self.start(stmt):self.start(stmt) + 4] == b"elif"

    def top(self, *lines):
        """Before the first statement that is neither docstring nor import."""
        for line in lines:
            if line not in self.imports and line not in self.text.split("\n"):
                self.imports.append(line)

    def say(self, node, what):
        self.said.append(f"line {node.lineno}: {what}")

    def result(self):
        at = 0
        for stmt in self.tree.body:
            if isinstance(stmt, (ast.Import, ast.ImportFrom)) or (
                    isinstance(stmt, ast.Expr) and isinstance(stmt.value, ast.Constant)):
                at = self.starts[stmt.end_lineno]
            else:
                break
        if self.imports:
            modules = [x for x in self.imports if x.startswith(("import ", "from "))]
            rest = [x for x in self.imports if x not in modules]
            at = min(at, len(self.data))
            left = self.data[at:len(self.data)].decode()
            text = "".join(x + "\n" for x in modules) + ("\n".join(["", *rest, ""]) if rest else "")
            have = len(left) - len(left.lstrip("\n"))
            self.edits.append((at, at, text + "\n" * max(0, 2 - have)))
        data, free = self.data, len(self.data) + 1
        for start, end, text in sorted(self.edits, key=lambda x: (x[0], x[1]), reverse=True):
            if end > free:
                raise ValueError("edits overlap")
            data = data[:start] + text.encode() + data[end:]
            free = start
        return data.decode() if self.text.startswith("\n") else data.decode().lstrip("\n")

    # -- what is known of names

    def mutated(self, name, node, but=()):
        """Whether the node may bind the name or change what it holds."""
        for n in ast.walk(node):
            if n in but:
                continue
            if isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load):
                return True
            if not (isinstance(n, ast.Name) and n.id == name):
                continue
            p = self.parent.get(n)
            if isinstance(p, ast.Attribute):
                call = self.parent.get(p)
                if call in but:
                    continue
                if isinstance(call, ast.Call) and call.func is p and p.attr in MUTATORS:
                    return True
                if not isinstance(p.ctx, ast.Load):
                    return True
            elif isinstance(p, ast.Subscript) and p.value is n and not isinstance(p.ctx, ast.Load):
                return True
            elif isinstance(p, ast.Subscript) and p.value is n and self.deep_store(p):
                return True
            elif isinstance(p, ast.Call) and n in p.args and not is_pure_call(p) and not (
                    isinstance(p.func, ast.Attribute) and p.func.attr in ("join", "append", "index", "count", "extend")):
                return True
            elif isinstance(p, (ast.Assign, ast.AnnAssign)) and p.value is n:
                return True  # another name for it
        return False

    def deep_store(self, node):
        """grid[i][j] = …, grid[i].append(…): changes what grid holds."""
        p = self.parent.get(node)
        if isinstance(p, ast.Subscript) and p.value is node:
            return not isinstance(p.ctx, ast.Load) or self.deep_store(p)
        if isinstance(p, ast.Attribute):
            call = self.parent.get(p)
            return isinstance(call, ast.Call) and call.func is p and p.attr in MUTATORS
        return False

    def invariant(self, expr, loop):
        own = bound(expr)
        for n in ast.walk(expr):
            if isinstance(n, ast.Call) and not is_pure_call(n):
                return False
            if isinstance(n, (ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr, ast.Lambda)):
                return False
        return not any(self.mutated(x, loop) for x in names(expr) - own)

    def outermost(self, node, test):
        """The outermost loop around the node up to which `test(loop)` holds without a gap; None."""
        found = None
        for loop in self.loops(node):
            if not test(loop):
                break
            found = loop
        return found

    def parameter_rows(self, name, function):
        """The values that the examples give this parameter of the task's function."""
        if getattr(function, "name", None) != self.function:
            return []
        places = [a.arg for a in [*function.args.posonlyargs, *function.args.args]]
        if name not in places:
            return []
        at = places.index(name)
        return [row[at] for row in self.rows if at < len(row)]

    def listish(self, expr):
        if isinstance(expr, (ast.List, ast.ListComp)):
            return True
        if isinstance(expr, ast.BinOp):
            return self.listish(expr.left) or self.listish(expr.right)
        if isinstance(expr, ast.Subscript) and isinstance(expr.slice, ast.Slice) and isinstance(expr.value, ast.Name):
            return self.is_list(expr.value.id, self.function_of(expr.value))
        name = called(expr)
        return name in ("list", "sorted", "tuple") or name.endswith((".split", ".splitlines", ".readlines"))

    def assignments(self, name, function):
        return [n for n in ast.walk(function) if isinstance(n, (ast.Assign, ast.AnnAssign)) and n.value is not None and
                any(isinstance(t, ast.Name) and t.id == name
                    for t in (n.targets if isinstance(n, ast.Assign) else [n.target]))]

    def is_list(self, name, function, seen=()):
        if name in seen:
            return False
        values = self.parameter_rows(name, function)
        made = self.assignments(name, function)
        stores = sum(isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load)
                     for n in ast.walk(function))
        augmented = sum(isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name) and n.target.id == name
                        for n in ast.walk(function))
        if stores - augmented != len(made) or not all(self.listish(a.value) for a in made):
            return False
        if values:
            return all(isinstance(v, (list, tuple)) for v in values)
        arguments = getattr(function, "args", None)
        for a in [*arguments.posonlyargs, *arguments.args] if isinstance(arguments, ast.arguments) else []:
            if a.arg == name:
                kind = ast.unparse(a.annotation).lower() if a.annotation else ""
                return kind.startswith(("list", "sequence", "tuple", "typing.list"))
        return bool(made)

    # -- what the examples say

    def functions(self):
        """The functions of the module itself."""
        return {f.name: f for f in self.tree.body if isinstance(f, ast.FunctionDef)}

    def calls_of(self, f):
        """All calls of a function of the module; None: it is used in another way too."""
        found = []
        for n in ast.walk(self.tree):
            if isinstance(n, ast.Name) and n.id == f.name:
                call = self.parent[n]
                if not (isinstance(call, ast.Call) and call.func is n) or call.keywords or \
                        any(isinstance(a, ast.Starred) for a in call.args):
                    return None
                found.append(call)
        return found

    def values(self, expr, deep=5):
        """Values that the expression has in the examples, as far as parameters, loops and calls show them; may be []."""
        if deep and isinstance(expr, ast.Subscript) and isinstance(expr.slice, ast.Constant):
            found = []
            for v in self.values(expr.value, deep - 1):
                try:
                    found.append(v[expr.slice.value])
                except (LookupError, TypeError):
                    continue
            return found[:VALUES_MAX]
        if not deep or not isinstance(expr, ast.Name):
            return []
        function = self.function_of(expr)
        while True:
            found = self.values_in(expr.id, function, deep)
            if found or function is self.tree:
                return found[:VALUES_MAX]
            function = self.function_of(function)

    def values_in(self, name, function, deep):
        found = []
        for n in ast.walk(function):
            if isinstance(n, (ast.For, ast.comprehension)) and name in bound(n.target):
                for v in [x for of in self.values(n.iter, deep - 1) if isinstance(of, (list, tuple, str)) for x in of]:
                    found += [v] if isinstance(n.target, ast.Name) else [
                        x for t, x in zip(n.target.elts, v) if isinstance(t, ast.Name) and t.id == name] \
                        if isinstance(n.target, ast.Tuple) and isinstance(v, (list, tuple)) else []
        places = [a.arg for a in function.args.args] if isinstance(function, ast.FunctionDef) else []
        if name in places and function.name != self.function:
            for call in self.calls_of(function) or ():
                if len(call.args) > places.index(name):
                    found += self.values(call.args[places.index(name)], deep - 1)
        return found + self.parameter_rows(name, function)

    def is_row(self, expr):
        """The expression is a list, which no set holds: where the text or the examples show it."""
        if isinstance(expr, (ast.List, ast.ListComp)):
            return True
        if isinstance(expr, ast.Name):
            made = self.assignments(expr.id, self.function_of(expr))
            if made and all(isinstance(a.value, (ast.List, ast.ListComp)) for a in made):
                return True
        return any(isinstance(v, list) for v in self.values(expr))

    def key(self, expr, row):
        """The text of the expression as a set holds it; `row`: it is a list."""
        if not row:
            return self.source(expr)
        if isinstance(expr, ast.List) and not any(isinstance(x, ast.Starred) for x in expr.elts):
            inner = ", ".join(self.source(x) for x in expr.elts)
            return f"({inner}{',' if len(expr.elts) == 1 else ''})"
        return f"tuple({self.source(expr)})"

    # -- what is held

    def holders(self):
        """(text, statement, uses) of what is bound once, to a value: local names, and attributes of objects."""
        for f in ast.walk(self.tree):
            if not isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            for name in sorted(bound(f)):
                made, all_of = self.assignments(name, f), [n for n in ast.walk(f) if isinstance(n, ast.Name) and n.id == name]
                shadowed = any(a.arg == name for n in ast.walk(f) if isinstance(n, ast.arguments)
                               for a in [*n.posonlyargs, *n.args, *n.kwonlyargs])
                if len(made) == 1 and self.function_of(made[0]) is f and not shadowed and \
                        sum(not isinstance(n.ctx, ast.Load) for n in all_of) == 1:
                    yield name, made[0], [n for n in all_of if isinstance(n.ctx, ast.Load)]
        attributes = {}
        for n in ast.walk(self.tree):
            if isinstance(n, ast.Attribute):
                attributes.setdefault(n.attr, []).append(n)
        for all_of in attributes.values():
            stores = [n for n in all_of if not isinstance(n.ctx, ast.Load)]
            stmt = self.parent[stores[0]] if len(stores) == 1 else None
            if isinstance(stmt, ast.Assign) and len(stmt.targets) == 1 and getattr(
                    self.function_of(stmt), "name", "") == "__init__" and isinstance(stores[0].value, ast.Name):
                yield self.source(stores[0]), stmt, [n for n in all_of if isinstance(n.ctx, ast.Load)]

    def role(self, n):
        """What a use of a list does: "append", "pop(0)", "sort()", "len", "test", "end", "in", "read" or "other"."""
        p = self.parent[n]
        if isinstance(p, ast.Attribute) and isinstance(self.parent[p], ast.Call) and self.parent[p].func is p:
            call = self.parent[p]
            given = ", ".join(map(ast.unparse, call.args))
            if p.attr == "pop":
                return f"pop({given})"
            if p.attr == "insert":
                return f"insert({given.split(',')[0]})"
            return p.attr + ("()" if not call.args and not call.keywords else "")
        if called(p) == "len":
            return "len"
        if isinstance(p, (ast.While, ast.If, ast.IfExp)) and p.test is n or isinstance(p, (ast.BoolOp, ast.UnaryOp)):
            return "test"
        if isinstance(p, ast.Subscript) and p.value is n and ast.unparse(p.slice) in ("0", "-1"):
            return "end"
        if isinstance(p, ast.Compare) and n in p.comparators and isinstance(p.ops[0], (ast.In, ast.NotIn)):
            return "in"
        return "read" if isinstance(p, (ast.For, ast.comprehension)) else "other"
