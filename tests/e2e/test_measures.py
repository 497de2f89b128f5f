"""What DiSE measures itself of an accepted program (src/runtime/measures.py): the figures, what hangs, crashes or
cheats meanwhile, long programs; and the gates that are made of them."""

import json
import os
import shutil
import subprocess
import sys
import threading

import pytest

from conftest import ROOT

RUNTIME = ROOT / "src" / "runtime"
ALL = ("duplication", "annotations", "coverage", "mutation")


@pytest.fixture
def measure(tmp_path):
    """measure(program, {call: expected}, names): name -> record, as the harness reports them without a sandbox."""

    def run(program, checks=None, names=ALL, function=None):
        for file in ("harness.py", "judging.py", "measures.py"):
            shutil.copy(RUNTIME / file, tmp_path)
        (tmp_path / "program.py").write_text(program)
        checks = checks or {}
        job = {"examples": [{"call": call} for call in checks], "function": function, "measures": list(names)}
        (tmp_path / "job.json").write_text(json.dumps(job))
        reads, writes = os.pipe()
        process = subprocess.Popen([sys.executable, "-I", "-S", "harness.py"], cwd=tmp_path, stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, pass_fds=[3], preexec_fn=lambda: os.dup2(writes, 3))
        os.close(writes)
        process.stdin.write(json.dumps({"expected": list(checks.values()), "script": None}).encode())
        process.stdin.close()
        timer = threading.Timer(80, process.kill)
        timer.start()
        with os.fdopen(reads, "rb") as pipe:
            records = [json.loads(line) for line in pipe.read().splitlines()]
        assert process.wait(timeout=90) == 0
        timer.cancel()
        found = {r["name"]: r for r in records if r["kind"] == "measure"}
        return found[names[0]] if len(names) == 1 else found

    return run


def texts(record):
    return [f["text"] for f in record["findings"]]


# ---- duplication -------------------------------------------------------------------------------------

BODY = """    total = a * 3 + b
    for k in range(total):
        if k % 3 == 0:
            total += k * a
    total = min(total, 99)
    return total
"""


def test_a_copied_body_is_told_with_both_places(measure):
    told = measure(f"def f(a, b):\n{BODY}\n\ndef g(a, b):\n    # the same again\n{BODY}", names=["duplication"])
    assert told["value"] == pytest.approx(12 / 14, abs=1e-3) and told["score"] == pytest.approx(2 / 14, abs=1e-3)
    assert told["findings"] == [{"line": 12, "text": "lines 12–17 repeat lines 2–7"}]


def test_other_names_short_blocks_documentation_and_imports_are_no_copies(measure):
    other = BODY.replace("total", "all_of_it")
    documented = '    """One.\n\n    Two, three, four, five.\n    Six, seven, eight, nine.\n    Ten, eleven, twelve.\n    Thirteen.\n    """\n'
    program = f"import os, sys, re, json\n\n\ndef f(a, b):\n{documented}{BODY}\n\ndef g(a, b):\n{documented}{other}"
    program += "\n\ndef h():\n    return [\n        1,\n        2,\n        3,\n        4,\n    ]\n\n\ndef i():\n    return [\n        1,\n        2,\n        3,\n        4,\n    ]\n"
    assert measure(program, names=["duplication"])["value"] == 0


# ---- type annotations ----------------------------------------------------------------------------------


def test_annotations_of_what_others_may_call_are_counted(measure):
    program = '''
def typed(a: int, *rest: int, key: str = "", **more: int) -> int:
    def inside(x): return x
    return a

def half(a: int, b):
    return a

def _hidden(a, b): return a

class Box:
    def __init__(self, size: int):
        self.size = size
    @staticmethod
    def of(size) -> "Box":
        return Box(size)

class _Own:
    def it(self, x): return x
'''
    told = measure(program, names=["annotations"])
    assert told["value"] == pytest.approx(8 / 11, abs=1e-3)
    assert texts(told) == ["half has no type for `b`, what it returns", "of has no type for `size`"]
    assert "missing" in measure("x = 1\n", names=["annotations"])
    many = measure(f"def f({', '.join(f'a{i}' for i in range(500))}): pass\n", names=["annotations"])
    assert len(texts(many)[0]) == 200


# ---- coverage -------------------------------------------------------------------------------------------

GRADE = '''"""Grades."""


def grade(n):
    """A word for a number."""
    if n < 0:
        raise ValueError("below nothing")
    if n < 50:
        return "low"
    elif n < 90:
        return "mid"
    total = 0
    for i in range(n):
        total += i
        if total > 5:
            break
    if n == 91: return "odd"
    match n:
        case 92:
            return "even"
    return "high"


if __name__ == "__main__":
    print(grade(3))
'''


def test_lines_and_branches_that_no_test_reaches_are_told(measure):
    told = measure(GRADE, {"grade(3)": "'low'", "grade(95)": "'high'"}, ["coverage"])
    # 4, 6–18, 20 and 21: documentation and what only runs by itself do not count
    assert told["lines"] == [13, 16]
    assert [(f["line"], f["text"]) for f in told["findings"]] == [
        (7, "line 7 is reached by no test"), (11, "line 11 is reached by no test"),
        (13, "the loop never came to its end, in any test"), (20, "line 20 is reached by no test")]
    assert told["branches"] == [9, 14]
    assert told["value"] == pytest.approx(22 / 30, abs=1e-3)


def test_all_reached_is_one(measure):
    checks = {f"grade({n})": repr(w) for n, w in ((3, "low"), (60, "mid"), (95, "high"), (91, "odd"), (92, "even"))}
    program = GRADE.replace("    if n < 0:\n        raise ValueError(\"below nothing\")\n", "").replace(
        "        if total > 5:\n            break\n", "")
    told = measure(program, checks, ["coverage"])
    assert told["value"] == 1 and not told["findings"]


def test_threads_and_generators_of_the_program_are_seen(measure):
    program = """
import threading

def each(n):
    for i in range(n):
        yield i

def f(n):
    found = []
    def work():
        found.extend(each(n))
    t = threading.Thread(target=work)
    t.start()
    t.join()
    return found
"""
    assert measure(program, {"f(2)": "[0, 1]"}, ["coverage"])["value"] == 1


F = """
def f(x):
    if x > 5:
        return 1
    if x > 6:
        return 2
    return 0
"""
ONLY_LOSES = {
    "writes on all descriptors": "import os\nfor fd in range(3, 60):\n    for k in range(60):\n        try: os.write(fd, b'\\n00 %d\\n' % k)\n        except OSError: break\n",
    "closes all descriptors": "import os\nos.closerange(3, 60)\n",
    "looks for the tracer's frame in its errors": "import os\nos.closerange(3, 60)\ndef g():\n    pass\ntry:\n    g()\nexcept BaseException as e:\n    print(e)\n",
    "calls the tracer": "import sys\nt = sys.gettrace()\nclass F: f_lineno = 10_000_008\nt(F, 'line', None)\nt(F, 'line', None, (print,) * 10)\n",
    "has code on the markers' lines": "import ast\nt = ast.parse('x = 1\\ny = 2\\nz = 3')\nast.increment_lineno(t, 10_000_008)\nexec(compile(t, 'program.py', 'exec'))\n",
    "shows the tracer its own frames": "import ast\nt = ast.parse('import sys\\n' + 'sys.gettrace()(sys._getframe(), \"line\", None)\\n' * 9)\nast.increment_lineno(t, 10_000_004)\nexec(compile(t, 'other.py', 'exec'))\n",
    "replaces what the monitor may use": "import os, json, builtins, sys\nos.write = lambda *a: 1\njson.dumps = None\nbuiltins.set = list\nbuiltins.id = lambda x: 1\nsys.modules['__main__'].evaluate = None\n",
    "ends the process": "import os\nos._exit(0)\n",
    "makes signals": "import signal\nsignal.signal(signal.SIGALRM, print)\n",
    "never ends": "while True: pass\n",
    "sleeps": "import time\ntime.sleep(600)\n",
    "crashes": "import os\nos.abort()\n",
}
GOES_BEHIND = {
    "ends the tracing": ("import sys\nsys.settrace(None)\n", "sys.settrace"),
    "traces itself": ("import sys\ndef t(f, e, a): return t\nsys.settrace(t)\n", "sys.settrace"),
    "reads the tracer": ("import sys\nw = sys.gettrace().__defaults__\n", "object.__getattr__"),
    "reads its code": ("import sys\nw = sys.gettrace().__code__\n", "object.__getattr__"),
    "looks for objects": ("import gc\nw = gc.get_objects()\n", "gc.get_objects"),
    "looks at other threads": ("import sys\nw = sys._current_frames()\n", "sys._current_frames"),
    "opens its memory": ("open('/proc/self/mem', 'rb')\n", "open"),
    "reads memory by ctypes": ("import ctypes\n", "import"),
    "sets others on it": ("import subprocess\nsubprocess.run(['true'])\n", "subprocess.Popen"),
}
STILL = {"calls the tracer", "shows the tracer its own frames", "writes on all descriptors", "has code on the markers' lines"}


@pytest.mark.parametrize("how", ONLY_LOSES)
def test_a_program_that_meddles_can_only_lose(measure, how):
    """Lines 4 and 6 of F are reached by no test, whatever the program does."""
    told = measure(ONLY_LOSES[how] + F, {"f(1)": "0"}, ["coverage"])
    unreached = " ".join(texts(told))
    first = ONLY_LOSES[how].count("\n")
    honest = f"line {first + 4} is reached by no test" in unreached and f"line {first + 6} is reached by no test" in unreached
    assert honest or (told["value"] < 0.5 and how not in STILL), told


@pytest.mark.parametrize("how", GOES_BEHIND)
def test_a_program_that_goes_behind_its_measuring_has_no_coverage(measure, how):
    told = measure(GOES_BEHIND[how][0] + F, {"f(1)": "0"}, ["coverage"])
    assert told["value"] == 0
    assert texts(told)[0] == f"not seen to its end: the program goes behind its measuring ({GOES_BEHIND[how][1]})"


# ---- mutation score -------------------------------------------------------------------------------------


def test_surviving_mutants_are_named(measure):
    told = measure("def f(x: 'a type'):\n    'A text.'\n    if x < 5:\n        return 1\n    return 0\n",
                   {"f(1)": "1", "f(9)": "0"}, ["mutation"])
    assert (told["tried"], told["killed"]) == (7, 5)
    assert told["findings"] == [{"line": 3, "text": "`<` could be `<=`, and no test notices"},
                                {"line": 3, "text": "`5` could be `6`, and no test notices"}]
    sharp = measure("def f(x):\n    if x < 5:\n        return 1\n    return 0\nif __name__ == '__main__':\n    print(f(3) + 4)\n", {"f(4)": "1", "f(5)": "0"}, ["mutation"])
    assert sharp["value"] == 1


@pytest.mark.parametrize("what", ["import os\n    os.abort()", "return 9",
                                  "import re\n    re.match('(a+)+$', 'a' * 60 + 'b')"])
def test_without_a_program_that_passes_there_is_no_score(measure, what):
    told = measure(f"def f(x):\n    {what}\n", {"f(1)": "0"}, ["mutation"])
    assert told["missing"] == "the program does not pass its tests within the time"


def test_a_mutant_cannot_tell_itself_by_its_file(measure):
    """It would end whenever it is not what the file says, and each mutant would seem to be noticed."""
    told = measure("src = open('program.py').read()\ndef f(x):\n    return 0\n", {"f(1)": "0"}, ["mutation"])
    assert "missing" in told


def test_what_hangs_as_a_mutant_counts_as_noticed(measure):
    told = measure("def f(n):\n    while n > 0:\n        n = n - 1\n    return n\n", {"f(3)": "0", "f(0)": "0"}, ["mutation"])
    assert 4 <= told["killed"] <= told["tried"] == 6


# ---- long programs, nothing to run ------------------------------------------------------------------------


def test_ten_thousand_lines_take_a_bounded_time(measure):
    one = "def f{0}(a, b: int = {0}) -> int:\n    if a > {0}:\n        return a + b\n    total = a * {0}\n    for k in range({1}):\n        total += k\n    x{0} = total + {0}\n    return x{0}\n\n\n"
    program = "".join(one.format(i, i % 7) for i in range(1000)) + "def f(x):\n    return f1(x) + x\n"
    assert program.count("\n") > 10_000
    told = measure(program, {"f(1)": "3"})
    assert set(told) == set(ALL)
    assert told["duplication"]["value"] == 0 and 0.6 < told["annotations"]["value"] < 0.7
    assert 0 < told["coverage"]["value"] < 0.5 and told["coverage"]["found"] > 900
    assert len(told["coverage"]["findings"]) == 20
    assert "value" in told["mutation"] or "too few mutants" in told["mutation"]["missing"]


def test_without_tests_only_the_text_is_measured(measure):
    told = measure(F)
    assert told["coverage"]["missing"] == told["mutation"]["missing"] == "there are no examples or tests"
    assert "value" in told["duplication"] and "value" in told["annotations"]


# ---- as gates ---------------------------------------------------------------------------------------------


def answer(code):
    return f"```python\n{code}```"


def put_gates(dise, **thresholds):
    """The shipped gates as the person's own, in a profile that runs nothing else of an accepted program."""
    folder = dise.home / "tools" / "gate"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ALL:
        text = (ROOT / "tools" / "gate" / f"{name}.yaml").read_text()
        text = text.replace("profile: strict", "profile: quick").replace("profile: standard", "profile: quick")
        if name in thresholds:
            text = text[:text.index("  threshold:")] + f"  threshold: {thresholds[name]}\n"
        (folder / f"{name}.yaml").write_text(text)


def gates(events):
    return {e["name"]: e for e in events if e["type"] == "check" and e["name"].startswith("gate ")}


SIZE = "Write a function size(n) that gives 'big' for numbers over 100 and 'small' for others, size(3) == 'small', size(7) == 'small'"
BIG = "def size(n):\n    if n > 100:\n        n -= 100\n        n += 100\n        return 'big'\n    return 'small'\n"


def test_what_no_test_reaches_and_notices_is_told_of_the_accepted_program(dise):
    put_gates(dise, annotations=0)
    dise.answers({"match": "size", "text": answer(BIG)})
    code, events = dise.json("run", SIZE)
    assert code == 0
    found = gates(events)
    assert set(found) == {"gate coverage", "gate mutation"}
    assert "lines 3–5 are reached by no test" in found["gate coverage"]["detail"]
    assert "could be" in found["gate mutation"]["detail"] and "no test notices" in found["gate mutation"]["detail"]
    kept = {g["name"]: g for g in dise.json("artifact", "show", events[-1]["artifact"])[1][0]["gates"]}
    assert kept["duplication"]["value"] == 0 and kept["duplication"]["state"] == "passed"
    assert 0 < kept["coverage"]["value"] < 0.8 and kept["coverage"]["unit"] == "of lines and branches reached"
    assert kept["coverage"]["findings"][0]["text"] == "lines 3–5 are reached by no test"
    assert events[-1]["checked"]["mutants"] > events[-1]["checked"]["mutants_killed"] > 0
    code, events = dise.json("run", SIZE.replace("size(7) == 'small'", "size(101) == 'big', size(100) == 'small'"))
    assert code == 0 and not gates(events)


def test_candidates_are_not_measured_and_one_run_gives_all_figures(dise):
    put_gates(dise, annotations=0)
    dise.answers({"match": "size", "text": answer(BIG.replace("small", "large"))}, {"match": "size", "text": answer(BIG)},
                 extra="escalation: [{role: fast}, {role: fast, context: errors}]\n")
    code, events = dise.json("run", SIZE)
    assert code == 0
    assert len([e for e in events if e["type"] == "step_begin" and e["name"] == "measures"]) == 1
    assert {e["stage"] for e in gates(events).values()} == {2}


def test_a_measure_that_blocks_sends_the_climb_on_with_what_it_says(dise):
    put_gates(dise, annotations=0)
    file = dise.home / "tools" / "gate" / "coverage.yaml"
    file.write_text(file.read_text().replace("severity: score", "severity: block"))
    short = "def size(n):\n    return 'big' if n > 100 else 'small'\n"
    dise.answers({"match": "size", "text": answer(BIG)}, {"match": "reached by no test", "text": answer(short)},
                 extra="escalation: [{role: fast}, {role: fast, context: errors}]\n")
    code, events = dise.json("run", SIZE)
    assert code == 0
    kept = dise.json("artifact", "show", events[-1]["artifact"])[1][0]
    assert "if n > 100 else" in kept["source"]
    assert {g["name"]: g["state"] for g in kept["gates"]}["coverage"] == "passed"


def test_a_person_sets_thresholds_and_leaves_measures_out(dise):
    put_gates(dise, annotations=0.9, coverage=0.1, mutation=0)
    dise.answers({"match": "size", "text": answer(BIG)})
    code, events = dise.json("run", SIZE)
    assert code == 0 and set(gates(events)) == {"gate annotations"}
    assert "size has no type for `n`, what it returns" in gates(events)["gate annotations"]["detail"]


def test_a_copied_function_is_told(dise):
    put_gates(dise, annotations=0)
    copied = f"def size(a, b=0):\n{BODY}\n\ndef other(a, b):\n{BODY}"
    dise.answers({"match": "size", "text": answer(copied)})
    code, events = dise.json("run", "Write a function size(a), size(0) == 0, size(1) == 3")
    assert code == 0
    assert "lines 11–16 repeat lines 2–7" in gates(events)["gate duplication"]["detail"]
