"""Quality gates: bugs that no example reaches, fixes, missing programs, a person's own gates."""

import json
import sqlite3
import time
from contextlib import closing

from conftest import copy_env

TASK = "write a function that adds two numbers, add(2, 3) == 5, add(1, 1) == 2"
GOOD = "```python\ndef add(a, b):\n    return a + b\n```"
LADDER = "escalation:\n  - {role: fast}\n  - {role: fast, context: errors}\n"


def answer(text, *more):
    return [{"match": "add", "text": t} for t in (text, *more)]


def checks(events, begins):
    return [e for e in events if e["type"] == "check" and e["name"].startswith(begins)]


def notes(events):
    return [e["text"] for e in events if e["type"] == "job_note"]


def put_gate(dise, name, severity, script, more=""):
    folder = dise.home / "tools" / "gate"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(script)
    (folder / f"{name}.yaml").write_text(
        f"type: executable\ndescription: mine\ngate: {{severity: {severity}{more}}}\n"
        f"executable: {{command: python, args: ['{{tool_dir}}/{name}.py', '{{source_file}}'], timeout: 5}}\n")


def test_a_bug_that_no_example_reaches_is_rejected_and_repaired(dise):
    bug = "```python\ndef add(a, b):\n    if a > 1000:\n        return totl\n    return a + b\n```"
    dise.answers(*answer(bug, GOOD), extra=LADDER)
    code, events = dise.json("run", TASK)
    assert code == 0
    [found] = checks(events, "gate ")
    assert found["name"] == "gate ruff_bugs" and found["severity"] == "block" and not found["ok"]
    assert found["detail"] == "line 3: F821 undefined name `totl`"
    ends = [e for e in events if e["type"] == "candidate_end"]
    assert [e["outcome"] for e in ends] == ["rejected", "accepted"]
    assert "line 3: F821 undefined name `totl`" in ends[0]["why"], "the repairer is not told"
    # both were seen by the examples, beside the gates
    assert len([e for e in checks(events, "example") if e["stage"] == 1 and e["ok"]]) == 2
    kept = dise.json("artifact", "show", events[-1]["artifact"])[1][0]
    assert kept["repaired_from"]["why"] == ends[0]["why"]
    # in the workflow the runs beside the gates stand where their candidates do
    [workflow] = dise.json("workflow", "show", kept["id"].replace("a1", "a2"))[1]
    steps = workflow.get("workflow", workflow)["steps"]
    assert [s["output_name"] for s in steps] == ["verdict", "found", "code", "report", "code", "report", "choice", "result"]
    for before, step in zip(steps, steps[1:]):
        assert step["depends_on"] == [before["step_id"]] and not step.get("parallel_group")
    assert steps[3]["input_mapping"]["code"] == f"steps.{steps[2]['step_id']}.code"
    assert steps[4]["input_mapping"]["error"] == f"steps.{steps[3]['step_id']}.report"


def test_an_answer_cannot_silence_the_gates(dise):
    bug = "```python\n# ruff: noqa\ndef add(a, b):\n    if a > 1000:\n        return totl  # noqa\n    return a + b\n```"
    dise.answers(*answer(bug), extra="escalation: [{role: fast}]\n")
    code, events = dise.json("run", TASK)
    assert code == 1 and "totl" in events[-1]["message"]


def test_an_unused_import_is_removed_before_anything_is_judged(dise):
    dise.answers(*answer("```python\nimport os\nimport notthere\n\n\ndef add(a, b):\n    return a + b\n```"))
    code, events = dise.json("run", TASK)
    assert code == 0
    [fixed] = checks(events, "fix ")
    assert fixed["ok"] and fixed["subject"] == "line 1: import os; line 2: import notthere"
    codes = [e["code"] for e in events if e["type"] == "candidate_code"]
    assert len(codes) == 2 and "import" not in codes[1]
    kept = dise.json("artifact", "show", events[-1]["artifact"])[1][0]
    assert "import os" not in kept["source"] and "import notthere" not in kept["code"]


def test_an_import_that_the_task_needs_stays(dise):
    dise.answers({"match": "year", "text": "```python\nfrom datetime import date\n\n\ndef year_of(d):\n    return d.year\n```"})
    code, events = dise.json("run", "the year of a date, year_of(date(2020, 5, 1)) == 2020")
    assert code == 0 and not checks(events, "fix ")


def test_dangerous_code_is_noticed_and_accepted(dise):
    dise.answers(*answer("```python\ndef add(a, b):\n    return eval(f'{a} + {b}')\n```"))
    code, events = dise.json("run", TASK)
    assert code == 0
    [found] = checks(events, "gate ")
    assert found["name"] == "gate ruff_security" and found["severity"] == "score"
    shown = dise.run("run", TASK, "--fresh").stderr.decode()
    assert "⚠ gate ruff_security: line 2: S307" in shown


def test_a_missing_program_is_told_once_and_blocks_nothing(dise, python_env):
    copy_env(python_env, dise.home / "venv")
    dise.env.update(PATH="/usr/bin:/bin", PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="0",
                    PIP_CONFIG_FILE="/dev/null", PIP_NO_CACHE_DIR="1")
    dise.answers(*answer(GOOD))
    code, events = dise.json("run", TASK)
    assert code == 0
    told = [n for n in notes(events) if "ruff" in n]
    assert len(told) == 1 and told[0].startswith("quality gates of ruff are left out: ruff ")
    end = time.monotonic() + 60
    while "cannot" not in (text := dise.run("doctor").stdout.decode()) and "No matching" not in text and time.monotonic() < end:
        time.sleep(0.3)
    line = next(x for x in text.splitlines() if "gates: ruff" in x)
    assert "⚠" in line and "ruff" in line
    code, events = dise.json("run", TASK, "--fresh")
    assert code == 0 and not [n for n in notes(events) if "ruff" in n]


def test_a_home_without_installing_names_the_option(dise):
    dise.env["PATH"] = "/usr/bin:/bin"
    dise.answers(*answer(GOOD), extra="gates: {install: false}\n")
    code, events = dise.json("run", TASK)
    assert code == 0 and any("set gates.install" in n for n in notes(events))
    assert not (dise.home / "venv").exists() and not (dise.home / "packages").exists()


def test_gates_can_be_left_out(dise):
    dise.answers(*answer("```python\ndef add(a, b):\n    if a > 1000:\n        return totl\n    return a + b\n```"),
                 extra="gates: {enabled: false}\n")
    code, events = dise.json("run", TASK)
    assert code == 0 and not checks(events, "gate")


def test_a_persons_gate_blocks_scores_and_informs(dise):
    script = "import sys\ntext = open(sys.argv[1]).read()\nif 'return a + b' in text:\n    sys.exit('line 2: too plain')\n"
    dise.answers(*answer(GOOD, "```python\ndef add(a, b):\n    return b + a\n```"), extra=LADDER)
    put_gate(dise, "plain", "block", script)
    code, events = dise.json("run", TASK)
    ends = [e for e in events if e["type"] == "candidate_end"]
    assert code == 0 and [e["outcome"] for e in ends] == ["rejected", "accepted"]
    assert ends[0]["why"] == "the gate plain says line 2: too plain"
    for severity in ("score", "inform"):
        put_gate(dise, "plain", severity, script)
        code, events = dise.json("run", TASK, "--fresh")
        [found] = checks(events, "gate ")
        assert code == 0 and found["severity"] == severity and found["detail"] == "line 2: too plain"
        assert [e["outcome"] for e in events if e["type"] == "candidate_end"] == ["accepted"]


def test_a_gate_may_tell_a_score_and_read_its_input(dise):
    put_gate(dise, "judge", "block", "import json, sys\njson.dump({'score': 0.4, 'findings': []}, sys.stdout)\n", ", threshold: 0.5")
    dise.answers(*answer(GOOD), extra="escalation: [{role: fast}]\n")
    code, events = dise.json("run", TASK)
    assert code == 1 and "the gate judge says its score is 0.40" in events[-1]["message"]


def test_a_broken_gate_is_named_with_its_place_and_left_out(dise):
    put_gate(dise, "mine", "blok", "")
    dise.answers(*answer(GOOD))
    code, events = dise.json("run", TASK)
    assert code == 0
    assert any("mine.yaml:3:8: a gate's severity is block, score or inform" in n for n in notes(events))
    assert "mine.yaml:3:8" in dise.run("tool", "list").stdout.decode()


def test_a_gate_that_crashes_or_hangs_blocks_nothing(dise):
    put_gate(dise, "crash", "block", "raise KeyError(3)\n")
    put_gate(dise, "hang", "block", "while True:\n    pass\n")
    folder = dise.home / "tools" / "gate"
    hang = folder / "hang.yaml"
    hang.write_text(hang.read_text().replace("timeout: 5", "timeout_ms: 300"))
    dise.answers(*answer(GOOD))
    code, events = dise.json("run", TASK)
    assert code == 0
    assert any(n.startswith("quality gates of crash are left out: it ended with 1: KeyError: 3") for n in notes(events))
    assert any(n == "quality gates of hang come to no end: timed out after 0.3 s" for n in notes(events))
    found = {c["name"]: c for c in checks(events, "gate ")}
    assert found["gate crash"]["detail"] == "crashed: it ended with 1: KeyError: 3"
    assert found["gate crash"]["severity"] == "inform"
    assert found["gate hang"]["detail"] == "the gate came to no end: timed out after 0.3 s"


def test_a_resumed_job_runs_no_gate_again_and_keeps_its_gates(dise):
    """The engine is killed in the second stage's long answer: what the first stage's gates said stands."""
    bug = "```python\ndef add(a, b):\n    if a > 1000:\n        return totl\n    return a + b\n```"
    dise.answers(*answer(bug), {"match": "totl", "text": GOOD, "tokens_per_s": 8}, extra=LADDER)
    run = dise.start("run", TASK, "--json")
    for line in run.stdout:
        event = json.loads(line)
        if event["type"] == "token_delta" and event["stage"] == 2:
            break
    dise.kill_engine()
    run.kill()
    run.communicate()
    put_gate(dise, "late", "block", "import sys\nsys.exit('line 1: never')\n")
    database = dise.home / "dise.db"
    assert dise.run("artifact", "list").returncode == 0  # starts the engine, which goes on
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
            rows = db.execute("SELECT e.path, j.status FROM event e JOIN job j ON j.id = e.job WHERE json_extract(e.body, '$.name') = 'gate'"
                              " AND json_extract(e.body, '$.outcome') IN ('done', 'failed')").fetchall()
        if rows and rows[0][1]:
            break
        time.sleep(0.2)
    assert {status for _, status in rows} == {"solved"}
    assert len(rows) == 2 and len({path for path, _ in rows}) == 2, "one run a stage"


GATE = """import json, sys
text = open(sys.argv[1]).read()
long = sum(len(line) > 20 for line in text.splitlines())
json.dump({"score": 1 / (1 + long), "findings": [{"line": 1, "message": "long"}] * long}, sys.stdout)
"""


def test_what_gates_say_is_kept_and_makes_the_quality_over_versions(dise):
    put_gate(dise, "lines", "score", GATE, ", threshold: 0.9")
    put_gate(dise, "broken", "score", "raise KeyError(3)\n")
    long = GOOD.replace("a + b", "(a + b) * 1 + 0 + 0")
    dise.answers(*answer(long))
    code, events = dise.json("run", TASK)
    assert code == 0
    # live, and once more for good
    live = [(e["name"], e["state"]) for e in events if e["type"] == "gate"]
    assert live.index(("lines", "runs")) < live.index(("lines", "found")) and ("broken", "crashed") in live
    told = [e for e in events if e["type"] == "gates"][-1]
    results = {g["name"]: g for g in told["results"]}
    assert results["lines"]["state"] == "found" and results["lines"]["score"] == 0.5 and results["lines"]["ms"] > 0
    assert results["ruff_bugs"]["state"] == "passed" and results["ruff_bugs"]["score"] == 1
    assert results["broken"]["state"] == "crashed" and "KeyError" in results["broken"]["why"]
    [first] = dise.json("artifact", "show", events[-1]["artifact"])[1]
    gates = {g["name"]: g for g in first["gates"]}
    assert gates["lines"]["findings"][0]["text"] == "long" and gates["lines"]["trend"] == [0.5]
    assert abs(first["gate_score"] - told["score"]) < 1e-6
    # the mean of what scores 1 and of what can block 2, without what crashed and what only informs
    weighed = [(2 if g["severity"] == "block" else 1, g["score"]) for g in first["gates"] if g["severity"] != "inform" and "score" in g]
    assert abs(first["gate_score"] - sum(w * s for w, s in weighed) / sum(w for w, _ in weighed)) < 1e-9
    # whoever reads the parts can compute the quality
    parts = {p["name"]: p for p in first["quality_parts"]["parts"]}
    merits = [parts[n] for n in ("time", "memory", "code") if "value" in parts[n]]
    mean = sum(p["value"] * p["weight"] for p in merits) / sum(p["weight"] for p in merits)
    assert abs(first["quality"] - parts["success"]["value"] * (0.7 + 0.3 * mean)) < 1e-6
    # a better version: its gate has a trend and a change
    dise.answers(*answer(GOOD))
    code, events = dise.json("run", "--fresh", TASK)
    assert code == 0
    [second] = dise.json("artifact", "show", events[-1]["artifact"])[1]
    assert second["chain"] == first["id"] and second["quality"] > first["quality"]
    gates = {g["name"]: g for g in second["gates"]}
    assert gates["lines"]["trend"] == [0.5, 1] and gates["lines"]["change"] == 0.5
    shown = dise.run("rag", "show", second["id"]).stdout.decode()
    assert f"# quality {second['quality']:.2f} = success " in shown and "× code " in shown
    assert "✔ lines              1.00 " in shown and "  ▅█ +0.50" in shown and "– broken             crashed: " in shown
    # edited: the figures are those of before, and no part of the quality
    edited = dise.run("rag", "edit", second["id"], "-", input=b"def add(c, d):\n    return c + d\n")
    assert edited.returncode == 0, edited.stderr
    third = dise.json("rag", "versions", second["id"])[1][0]
    assert third["gates_of"] == second["version"] and "gate_score" not in third
    shown = dise.run("rag", "show", third["id"]).stdout.decode()
    assert f"gates: of version {second['version']}; nothing has judged it since it was edited" in shown
    assert "× code" not in shown
    listed = dise.run("rag", "versions", second["id"]).stdout.decode().splitlines()
    assert "gates -" in listed[0] and f"gates {second['gate_score']:.2f}" in listed[1] and f"gates {first['gate_score']:.2f}" in listed[2]
    # judged again when it is verified, and only then
    assert dise.json("rag", "verify", third["id"], "--wait")[0] == 0
    again = dise.json("rag", "versions", second["id"])[1][0]
    assert again["id"] == third["id"] and again["gate_score"] == second["gate_score"] and "gates_of" not in again
    [shown] = dise.json("artifact", "show", third["id"])[1]
    gates = {g["name"]: g for g in shown["gates"]}
    assert gates["lines"]["trend"] == [0.5, 1, 1] and gates["lines"]["change"] == 0
    runs = "SELECT count(*) FROM step WHERE name = 'gate'"
    with closing(sqlite3.connect(dise.home / "dise.db")) as db:
        [[before]] = db.execute(runs).fetchall()
    assert dise.json("rag", "verify", third["id"], "--wait")[0] == 0
    with closing(sqlite3.connect(dise.home / "dise.db")) as db:
        assert db.execute(runs).fetchall() == [(before,)]
    # going back: judged as that version was
    dise.run("rag", "rollback", third["id"], "--to", first["version"])
    back = dise.json("rag", "versions", second["id"])[1][0]
    assert back["gate_score"] == first["gate_score"] and "gates_of" not in back
