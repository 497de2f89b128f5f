"""Runs inside the sandbox: where a program spends its time and its memory.

Reads the program from `program.py` and one JSON object from `job.json` in the working folder:
    {"calls": ["f([3, 2])", …], "examples": [{"call": … | null, "args": … | null}], "function": name | null,
     "input": object | null, "packages": [folders to import from], "least_s": seconds that all runs of the
     workload should take together, "limit_s": seconds after which a pass is ended}
and writes one JSON line to descriptor 3 (see report_of). A program without a call is its own workload.

This process never imports the program; each pass is a child of its own:
    plain   runs it as it is, often enough to be measured: wall, processor, memory
    lines   the same under a tracer: hits and time of every line, the tree of calls
    level   under tracemalloc: how far each line lifts the memory, and where the peak is
    peak    the same up to the peak: what is alive there, by line
A tracer makes short lines look dearer than they are, so what it costs is taken off again: the same from
every mark that it sets, such that what is left is the time of the plain runs. Sampling would cost less,
but CPython only stops at certain instructions, so samples stand at lines beside those that take long.

A pass sends its findings through a pipe of its own behind a word that it alone was given. A program in
the same process can still spoil what is measured of it; that is noticed where it is easy, and nothing
but advice hangs on it.
"""

import json
import os
import re
import secrets
import select
import signal
import sys
import time

REPORT, TOOL, OUTSIDE = 3, 2, 0
RUNS_MAX, LEAST_RUNS, LEAST_TRACED, GRACE_S, HANG_S = 20_000, 3, 7, 0.2, 0.6
PLAIN_S, LINES_S, AFTER_HANG_S, MEMORY_S, MEDIAN_RUNS = 1.0, 0.2, 1.0, 3.0, 15
LINES_MAX, FUNCTIONS_MAX, NODES_MAX, ALLOCATIONS_MAX, DEPTH_MAX, RECORD_MAX = 400, 80, 200, 60, 24, 4 << 20
TEXT_MAX, COLD_NS = 300, 200_000
KEPT = 0.05  # of what was seen of a line is left in any case
FOLDED = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")  # parts of the function around them
CODE, PARENT, GO, NS, MARKS, CALLS, KIDS = range(7)  # of a node of the tree


class NoCall(Exception):
    """What is to be called is no call."""


class Enough(BaseException):
    """The pass has taken as long as it may."""


def short(text):
    text = " ".join(str(text).split())
    return text if len(text) <= TEXT_MAX else text[:TEXT_MAX] + "…"


def load(name):
    """A file beside this one, read before the program could change it."""
    import types

    module = types.ModuleType(name)
    with open(name + ".py", encoding="utf-8") as f:
        exec(compile(f.read(), name + ".py", "exec"), module.__dict__)
    return module


# ---- the workload ------------------------------------------------------------------------------


class Program:
    """The program in a child: imported once, run as often as one likes."""

    def __init__(self, job, tree, harness):
        import types

        self.job, self.harness = job, harness
        self.code = compile(tree, "program.py", "exec")
        self.module = types.ModuleType("program")
        self.module.__file__ = "/work/program.py"
        sys.modules["program"] = self.module
        sys.path[:0] = job.get("packages") or []
        sys.argv = ["program.py"]
        self.names = self.defined(tree)
        self.whole = not self.wanted() or not self.names  # the program itself is what is run

    def defined(self, tree):
        import ast

        functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        return [n.name for n in tree.body if isinstance(n, functions)]

    def wanted(self):
        return self.job.get("calls") or self.job.get("examples") or self.job.get("input") is not None

    def load(self):
        if not self.whole:
            exec(self.code, self.module.__dict__)

    def workload(self, tree):
        """One function without arguments a call; what it needs is made anew outside of what is timed."""
        if self.whole:
            return [lambda: (lambda: exec(self.code, {"__name__": "__main__", "__file__": "program.py"}))]
        functions = self.harness.functions_of(self.module, tree)
        name = self.harness.choose(functions, self.job.get("function"))
        made = [self.from_text(c, None) for c in self.job.get("calls") or []]
        made += [self.from_text(e["call"], name) if e.get("call") else self.from_arguments(e["args"], name)
                 for e in self.job.get("examples") or []]
        if self.job.get("input") is not None:
            made.append(self.from_input(self.job["input"], name))
        return made

    def from_text(self, text, name):
        import ast

        try:
            tree = ast.parse(text.strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise NoCall(f"the call {short(text)} is no expression of Python: {getattr(error, 'msg', error)}") from None
        if isinstance(tree.body, ast.Call) and isinstance(tree.body.func, ast.Name) and name:
            if not callable(self.module.__dict__.get(tree.body.func.id)):
                tree.body.func.id = name
        code = compile(tree, "call", "eval")
        return lambda: (lambda: eval(code, self.module.__dict__))

    def from_arguments(self, text, name):
        import ast

        given = ast.parse("f(" + text + ")", mode="eval").body
        function = self.module.__dict__[name]
        takes = [p.name for p in self.harness.parameters(function) if p.kind == p.POSITIONAL_OR_KEYWORD]

        def make():
            arguments = [ast.literal_eval(a) for a in given.args]
            named = {k.arg: ast.literal_eval(k.value) for k in given.keywords}
            if not set(named) <= set(takes):
                arguments, named = [*arguments, *named.values()], {}
            arguments = arguments if named else self.harness.spread(arguments, takes)
            return lambda: function(*arguments, **named)

        return make

    def from_input(self, given, name):
        text = json.dumps(given)
        if name is None and callable(self.module.__dict__.get("main")):
            name = "main"
        if name is None:
            raise TypeError("the program has no function")
        function = self.module.__dict__[name]

        def make():
            fresh = json.loads(text)
            return lambda: self.harness.call_with_input(function, fresh)

        return make


def said(error):
    return short(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)


def line_of(error):
    """The line of the program where it was raised."""
    line, trace = 0, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == "program.py":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


class Runner:
    """Makes the calls, and remembers the first that failed: the others are still worth measuring."""

    def __init__(self, made):
        self.made, self.error, self.line, self.refused = made, "", 0, 0

    def once(self):
        """Nanoseconds that the calls have taken."""
        total, clock = 0, time.perf_counter_ns
        for make in self.made:
            call = make()
            began = clock()
            try:
                call()
            except Enough:
                raise
            except BaseException as error:  # noqa: BLE001 - whatever the program raises, also SystemExit
                total += clock() - began
                self.refused += line_of(error) == 0
                if not self.error:
                    self.error, self.line = said(error), line_of(error)
            else:
                total += clock() - began
        return total


# ---- the passes --------------------------------------------------------------------------------


def plain_pass(job, program, runner, found):
    """Times of the runs as they are. A program that remembers its answers is only run once in a process."""
    import resource

    least, used = job["least_s"] * 1e9, resource.getrusage(resource.RUSAGE_SELF)
    found["base_kb"] = used.ru_maxrss
    cpu, times, until, total = time.process_time_ns(), [], time.monotonic() + PLAIN_S, 0
    found["times"] = times
    while len(times) < RUNS_MAX and (total < least or len(times) < LEAST_RUNS):
        times.append(runner.once())
        total += times[-1]
        if runner.refused == len(runner.made):
            raise NoCall("the call fails: " + runner.error)
        if time.monotonic() > until:
            break
    found["cpu_ns"] = (time.process_time_ns() - cpu) / len(times)


class Lines:
    """Marks of the tracer, by line and by node of the tree of calls."""

    def __init__(self, lines):
        self.lines = lines  # behind them stand the same for what is done before a function's first line
        self.hits, self.ns, self.marks = [0] * lines, [0] * 2 * lines, [0] * 2 * lines
        self.root = [None, None, {}, 0, 0, 0, []]
        self.threads = {}
        self.make()

    def make(self):
        hits, ns, marks, threads, root, lines = self.hits, self.ns, self.marks, self.threads, self.root, self.lines
        clock, ident = time.perf_counter_ns, __import__("_thread").get_ident
        node, last, then = root, OUTSIDE, clock()

        def line(number):
            nonlocal last, then
            now = clock()
            ns[last] += now - then
            marks[last] += 1
            node[NS] += now - then
            node[MARKS] += 1
            last = number
            hits[number] += 1
            then = clock()

        def enter(code, new):
            nonlocal node, last, then
            now = clock()
            ns[last] += now - then
            marks[last] += 1
            node[NS] += now - then
            node[MARKS] += 1
            me = ident()
            stack = threads.get(me)
            if stack is None:
                stack = threads[me] = []
            if not stack:
                node, last = root, OUTSIDE
            stack.append((node, last))
            if code.co_name not in FOLDED:
                inner = node[GO].get(code)
                if inner is None:
                    inner = [code, node, dict(path(node)), 0, 0, 0, []]
                    inner[GO][code] = node[GO][code] = inner
                    node[KIDS].append(inner)
                node = inner
                node[CALLS] += new
            last = lines + code.co_firstlineno
            then = clock()

        def leave():
            nonlocal node, last, then
            now = clock()
            ns[last] += now - then
            marks[last] += 1
            node[NS] += now - then
            node[MARKS] += 1
            stack = threads.get(ident())
            node, last = stack.pop() if stack else (root, OUTSIDE)
            then = clock()

        def rest():
            nonlocal then
            then = clock()

        self.line, self.enter, self.leave, self.rest = line, enter, leave, rest


def path(node):
    """(code, node) of a node and those above it: a call that comes back to one of them is no deeper node,
    so the tree stays as small as the program."""
    while node is not None and node[CODE] is not None:
        yield node[CODE], node
        node = node[PARENT]


def codes_of(code):
    yield code
    for inner in code.co_consts:
        if hasattr(inner, "co_code"):
            yield from codes_of(inner)


class Tracer:
    """Calls line(n), enter(code, new), leave() for what the program's own code does: by sys.monitoring
    where there is one, as the program's libraries then run at their full speed."""

    def __init__(self, code, line, enter, leave):
        self.codes, self.line, self.enter, self.leave = set(codes_of(code)), line, enter, leave
        self.monitoring = getattr(sys, "monitoring", None)
        self.events = self.get = None
        if self.monitoring:
            self.prepare()

    def prepare(self):
        m, e, own = self.monitoring, self.monitoring.events, self.codes
        enter, leave, line = self.enter, self.leave, self.line
        self.events = e.LINE | e.PY_START | e.PY_RESUME | e.PY_RETURN | e.PY_YIELD
        m.use_tool_id(TOOL, "dise")
        m.register_callback(TOOL, e.LINE, lambda code, number: line(number))
        m.register_callback(TOOL, e.PY_START, lambda code, at: enter(code, 1))
        m.register_callback(TOOL, e.PY_RESUME, lambda code, at: enter(code, 0))
        m.register_callback(TOOL, e.PY_RETURN, lambda code, at, value: leave())
        m.register_callback(TOOL, e.PY_YIELD, lambda code, at, value: leave())
        m.register_callback(TOOL, e.PY_THROW, lambda code, at, error: enter(code, 0) if code in own else None)
        m.register_callback(TOOL, e.PY_UNWIND, lambda code, at, error: leave() if code in own else None)

    def begin(self):
        if self.monitoring:
            e = self.monitoring.events
            for code in self.codes:
                self.monitoring.set_local_events(TOOL, code, self.events)
            self.monitoring.set_events(TOOL, e.PY_THROW | e.PY_UNWIND)
            return
        import threading

        line, enter, leave = self.line, self.enter, self.leave

        def local(frame, event, value):
            if event == "line":
                line(frame.f_lineno)
            elif event == "return":
                leave()
            return local

        def outer(frame, event, value):
            if frame.f_code.co_filename == "program.py":
                code = frame.f_code
                enter(code, code.co_code[frame.f_lasti + 1] == 0 if frame.f_lasti >= 0 else 1)
                return local
            return None

        self.outer, self.get = outer, sys.gettrace
        threading.settrace(outer)
        sys.settrace(outer)

    def end(self, clock=time.perf_counter_ns):
        """Whether it was there until the end."""
        if self.monitoring:
            m = self.monitoring
            whole = m.get_tool(TOOL) == "dise" and all(m.get_local_events(TOOL, c) == self.events for c in self.codes)
            if m.get_tool(TOOL) == "dise":
                m.set_events(TOOL, 0)
                for code in self.codes:
                    m.set_local_events(TOOL, code, 0)
            return whole
        whole = self.get() is self.outer
        sys.settrace(None)
        return whole


def lines_pass(job, program, runner, found):
    """Hits, marks and nanoseconds of each line and node, summed over so many runs."""
    lines = Lines(program.lines)
    tracer = Tracer(program.code, lines.line, lines.enter, lines.leave)
    until, before = time.process_time() + LINES_S, list(lines.ns)  # not of what else the machine does
    found["code"], found["lines"], found["runs"], found["by_run"], found["whole"] = program.code, lines, 0, [], True
    while found["whole"] and found["runs"] < job["runs"] and (not found["runs"] or time.process_time() < until):
        lines.rest()
        tracer.begin()
        try:
            runner.once()
        finally:
            found["whole"] = tracer.end()
        found["runs"] += 1
        if len(found["by_run"]) < MEDIAN_RUNS:
            found["by_run"].append([now - then for now, then in zip(lines.ns, before)])
            before = list(lines.ns)


class Levels:
    """Memory at each mark: what lies between two of them was done by the line before."""

    def __init__(self, lines, stop_at=None):
        import tracemalloc

        self.rise, self.marks, self.top, self.top_at, self.snapshot = [0] * lines, 0, 0, 0, None
        now, reset, take = tracemalloc.get_traced_memory, tracemalloc.reset_peak, tracemalloc.take_snapshot
        stack, last, before, rise = [], OUTSIDE, 0, self.rise

        def mark(number):
            nonlocal last, before
            level, peak = now()
            self.marks += 1
            if peak - before > rise[last]:
                rise[last] = peak - before
            if level > self.top:
                self.top, self.top_at = level, self.marks
            if self.marks == stop_at:
                self.snapshot = take()
                raise Enough
            last, before = number, level
            reset()

        def enter(code, new):
            stack.append(last)
            mark(code.co_firstlineno)

        def leave():
            mark(stack.pop() if stack else OUTSIDE)

        self.line, self.enter, self.leave = mark, enter, leave


def traced(program, runner, levels, frames):
    import tracemalloc

    tracer = Tracer(program.code, levels.line, levels.enter, levels.leave)
    tracemalloc.start(frames)
    tracer.begin()
    try:
        runner.once()
    finally:
        tracer.end()


def level_pass(job, program, runner, found):
    found["levels"] = levels = Levels(program.lines)
    traced(program, runner, levels, 1)


def peak_pass(job, program, runner, found):
    found["levels"] = levels = Levels(program.lines, job["peak_at"])
    traced(program, runner, levels, 8)


PASSES = {"plain": plain_pass, "lines": lines_pass, "level": level_pass, "peak": peak_pass}


# ---- what a pass sends ---------------------------------------------------------------------------


def tree_of(node, number):
    return {"f": number(node[CODE]), "ns": node[NS], "marks": node[MARKS], "calls": node[CALLS],
            "kids": [tree_of(k, number) for k in node[KIDS]]}


def add_lines(found, out):
    lines, codes = found["lines"], []

    def number(code):
        if code is None:
            return -1
        if code not in codes:
            codes.append(code)
        return codes.index(code)

    out["tree"] = tree_of(lines.root, number)
    owner, runs = owners(found["code"], lines.lines), max(1, found["runs"])
    out["lines"] = [[i, lines.hits[i] if i < lines.lines else 0, lines.marks[i] / runs, usual(found, i),
                     number(owner.get(i))] for i in range(1, len(lines.ns))
                    if lines.marks[i] or (i < lines.lines and lines.hits[i])]
    out["functions"] = [[c.co_qualname, c.co_firstlineno] for c in codes]
    out["runs"], out["whole"], out["threads"] = found["runs"], found.get("whole", True), len(lines.threads)


def usual(found, line):
    """Nanoseconds of a line in a run. What else the machine did meanwhile stands at single lines of single
    runs, so of several runs the middle one counts."""
    seen = found["by_run"]
    if len(seen) < 3:
        return found["lines"].ns[line] / max(1, found["runs"])
    return median([run[line] for run in seen])


def owners(code, lines, function=None, found=None):
    """Line → code object of the function that it stands in; the line of a `def` is that of what is around."""
    found = {} if found is None else found
    if code.co_name not in FOLDED or function is None:
        function = code
    found[lines + code.co_firstlineno] = function
    for _, _, line in code.co_lines():
        if line and (code.co_name == "<module>" or line != code.co_firstlineno or "<lambda>" in code.co_name):
            found.setdefault(line, function)
    for inner in code.co_consts:
        if hasattr(inner, "co_code"):
            owners(inner, lines, function, found)
    return found


def add_snapshot(snapshot, out):
    by_line = {}
    for trace in snapshot.traces:
        for frame in reversed(trace.traceback):
            if frame.filename == "program.py":
                size, count = by_line.get(frame.lineno, (0, 0))
                by_line[frame.lineno] = (size + trace.size, count + 1)
                break
    out["alive"] = [[line, size, count] for line, (size, count) in by_line.items()]


def record_of(found):
    out = {}
    if found.get("times"):
        out["times"], out["cpu_ns"], out["base_kb"] = found["times"][:RUNS_MAX], found.get("cpu_ns"), found["base_kb"]
    if "lines" in found:
        add_lines(found, out)
    if "levels" in found:
        levels = found["levels"]
        out["rise"] = [[i, r] for i, r in enumerate(levels.rise) if r > 0]
        out["top"], out["top_at"] = levels.top, levels.top_at
        if levels.snapshot is not None:
            add_snapshot(levels.snapshot, out)
    return out


def child(job, tree, harness, name, seconds, out, trail, word):
    """A pass. Whatever becomes of it, what it has found by then is sent once."""
    import faulthandler
    import resource

    found, runner, ended = {}, Runner([]), {}

    def send():
        if found.get("sent"):
            return
        found["sent"] = True
        record = {**record_of(found), **ended, "error": runner.error, "line": runner.line,
                  "import_ms": found.get("import_ms", 0), "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}
        data = word + json.dumps(record).encode() + b"\n"
        while data:
            data = data[os.write(out, data):]

    def ring(*_):
        signal.setitimer(signal.ITIMER_REAL, GRACE_S)
        if ended:  # it has caught what was to end it
            send()
            os._exit(0)
        ended["late"] = True
        raise Enough

    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(REPORT)
    signal.signal(signal.SIGALRM, ring)
    faulthandler.dump_traceback_later(seconds + HANG_S - GRACE_S, file=trail)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        program = Program(job, tree, harness)
        program.lines = job["lines"]
        began = time.perf_counter_ns()
        program.load()
        found["import_ms"] = (time.perf_counter_ns() - began) / 1e6
        runner.made = program.workload(tree)
        PASSES[name](job, program, runner, found)
    except Enough:
        pass
    except NoCall as error:
        ended["broken"] = str(error)
    except BaseException as error:  # noqa: BLE001 - the program could not be loaded or called
        ended["broken"] = said(error)
        runner.line = line_of(error)
    signal.setitimer(signal.ITIMER_REAL, 0)
    send()


# ---- the judge -----------------------------------------------------------------------------------


def read_until(fd, word, until):
    """The one line that begins with the word; None: it did not come."""
    data = b""
    while len(data) < RECORD_MAX:
        ready, _, _ = select.select([fd], [], [], max(0, until - time.monotonic()))
        piece = os.read(fd, 1 << 16) if ready else b""
        if not piece:
            return None
        data += piece
        at = data.find(word)
        end = data.find(b"\n", at) if at >= 0 else -1
        if end >= 0:
            return data[at + len(word):end]
    return None


def stuck_at(fd):
    """The program's innermost line in what faulthandler wrote; 0: it wrote nothing."""
    os.set_blocking(fd, False)
    try:
        text = os.read(fd, 1 << 16).decode("utf-8", "replace")
    except OSError:
        return 0
    found = re.search(r'File "program\.py", line (\d+)', text)
    return int(found.group(1)) if found else 0


def run_pass(job, tree, harness, name, seconds):
    """What the pass found; {"gone": why, "line": n} when it told nothing."""
    inner, out = os.pipe()
    trail, trail_in = os.pipe()
    word = secrets.token_hex(16).encode()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(inner)
            os.close(trail)
            child(job, tree, harness, name, seconds, out, trail_in, word)
        finally:
            os._exit(0)
    os.close(out)
    os.close(trail_in)
    data = read_until(inner, word, time.monotonic() + seconds + HANG_S)
    done = os.waitpid(pid, os.WNOHANG if data is None else 0) if data is not None else give_up(pid)
    line = stuck_at(trail) if data is None else 0
    os.close(inner)
    os.close(trail)
    try:
        return json.loads(data)
    except (TypeError, ValueError):
        return {"gone": done, "line": line}


def give_up(pid):
    """Why a child sent nothing."""
    for _ in range(20):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return f"the program ended the process (exit code {code})" if code >= 0 else \
                f"the program was ended by signal {signal.Signals(-code).name}"
        time.sleep(0.001)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return "the program came to no end, and would not be ended"


def cost_of_mark(seen, wanted):
    """Nanoseconds that every mark has cost, such that [(ns, marks)] come to `wanted` together."""
    active, cost = list(seen), 0.0
    for _ in range(20):
        marks = sum(m for _, m in active)
        rest = wanted - sum(KEPT * ns for ns, m in seen if (ns, m) not in active)
        if not marks:
            break
        cost = max(0.0, (sum(ns for ns, _ in active) - rest) / marks)
        left = [(ns, m) for ns, m in active if ns - cost * m > KEPT * ns]
        if len(left) == len(active):
            break
        active = left
    return cost


def without_cost(seen, wanted):
    """What is left of each (ns, marks) of `seen`, in nanoseconds; together `wanted` (None: as seen)."""
    if wanted is None or not seen:
        return [ns for ns, _ in seen]
    cost = cost_of_mark(seen, wanted)
    left = [max(ns - cost * marks, KEPT * ns) for ns, marks in seen]
    total = sum(left)
    return [x * wanted / total for x in left] if total else left


def nodes_of(node):
    yield node
    for inner in node["kids"]:
        yield from nodes_of(inner)


def ms(ns):
    return round(ns / 1e6, 4)


def finish_tree(node, functions, runs):
    """{name, line, calls, self_ms, total_ms, children}, the dearest first."""
    kids = [finish_tree(k, functions, runs) for k in node["kids"]]
    kids.sort(key=lambda k: -k["total_ms"])
    name, line = functions[node["f"]] if node["f"] >= 0 else ("", 0)
    own = ms(node["ns"])
    return {"name": name, "line": line, "calls": per_run(node["calls"], runs), "self_ms": own,
            "total_ms": round(own + sum(k["total_ms"] for k in kids), 4), "children": kids}


def per_run(count, runs):
    return -(-count // runs) if runs else count


def trim(tree, left):
    """Keeps the dearest nodes of the tree: each of them has its parent, which is not cheaper."""
    every = sorted(walk(tree), key=lambda n: -n["total_ms"])
    keep = set(map(id, every[:left]))

    def cut(node, depth):
        node["children"] = [k for k in node["children"] if id(k) in keep and depth < DEPTH_MAX]
        for inner in node["children"]:
            cut(inner, depth + 1)

    cut(tree, 1)


def walk(node):
    yield node
    for inner in node["children"]:
        yield from walk(inner)


def functions_of(tree):
    """By total time; a function stands at most once on each way down, so its totals may be added."""
    found = {}
    for node in walk(tree):
        if not node["name"]:
            continue
        f = found.setdefault((node["name"], node["line"]), {
            "name": node["name"], "line": node["line"], "calls": 0, "self_ms": 0, "total_ms": 0})
        for key in ("calls", "self_ms", "total_ms"):
            f[key] = round(f[key] + node[key], 4)
    return sorted(found.values(), key=lambda f: (-f["total_ms"], f["line"]))


def share_out(tree, lines, spread):
    """The time of a function's lines goes to its nodes, in the relation in which they were seen."""
    own = {}
    for (_, _, _, _, function), left in zip(lines, spread):
        own[function] = own.get(function, 0) + left
    every = list(nodes_of(tree))
    for node in every:
        if node["f"] not in own:
            node["ns"] = 0
    for function, left in own.items():
        nodes = [n for n in every if n["f"] == function]
        total = sum(n["ns"] for n in nodes)
        for node in nodes:
            node["ns"] = left * (node["ns"] / total if total else 1 / len(nodes))
    tree["ns"] = 0


def add_times(found, wall, source, out):
    """Returns the nanoseconds of a run as they were seen."""
    runs, lines = max(1, found["runs"]), found["lines"]
    spread = without_cost([(ns, marks) for _, _, marks, ns, _ in lines], wall)
    share_out(found["tree"], lines, spread)
    tree = finish_tree(found["tree"], found["functions"], runs)
    out["functions"] = functions_of(tree)[:FUNCTIONS_MAX]
    trim(tree, NODES_MAX)
    out["tree"] = tree["children"][0] if len(tree["children"]) == 1 else {**tree, "name": "calls"}
    rows = [{"line": row[0], "hits": per_run(row[1], runs), "ms": ms(left), "in": found["functions"][row[4]][1],
             "text": text_of(source, row[0])} for row, left in zip(lines, spread) if row[1]]
    rows.sort(key=lambda r: -r["ms"])
    out["lines"] = sorted(rows[:LINES_MAX], key=lambda r: r["line"])
    return sum(row[3] for row in lines)


def text_of(source, line):
    text = source[line - 1].rstrip().expandtabs(4) if line <= len(source) else ""
    return text if len(text) <= TEXT_MAX // 2 else text[:TEXT_MAX // 2] + "…"


def add_memory(level, peak, source, out):
    alive = {line: (size, count) for line, size, count in peak.get("alive") or []}
    rise = dict(map(tuple, level.get("rise") or []))
    rows = [{"line": line, "kb": round(alive.get(line, (0, 0))[0] / 1024, 1), "count": alive.get(line, (0, 0))[1],
             "rise_kb": round(rise.get(line, 0) / 1024, 1), "text": text_of(source, line)}
            for line in {*alive, *rise} if line > 0]
    rows = [r for r in rows if r["kb"] >= 1 or r["rise_kb"] >= 1]
    rows.sort(key=lambda r: (-max(r["kb"], r["rise_kb"]), r["line"]))
    out["allocations"] = rows[:ALLOCATIONS_MAX]
    out["traced_kb"] = round(level.get("top", 0) / 1024, 1)


def median(values):
    values = sorted(values)
    return values[len(values) // 2] if values else 0


def tell(out, found, what):
    if found.get("gone"):
        where = f" at line {found['line']}" if found.get("line") else ""
        out["notes"].append(f"{what}: {found['gone']}{where}")
    elif found.get("late"):
        out["notes"].append(f"{what}: ended after its time, so they are those of its beginning")


def add_plain(job, plain, out):
    """Nanoseconds of a run; None: it came to no end."""
    times = plain.get("times") or []
    hangs = out["hangs"] = not times
    first, later = times[0] if times else 0, median(times[1:])
    usual = sorted(times[1:])[:max(1, len(times) * 9 // 10)]  # a few meet what else the machine does
    job["cold"] = bool(usual) and first > 3 * max(usual) and first > COLD_NS
    wall = first if job["cold"] else min(times, default=0)
    ended = job["limit_s"] * 1e9 if hangs else 0
    out.update(error=plain.get("error", ""), error_line=plain.get("line", 0), runs=len(times),
               wall_ms=ms(wall or ended), ended_ms=ms(ended), first_ms=ms(first), cpu_ms=ms(plain.get("cpu_ns") or ended),
               peak_kb=plain.get("peak_kb", 0), base_kb=plain.get("base_kb", 0),
               import_ms=round(plain.get("import_ms", 0), 3))
    if job["cold"]:
        out["notes"].append(f"the first run took {first / 1e6:.3g} ms, later ones {later / 1e6:.3g} ms: the program "
                            "remembers its answers, so the first one is shown")
    if hangs:
        where = f"; it stood at line {plain['line']} then" if plain.get("gone") else ""
        out["notes"].append(f"it came to no end in {job['limit_s']:.3g} s{where}")
    return None if hangs else wall


def add_place(job, tree, line, out):
    """All that is known of a program that would not be ended: where it stood."""
    owner = owners(compile(tree, "program.py", "exec"), job["lines"]).get(line)
    if owner is None:
        return
    out["lines"] = [{"line": line, "hits": 1, "ms": out["wall_ms"], "in": owner.co_firstlineno,
                     "text": text_of(job["source"], line)}]
    out["functions"] = [{"name": owner.co_qualname, "line": owner.co_firstlineno, "calls": 1,
                         "self_ms": out["wall_ms"], "total_ms": out["wall_ms"]}]
    out["tree"] = {**out["functions"][0], "children": []}


def add_lines_pass(job, tree, lines, wall, out):
    tell(out, lines, "times by line")
    if "lines" not in lines:
        return
    seen = add_times(lines, wall, job["source"], out)
    if wall is None:  # what was seen is the whole
        out["wall_ms"] = ms(seen)
    elif wall and not lines.get("late"):
        out["overhead"] = round(seen / wall, 2)
    if not lines.get("whole", True):
        who = "the recursion" if "RecursionError" in out["error"] else "the program"
        out["notes"].append(f"{who} has ended the tracer, so times and hits are not complete")
    if lines.get("threads", 1) > 1:
        out["notes"].append("it runs in several threads: the tree of calls is only roughly right")


def measure(job, tree, harness):
    """The whole report."""
    out = {"notes": [], "failed": "", "error": "", "error_line": 0, "hangs": False, "runs": 0, "functions": [],
           "lines": [], "allocations": [], "tree": {}, "python": "%d.%d.%d" % sys.version_info[:3]}
    plain = run_pass(job, tree, harness, "plain", job["limit_s"])
    if plain.get("broken") or (plain.get("gone") and not plain.get("line")):
        out["failed"], out["error_line"] = plain.get("broken") or plain["gone"], plain.get("line", 0)
        return out
    wall = add_plain(job, plain, out)
    job["runs"] = 1 if job["cold"] or wall is None else max(out["runs"], LEAST_TRACED)
    if wall is None and plain.get("gone"):
        add_place(job, tree, plain["line"], out)
        return out
    lines = run_pass(job, tree, harness, "lines", min(AFTER_HANG_S, job["limit_s"]) if wall is None else job["limit_s"])
    add_lines_pass(job, tree, lines, wall, out)
    if wall is not None:
        measure_memory(job, tree, harness, out)
    if [f["name"] for f in out["functions"]] == ["<module>"] and job["defines"] and out["wall_ms"] < 1:
        out["notes"].append(f"the program only defines {job['defines']}: --call says what to run")
    return out


def measure_memory(job, tree, harness, out):
    seconds = min(job["limit_s"], MEMORY_S)
    level = run_pass(job, tree, harness, "level", seconds)
    tell(out, level, "allocations")
    if level.get("top_at"):
        peak = run_pass({**job, "peak_at": level["top_at"]}, tree, harness, "peak", seconds + MEMORY_S)
        add_memory(level, peak, job["source"], out)


def main():
    with open("job.json", encoding="utf-8") as f:
        job = json.load(f)
    harness = load("harness")
    with open("program.py", encoding="utf-8") as f:
        source = f.read()
    import ast

    try:
        tree = ast.parse(source, "program.py")
        compile(tree, "program.py", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        report = {"failed": short(f"{type(error).__name__}: {getattr(error, 'msg', None) or error}"),
                  "error_line": getattr(error, "lineno", 0) or 0}
    else:
        job["source"] = source.split("\n")
        names = [n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))]
        job["defines"] = ", ".join(names[:5])
        job["lines"] = len(job["source"]) + 1
        report = measure(job, tree, harness)
    data = (json.dumps(report) + "\n").encode("utf-8", "replace")
    while data:
        data = data[os.write(REPORT, data):]


if __name__ == "__main__":
    main()
