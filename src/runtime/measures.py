"""What DiSE measures itself of a program that was accepted: duplication, type annotations, test coverage
and the mutation score of its tests. harness.py loads this beside itself and hands itself over.

One record a measure: {"kind": "measure", "name", "value", "score" 0..1, "findings":
[{"line", "text"}]}, or {"kind": "measure", "name", "missing": why}. The first two read the text alone.
The others run the program on its examples and generated tests, each time in a process of its own that
is ended when its time is up.

Coverage is counted by markers, `pass` statements on lines of their own far behind the program's, which
are put before each statement and where a branch has no statement. The tracer writes each marker's
number once into a pipe, behind a word that only it and the judge know. The program runs in the
same process, so it can end itself or the tracer and lose by it; what it must not do is learn the
word. Therefore the word is in no variable of a module, a closure or a frame that the program could get at:
it lies among the defaults of the tracer, and an audit hook, which cannot be taken out again, ends
the process when somebody reads them, looks for objects, or opens the memory.
"""

import ast
import io
import json
import os
import select
import signal
import sys
import time
import tokenize

COVER_CPU_S, COVER_S = 1, 2.0  # of the processor; of the clock, as a program may sleep
MUTANTS_CPU_S, MUTANTS_S, MUTANTS_MAX, MUTANTS_LEAST = 1.0, 3.0, 30, 5
FINDINGS_MAX, TEXT_MAX = 20, 200
MARKS = 10_000_000  # the line of the first marker


def record(name, value, score, findings, **more):
    return {"kind": "measure", "name": name, "value": round(value, 4), "score": round(score, 4),
            "findings": findings[:FINDINGS_MAX], "found": len(findings), **more}


def missing(name, why):
    return {"kind": "measure", "name": name, "missing": why}


def finding(line, text):
    return {"line": line, "text": text if len(text) <= TEXT_MAX else text[:TEXT_MAX - 1] + "…"}


def lines_text(first, last):
    return f"line {first}" if first == last else f"lines {first}–{last}"


def is_guard(node):
    """`if __name__ == "__main__":` and `if TYPE_CHECKING:`, which no test can go through."""
    if not isinstance(node, ast.If):
        return False
    test = node.test
    named = getattr(test, "id", getattr(test, "attr", ""))
    return named == "TYPE_CHECKING" or (isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and
                                        test.left.id == "__name__")


# ---- duplication ---------------------------------------------------------------------------------

# Lines as jscpd has them by default; of tokens it wants 50, which a body of seven plain lines does not have. Names
# count as they are written, as with jscpd, CPD and pylint: else bodies that are merely built alike would be copies.
COPY_LINES, COPY_TOKENS = 5, 30
LAYOUT = {tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT, tokenize.ENCODING,
          tokenize.ENDMARKER}


def left_out(tree):
    """Lines of documentation and imports: that they are alike says nothing."""
    gone = set()
    for node in ast.walk(tree):
        text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        if text or isinstance(node, (ast.Import, ast.ImportFrom)):
            gone.update(range(node.lineno, node.end_lineno + 1))
    return gone


def code_lines(source, tree):
    """[(line number, its tokens)] of all lines with code."""
    gone, found = left_out(tree), {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in LAYOUT:
            continue
        for i, part in enumerate(token.string.split("\n")):
            if token.start[0] + i not in gone:
                found.setdefault(token.start[0] + i, []).append(part)
    return [(line, tuple(tokens)) for line, tokens in sorted(found.items())]


def copies(lines):
    """[(first, first of what it repeats, length)] of places in `lines`, each as long as it can be."""
    seen, found, at = {}, [], 0
    for i in range(len(lines) - COPY_LINES + 1):
        block = tuple(tokens for _, tokens in lines[i:i + COPY_LINES])
        first = seen.setdefault(block, i)
        if i < at or i - first < COPY_LINES:  # within the last copy; a run of equal lines
            continue
        n = COPY_LINES
        while i + n < len(lines) and first + n < i and lines[i + n][1] == lines[first + n][1]:
            n += 1
        if sum(len(tokens) for _, tokens in lines[i:i + n]) >= COPY_TOKENS:
            found.append((i, first, n))
            at = i + n
    return found


def duplication(source, tree):
    lines = code_lines(source, tree)
    if not lines:
        return missing("duplication", "the program has no code")
    repeated, findings = set(), []
    for i, first, n in copies(lines):
        repeated.update(range(i, i + n), range(first, first + n))
        here, there = (lines_text(lines[k][0], lines[k + n - 1][0]) for k in (i, first))
        findings.append(finding(lines[i][0], f"{here} repeat {there}"))
    share = len(repeated) / len(lines)
    return record("duplication", share, 1 - share, findings)


# ---- type annotations ----------------------------------------------------------------------------


def public_functions(body, method=False):
    """(function, whether its first parameter is the object) of what others may call."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body, True)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            special = node.name.startswith("__") and node.name.endswith("__")
            static = any(getattr(d, "id", "") == "staticmethod" for d in node.decorator_list)
            if special or not node.name.startswith("_"):
                yield node, method and not static
        elif isinstance(node, (ast.If, ast.Try)) and not is_guard(node):
            for block in (node.body, node.orelse):
                yield from public_functions(block, method)


def parts_of(function, bound):
    """(what, whether it has a type) of its parameters and of what it returns."""
    a = function.args
    plain = [*a.posonlyargs, *a.args]
    for arg in [*plain[1 if bound else 0:], *([a.vararg] if a.vararg else []), *a.kwonlyargs,
                *([a.kwarg] if a.kwarg else [])]:
        yield f"`{arg.arg}`", arg.annotation is not None
    if not (bound and function.name == "__init__"):
        yield "what it returns", function.returns is not None


def annotations(_source, tree):
    findings, total, typed = [], 0, 0
    for function, bound in public_functions(tree.body):
        parts = list(parts_of(function, bound))
        bare = [what for what, has in parts if not has]
        total, typed = total + len(parts), typed + len(parts) - len(bare)
        if bare:
            findings.append(finding(function.lineno, f"{function.name} has no type for {', '.join(bare)}"))
    if not total:
        return missing("annotations", "the program has no public function")
    return record("annotations", typed / total, typed / total, findings)


# ---- coverage: markers ---------------------------------------------------------------------------


class Marks:
    """Puts markers into a tree, and knows what each stands for."""

    def __init__(self):
        self.count = 0
        self.lines = {}  # marker -> line of its statement
        self.branches = []  # (line, marker, text when no test goes there, or "" when lines tell)

    def mark(self):
        place = MARKS + self.count
        self.count += 1
        return ast.Pass(lineno=place, end_lineno=place, col_offset=0, end_col_offset=0), self.count - 1

    def block(self, body, head=False):
        """`body` with markers; head: what must stand first stays there."""
        marked = []
        for i, node in enumerate(body):
            text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
            if is_guard(node) or future or (text and (head and i == 0 or node.value.value is ...)):
                marked.append(node)
                continue
            statement, number = self.mark()
            self.lines[number] = node.lineno
            marked += [statement, node]
            self.inside(node)
        return marked

    def inside(self, node):
        head = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block:
                setattr(node, name, self.block(block, head))
        for part in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
            part.body = self.block(part.body)
        if isinstance(node, (ast.If, ast.While)) and not isinstance(node.test, ast.Constant):
            self.ways(node, "its condition was never false" if isinstance(node, ast.If) else
                      "the loop never came to its end")
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self.ways(node, "the loop never came to its end")
        elif isinstance(node, ast.Match):
            self.cases(node)

    def way(self, line, block):
        """The branch into a block of statements, whose lines tell when nothing goes there."""
        first = block[0]
        if isinstance(first, ast.Pass) and first.lineno >= MARKS:
            self.branches.append((line, first.lineno - MARKS, ""))

    def ways(self, node, text):
        self.way(node.lineno, node.body)
        if node.orelse:
            self.way(node.lineno, node.orelse)
        else:
            statement, number = self.mark()
            node.orelse = [statement]
            self.branches.append((node.lineno, number, text))

    def cases(self, node):
        for case in node.cases:
            self.way(node.lineno, case.body)
        last = node.cases[-1]
        if last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None:
            return
        statement, number = self.mark()
        node.cases.append(ast.match_case(pattern=ast.MatchAs(), guard=None, body=[statement]))
        self.branches.append((node.lineno, number, "some case always fits"))


def codes_of(code):
    yield code
    for value in code.co_consts:
        if isinstance(value, type(code)):
            yield from codes_of(value)


# ---- coverage: the process of the program ----------------------------------------------------------

# Ways to objects that nobody handed over, and to what no tracer sees.
FORBIDDEN = frozenset({
    "gc.get_objects", "gc.get_referrers", "gc.get_referents", "sys._current_frames", "sys._current_exceptions",
    "ctypes.cdata", "ctypes.cdata/buffer", "ctypes.string_at", "ctypes.wstring_at", "ctypes.dlsym", "ctypes.dlsym/handle",
    "ctypes.call_function", "ctypes.PyObj_FromPtr", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn",
    "os.system"})


def tracer_of(out, word, codes, forbidden):
    """(tracer, audit hook). All that they use stands in one default value each: a name would be looked up where the
    program can change it, and whoever hands over other values gets to see nothing."""
    me = []
    traced = (os.write, out, b"\n" + word + b" ", type, type(sys._getframe()), {id(c) for c in codes}, id, set(), me,
              MARKS)

    def tracer(frame, event, _arg, own=traced):
        try:
            write, out, word, kind, frame_type, known, identity, seen, me, marks = own
            if kind(frame) is not frame_type:
                return None
            if event == "line":
                mark = frame.f_lineno - marks
                if mark < 0 or mark in seen or identity(frame.f_code) not in known:
                    return me[0]
                seen.add(mark)
                write(out, word + b"%d\n" % mark)
            elif event == "call" and identity(frame.f_code) not in known:
                return None
            return me[0]
        except:  # noqa: E722 - its trace would lead to this frame
            return None

    watched = (os.write, out, b"\n" + word + b" !", os._exit, forbidden, sys.gettrace, me, isinstance, str, bytes,
               str.endswith, bytes.endswith, str.encode)

    def hook(event, args, own=watched):
        try:
            (write, out, word, leave, forbidden, gettrace, me, is_a, text, raw, ends, raw_ends, encode) = own
            if event == "object.__getattr__":
                bad = args[0] is me[0] or args[0] is me[1]
            elif event == "sys.settrace":
                bad = gettrace() is me[0]
            elif event == "open" or event == "os.symlink" or event == "os.link":
                bad = (is_a(args[0], text) and ends(args[0], "mem")) or (is_a(args[0], raw) and raw_ends(args[0], b"mem"))
            elif event == "import":
                bad = args[0] in forbidden if is_a(args[0], text) else False
            else:
                bad = event in forbidden
            if bad:
                write(out, word + encode(event) + b"\n")
        except:  # noqa: E722
            bad = True
        if bad:
            leave(0)

    me += [tracer, hook]
    return tracer, hook


def exercise(harness, job, tree, code, tracer, done, said):
    """Loads the program and calls it. In a thread: it has no frame of the judge above it, and a program can set no
    signal handler there, which would be shown the tracer's frame."""
    import threading
    import types

    try:
        module = types.ModuleType("program")
        module.__file__ = "/work/program.py"
        sys.modules["program"] = module
        sys.path[:0] = job.get("packages") or []
        threading.settrace(tracer)
        sys.settrace(tracer)
        exec(code, module.__dict__)
        name = harness.choose(harness.functions_of(module, tree), job.get("function"))
        for example in job.get("examples") or []:
            try:
                value = harness.evaluate(module, name, example)
                (harness.made_of if job.get("items") else harness.literal)(value)
            except BaseException:  # noqa: BLE001 - what came before it was reached all the same
                pass
    except BaseException as error:  # noqa: BLE001
        said.append(f"in a thread it ends with {type(error).__name__}: {error}"[:200].replace("\n", " "))
    finally:
        done.release()


def run_program(harness, job, tree, code, out):
    """In the child. Its first line is the word that goes before each further one."""
    import _thread
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (COVER_CPU_S, COVER_CPU_S))
    word = os.urandom(16).hex().encode()
    os.write(out, word + b"\n")
    # packages such as numpy come with ctypes
    forbidden = FORBIDDEN if job.get("packages") else FORBIDDEN | {"ctypes", "_ctypes"}
    tracer, hook = tracer_of(out, word, list(codes_of(code)), forbidden)
    done, said = _thread.allocate_lock(), []
    done.acquire()
    sys.addaudithook(hook)
    _thread.start_new_thread(exercise, (harness, job, tree, code, tracer, done, said))
    done.acquire()
    os.write(out, b"\n" + word + b" end " + "".join(said).encode("utf-8", "replace") + b"\n")


def forked(work):
    """(child, what it writes): work(descriptor) in a process of its own."""
    inner, outer = os.pipe()
    child = os.fork()
    if child:
        os.close(outer)
        return child, inner
    try:
        for fd in (inner, 3):
            os.close(fd)
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        work(outer)
    finally:
        os._exit(0)


def lines_until(fd, child, until):
    """The lines that come in time; then, or when nobody wants more of them, the child is killed."""
    rest = b""
    try:
        while True:
            left = until - time.monotonic()
            if left <= 0 or not select.select([fd], [], [], left)[0]:
                yield None
                return
            data = os.read(fd, 65536)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            yield from lines
            if len(rest) > 1 << 20:
                return
    finally:
        os.close(fd)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


# ---- coverage: the judge -------------------------------------------------------------------------


def reached(lines):
    """(markers that the program came to, why it was not seen to its end or "")"""
    word, hits = next(lines, None), set()
    for line in lines if word else ():
        if line is None:
            return hits, "its time was up"
        begins, _, said = line.partition(b" ")
        if begins != word:
            continue
        if said.startswith(b"end "):
            return hits, said[4:].decode("utf-8", "replace")
        if said.startswith(b"!"):
            return set(), f"the program goes behind its measuring ({said[1:].decode()})"
        if said.isdigit():
            hits.add(int(said))
    return hits, "the program ended itself, or took too long"


def gaps(marks, hits):
    """[(first, last)] of statements in a row that nothing came to."""
    touched = {line for mark, line in marks.lines.items() if mark in hits}
    found, open_ = [], False
    for line in sorted(set(marks.lines.values())):
        if line in touched:
            open_ = False
        elif open_:
            found[-1] = (found[-1][0], line)
        else:
            found.append((line, line))
            open_ = True
    return found, touched


def coverage_record(marks, hits, why):
    unreached, touched = gaps(marks, hits)
    lines = set(marks.lines.values())
    taken = sum(mark in hits for _, mark, _ in marks.branches)
    findings = [finding(first, f"{lines_text(first, last)} {'is' if first == last else 'are'} reached by no test")
                for first, last in unreached]
    findings += [finding(line, f"{text}, in any test") for line, mark, text in marks.branches
                 if text and line in touched and mark not in hits]
    findings.sort(key=lambda f: f["line"])
    if why:
        findings.insert(0, finding(0, f"not seen to its end: {why}"))
    value = (len(touched) + taken) / (len(lines) + len(marks.branches))
    return record("coverage", value, value, findings,
                  lines=[len(touched), len(lines)], branches=[taken, len(marks.branches)])


def coverage(harness, job, source, tree):
    if not job.get("examples"):
        return missing("coverage", "there are no examples or tests")
    marks, marked = Marks(), ast.parse(source, "program.py")
    marked.body = marks.block(marked.body, True)
    if not marks.lines:
        return missing("coverage", "the program has no code")
    code = compile(ast.fix_missing_locations(marked), "program.py", "exec")
    child, fd = forked(lambda out: run_program(harness, job, tree, code, out))
    lines = lines_until(fd, child, time.monotonic() + COVER_S)
    hits, why = reached(lines)
    lines.close()
    return coverage_record(marks, hits, why)


# ---- mutants: do the examples notice a wrong program? ------------------------------------------

SWAPS = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
         ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
         ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult,
         ast.Div: ast.Mult, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.And: ast.Or, ast.Or: ast.And}
SIGNS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.In: "in",
         ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not", ast.Add: "+", ast.Sub: "-", ast.Mult: "*",
         ast.FloorDiv: "//", ast.Div: "/", ast.Mod: "%", ast.Pow: "**", ast.And: "and", ast.Or: "or"}


def nodes_of(tree):
    """What does something, breadth first: no documentation, types, or what runs only by itself."""
    todo = [tree]
    for node in todo:
        yield node
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns"):
                continue
            for child in value if isinstance(value, list) else [value]:
                text = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
                if isinstance(child, ast.AST) and not text and not is_guard(child):
                    todo.append(child)


def other_of(value):
    """Another plain value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value + "x" if value else "x"
    return value + 1


def short_repr(value):
    text = repr(value)
    return text if len(text) <= 30 else text[:29] + "…"


def changes_of(node):
    """(line, what, do, undo) for each small change of one node that makes another program of it."""

    def swap(field, value, what):
        old = getattr(node, field)
        return node.lineno, what, (lambda: setattr(node, field, value)), (lambda: setattr(node, field, old))

    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        old = type(node.ops[0])
        yield swap("ops", [SWAPS[old](), *node.ops[1:]], f"`{SIGNS[old]}` could be `{SIGNS[SWAPS[old]]}`")
    elif isinstance(node, (ast.BinOp, ast.AugAssign, ast.BoolOp)) and type(node.op) in SWAPS:
        old = type(node.op)
        yield swap("op", SWAPS[old](), f"`{SIGNS[old]}` could be `{SIGNS[SWAPS[old]]}`")
    elif isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float, str)):
        other = other_of(node.value)
        yield swap("value", other, f"`{short_repr(node.value)}` could be `{short_repr(other)}`")
    elif isinstance(node, (ast.If, ast.While, ast.IfExp)):
        yield swap("test", ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test),
                   "the condition could be the opposite")
    elif isinstance(node, ast.Return) and node.value is not None:
        yield swap("value", ast.copy_location(ast.Constant(None), node.value), "it could return nothing")


def survives(harness, job, tree, expected, seconds):
    """Whether the program answers every example as it should, within its time."""
    child, requests, inner = harness.start_runner({**job, "call_s": seconds}, tree)
    requests.close()
    found = {}
    lines = lines_until(inner, child, time.monotonic() + seconds)
    for line in lines:
        try:
            answer = json.loads(line or b"{}")
        except ValueError:
            continue
        if not line or not isinstance(answer, dict):
            continue
        if answer.get("kind") == "end":
            break
        if answer.get("kind") == "example":
            found[answer.get("i")] = answer
    lines.close()
    return all(harness.judging.judge_example(answer, found.get(i))["ok"] for i, answer in enumerate(expected))


def cpu_seconds():
    """Of this process and its children: so a busy machine tries the same mutants."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def try_changes(harness, job, tree, expected, seconds, until, cpu):
    """(mutants tried, of how many, findings of those that no example told from the program). They are
    spread over the whole program; one that does not end counts as told."""
    changes = [c for node in nodes_of(tree) for c in changes_of(node)]
    step = max(1, -(-len(changes) // MUTANTS_MAX))
    few = changes[::step]
    chosen = [*few[::3], *few[1::3], *few[2::3]]  # however many are tried, they are from everywhere
    tried, alive = 0, []
    for line, what, do, undo in chosen:
        if time.monotonic() + (seconds if tried else 0) > until or cpu_seconds() > cpu:
            break
        do()
        ast.fix_missing_locations(tree)
        tried += 1
        if survives(harness, job, tree, expected, seconds):
            alive.append(finding(line, f"{what}, and no test notices"))
        undo()
    return tried, len(chosen), alive


def mutation(harness, job, tree, expected):
    if not job.get("examples"):
        return missing("mutation", "there are no examples or tests")
    until, cpu = time.monotonic() + MUTANTS_S, cpu_seconds() + MUTANTS_CPU_S
    job = {**job, "input": None}
    try:
        os.unlink("program.py")  # no mutant may compare itself with it
    except OSError:
        pass
    began = time.monotonic()
    if not survives(harness, job, tree, expected, MUTANTS_S):
        return missing("mutation", "the program does not pass its tests within the time")
    seconds = 0.1 + 3 * (time.monotonic() - began)
    tried, of, alive = try_changes(harness, job, tree, expected, seconds, until, cpu)
    if not of:
        return missing("mutation", "nothing in it can be changed")
    if tried < min(of, MUTANTS_LEAST):
        return missing("mutation", "too few mutants could be tried within the time")
    killed = tried - len(alive)
    alive.sort(key=lambda f: f["line"])
    return record("mutation", killed / tried, killed / tried, alive, tried=tried, killed=killed)


# ---- all of them ---------------------------------------------------------------------------------


def measure(harness, job, source, tree, expected):
    """Reports each measure that is asked for."""
    ways = {"duplication": lambda: duplication(source, tree), "annotations": lambda: annotations(source, tree),
            "coverage": lambda: coverage(harness, job, source, tree),
            "mutation": lambda: mutation(harness, job, tree, expected)}
    for name, way in ways.items():
        if name not in job["measures"]:
            continue
        began = time.monotonic()
        try:
            told = way()
        except (RecursionError, MemoryError, ValueError, SyntaxError, OSError) as error:
            told = missing(name, f"it could not be measured: {type(error).__name__}: {error}")
        harness.report(**told, ms=round((time.monotonic() - began) * 1000, 1))
