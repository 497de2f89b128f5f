"""What the harness does in the sandbox beside judging: it follows a failing call, and takes debugging
output out of a program that was accepted."""

import ast

# ---- the log of a failing call -----------------------------------------------------------------

TRACE_HEAD, TRACE_TAIL, TRACE_BYTES, TRACE_STEPS = 26, 12, 2_000, 20_000


class Enough(BaseException):
    """The call goes on for longer than anybody would read."""


class Log:
    """Follows the program's own lines: what they set, what is called, returned and raised. Keeps the
    beginning and the end."""

    def __init__(self, source):
        import reprlib

        self.source, self.head, self.tail, self.count, self.steps = source.splitlines(), [], [], 0, 0
        self.at, self.known, self.raising = {}, {}, None
        self.short = reprlib.Repr()
        self.short.maxstring = self.short.maxother = 60

    def add(self, text):
        self.count += 1
        if len(self.head) < TRACE_HEAD:
            self.head.append(text[:100])
        else:
            self.tail = [*self.tail, text[:100]][-TRACE_TAIL:]

    def values(self, frame):
        return {k: self.short.repr(v) for k, v in list(frame.f_locals.items()) if not k.startswith("__")}

    def finish(self, frame):
        """The line that has just run, and what it changed."""
        line = self.at.pop(frame, None)
        if line is None or line > len(self.source):
            return
        now, before = self.values(frame), self.known.get(frame, {})
        changed = ", ".join(f"{k} = {v}" for k, v in now.items() if before.get(k) != v)
        self.known[frame] = now
        self.add(f"{line}: {self.source[line - 1].strip()}" + (f"  # {changed}" if changed else ""))

    def hook(self, frame, event, arg):
        if frame.f_code.co_filename != "program.py" or frame.f_code.co_name.startswith("<"):
            return None
        self.steps += 1
        if self.steps > TRACE_STEPS:
            raise Enough
        if event == "call":
            self.known[frame] = self.values(frame)
            given = ", ".join(f"{k} = {v}" for k, v in self.known[frame].items())
            self.add(f"call {frame.f_code.co_name}({given})")
        elif event == "line":
            self.finish(frame)
            self.at[frame] = frame.f_lineno
        elif event == "exception":
            self.finish(frame)
            if self.raising is not arg[1]:
                self.add(f"{frame.f_lineno}: raises {arg[0].__name__}: {arg[1]}")
            self.raising = arg[1]
        elif event == "return":
            self.finish(frame)
            if self.raising is None or arg is not None:
                self.add(f"return {self.short.repr(arg)}")
            self.known.pop(frame, None)
        return self.hook

    def text(self):
        left = self.count - len(self.head) - len(self.tail)
        lines = [*self.head, *([f"… {left} more …"] if left > 0 else []), *self.tail]
        while len(lines) > 2 and sum(len(x.encode()) + 1 for x in lines) > TRACE_BYTES:
            del lines[len(lines) * 2 // 3]  # of the middle
        return "\n".join(lines)


def source():
    with open("program.py", encoding="utf-8") as f:
        return f.read()


def follow(limited, seconds, call):
    """The log of one call as text; of a call that never ends, its beginning."""
    import sys

    log = Log(source())
    sys.settrace(log.hook)
    try:
        limited(seconds, call)
    except Enough:
        log.add("… it goes on and on")
    except BaseException as error:  # noqa: BLE001 - what the program raises stands in the log
        if log.raising is not error:
            log.add(f"… {type(error).__name__}: {error}")
    finally:
        sys.settrace(None)
    return log.text()


# ---- debugging output in an answer ---------------------------------------------------------------

LOGGERS = {"logging", "logger", "log", "LOG", "LOGGER", "pprint"}


def talks(node):
    """A statement that does nothing but tell what goes on, or makes that possible."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        names = [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        return all(x in ("logging", "pprint") for x in names)
    if isinstance(node, ast.Assign):
        call = node.value
        return isinstance(call, ast.Call) and ast.unparse(call.func) == "logging.getLogger"
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return False
    called = node.value.func
    if isinstance(called, ast.Name):
        return called.id in ("print", "pprint", "log")
    return isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id in LOGGERS


def answers(tree, path):
    """Whether the innermost function on the way to a statement gives a value back: one that does not
    may be there to print."""
    functions = [n for n in path if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return bool(functions) and any(isinstance(n, (ast.Return, ast.Yield)) and n.value is not None
                                   for n in ast.walk(functions[-1]))


def spoken(tree):
    """(statement, whether its block has nothing else) of all that may go."""
    stack = [(tree, ())]
    while stack:
        node, path = stack.pop()
        for _, block in ast.iter_fields(node):
            if not isinstance(block, list) or not all(isinstance(x, ast.stmt) for x in block):
                continue
            mine = [x for x in block if talks(x) and
                    (answers(tree, (*path, node)) or isinstance(x, (ast.Import, ast.ImportFrom, ast.Assign)))]
            for i, x in enumerate(mine):
                yield x, i == 0 and len(mine) == len(block)
        stack.extend((child, (*path, node)) for child in ast.iter_child_nodes(node))


def clean(tree):
    """(the program without its debugging output, statements that went). Whole lines only; a program
    that would no longer parse stays as it is."""
    program = source()
    lines, gone = program.split("\n"), 0
    for node, alone in sorted(spoken(tree), key=lambda x: -x[0].lineno):
        first, last = node.lineno - 1, node.end_lineno
        before = lines[first].encode()[:node.col_offset].decode()
        after = lines[last - 1].encode()[node.end_col_offset:].decode().strip()
        if before.strip() or (after and not after.startswith("#")):
            continue
        lines[first:last] = [before + "pass"] if alone else []
        gone += 1
    text = "\n".join(lines)
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return program, 0
    return text, gone
