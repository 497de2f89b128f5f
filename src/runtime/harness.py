"""Runs inside the sandbox: checks a program on examples and inputs, and reports what happened.

Reads the program from `program.py` and one JSON object from `job.json` in the working folder:
    {"examples": [{"call": "f(3)" | null, "args": "3, 4" | null}], "function": name | null,
     "input": object | null, "packages": [folders to import from]}
and, when the program is through, the expected values from standard input: a JSON list of literals.
Writes JSON lines to descriptor 3.

Two processes: this one (the judge) never imports the program; it forks a child (the runner), which
imports it, evaluates the calls and sends their values back as literals. The judge reads the expected
values only afterwards, so they were never in the runner's memory, and compares. Nothing that the
program prints, replaces or ends can change a verdict: a runner that ends early, or answers what is no
literal, has failed.
"""

import ast
import json
import math
import os
import sys

REPORT = 3
INSIDE = ("/usr/", "/work/", "/dev/", "/proc/", "/sys/", "/lib")  # what nobody can grant
LITERAL_MAX = 200_000
TEXT_MAX = 2_000
RESULT_KEYS = ("result", "output", "answer", "content", "translated_article", "summary", "text",
               "data", "response")


def report(**record):
    data = (json.dumps(record, default=str) + "\n").encode("utf-8", "replace")
    while data:
        data = data[os.write(REPORT, data):]


def short(text):
    text = str(text)
    return text if len(text) <= TEXT_MAX else text[:TEXT_MAX] + "…"


# ---- comparing -------------------------------------------------------------------------------


def same(got, expected):
    """Equality of literals as a person means it: 1 is not True, [1] is not "1", a tuple that was
    written as a list counts, NaN equals nothing, floats within 1e-9."""
    if isinstance(expected, bool) or isinstance(got, bool):
        return isinstance(expected, bool) and isinstance(got, bool) and got == expected
    if isinstance(expected, (int, float)) and isinstance(got, (int, float)):
        if isinstance(expected, int) and isinstance(got, int):
            return got == expected
        return math.isclose(got, expected, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(expected, (list, tuple)) and isinstance(got, (list, tuple)):
        return len(got) == len(expected) and all(map(same, got, expected))
    if isinstance(expected, dict) and isinstance(got, dict):
        return got.keys() == expected.keys() and all(same(got[k], v) for k, v in expected.items())
    if isinstance(expected, (set, frozenset)) and isinstance(got, (set, frozenset)):
        return got == expected
    return type(got) is type(expected) and got == expected


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


def literal(value):
    text = repr(value)
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


def evaluate(module, name, example):
    space = module.__dict__
    if example.get("call"):
        tree = ast.parse(example["call"], mode="eval")
        if isinstance(tree.body, ast.Call) and isinstance(tree.body.func, ast.Name):
            if not callable(space.get(tree.body.func.id)):
                tree.body.func.id = name
        return eval(compile(tree, "example", "eval"), space)
    arguments = ast.literal_eval("(" + example["args"] + ",)")
    function = space[name]
    takes = [p for p in parameters(function) if p.kind == p.POSITIONAL_OR_KEYWORD]
    if len(arguments) == 1 and isinstance(arguments[0], tuple) and len(takes) > 1:
        arguments = arguments[0]
    return function(*arguments)


def runner(job, tree, source, out):
    """The child. Sends one JSON line a result; whatever the program prints goes to the standard
    output, which nobody judges."""
    blocked = Blocked()
    sys.addaudithook(blocked.hook)
    write, dumps = os.write, json.dumps

    def send(**record):
        data = (dumps(record) + "\n").encode("utf-8", "replace")
        while data:
            data = data[write(out, data):]

    import types

    sys.path[:0] = job.get("packages") or []
    module = types.ModuleType("program")
    module.__file__ = "/work/program.py"
    sys.modules["program"] = module
    try:
        exec(compile(tree, "program.py", "exec"), module.__dict__)
    except BaseException as error:  # noqa: BLE001 - whatever the program raises is its failure
        send(kind="import", **failure(error, blocked))
        return
    names = functions_of(module, tree)
    name = choose(names, job.get("function"))
    send(kind="import", function=name)
    for i, example in enumerate(job.get("examples") or []):
        try:
            send(kind="example", i=i, value=literal(evaluate(module, name, example)))
        except BaseException as error:  # noqa: BLE001
            send(kind="example", i=i, **failure(error, blocked))
    if job.get("input") is not None:
        try:
            if name is None and callable(module.__dict__.get("main")):
                name = "main"
            if name is None:
                raise TypeError("the program has no function")
            send(kind="input", value=literal(call_with_input(module.__dict__[name], job["input"])))
        except BaseException as error:  # noqa: BLE001
            send(kind="input", **failure(error, blocked))
    send(kind="end")


# ---- the judge ----------------------------------------------------------------------------------


def read_results(fd):
    data = b""
    while True:
        piece = os.read(fd, 65536)
        if not piece:
            break
        data += piece
    for line in data.splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
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


def judge_example(expected, record):
    if record is None:
        return {"ok": False, "error": "the program ended before it answered"}
    if "error" in record:
        return {"ok": False, **{k: v for k, v in record.items() if k not in ("kind", "i")}}
    known, got = value_of(record)
    try:
        expected = ast.literal_eval(expected)
    except (ValueError, SyntaxError):
        return {"ok": False, "error": "the expected value is no literal"}
    return {"ok": known and same(got, expected), "got": short(record.get("value", ""))}


def judge(job, records, status):
    imported = next((r for r in records if r.get("kind") == "import"), None)
    if imported is None:
        report(kind="import", ok=False, error=f"the program ended while it was loaded ({status})")
        return
    report(**{**imported, "ok": "error" not in imported})
    if "error" in imported:
        return
    answers = json.load(sys.stdin) if job.get("examples") else []
    by_number = {r.get("i"): r for r in records if r.get("kind") == "example"}
    for i, example in enumerate(job.get("examples") or []):
        subject = example.get("call") or f"{imported.get('function')}({example.get('args')})"
        report(kind="example", i=i, subject=subject, expected=answers[i],
               **judge_example(answers[i], by_number.get(i)))
    if job.get("input") is None:
        return
    given = next((r for r in records if r.get("kind") == "input"), None)
    if given is None:
        report(kind="input", ok=False, error=f"the program ended before it answered ({status})")
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


def main():
    with open("job.json", encoding="utf-8") as f:
        job = json.load(f)
    with open("program.py", encoding="utf-8") as f:
        source = f.read()
    try:
        tree = ast.parse(source, "program.py")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        report(kind="parse", ok=False, line=getattr(error, "lineno", 0) or 0,
               error=short(f"{type(error).__name__}: {getattr(error, 'msg', None) or error}"))
        return
    report(kind="parse", ok=True)
    inner, outer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(inner)
        os.close(REPORT)
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        code = 1
        try:
            runner(job, tree, source, outer)
            code = 0
        finally:
            os._exit(code)
    os.close(outer)
    records = list(read_results(inner))
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    judge(job, records, f"exit code {code}" if code >= 0 else f"signal {-code}")


if __name__ == "__main__":
    main()
