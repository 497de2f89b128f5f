"""Candidates race, and a gate for accepted programs refuses the one that comes first: what becomes of the others."""

import contextlib
import json
import sqlite3
import time

from test_cancel import Connection
from test_gate_tools import own_gate
from test_gates import TASK, checks, notes

STAGE = "escalation:\n  - {role: fast, candidates: 3}\n"
LADDER = STAGE + "  - {role: fast, context: errors}\n"
ENDLESS = {"tokens_per_s": 0.2}
# The program says how long it is looked at, and whether it is refused.
JUDGE = """import re, sys, time
text = open(sys.argv[1]).read()
time.sleep(float((re.search("looks = ([0-9.]+)", text) or [0, 0])[1]))
if "a + b" in text:
    sys.exit("line 3: too plain")
"""


def program(result, looks=0, **how):
    return {"match": "add", "text": f"```python\ndef add(a, b):\n    looks = {looks}\n    return {result} if looks else {result}\n```", **how}


def judged(dise, severity="block"):
    own_gate(dise, "judge", f"severity: {severity}, on: accepted", JUDGE)


def ends(events):
    return [("abcdefgh"[e["candidate"] - 1], e["outcome"]) for e in events if e["type"] == "candidate_end"]


def at(events, **wanted):
    return next(i for i, e in enumerate(events) if all(e.get(k) == v for k, v in wanted.items()))


INSTEAD = "candidate b of stage 1 is looked at in the place of candidate a of stage 1: the gate judge says line 3: too plain"


def test_the_second_is_taken_when_the_first_is_refused(dise):
    """The second one still writes when the first is looked at; the third never ends."""
    dise.answers(program("a + b", 1.5), program("b + a", tokens_per_s=20), program("a - -b", **ENDLESS), extra=LADDER)
    judged(dise)
    code, events = dise.json("run", TASK)
    assert code == 0 and "b + a" in dise.json("artifact", "show", events[-1]["artifact"])[1][0]["source"]
    told = ends(events)
    assert told[0] == ("a", "accepted") and told[-1] == ("c", "cancelled") and set(told[1:3]) == {("a", "refused"), ("b", "accepted")}
    refused = next(e for e in events if e.get("outcome") == "refused")
    assert refused["why"] == "the gate judge says line 3: too plain"
    assert [n for n in notes(events) if "in the place of" in n] == [INSTEAD]
    assert [(e["stage"], e["outcome"]) for e in events if e["type"] == "stage_end"] == [(1, "solved")]
    # the third was cut only when the second was through
    assert at(events, type="candidate_end", candidate=3) > at(events, type="step_end", name="gate", outcome="done", label="gate b · python3")
    shown = dise.run("run", TASK, "--fresh").stderr.decode()
    assert f"· {INSTEAD}" in shown
    # its gates stand in its branch of the graph, and nowhere else
    runs = [e["path"] for e in events if e["type"] == "step_end" and e["label"] in ("gate a · python3", "gate b · python3")]
    fork = next(e["path"] for e in events if e["type"] == "fork_begin" and e["labels"].startswith("candidate a"))
    assert [p.startswith(f"{fork}.{n}.") for n, p in enumerate(runs, 1)] == [True, True]


def test_one_that_waits_is_told_that_another_was_taken(dise):
    """Which candidate gets which program, and which is looked at first, is chance; what is told of the others is not."""
    dise.answers(program("b + a", 1.5), program("a - -b"), program("a + b"), extra=STAGE)
    judged(dise)
    code, events = dise.json("run", TASK)
    source = dise.json("artifact", "show", events[-1]["artifact"])[1][0]["source"]
    assert code == 0 and ("a - -b" in source or "b + a" in source)
    last = dict(ends(events))
    taken = [name for name, outcome in last.items() if outcome == "accepted"]
    assert sorted(last) == ["a", "b", "c"] and len(taken) == 1 and set(last.values()) <= {"accepted", "cancelled", "refused"}
    code_of = {"abc"[e["candidate"] - 1]: e["code"] for e in events if e["type"] == "candidate_code"}
    assert ("a - -b" in code_of[taken[0]]) == ("a - -b" in source)
    assert all("a + b" in code_of[name] for name, outcome in last.items() if outcome == "refused")
    assert {e["why"] for e in events if e.get("outcome") == "cancelled" and e["type"] == "candidate_end"} == \
        {f"candidate {taken[0]} of stage 1 was taken"}


def test_where_nothing_can_be_refused_the_others_are_cut_at_once(dise):
    """No token is spent beside gates that only score."""
    dise.answers(program("a + b", 0.5), *[program("a - -b", **ENDLESS)] * 2, extra=STAGE)
    judged(dise, "score")
    code, events = dise.json("run", TASK)
    assert code == 0 and checks(events, "gate judge")
    told = ends(events)
    assert told[0] == ("a", "accepted") and set(told[1:]) == {("b", "cancelled"), ("c", "cancelled")}
    assert {e["why"] for e in events if e["type"] == "candidate_end"} == {"", "candidate a of stage 1 was taken"}
    for number in (2, 3):
        assert at(events, type="candidate_end", candidate=number) < at(events, type="gate", name="judge", state="runs")


def test_all_are_refused_and_the_next_prompt_says_by_what(dise):
    right = {"match": "What happened: the gate judge says line 3: too plain", "text": program("b + a")["text"]}
    dise.answers(*[program(f"a + b + {n}0 * 0") for n in range(3)], right, extra=LADDER)
    judged(dise)
    code, events = dise.json("run", TASK)
    assert code == 0
    stages = [e for e in events if e["type"] == "stage_end"]
    assert [e["outcome"] for e in stages] == ["failed", "solved"] and stages[0]["why"] == "the gate judge says line 3: too plain"
    first = [e for e in events if e["type"] == "candidate_end" and e["stage"] == 1]
    assert sorted(e["candidate"] for e in first if e["outcome"] == "refused") == [1, 2, 3]
    assert len([n for n in notes(events) if "in the place of" in n]) == 2
    kept = dise.json("artifact", "show", events[-1]["artifact"])[1][0]
    assert kept["repaired_from"]["why"] == "the gate judge says line 3: too plain" and kept["repaired_from"]["stage"] == 1
    # without another stage the best attempt is kept as unsolved, with what the gate said
    dise.answers(*[program(f"a + b + {n}0 * 0") for n in range(3)], extra=STAGE)
    code, events = dise.json("run", TASK, "--fresh")
    assert code == 1 and events[-1]["status"] == "unsolved" and events[-1]["message"] == "the gate judge says line 3: too plain"


def test_a_job_is_cancelled_while_one_is_looked_at(dise):
    dise.answers(program("b + a", 4), program("a - -b", 4), program("a + b", **ENDLESS), extra=LADDER)
    judged(dise)
    assert dise.run("artifact", "list").returncode == 0
    connection = Connection(dise)
    connection.ask("subscribe", job=0, after=-1, ephemeral=True)
    job = connection.ask("job.submit", task=TASK)["job"]
    connection.wait_for(job, type="gate", name="judge")
    connection.ask("job.cancel", job=job)
    end = connection.wait_for(job, type="job_done")
    assert end["status"] == "cancelled"
    events = connection.ask("job.events", job=job, after=0, limit=1000)["events"]
    last = dict(ends(events))
    assert last == {"a": "cancelled", "b": "cancelled", "c": "cancelled"}
    assert [e["outcome"] for e in events if e["type"] == "stage_end"] == ["cancelled"]
    assert not [e for e in events if e.get("why", "").endswith("was taken")]


def wait_for_line(run, **wanted):
    for line in run.stdout:
        event = json.loads(line)
        if all(event.get(k) == v for k, v in wanted.items()):
            return
    raise AssertionError(wanted)


def test_killed_under_the_gates_of_the_first_and_of_the_second(dise):
    dise.answers(program("a + b", 2), program("b + a", 2, tokens_per_s=20), program("a - -b", **ENDLESS), extra=LADDER)
    judged(dise)
    run = dise.start("run", TASK, "--json")
    wait_for_line(run, type="gate", name="judge", candidate=1)
    time.sleep(0.3)
    dise.kill_engine()
    run.kill()
    run.communicate()
    assert dise.run("artifact", "list").returncode == 0  # starts the engine, which goes on
    connection = Connection(dise)
    connection.ask("subscribe", job=1, after=0, ephemeral=True)
    connection.wait_for(1, type="gate", name="judge", candidate=2)
    time.sleep(0.3)
    dise.kill_engine()
    assert dise.run("artifact", "list").returncode == 0
    connection = Connection(dise)
    connection.ask("subscribe", job=1, after=0, ephemeral=True)
    end = connection.wait_for(1, type="job_done")
    events = connection.ask("job.events", job=1, after=0, limit=1000)["events"]
    assert end["status"] == "solved" and "b + a" in dise.json("artifact", "show", end["artifact"])[1][0]["source"]
    assert ends(events).count(("a", "refused")) == 1 and ("b", "refused") not in ends(events)
    assert [n for n in notes(events) if "in the place of" in n] == [INSTEAD]
    assert [(e["stage"], e["outcome"]) for e in events if e["type"] == "stage_end"] == [(1, "solved")]
    with contextlib.closing(sqlite3.connect(f"file:{dise.home / 'dise.db'}?mode=ro", uri=True)) as db:
        written = db.execute("SELECT count(*) FROM step WHERE name='llm' AND state=1").fetchone()
        turns = [v for v, in db.execute("SELECT value FROM step WHERE name='turn' ORDER BY path")]
    assert written == (2,) and [int(t) for t in turns] == [0, 1]


def test_the_budget_is_spent_while_one_is_looked_at(dise):
    """The others end with the budget; what is looked at costs none, so it is taken when it is through."""
    more = program("a - -b", tokens_in=100, tokens_per_s=2000)
    more["text"] = more["text"].replace("    looks", "".join(f"    # one word after another: {i}\n" for i in range(400)) + "    looks", 1)
    for result, status in (("b + a", "solved"), ("a + b", "unsolved")):
        dise.answers(program(result, 3, tokens_in=100, tokens_out=20), more, more, extra=LADDER)
        judged(dise)
        code, events = dise.json("run", TASK, "--budget", "600", "--fresh")
        assert events[-1]["status"] == status, events[-1]
        cut = [e for e in events if e["type"] == "candidate_end" and "budget" in e["why"]]
        assert sorted(e["candidate"] for e in cut) == [2, 3]
        assert all(events.index(e) < at(events, type="step_end", label="gate a · python3") for e in cut)
    assert code == 4 and events[-1]["error"] == "BUDGET" and "too plain" in events[-1]["message"]
    assert ("a", "refused") in ends(events) and [e["stage"] for e in events if e["type"] == "stage_begin"] == [1]


def test_a_blocking_gate_whose_program_is_missing_is_told_once_and_blocks_nothing(dise):
    """Strict, without the gates' programs: the first that passes is taken, whatever would have been said of it."""
    dise.env.update(DISE_GATES_PROFILE="strict", PATH="/usr/bin:/bin")
    dise.answers(program("a + b"), *[program("a - -b", **ENDLESS)] * 2, extra="gates: {install: false}\n" + LADDER)
    code, events = dise.json("run", TASK)
    assert code == 0 and [(e["stage"], e["outcome"]) for e in events if e["type"] == "stage_end"] == [(1, "solved")]
    assert [n for n in notes(events) if "left out" in n and "of ruff" not in n] == [
        "quality gates of black, vulture, radon, flake8, bandit, pydocstyle, mypy, pylint are left out: black is not installed; "
        "set gates.install, or install it so that it is on the PATH"]
    kept = {g["name"]: g for g in dise.json("artifact", "show", events[-1]["artifact"])[1][0]["gates"]}
    assert kept["mypy"]["state"] == kept["pylint"]["state"] == "missing" and "score" not in kept["mypy"]
    code, events = dise.json("run", TASK, "--fresh")
    assert code == 0 and not [n for n in notes(events) if "left out" in n]
