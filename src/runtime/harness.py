"""Runs inside the sandbox: checks a program on examples and inputs, and reports what happened.

Reads the program from `program.py` and one JSON object from `job.json` in the working folder:
    {"examples": [{"call": "f(3)" | null, "args": "3, 4" | null}], "function": name | null,
     "input": object | null, "packages": [folders to import from], "call_s": seconds one call may take,
     "probes": how many calls without an expected answer are made up out of the examples and of "seeds"
     (calls like the examples), then of "made" (testdata_calls.py): what programs that pass the same
     tests still do differently,
     "items": true: an example looks at an answer, by list() or the like: what no plain value is made of is wanted,
     "measures": names of what is to be measured of the program instead (measures.py),
     "trace": number of the example, or "input", whose call is to be followed instead,
     "clean": true: debugging output is to be taken out of the program instead,
     "properties": true: property tests come as well (properties.py)}
and, when the program is through, what it must not see from standard input:
    {"expected": [literal | {"view", "expected"} | {"raises": [names]}, …] of the examples (judging.py),
     "script": source of a test | null,
     "prelude": source whose names the script may use (optional),
     "properties": what properties.py is given | absent}
Writes JSON lines to descriptor 3.

Three processes: this one (the judge) never imports the program; it forks a child (the runner), which
imports it, evaluates the calls and sends their values back as literals. The judge reads the expected
values only afterwards, so they were never in the runner's memory, and compares (judging.py). Nothing that the
program prints, replaces or ends can change a verdict: a runner that ends early, or answers what is no
literal, has failed. A script runs in a third process (the tester), whose `candidate` sends its
arguments to the runner and gets the value back; so the program sees the calls one by one and never
the script.
"""

import ast
import json
import math
import os
import sys

REPORT = 3
INSIDE = ("/usr/", "/work/", "/dev/", "/proc/", "/sys/", "/lib")  # what nobody can grant
LITERAL_MAX = 200_000
TRACE_S = 2
PROBE_S, PROBES_S = 0.2, 1.0
TEXT_MAX = 2_000
SHOWN_MAX = 100  # bytes of arguments and of an answer that people can compare at a glance
RESULT_KEYS = ("result", "output", "answer", "content", "translated_article", "summary", "text",
               "data", "response")


def report(**record):
    data = (json.dumps(record, default=str) + "\n").encode("utf-8", "replace")
    while data:
        data = data[os.write(REPORT, data):]


def short(text):
    text = str(text)
    return text if len(text) <= TEXT_MAX else text[:TEXT_MAX] + "…"


# ---- the runner: the only process that imports the program --------------------------------------


class Blocked:
    """What the walls stopped, as the audit hook saw it; the last one is the likeliest cause."""

    def __init__(self):
        self.open = None
        self.access = {}
        self.host = None

    def hook(self, event, args):
        if event == "open" and isinstance(args[0], str) and args[0].startswith("/"):
            access = "write" if isinstance(args[1], str) and set(args[1]) & set("wax+") else "read"
            self.access[args[0]] = access
            if not args[0].startswith((*INSIDE, "/tmp/", "/etc/")):
                self.open = (args[0], access)
        elif event == "socket.getaddrinfo":
            self.host = str(args[0]) + (f":{args[1]}" if args[1] else "")
        elif event == "socket.connect":
            address = args[1]
            if isinstance(address, tuple):
                self.host = f"{address[0]}:{address[1]}"


def failure(error, blocked):
    """One record that says why a call failed, with the line of the program."""
    record = {"error": short(f"{type(error).__name__}: {error}" if str(error) else
                             type(error).__name__)}
    trace = error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename.endswith("program.py"):
            record["line"] = trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, ModuleNotFoundError) and error.name:
        record["module"] = error.name.partition(".")[0]
    elif isinstance(error, OSError) or type(error).__module__ in ("urllib.error", "socket"):
        path = error.filename if isinstance(error, OSError) else None
        if blocked.host:
            record["host"] = blocked.host
        elif isinstance(path, str) and path.startswith("/") and not path.startswith(INSIDE):
            record["path"], record["access"] = path, blocked.access.get(path, "read")
        elif blocked.open:
            record["path"], record["access"] = blocked.open
    return record


def source_of(value):
    """The value as Python source, made of exact built-in types so that no repr can lie: a Counter
    counts as a dict, a named tuple as a tuple, as they do when compared. NaN equals nothing."""
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, str):
        return repr(str.__str__(value))
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        if value != value:
            raise ValueError("the result holds NaN")
        return float.__repr__(value).replace("inf", "1e999")
    if isinstance(value, (bytes, complex)):
        return type(value).__mro__[-2].__repr__(value)
    if isinstance(value, dict):
        pairs = [f"{source_of(k)}: {source_of(v)}" for k, v in dict.items(value)]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(source_of, list.__iter__(value))) + "]"
    if isinstance(value, tuple):
        items = list(map(source_of, tuple.__iter__(value)))
        return "(" + ", ".join(items) + ("," if len(items) == 1 else "") + ")"
    if isinstance(value, (set, frozenset)):
        items = sorted(map(source_of, (set if isinstance(value, set) else frozenset).__iter__(value)))
        return "{" + ", ".join(items) + "}" if items else "set()"
    raise TypeError(f"the result is a {type(value).__name__}, not a plain value")


def literal(value):
    text = source_of(value)
    if len(text) > LITERAL_MAX:
        raise ValueError("the result is too large to compare")
    return text


def functions_of(module, tree):
    names = [n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    public = [n for n in names if not n.startswith("_") and n != "main"]
    return [n for n in (public or names) if callable(getattr(module, n, None))]


def choose(names, wanted):
    """The function that the task names, else the last public one: helpers come first."""
    if wanted in names:
        return wanted
    return names[-1] if names else None


def parameters(function):
    import inspect

    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def call_with_input(function, given):
    """An input object's members go to the parameters of the same names; a single parameter gets the
    one value, or the whole object."""
    wanted = [p for p in parameters(function) if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    if not wanted:
        return function()
    if all(p.name in given or p.default is not p.empty for p in wanted):
        return function(**{p.name: given[p.name] for p in wanted if p.name in given})
    if len(wanted) == len(given):
        return function(*given.values())
    if len(wanted) == 1:
        return function(next(iter(given.values())) if len(given) == 1 else given)
    missing = [p.name for p in wanted if p.name not in given and p.default is p.empty]
    raise TypeError(f"the input has no {', '.join(missing)}")


def spread(arguments, takes):
    """A single tuple holds the arguments of a function that takes several."""
    alone = len(arguments) == 1 and isinstance(arguments[0], tuple) and len(takes) > 1
    return arguments[0] if alone else arguments


def evaluate(module, name, example):
    space = module.__dict__
    if example.get("call"):
        tree = ast.parse(example["call"], mode="eval")
        if isinstance(tree.body, ast.Call) and isinstance(tree.body.func, ast.Name):
            if not callable(space.get(tree.body.func.id)):
                tree.body.func.id = name
        read = read_arguments(tree.body) if isinstance(tree.body, ast.Call) and needs_reading(tree.body) else None
        if read:
            return eval(compile(ast.Expression(tree.body.func), "example", "eval"), space)(*read[0], **read[1])
        return eval(compile(tree, "example", "eval"), space)
    given = ast.parse("f(" + example["args"] + ")", mode="eval").body
    arguments = [ast.literal_eval(a) for a in given.args]
    named = {k.arg: ast.literal_eval(k.value) for k in given.keywords}
    function = space[name]
    takes = [p.name for p in parameters(function) if p.kind == p.POSITIONAL_OR_KEYWORD]
    if set(named) <= set(takes):
        return function(*arguments, **named) if named else function(*spread(arguments, takes))
    return function(*arguments, *named.values())  # the program calls its parameters otherwise


def needs_reading(call):
    """Whether an argument is made by something that the program need not have, such as date(2020, 1, 1)."""
    return any(isinstance(n, ast.Call) for v in [*call.args, *(k.value for k in call.keywords)] for n in ast.walk(v))


def read_arguments(call):
    """Of a call, without the program; None: a class of its own makes one."""
    read = judging.Reading().value
    try:
        return list(map(read, call.args)), {k.arg: read(k.value) for k in call.keywords}
    except judging.Unreadable:
        return None


class TooLong(Exception):
    pass


def kinds_of(error):
    """The error's class and those above it; none of what the harness itself has raised."""
    if isinstance(error, TooLong):
        return []
    return [f"{c.__module__}.{c.__qualname__}" for c in type(error).__mro__]


ITEMS_MAX, ITEMS_S = 10_000, 1.0


def made_of(value):
    """What is no plain value, as text, for examples that look at it by list() or the like or expect such a
    thing: what a generator holds, or how a date is made."""
    if type(value).__module__ in ("datetime", "decimal", "fractions"):
        return {"made": type(value).__repr__(value)}
    if isinstance(value, str) or not hasattr(type(value), "__iter__"):
        return {}
    import itertools

    held = list(itertools.islice(iter(value), ITEMS_MAX))
    return {"items": literal(held), "lasting": hasattr(type(value), "__len__"), "endless": len(held) == ITEMS_MAX}


def answer_example(module, name, example, seconds, items, blocked):
    """The record of one call. What the program raises, and not what is wrong with its answer, has `kinds`."""
    try:
        value = limited(seconds, evaluate, module, name, example)
    except BaseException as error:  # noqa: BLE001
        return {"raised": type(error).__name__, "kinds": kinds_of(error) if name else [],
                **failure(error, blocked)}
    try:
        return {"value": limited(seconds, literal, value)}
    except BaseException as error:  # noqa: BLE001
        record = {"raised": type(error).__name__, **failure(error, blocked)}
    try:
        return {**record, **(limited(seconds or ITEMS_S, made_of, value) if items else {})}
    except BaseException as error:  # noqa: BLE001
        return {"raised": type(error).__name__, **failure(error, blocked)}


def limited(seconds, call, *args):
    """call(*args), ended after so many seconds of its own; 0: as long as the whole run may take."""
    if not seconds:
        return call(*args)
    import signal

    def ring(*_):
        raise TooLong(f"it took longer than {seconds} s")

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return call(*args)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def is_meant(error, raises):
    """Whether the program has raised it by a statement of its own, on one of these lines."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_filename == "program.py" and trace.tb_lineno in raises


def raise_lines(tree):
    return {line for node in ast.walk(tree) if isinstance(node, (ast.Raise, ast.Assert))
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}


def answer_probes(module, name, probes, send, raises):
    """As many as fit into the time that all of them have."""
    import time

    until = time.monotonic() + PROBES_S
    for i, probe in enumerate(probes):
        if time.monotonic() > until:
            return
        try:
            value = limited(PROBE_S, lambda x: literal(evaluate(module, name, x)), probe)
            send(kind="probe", i=i, value=value)
        except BaseException as error:  # noqa: BLE001
            send(kind="probe", i=i, raised=type(error).__name__, error="", meant=is_meant(error, raises))


def sender(out):
    write, dumps = os.write, json.dumps

    def send(**record):
        data = (dumps(record) + "\n").encode("utf-8", "replace")
        while data:
            data = data[write(out, data):]

    return send


def answer_input(module, name, given):
    if name is None and callable(module.__dict__.get("main")):
        name = "main"
    if name is None:
        raise TypeError("the program has no function")
    return literal(call_with_input(module.__dict__[name], given))


def arguments_in(module, call):
    """Literals, or made by the program's own classes."""
    if call.get("built"):
        return eval(compile(call["args"], "call", "eval"), module.__dict__)
    return ast.literal_eval(call["args"])


def serve(module, name, requests, send, blocked):
    """Calls that the tester asks for, one JSON line each, until it closes the pipe. The arguments go
    back as well, because a test may look at a list that was to be changed in place."""
    for line in requests:
        call = json.loads(line)
        try:
            args, options = arguments_in(module, call), ast.literal_eval(call["options"])
            value = literal(module.__dict__[call.get("of") or name](*args, **options))
            send(kind="reply", n=call["n"], value=value, args="()" if call.get("built") else literal(args))
        except Exception as error:  # noqa: BLE001 - a test may expect it
            send(kind="reply", n=call["n"], raised=type(error).__name__, **failure(error, blocked))


def follow(module, name, job, beside):
    """The log of the call that is to be followed."""
    if job["trace"] == "input":
        return beside.follow(limited, TRACE_S, lambda: answer_input(module, name, job["input"]))
    look = made_of if job.get("items") else bool
    return beside.follow(limited, TRACE_S, lambda: look(evaluate(module, name, job["examples"][job["trace"]])))


def runner(job, tree, requests, out):
    """The child. Sends one JSON line a result; whatever the program prints goes to the standard
    output, which nobody judges."""
    import types

    blocked = Blocked()
    beside = load_beside() if job.get("trace") is not None else None
    sys.addaudithook(blocked.hook)
    send, seconds = sender(out), job.get("call_s") or 0
    sys.path[:0] = job.get("packages") or []
    module = types.ModuleType("program")
    module.__file__ = "/work/program.py"
    sys.modules["program"] = module
    try:
        exec(compile(tree, "program.py", "exec"), module.__dict__)
    except BaseException as error:  # noqa: BLE001 - whatever the program raises is its failure
        send(kind="import", **failure(error, blocked))
        return
    name = choose(functions_of(module, tree), job.get("function"))
    send(kind="import", function=name)
    if job.get("trace") is not None:
        send(kind="trace", text=follow(module, name, job, beside))
        send(kind="end")
        return
    for i, example in enumerate(job.get("examples") or []):
        send(kind="example", i=i, **answer_example(module, name, example, seconds, job.get("items"), blocked))
    if job.get("made_up"):
        answer_probes(module, name, job["made_up"], send, raise_lines(tree))
    if job.get("input") is not None:
        try:
            send(kind="input", value=answer_input(module, name, job["input"]))
        except BaseException as error:  # noqa: BLE001
            send(kind="input", **failure(error, blocked))
    send(kind="end")
    serve(module, name, requests, send, blocked)


# ---- the tester: runs a test that the program must not see -----------------------------------


class Ended(BaseException):
    """The program is gone; no test may take it for an error that it expected."""


class Candidate:
    """Stands in a test for the program's function."""

    def __init__(self, requests, replies):
        self.requests, self.replies, self.calls = requests, replies, 0

    def __call__(self, *args, **options):
        return self.call(None, args, **options)

    def call(self, name, args, **options):
        """The function of this name; None: the one that is tested."""
        self.calls += 1
        built = [getattr(a, "made", None) for a in args]
        texts = [b or source_of(a) for a, b in zip(args, built)]
        line = json.dumps({"n": self.calls, "of": name, "args": "(" + "".join(t + ", " for t in texts) + ")",
                           "options": source_of(options), "built": any(built)})
        try:
            self.requests.write(line + "\n")
            self.requests.flush()
        except OSError:
            raise Ended from None
        return self.take(self.answer(), args)

    def answer(self):
        for record in self.replies:
            if record.get("kind") == "reply" and record.get("n") == self.calls:
                return record
        raise Ended

    def take(self, record, args):
        if "error" in record:
            import builtins

            kind = getattr(builtins, str(record.get("raised")), None)
            if not (isinstance(kind, type) and issubclass(kind, Exception)):
                kind = RuntimeError
            raise kind(record["error"])
        known, value = value_of(record)
        if not known:
            raise Ended
        _, after = value_of({"value": record.get("args", "()")})
        for before, now in zip(args, after or ()):
            if isinstance(before, list) and isinstance(now, list):
                before[:] = now
            elif isinstance(before, dict) and isinstance(now, dict):
                before.clear()
                before.update(now)
        return value


def test(script, prelude, name, requests, replies):
    """What came of the script: one record. A test that never calls the program tests nothing."""
    candidate = Candidate(requests, replies)
    space = {"__name__": "test"}
    try:
        exec(compile(prelude, "prelude.py", "exec"), space)
    except Exception:  # noqa: BLE001 - it only lends names
        pass
    space.update({"candidate": candidate, name or "candidate": candidate})
    try:
        exec(compile(script, "test.py", "exec"), space)
        if callable(space.get("check")):
            space["check"](candidate)
    except Ended:
        return {"ok": False, "error": "the program ended before it answered"}
    except BaseException as error:  # noqa: BLE001 - an assertion that fails, or the test itself
        line, trace = 0, error.__traceback__
        while trace:
            if trace.tb_frame.f_code.co_filename == "test.py":
                line = trace.tb_lineno
            trace = trace.tb_next
        return {"ok": False, "line": line, "calls": candidate.calls,
                "error": short(f"{type(error).__name__}: {error}")}
    if not candidate.calls:
        return {"ok": False, "error": "the test never calls the program"}
    return {"ok": True, "calls": candidate.calls}


def run_apart(work):
    """What work() gives, in a process of its own, as it may end or never return; None: it gave nothing."""
    inner, outer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(REPORT)
            os.close(inner)
            data = json.dumps(work()).encode("utf-8", "replace")
            while data:
                data = data[os.write(outer, data):]
        finally:
            os._exit(0)
    os.close(outer)
    with open(inner, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    try:
        return json.loads(data)
    except ValueError:
        return None


def run_tester(secret, name, requests, replies):
    script, prelude = secret["script"], secret.get("prelude") or ""
    return run_apart(lambda: test(script, prelude, name, requests, replies)) or {
        "ok": False, "error": "the test ended before it was through"}


def run_properties(properties, name, job, secret, requests, replies):
    """The records of the property tests, made beside the program like a test."""

    def work():
        program = properties.Program(Candidate(requests, replies), name, source_of, limited, Ended)
        given = {**secret["properties"], "library": sys.argv[1]}
        pairs = [(e, x) for e, x in zip(job.get("examples") or [], secret.get("expected") or [])
                 if "raises" not in judging.claim_of(x)]  # what is refused is no input to make others like it
        return properties.run(given, [e for e, _ in pairs], [x for _, x in pairs], program, signature_of)

    return run_apart(work) or [{"kind": "properties", "ended": True}]


def signature_of(answer):
    """Of an answer in the form that properties.py keeps."""
    if answer is None or answer[0] == "raised":
        return "-" if answer is None else "!" + answer[1].partition(":")[0]
    return judging.signature({"value": source_of(answer[1])})


# ---- the judge ----------------------------------------------------------------------------------


def records_of(fd):
    """The runner's records, as they come."""
    with open(fd, "rb") as pipe:
        for line in pipe:
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict):
                yield record


def until_end(records):
    """Those before "end": what still holds the pipe open then is not waited for."""
    for record in records:
        if record.get("kind") == "end":
            return
        yield record


def value_of(record):
    """(ok, value) of a record that should hold a literal."""
    try:
        return True, ast.literal_eval(record["value"])
    except (KeyError, ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return False, None


def as_json(value):
    if isinstance(value, (set, frozenset)):
        value = sorted(value, key=repr)
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, (list, tuple)) or type(value) is list:
        return [as_json(v) for v in value]
    if isinstance(value, dict):
        return {k if isinstance(k, str) else repr(k): as_json(v) for k, v in value.items()}
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    return repr(value)


def judge_examples(job, records, expected, name):
    by_number = {r.get("i"): r for r in records if r.get("kind") == "example"}
    for i, example in enumerate(job.get("examples") or []):
        report(kind="example", i=i, subject=judging.subject_of(example, expected[i], name),
               expected=judging.wanted_of(expected[i]),
               **judging.judge_example(expected[i], by_number.get(i)),
               signature=judging.signature(by_number.get(i)))


def report_probes(job, records):
    by_number = {r.get("i"): r for r in records if r.get("kind") == "probe"}
    report(kind="probes",
           signatures=[judging.signature(by_number.get(i)) for i in range(len(job["made_up"]))],
           broke=[i for i, p in enumerate(job["made_up"]) if p.get("edge") and is_breakdown(by_number.get(i))],
           shown=[shown_probe(p, by_number.get(i)) for i, p in enumerate(job["made_up"])])


def shown_probe(probe, record):
    """The arguments and the answer as people can be asked about them; None: too long, or no plain value."""
    if record is None or "error" in record or not probe.get("args"):
        return None
    if max(len(probe["args"]), len(str(record.get("value")))) > SHOWN_MAX:
        return None  # not worth reading
    known, value = value_of(record)
    text = source_of(value) if known else ""
    if not 0 < len(text.encode()) <= SHOWN_MAX or len(probe["args"].encode()) > SHOWN_MAX:
        return None
    return [probe["args"], text]


def is_breakdown(record):
    """An error that the program did not raise itself."""
    return record is None or ("error" in record and not record.get("meant"))


def judge_input(records):
    given = next((r for r in records if r.get("kind") == "input"), None)
    if given is None:
        report(kind="input", ok=False, error="the program ended before it answered")
    elif "error" in given:
        report(**{**given, "ok": False})
    else:
        known, value = value_of(given)
        if not known:
            value = given.get("value", "")
        if isinstance(value, dict):
            report(kind="input", ok=True, result=as_json(value))
        else:
            report(kind="input", ok=True, result={"result": as_json(value)})


def judge(job, tree, secret, records, imported, requests, rest, properties):
    if "error" in imported:
        report(**{**imported, "ok": False})
        return
    report(**{**imported, "ok": True})
    judge_examples(job, records, secret.get("expected") or [], imported.get("function"))
    if job.get("made_up"):
        report_probes(job, records)
    if judging.echoes(tree, job, secret.get("expected") or []):
        report(kind="echo")
    if job.get("input") is not None:
        judge_input(records)
    if secret.get("script") is not None:
        if imported.get("function") is None:
            report(kind="script", ok=False, error="the program has no function")
        else:
            report(kind="script", **run_tester(secret, job.get("function"), requests, rest))
    if properties and imported.get("function") is not None:
        for record in run_properties(properties, imported["function"], job, secret, requests, rest):
            report(**record)


def start_runner(job, tree):
    """Forks it. (pid, pipe for requests, descriptor of its records)"""
    asked, ask = os.pipe()
    inner, outer = os.pipe()
    child = os.fork()
    if child:
        os.close(asked)
        os.close(outer)
        return child, open(ask, "w", encoding="utf-8"), inner
    code = 1
    try:
        for fd in (ask, inner, REPORT):
            os.close(fd)
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        runner(job, tree, open(asked, encoding="utf-8"), outer)
        code = 0
    finally:
        os._exit(code)


def end_runner(child, began):
    """What the program itself has used; of a program that will not end, nobody waits for it."""
    import time

    for _ in range(200):
        pid, status, usage = os.wait4(child, os.WNOHANG)
        if pid:
            report(kind="usage", cpu_ms=round((usage.ru_utime + usage.ru_stime) * 1000, 1),
                   wall_ms=round((time.monotonic() - began) * 1000, 1), peak_kb=usage.ru_maxrss)
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.0005)
    return None


def load_beside(name="beside", **given):
    """beside.py or another, read before the program could change it; a path to import it from there is
    none. `given`: what it is to find among its own names."""
    import types

    module = types.ModuleType(name)
    module.__dict__.update(given)
    with open(name + ".py", encoding="utf-8") as f:
        exec(compile(f.read(), name + ".py", "exec"), module.__dict__)
    return module


def read_program():
    """(text, tree) of program.py; the tree None: it does not parse, as reported."""
    with open("program.py", encoding="utf-8") as f:
        source = f.read()
    try:
        return source, ast.parse(source, "program.py")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        report(kind="parse", ok=False, line=getattr(error, "lineno", 0) or 0,
               error=short(f"{type(error).__name__}: {getattr(error, 'msg', None) or error}"))
        return source, None


judging = None  # judging.py, while this runs as a program


def main():
    import time

    global judging
    judging = load_beside("judging", source_of=source_of, value_of=value_of, short=short)
    with open("job.json", encoding="utf-8") as f:
        job = json.load(f)
    job["examples"] = [judging.folded(e) for e in job.get("examples") or []]
    source, tree = read_program()
    if tree is None:
        return
    report(kind="parse", ok=True)
    if job.get("clean"):
        text, gone = load_beside().clean(tree)
        report(kind="clean", gone=gone, source=text)
        return
    if job.get("measures"):
        expected = json.load(sys.stdin).get("expected") or []
        load_beside("measures").measure(sys.modules["__main__"], job, source, tree, expected)
        return
    if job.get("probes"):
        job["made_up"] = judging.probes_of([*(job.get("examples") or []), *(job.get("seeds") or [])],
                                           job.get("made") or [], job["probes"])
    properties = load_beside("properties") if job.get("properties") else None
    began = time.monotonic()
    child, requests, inner = start_runner(job, tree)
    rest = records_of(inner)
    records = list(until_end(rest))
    imported = next((r for r in records if r.get("kind") == "import"), None)
    if imported is None:
        requests.close()
        code = end_runner(child, began)
        why = "" if code is None else f" (exit code {code})" if code >= 0 else f" (signal {-code})"
        report(kind="import", ok=False, error=f"the program ended while it was loaded{why}")
        return
    if job.get("trace") is not None:
        report(**next((r for r in records if r.get("kind") == "trace"), {"kind": "trace", "text": ""}))
        requests.close()
        end_runner(child, began)
        return
    judge(job, tree, json.load(sys.stdin), records, imported, requests, rest, properties)
    requests.close()
    end_runner(child, began)


if __name__ == "__main__":
    main()
