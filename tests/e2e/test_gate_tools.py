"""The gates of other programs: what each says, what is repaired by itself, the profiles, what does not work."""

import contextlib
import json
import re
import shutil
import socket
import sqlite3
import time

import pytest

from conftest import ROOT
from test_gates import GOOD, LADDER, TASK, answer, checks, notes

ONE = "escalation: [{role: fast}]\n"
BAD = '''# pylint: disable=all
# mypy: ignore-errors
import sys
import subprocess

def add( a,b ):  # type: ignore  # noqa  # pylint: skip-file
    global total
    if a == None:
        return subprocess.call("ls " + b, shell=True)  # nosec
    if b == None:
        return eval(a)
    total = a+b
    return total
    return sys.path
'''
TANGLED = "import sys\n\n\ndef add(a, b):\n" + "".join(
    f"    if a > {1000 + n} and b != {n}:\n        return {n}\n" for n in range(12)) + "    return a + b if sys.path else 0\n"
FINE = '''"""Sums."""


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b
'''


def fence(code):
    return f"```python\n{code}```"


@pytest.fixture
def tools(dise):
    """A home whose gates are those of a profile; with time enough for all of them side by side on a busy machine."""
    def choose(profile):
        dise.env["DISE_GATES_PROFILE"] = profile
        if profile != "quick":
            folder = dise.home / "tools" / "gate"
            shutil.copytree(ROOT / "tools" / "gate", folder)
            for file in folder.glob("*.yaml"):
                file.write_text(re.sub("timeout: [0-9]+", "timeout: 120", file.read_text()))
        return dise
    return choose


def own_gate(dise, name, gate, script, more=""):
    folder = dise.home / "tools" / "gate"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(script)
    (folder / f"{name}.yaml").write_text(
        f"type: executable\ndescription: mine\ngate: {{{gate}}}\n"
        f"executable: {{command: python, args: ['{{tool_dir}}/{name}.py', '{{source_file}}'], timeout: 5}}\n{more}")


def said(events, stage=None):
    return {c["name"].removeprefix("gate "): c for c in checks(events, "gate ") if stage in (None, c["stage"])}


def last_code(events):
    return [e["code"] for e in events if e["type"] == "candidate_code"][-1]


def test_every_gate_says_what_is_wrong_and_nothing_of_a_good_program(tools):
    """One bad program that runs and wants no gate to see it; what they say all the same is in the next prompt."""
    dise = tools("strict")
    dise.answers({"match": "write a function", "text": fence(BAD)}, {"match": "no-untyped-def", "text": fence(FINE)}, extra=LADDER)
    code, events = dise.json("run", TASK)
    assert code == 0 and last_code(events) == FINE
    found = said(events, 1)
    says = {
        "vulture": ("score", "line 15: unreachable code after 'return' (100% confidence)"),
        "flake8": ("score", "E711"),
        "bandit": ("block", "points of risk, at most 3 passes; "),
        "pydocstyle": ("score", "D100 missing docstring in public module"),
        "mypy": ("block", "no-untyped-def function is missing a type annotation"),
        "pylint": ("block", " of 10, at least 7 passes; "),
    }
    for name, (severity, text) in says.items():
        assert found[name]["severity"] == severity and text in found[name]["detail"], found.get(name)
    assert "B602" in found["bandit"]["detail"]
    # isort and black have nothing to say any more: they have mended it first
    assert {c["name"] for c in checks(events, "fix ")} >= {"fix isort", "fix black"}
    assert not found.keys() & {"isort", "black", "radon_complexity", "radon_maintainability"}
    ends = [e for e in events if e["type"] == "stage_end"]
    assert [e["outcome"] for e in ends] == ["failed", "solved"]
    assert "the gate mypy says " in ends[0]["why"] and "the gate bandit says " in ends[0]["why"]
    assert not said(events, 2)
    passed, asked = checks(events, "gates")[-1]["subject"].removesuffix(" quality gates of the accepted program").split(" of ")
    assert passed == asked and int(passed) >= len(says) + 3, "isort has nothing to order; what DiSE measures itself counts, too"


def test_figures_of_radon_are_judged_by_their_thresholds(tools):
    dise = tools("standard")
    folder = dise.home / "tools" / "gate"
    shipped = (folder / "radon_maintainability.yaml").read_text()
    (folder / "radon_maintainability.yaml").write_text(shipped.replace("threshold: 20", "threshold: 99"))
    dise.answers(*answer(fence(TANGLED)), extra=ONE)
    code, events = dise.json("run", TASK)
    found = said(events)
    assert code == 0
    assert found["radon_complexity"]["detail"].startswith("26 ways through a function, at most 10 passes; line 4: CC `add` has 26")
    assert found["radon_complexity"]["severity"] == "score"
    assert found["radon_maintainability"]["detail"].endswith(" of 100, at least 99 passes")
    # the figures of a run that both share stay with the artifact, each in its unit
    kept = {g["name"]: g for g in dise.json("artifact", "show", events[-1]["artifact"])[1][0]["gates"]}
    assert (kept["radon_complexity"]["value"], kept["radon_complexity"]["unit"]) == (26, "ways through a function")
    assert 40 < kept["radon_maintainability"]["value"] < 99 and kept["radon_maintainability"]["unit"] == "of 100"
    assert (kept["bandit"]["value"], kept["bandit"]["score"], kept["bandit"]["state"]) == (0, 1, "passed")
    assert kept["ruff_bugs"]["state"] == kept["flake8"]["state"] == "passed"


def test_formats_are_mended_and_what_runs_is_checked_again(tools):
    dise = tools("standard")
    dise.answers(*answer(fence("import sys, os\n\n\ndef add( a,b ):\n    return a+b if os.name and sys.path else ''\n")), extra=ONE)
    code, events = dise.json("run", TASK)
    assert code == 0
    kept = dise.json("artifact", "show", events[-1]["artifact"])[1][0]
    assert kept["source"] == last_code(events)
    assert kept["source"] == 'import os\nimport sys\n\n\ndef add(a, b):\n    return a + b if os.name and sys.path else ""\n'
    assert [c["name"] for c in checks(events, "fix ")] == ["fix isort", "fix black"]
    assert {g["name"]: g.get("fixed") for g in kept["gates"] if g["name"] in ("isort", "black")} == {"isort": True, "black": True}
    assert len(checks(events, "example")) == 4, "the examples are to be run on the mended program"
    assert not said(events).keys() & {"isort", "black", "flake8"}


def test_a_fix_that_changes_what_the_program_does_is_not_taken(tools):
    dise = tools("quick")
    fix = "import sys\ntext = open(sys.argv[1]).read()\nopen(sys.argv[1], 'w').write(text.replace('a + b', 'a - b'))\n"
    own_gate(dise, "breaks", "severity: inform, on: accepted", "", "auto_fix: {command: python, args: ['{tool_dir}/mend.py', '{source_file}']}\n")
    (dise.home / "tools" / "gate" / "mend.py").write_text(fix)
    dise.answers(*answer(GOOD), extra=ONE)
    code, events = dise.json("run", TASK)
    assert code == 0 and "a + b" in last_code(events) and not checks(events, "fix ")
    assert any("answers otherwise: it stays as it was" in n for n in notes(events))


def test_a_gate_that_blocks_the_accepted_program_sends_the_climb_on(tools):
    dise = tools("quick")
    script = "import sys\nif 'return a + b' in open(sys.argv[1]).read():\n    sys.exit('line 2: too plain')\n"
    own_gate(dise, "plain", "severity: block, on: accepted", script)
    other = "```python\ndef add(a, b):\n    return b + a\n```"
    dise.answers({"match": "write a function", "text": GOOD}, {"match": "too plain", "text": other}, extra=LADDER)
    code, events = dise.json("run", TASK)
    ends = [e for e in events if e["type"] == "stage_end"]
    assert code == 0 and "b + a" in last_code(events)
    assert [e["outcome"] for e in ends] == ["failed", "solved"]
    assert ends[0]["why"] == "the gate plain says line 2: too plain"
    kept = dise.json("artifact", "show", events[-1]["artifact"])[1][0]
    assert kept["repaired_from"]["why"] == ends[0]["why"]
    # where nobody else can be asked the task stays unsolved
    dise.answers(*answer(GOOD), extra=ONE)
    code, events = dise.json("run", TASK, "--fresh")
    assert code == 1 and events[-1]["status"] == "unsolved" and "too plain" in events[-1]["message"]
    # of two that are compared the other one is taken in the place of the one that was refused
    dise.answers(*answer(GOOD, other), extra="escalation: [{role: fast, candidates: 2}]\n", tests=True)
    code, events = dise.json("run", TASK, "--fresh")
    assert code == 0 and "b + a" in dise.json("artifact", "show", events[-1]["artifact"])[1][0]["source"]


def test_a_gate_of_the_accepted_program_that_does_not_work_blocks_nothing(tools):
    dise = tools("quick")
    own_gate(dise, "crash", "severity: block, on: accepted", "import os\nos.abort()\n")
    own_gate(dise, "hang", "severity: block, on: accepted", "while True:\n    pass\n")
    own_gate(dise, "short", "severity: block, on: accepted", "raise SystemExit(1)\n")
    folder = dise.home / "tools" / "gate"
    for name, was, now in (("hang", "timeout: 5", "timeout_ms: 300"), ("short", "timeout: 5", "max_lines: 1")):
        file = folder / f"{name}.yaml"
        file.write_text(file.read_text().replace(was, now))
    dise.answers(*answer(GOOD))
    code, events = dise.json("run", TASK)
    found = said(events)
    assert code == 0
    assert found["crash"]["detail"] == "crashed: it was ended by signal 6" and found["crash"]["severity"] == "inform"
    assert found["hang"]["detail"] == "the gate came to no end: timed out after 0.3 s"
    assert found["short"]["detail"] == "left out: the program has 2 lines, and this gate takes 1"
    assert any(n == "quality gates of crash are left out: it was ended by signal 6" for n in notes(events))
    assert any(n == "quality gates of hang come to no end: timed out after 0.3 s" for n in notes(events))


def test_missing_programs_are_told_in_one_sentence_and_once(tools):
    dise = tools("standard")
    dise.env["PATH"] = "/usr/bin:/bin"
    dise.answers(*answer(GOOD), extra="gates: {install: false}\n")
    code, events = dise.json("run", TASK)
    told = [n for n in notes(events) if "are left out" in n and "ruff" not in n]
    assert code == 0 and len(told) == 1
    assert told[0] == ("quality gates of black, vulture, radon, flake8, bandit are left out: black is not installed; "
                       "set gates.install, or install it so that it is on the PATH")
    code, events = dise.json("run", TASK, "--fresh")
    assert code == 0 and not [n for n in notes(events) if "are left out" in n]


def test_what_is_still_being_installed_is_for_a_later_program(tools):
    """pip asks a server that never answers: the job does not wait for it."""
    dise = tools("standard")
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as server:
        dise.env.update(PATH="/usr/bin:/bin", PIP_INDEX_URL=f"http://127.0.0.1:{server.getsockname()[1]}/simple",
                        PIP_CONFIG_FILE="/dev/null", PIP_NO_CACHE_DIR="1", PIP_RETRIES="0", PIP_DEFAULT_TIMEOUT="300")
        for gate in ("bugs", "complexity", "doubtful", "performance", "security", "style", "unused"):
            own_gate(dise, f"ruff_{gate}", "severity: inform", "")
        dise.answers(*answer(GOOD))
        code, events = dise.json("run", TASK)
        assert code == 0 and events[-1]["seconds"] < 100
        assert ("quality gates of black, vulture, radon, flake8, bandit come with a later program: "
                "they are being installed") in notes(events)
        dise.run("stop")


def test_a_profile_that_is_none_is_refused_where_it_stands(dise):
    del dise.env["DISE_GATES_PROFILE"]
    dise.answers(*answer(GOOD), extra="gates: {profile: hard}\n")
    done = dise.run("run", TASK)
    assert done.returncode != 0 and b"gates.profile must be quick, standard or strict" in done.stderr
    assert b"config.yaml:" in done.stderr


def test_an_own_gate_declares_how_its_output_is_read(tools):
    dise = tools("quick")
    own_gate(dise, "lines", "severity: inform", "print('3,7 X9 odd | really')\nprint('rated 4.5')\nraise SystemExit(2)\n")
    file = dise.home / "tools" / "gate" / "lines.yaml"
    file.write_text(file.read_text().replace("severity: inform", "severity: score, value: value, unit: of ten, scale: [0, 10], threshold: 5").replace(
        "timeout: 5}", "timeout: 5, silencers: ['# *quiet'],\n  output: {pattern: '^([0-9]+),([0-9]+) ([A-Z][0-9]) (.*)$|^rated ([0-9.]+)$',"
                       " fields: [line, column, code, message, value]}}"))
    dise.answers(*answer(GOOD))
    code, events = dise.json("run", TASK)
    assert code == 0 and said(events)["lines"]["detail"] == "4.5 of ten, at least 5 passes; line 3: X9 odd | really"


def test_a_resumed_job_does_not_run_a_gate_of_the_accepted_program_again(tools):
    """The engine is killed while the dear gates run: those that have ended stand, the others run."""
    dise = tools("quick")
    own_gate(dise, "first", "severity: score, on: accepted", "import sys\nsys.exit('line 1: so it is')\n", "priority: 90\n")
    own_gate(dise, "slow", "severity: block, on: accepted", "import time\ntime.sleep(2)\n")
    dise.answers(*answer(GOOD))
    run = dise.start("run", TASK, "--json")
    for line in run.stdout:
        event = json.loads(line)
        if event["type"] == "check" and event["name"] == "gate first":
            break
    time.sleep(0.2)
    dise.kill_engine()
    run.kill()
    run.communicate()
    assert dise.run("artifact", "list").returncode == 0  # starts the engine, which goes on
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with contextlib.closing(sqlite3.connect(f"file:{dise.home / 'dise.db'}?mode=ro", uri=True)) as db:
            ran = db.execute("SELECT path FROM event WHERE json_extract(body, '$.name') = 'gate'"
                             " AND json_extract(body, '$.outcome') IN ('done', 'failed')").fetchall()
            status = db.execute("SELECT status FROM job").fetchall()
        if status == [("solved",)]:
            break
        time.sleep(0.2)
    assert status == [("solved",)]
    assert len(ran) == len(set(ran)) == 3, "ruff, first and slow, each once"
    kept = {g["name"]: g["state"] for g in dise.json("artifact", "show", "a1")[1][0]["gates"]}
    assert kept["first"] == "found" and kept["slow"] == "passed"


@pytest.mark.long
def test_a_program_of_ten_thousand_lines_is_judged_in_bounded_time(tools):
    dise = tools("strict")
    body = "".join(f"def f{n}(a):\n    b = a + {n}\n    return b\n\n\n" for n in range(2000))
    dise.answers(*answer(fence(body + "def add(a, b):\n    return a + b\n")), extra=ONE)
    code, events = dise.json("run", TASK, timeout=300)
    found = said(events)
    for name in ("black", "pylint", "flake8", "mypy"):
        assert "left out: the program has 10002 lines" in found[name]["detail"]
    assert "D103" in found["pydocstyle"]["detail"]
    assert events[-1]["seconds"] < 90
