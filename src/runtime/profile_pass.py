"""A pass of profile.py: the only process that imports the program. It runs the workload, measures, and
sends what it has found, whatever becomes of the program by then."""

import json
import os
import signal
import sys
import time

REPORT, TOOL, OUTSIDE = 3, 2, 0
RUNS_MAX, LEAST_RUNS, CALM_RUNS, MEDIAN_RUNS, GRACE_S, HANG_S = 20_000, 3, 7, 15, 0.2, 0.6
PLAIN_S, LINES_S, CALM_S, TEXT_MAX = 1.0, 0.2, 2.0, 300
FOLDED = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")  # parts of the function around them
CODE, PARENT, GO, NS, MARKS, CALLS, KIDS = range(7)  # of a node of the tree


class NoCall(Exception):
    """What is to be called is no call."""


class Enough(BaseException):
    """The pass has taken as long as it may."""


def short(text):
    text = " ".join(str(text).split())
    return text if len(text) <= TEXT_MAX else text[:TEXT_MAX] + "…"

def median(values):
    values = sorted(values)
    return values[len(values) // 2] if values else 0


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
        return self.job.get("calls") or self.job.get("examples") or self.job.get("input") is not None or \
            self.job.get("row") is not None

    def load(self):
        if not self.whole:
            exec(self.code, self.module.__dict__)

    def workload(self, tree):
        """One function without arguments a call; what it needs is made anew outside of what is timed."""
        if self.whole:
            return [lambda: (lambda: exec(self.code, {"__name__": "__main__", "__file__": "program.py"}))]
        functions = self.harness.functions_of(self.module, tree)
        name = self.harness.choose(functions, self.job.get("function"))
        if self.job.get("row") is not None:
            return [self.from_row(self.job["row"], name)]
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
        lent = {n: v for n, v in self.lent(tree).items() if n not in self.module.__dict__}
        scopes = (self.module.__dict__, lent) if lent else (self.module.__dict__,)
        return lambda: (lambda: eval(code, *scopes))

    def lent(self, tree):
        """What a task's call makes its arguments by and the program need not import: `date(2020, 1, 1)`."""
        import ast

        homes = {"date": "datetime", "time": "datetime", "timedelta": "datetime", "datetime": "datetime", "Decimal": "decimal",
                 "Fraction": "fractions", "Counter": "collections", "OrderedDict": "collections", "deque": "collections"}
        modules = {n.value.id for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)}
        bare = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - modules
        return {**{n: getattr(__import__(homes[n]), n) for n in bare if n in homes},
                **{m: __import__(m) for m in modules if m in {*homes.values(), "math"}}}

    def from_arguments(self, text, name):
        import ast

        given = ast.parse("f(" + text + ")", mode="eval").body
        if name is None:
            raise NoCall("the program has no function")
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

    def from_row(self, row, name):
        import marshal

        data, function = marshal.dumps(row), self.module.__dict__[name]

        def make():
            fresh = marshal.loads(data)
            return lambda: function(*fresh)

        return make

    def from_input(self, given, name):
        text = json.dumps(given)
        if name is None and callable(self.module.__dict__.get("main")):
            name = "main"
        if name is None:
            raise NoCall("the program has no function")
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
        self.settled = None  # hits, and calls of each node, at the end of the last whole run
        self.make()

    def settle(self):
        """A run has ended: what a later one that is cut off counts is no run's."""
        calls, left = {}, [self.root]
        while left:
            node = left.pop()
            calls[id(node)] = node[CALLS]
            left += node[KIDS]
        self.settled = list(self.hits), calls

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
    patience = time.monotonic() + CALM_S
    found["code"], found["lines"], found["runs"], found["by_run"], found["whole"] = program.code, lines, 0, [], True
    found["calm"] = []  # those that nothing else took the processor from

    def go_on():
        wanted = found["runs"] < job["runs"] or (
            1 < job["runs"] and len(found["calm"]) < CALM_RUNS and time.monotonic() < patience)
        return found["whole"] and wanted and (not found["runs"] or time.process_time() < until)

    while go_on():
        lines.rest()
        tracer.begin()
        wall, cpu = time.perf_counter_ns(), time.process_time_ns()
        try:
            runner.once()
        finally:
            found["whole"] = tracer.end()
        wall, cpu = time.perf_counter_ns() - wall, time.process_time_ns() - cpu
        lines.settle()
        found["runs"] += 1
        for kept in (found["by_run"], *([found["calm"]] if wall < 1.1 * cpu + 200_000 else [])):
            if len(kept) < MEDIAN_RUNS:
                kept.append([now - then for now, then in zip(lines.ns, before)])
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


def tree_of(node, number, calls):
    return {"f": number(node[CODE]), "ns": node[NS], "marks": node[MARKS], "calls": calls[id(node)],
            "kids": [tree_of(k, number, calls) for k in node[KIDS] if id(k) in calls]}


def add_lines(found, out):
    lines, codes = found["lines"], []
    if not found["runs"]:
        lines.settle()  # the first run was cut: what it counted is all there is
    hits, calls = lines.settled

    def number(code):
        if code is None:
            return -1
        if code not in codes:
            codes.append(code)
        return codes.index(code)

    out["tree"] = tree_of(lines.root, number, calls)
    owner, runs = owners(found["code"], lines.lines), max(1, found["runs"])
    out["lines"] = [[i, hits[i] if i < lines.lines else 0, lines.marks[i] / runs, usual(found, i), number(owner.get(i))]
                    for i in range(1, len(lines.ns)) if lines.marks[i] or (i < lines.lines and hits[i])]
    out["functions"] = [[c.co_qualname, c.co_firstlineno] for c in codes]
    out["runs"], out["whole"], out["threads"] = found["runs"], found.get("whole", True), len(lines.threads)


def usual(found, line):
    """Nanoseconds of a line in a run. What else the machine did meanwhile stands at single lines of single
    runs, so of several runs the middle one counts."""
    seen = found["calm"] if len(found["calm"]) >= LEAST_RUNS else found["by_run"]
    if len(seen) < LEAST_RUNS:
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
