"""dise profile: the hot line of a program is named, also when the program does not want to be measured."""

import re
import shutil
import tempfile
from pathlib import Path

import pytest

PROGRAM = """\
def key(row):
    return row % 1000


def unique(rows):
    seen = []
    for b in rows:
        if key(b) not in seen:
            seen.append(key(b))
    return seen


def total(rows):
    s = 0
    for b in rows:
        s += sum(range(b % 7))
    return s


def solve(n):
    table = [list(range(60)) for _ in range(n)]
    return len(unique(range(n))) + total(range(n)) + len(table)
"""
TASK = "write a function that counts how many different values a list has, count([1, 2, 2]) == 2, count([]) == 0"
ANSWER = """```python
def count(values):
    seen = []
    for value in values:
        if value not in seen:
            seen.append(value)
    return len(seen)
```"""


def profile(dise, *words, code=0):
    """What the job has measured; of one that failed its message."""
    ended, events = dise.json("profile", *words)
    assert ended == code, events[-1]
    return events[-1]["result"] if code == 0 else events[-1]["message"]


def program(dise, text):
    dise.home.mkdir(parents=True, exist_ok=True)
    path = dise.home / "program.py"
    path.write_text(text)
    return str(path)


def hot(found):
    return max(found["lines"], key=lambda x: x["ms"])["line"]


def walk(node):
    yield node
    for inner in node["children"]:
        yield from walk(inner)


def test_the_hot_line_is_named_and_another_one_of_an_altered_program(dise):
    path = program(dise, PROGRAM)
    found = profile(dise, path, "--call", "solve(1400)")
    assert hot(found) == 8 and found["workload"] == "solve(1400)", (found["runs"], found["lines"])
    lines = {x["line"]: x for x in found["lines"]}
    assert lines[8]["hits"] == 1400 and lines[9]["hits"] == 1000 and lines[8]["text"].strip() == "if key(b) not in seen:"
    assert lines[8]["ms"] > 0.5 * found["wall_ms"]
    assert sum(x["ms"] for x in found["lines"]) == pytest.approx(found["wall_ms"], rel=0.05)
    functions = {f["name"]: f for f in found["functions"]}
    assert functions["key"]["calls"] == 2400 and functions["solve"]["total_ms"] == pytest.approx(found["wall_ms"], rel=0.05)
    assert functions["unique"]["self_ms"] < functions["unique"]["total_ms"]
    assert [n["name"] for n in walk(found["tree"])][0] == "solve" and found["tree"]["line"] == 20
    assert {n["name"] for n in found["tree"]["children"]} == {"unique", "total"}
    most = max(found["allocations"], key=lambda x: x["kb"])
    assert most["line"] == 21 and most["kb"] > 500 and most["count"] >= 2800
    assert found["peak_kb"] >= found["base_kb"] > 0 and found["cpu_ms"] > 0 and found["runs"] >= 3

    altered = PROGRAM.replace("seen = []", "seen = set()").replace("seen.append", "seen.add").replace("b % 7", "b")
    found = profile(dise, program(dise, altered), "--call", "solve(1400)")
    assert hot(found) == 16, "another line is the hot one now"

    text = dise.run("profile", path, "--call", "solve(300)").stdout.decode()
    assert "▾ unique" in text and "if key(b) not in seen:" in text and "█" in text


FIRST = "write a function that gives the first value of a list or None, first([4, 2]) == 4, first([]) == None"
FIRST_ANSWER = "```python\ndef first(values):\n    return values[0] if values else None\n```"


def test_what_is_too_fast_on_any_input_is_profiled_on_its_examples(dise):
    dise.answers({"match": "first value", "text": FIRST_ANSWER})
    kept = dise.json("run", FIRST)[1][-1]["artifact"]
    found = profile(dise, kept)
    assert found["input"] == "" and found["workload"] == "2 examples of its task" and found["functions"][0]["calls"] == 2


READER = "```python\ndef lines(path, words):\n    text = open(path).read()\n    return [w for w in words if w in text]\n```"


@pytest.fixture
def folder():
    """One that the sandbox's user may enter."""
    path = Path(tempfile.mkdtemp(prefix="dise-read-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def test_what_reaches_files_is_run_on_nothing_made_up(dise, folder):
    path = folder / "a.txt"
    path.write_text("tea cup\n" * 2000)
    dise.answers({"match": "stand in a file", "text": READER})
    ended, events = dise.json("run", f"give the words that stand in a file: lines('{path}', ['tea', 'pot']) == ['tea']",
                              "--allow-read", str(folder))
    assert ended == 0, events[-1]["message"]
    found = profile(dise, events[-1]["artifact"], "--allow-read", str(folder))
    assert found["input"] == "" and found["workload"] == "1 example of its task" and found["error"] == ""


def test_an_artifact_is_run_on_a_larger_input_and_keeps_its_profile(dise, tui):
    dise.answers({"match": "count", "text": ANSWER})
    kept = dise.json("run", TASK)[1][-1]["artifact"]
    screen = tui(columns=120, lines=40)
    screen.wait_for("● engine")
    screen.send(f"/profile {kept}\r")
    screen.wait_for("▼ count", timeout=120)
    screen.wait_for("if value not in seen:")
    screen.send("z\r")
    screen.wait_for("▶ count")
    ended, events = dise.json("profile", kept)
    found = events[-1]["result"]
    assert ended == 0 and " a run of a larger input made from its examples (" in events[-1]["message"]
    assert found["workload"] == f"a larger input made from its examples ({found['input']})"
    assert re.fullmatch(r"\d*,?\d+ items", found["input"]) and found["functions"][0]["name"] == "count"
    assert found["functions"][0]["calls"] == 1 and found["wall_ms"] > 1 and hot(found) == 4
    hits = {x["line"]: x["hits"] for x in found["lines"]}[4]
    assert found["input"] == f"{hits:,} items" and hits >= 300
    [shown] = dise.json("artifact", "show", kept)[1]
    assert shown["profile"]["lines"] == found["lines"]
    second = shown["profile"]["id"]
    first, derived = [d for d in dise.json("rag", "lineage", kept)[1][0]["derivatives"] if d["how"] == "profiled"]
    assert derived["id"] == second and derived["how"] == "profiled" and derived["kind"] == "performance"
    found = profile(dise, kept, "--input", '{"values": [3, 3, 4]}')
    assert found["workload"] == "its input" and found["functions"][0]["calls"] == 1
    [shown] = dise.json("artifact", "show", kept)[1]
    assert shown["profile"]["workload"] == "its input" and shown["profile"]["id"] != second
    versions = dise.json("rag", "versions", first["id"])[1]
    assert [v["id"] for v in versions] == [shown["profile"]["id"], second, first["id"]], "versions of the first one"
    [text] = dise.json("artifact", "show", first["id"])[1]
    assert "a run of a larger input made from its examples (" in text["content"] and text["profile"]["functions"][0]["name"] == "count"
    jobs = dise.json("workflow", "list")[1]
    assert len(jobs) == 1, "a profile is no workflow"


HANG = "def f(n):\n    while True:\n        n += 1\n"
STUBBORN = "def f(n):\n    while True:\n        try:\n            n += 1\n        except BaseException:\n            pass\n"
STUCK = "def f(n):\n    n += 1\n    return sum(range(10 ** 12))\n"
CRASH = "import ctypes\n\n\ndef f(n):\n    ctypes.string_at(0)\n"
EXIT = "import os\n\n\ndef f(n):\n    os._exit(3)\n"
KILL = "import os\n\n\ndef f(n):\n    os.kill(os.getppid(), 9)\n    return n\n"
UNTRACED = "import sys\n\n\ndef f(n):\n    sys.settrace(None)\n    return sum(range(n))\n"
FORGED = """\
import os


def f(n):
    for fd in range(3, 32):
        try:
            os.write(fd, b'{"lines": [], "times": [1], "tree": {}}\\n')
        except OSError:
            pass
    s = 0
    for i in range(n):
        s += sum(range(500))
    return s
"""
MEMO = """\
from functools import lru_cache


@lru_cache(None)
def slow(n):
    s = 0
    for i in range(n * 100):
        s += i
    return s


def f(n):
    return slow(n)
"""
DEEP = "def f(n):\n    return f(n + 1)\n"
LOUD = "def f(n):\n    for i in range(n):\n        print('x' * 10_000)\n"
THREADS = """\
import threading


def work(n):
    s = 0
    for i in range(n):
        s += i * i


def f(n):
    threads = [threading.Thread(target=work, args=(n,)) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
"""


def test_programs_that_do_not_want_to_be_measured(dise):
    def of(text, *more, **how):
        return profile(dise, program(dise, text), "--call", "f(400)", "--set", "execution.default_timeout_ms=300", *more, **how)

    found = of(HANG)
    assert found["hangs"] and hot(found) in (2, 3) and found["ended_ms"] == 300
    assert not any("tracer" in n for n in found["notes"])
    found = of(STUBBORN)
    assert found["hangs"] and hot(found) in (2, 3, 4)
    found = of(STUCK)
    assert found["hangs"] and [x["line"] for x in found["lines"]] == [3] and found["tree"]["name"] == "f"
    assert "ended by signal SIGSEGV" in of(CRASH, code=2)
    assert "the program ended the process (exit code 3)" in of(EXIT, code=2)
    assert "has ended the profiler" in of(KILL, code=2)
    assert any("has ended the tracer" in n for n in of(UNTRACED)["notes"])
    found = of(FORGED)
    assert hot(found) == 12 and {x["line"]: x["hits"] for x in found["lines"]}[12] == 400
    found = of(MEMO)
    assert any("remembers its answers" in n for n in found["notes"]) and hot(found) in (7, 8)
    found = of(DEEP)
    assert "RecursionError" in found["error"] and found["error_line"] == 2 and hot(found) == 2
    assert hot(of(LOUD)) == 3
    found = of(THREADS, "--set", "execution.default_timeout_ms=15000")  # a run that is cut leaves calls without a run
    assert {f["name"]: f["calls"] for f in found["functions"]}["work"] == 3
    assert any("several threads" in n for n in found["notes"])


@pytest.mark.parametrize("limit_ms", [15, 30, 60])
def test_a_run_that_is_cut_behind_a_whole_one_counts_nothing(dise, limit_ms):
    """The program takes some ten milliseconds; where in the first or a later run its time is up is chance."""
    path = program(dise, "def f(n):\n    s = 0\n    for i in range(n):\n        s += sum(range(500))\n    return s\n")
    for _ in range(4):
        found = profile(dise, path, "--call", "f(400)", "--set", f"execution.default_timeout_ms={limit_ms}")
        assert all(x["hits"] <= 401 for x in found["lines"]), found["lines"]
        assert [f["calls"] for f in found["functions"]] in ([], [1]), found["functions"]


def test_what_cannot_be_profiled_is_told_in_a_sentence(dise):
    path = program(dise, PROGRAM)

    def refused(*words):
        done = dise.run("profile", *words)
        assert done.returncode == 2, (words, done)
        return done.stderr.decode()

    assert refused("nothing.py") == "dise: nothing.py: No such file or directory\n"
    assert "there is no artifact a77" in refused("a77")
    assert "--input and --call exclude each other" in refused(path, "--input", "{}", "--call", "solve(1)")
    assert "--input" in refused(path, "--input", "[1]")
    assert "the call solve(1 is no expression of Python" in refused(path, "--call", "solve(1")
    assert "name 'nope' is not defined" in refused(path, "--call", "nope(1)")
    assert "missing 1 required positional argument" in refused(path, "--call", "solve()")
    assert "line 1: SyntaxError" in refused(program(dise, "def f(:\n"), "--call", "f()")
    assert "is empty" in refused(program(dise, " \n"))
    (dise.home / "program.py").write_bytes(b"x = '\xff'\n")
    assert "program.py:1:6: the program is not valid UTF-8" in refused(path)
    found = profile(dise, program(dise, PROGRAM))
    assert any("only defines key, unique, total, solve" in n for n in found["notes"])
    found = profile(dise, program(dise, "total = 0\nfor i in range(2000):\n    total += sum(range(100))\n"))
    assert hot(found) == 3 and found["tree"]["name"] == "<module>" and found["workload"] == "the program itself"
    assert "has no function" in refused(program(dise, "class A:\n    pass\n"), "--input", "{}")
    dise.answers({"match": "", "text": "It is a song of spring."})
    poem = dise.json("run", "--as", "text", "write a short poem about spring")[1][-1]["artifact"]
    assert "only programs can be profiled" in refused(poem)
