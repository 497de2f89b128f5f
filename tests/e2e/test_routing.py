"""Who answers when a backend does not: retries, other backends in its place, circuit breaker, limits, turns."""

import json
import sqlite3
import threading
import time

import pytest
from batches import submit, write_tasks
from fake_model import FakeModel, config
from test_cancel import start

ADD = "```python\ndef add(a, b):\n    return a + b\n```"
TASK = "write a function that adds two numbers, add(2, 3) == 5"


@pytest.fixture
def model():
    made = []

    def make(text=ADD, plan=(), name="first"):
        made.append(FakeModel(text, plan, name))
        return made[-1]

    yield make
    for server in made:
        server.close()


def kinds(events, kind):
    return [e for e in events if e["type"] == kind]


def run(dise, *args):
    code, events = dise.json("run", TASK, "--fresh", *args)
    return code, events, kinds(events, "llm_call"), [e["text"] for e in kinds(events, "job_note")]


def told(connection, job):
    return connection.ask("job.events", job=job, after=0, limit=1000)["events"]


def end_of(connection, job):
    """Also when it was told while something else was waited for."""
    limit = time.monotonic() + 60
    while not (ends := [e for e in told(connection, job) if e["type"] == "job_done"]):
        assert time.monotonic() < limit
        time.sleep(0.05)
    return ends[0]


def test_another_answers_when_the_first_is_down(dise, model):
    first, second = model(name="first"), model(name="second")
    dise.config(config(first, second))
    assert dise.run("doctor").returncode in (0, 1)  # the first is seen before it goes
    first.close()
    code, events, calls, notes = run(dise)
    assert code == 0 and not first.asked and len(second.asked) == 1
    assert [(c["backend"], c["error"]) for c in calls] == [("first", "NET_CONNECT"), ("second", "")]
    assert any("first did not answer" in n and n.endswith("second answers instead") for n in notes), notes
    shown = dise.json("artifact", "show", "a1")[1][0]
    assert shown["backend"] == "second" and shown["model"] == "second"


def test_a_stream_that_breaks_off_begins_anew_at_the_next(dise, model):
    first = model("```python\ndef add(a, b):\n    return a - b # half of it", [{"break_after": 6, "pause": 0.05}], "first")
    second = model(name="second")
    dise.config(config(first, second))
    connection = start(dise)
    job = connection.ask("job.submit", task=TASK, fresh=True)["job"]
    text, restarts, end = "", 0, None
    while not end:
        event = json.loads(connection.lines.readline())["params"]
        if event["type"] == "token_delta":
            restarts += event["restart"]
            text = ("" if event["restart"] else text) + event["text"]
        end = event if event["type"] == "job_done" else None
    assert end["status"] == "solved" and restarts == 1 and text == ADD
    events = connection.ask("job.events", job=job, after=0, limit=1000)["events"]
    calls, notes = kinds(events, "llm_call"), [e["text"] for e in kinds(events, "job_note")]
    assert [(c["backend"], c["error"], c["tokens_out"] > 0) for c in calls] == [("first", "NET_BROKEN", True), ("second", "", True)]
    assert any(n.startswith(f"first broke off after {calls[0]['tokens_out']} tokens") and n.endswith("second answers instead") for n in notes), notes
    assert end["llm_calls"] == 2 and end["tokens_out"] == sum(c["tokens_out"] for c in calls)
    assert len(first.asked) == 1 and len(second.asked) == 1


def test_the_dashboard_says_who_answers_instead(dise, model, tui):
    first, second = model(plan=[{"break_after": 5}]), model(name="second")
    dise.config(config(first, second))
    t = tui(columns=120, lines=40)
    t.wait_for("● engine")
    t.send(TASK + "\r")
    t.wait_for("first broke off after ")
    t.wait_for("second answers instead")
    t.wait_for("return a + b")


def test_an_answer_that_breaks_off_is_asked_for_again_where_nobody_else_is(dise, model):
    first = model(plan=[{"break_after": 3}])
    dise.config(config(first))
    code, events, calls, notes = run(dise)
    assert code == 0 and len(first.asked) == 2
    assert [(c["error"], c["tokens_out"] > 0) for c in calls] == [("NET_BROKEN", True), ("", True)]
    assert any(n.startswith(f"first broke off after {calls[0]['tokens_out']} tokens") and n.endswith("it is asked again") for n in notes), notes


def test_who_slows_down_is_waited_for_as_long_as_it_says(dise, model):
    first = model(plan=[(429, {"Retry-After": "1"})])
    dise.config(config(first))
    code, events, calls, notes = run(dise)
    assert code == 0 and len(first.asked) == 2 and len(calls) == 1
    assert 1.0 <= first.asked[1][0] - first.asked[0][0] < 5


def test_who_asks_for_more_patience_than_there_is_is_left(dise, model):
    first, second = model(plan=[(429, {"Retry-After": "30"})]), model(name="second")
    dise.config(config(first, second))
    connection, began = start(dise), time.monotonic()
    code, events, calls, notes = run(dise)
    assert code == 0 and len(first.asked) == 1 and len(second.asked) == 1 and time.monotonic() - began < 10
    assert "asks not to be asked for 30 s" in connection.wait_for(0, type="backend_state", state="slow")["detail"]
    assert run(dise)[0] == 0 and len(first.asked) == 1 and len(second.asked) == 2, "not before the time"


def test_who_says_nothing_is_not_waited_for_for_ever(dise, model):
    first, second = model(plan=[{"wait": 20}]), model(name="second")
    dise.config(config(first, second).replace("llm:\n", "llm:\n  first_token_ms: 600\n"))
    began = time.monotonic()
    code, events, calls, notes = run(dise)
    assert code == 0 and time.monotonic() - began < 15 and [(c["backend"], c["error"]) for c in calls] == [("first", "TIMEOUT"), ("second", "")]
    assert len(first.asked) == 1


def test_what_is_refused_for_good_is_asked_once(dise, model):
    first = model(plan=[400] * 9)
    dise.config(config(first))
    code, events, calls, notes = run(dise)
    assert code != 0 and len(first.asked) == 1 and calls[0]["error"] == "HTTP_CLIENT"


def test_a_backend_that_keeps_failing_is_left_alone_until_a_probe_goes_well(dise, model):
    first, second = model(plan=[503] * 7), model(name="second")
    dise.config(config(first, second))
    connection = start(dise)
    for _ in range(2):  # two tries each time, and the fifth failure opens it
        assert run(dise)[0] == 0
    third = connection.ask("job.submit", task=TASK, fresh=True)["job"]
    connection.wait_for(0, type="backend_state", state="down")
    fourth = connection.ask("job.submit", task=TASK, fresh=True)["job"]  # it is left alone for 5 s from now on
    assert connection.wait_for(fourth, type="job_done")["status"] == "solved"
    assert end_of(connection, third)["status"] == "solved" and len(first.asked) == 5 and len(second.asked) == 4
    assert [e["backend"] for e in told(connection, fourth) if e["type"] == "llm_call"] == ["second"]
    notes = [e["text"] for e in told(connection, fourth) if e["type"] == "job_note"]
    assert any("failed 5 times in a row and is left alone" in n and n.endswith("second answers instead") for n in notes), notes
    time.sleep(5.1)
    assert run(dise)[0] == 0 and len(first.asked) == 6, "one probe, which fails"
    assert run(dise)[0] == 0 and len(first.asked) == 6 and len(second.asked) == 6
    first.plan.clear()
    doctor = dise.run("doctor").stdout.decode()  # a person looks: it may be well again
    assert "6 calls in a row have failed" in doctor, doctor
    code, events, calls, notes = run(dise)
    assert code == 0 and [c["backend"] for c in calls] == ["first"] and len(first.asked) == 7
    assert "in a row" not in dise.run("doctor").stdout.decode()
    code, events, calls, notes = run(dise)
    assert [c["backend"] for c in calls] == ["first"] and len(first.asked) == 8


def test_the_only_backend_is_waited_for_when_it_is_left_alone(dise, model):
    first = model(plan=[503] * 5)
    dise.config(config(first))
    connection = start(dise)
    code, events, calls, notes = run(dise)
    down = connection.wait_for(0, type="backend_state", state="down")
    assert down["backend"] == "first" and "failed 5 times in a row and is left alone for 5 s" in down["detail"], down
    assert code != 0 and len(first.asked) == 5 and calls[-1]["error"] == "HTTP_SERVER"
    code, events, calls, notes = run(dise)
    assert code == 0 and len(first.asked) == 6 and 5 <= first.asked[5][0] - first.asked[4][0] < 15
    connection.wait_for(0, type="backend_state", state="up")


def door(connection):
    """How it goes at the first backend."""
    return next(b["door"] for b in connection.ask("backends")["backends"] if b["name"] == "first")


def test_a_persons_task_overtakes_the_night(dise, model):
    first = model("an answer in words")
    first.gate = threading.Event()
    dise.config(config(first, first=["parallel: 1"]))
    submit(dise, write_tasks(dise, 12), "--width", "6")
    connection = start(dise)
    while len(first.asked) < 1 or door(connection)["waiting_night"] < 5:
        time.sleep(0.02)
    job = connection.ask("job.submit", kind="text", task="tell me about the person")["job"]
    while door(connection)["waiting"] == door(connection)["waiting_night"]:
        time.sleep(0.02)
    first.gate.set()
    assert connection.wait_for(job, type="job_done")["status"] == "solved"
    asked = [q["messages"][-1]["content"] for _, q in first.asked]
    at = [i for i, text in enumerate(asked) if "the person" in text]
    assert at == [1], asked  # after the one under way
    assert first.most == 1


def test_no_more_are_asked_at_once_than_may(dise, model):
    first = model("an answer in words", [{"wait": 0.2}] * 40)
    dise.config(config(first, first=["parallel: 1"], more="execution: {width: 16}\n"))
    connection = start(dise)
    many = [connection.ask("job.submit", kind="text", task=f"tell me about {i}")["job"] for i in range(6)]
    for job in many:
        connection.wait_for(job, type="job_done")
    assert first.most == 1


def test_no_minute_holds_more_requests_than_it_may(dise, model):
    first = model("an answer in words")
    dise.config(config(first, first=["requests_per_minute: 3", "parallel: 8"]))
    connection = start(dise)
    jobs = [connection.ask("job.submit", kind="text", task=f"tell me about {i}")["job"] for i in range(6)]
    end = time.monotonic() + 90
    while len(first.asked) < 3 and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(1.5)
    assert len(first.asked) == 3
    began = time.monotonic()
    for job in jobs:
        connection.ask("job.cancel", job=job)
    assert time.monotonic() - began < 10, "who waits for the minute can be cancelled at once"
    assert len(first.asked) == 3


@pytest.mark.parametrize("line,why", [("requests_per_minute: often", "whole number from 1"), ("parallel: 0", "whole number from 1"),
                                      ("tokens_per_minute: -5", "not -5")])
def test_a_limit_that_makes_no_sense_is_told(dise, model, line, why):
    first = model()
    dise.config(config(first, first=[line]))
    out = dise.run("doctor").stdout.decode()
    assert f"llm.backends.first.{line.split(':')[0]} must be" in out and why in out, out
    assert dise.json("run", TASK)[0] != 0 and not first.asked


def test_after_a_crash_the_journal_says_who_answered(dise, model):
    slow = "```python\nimport time\n\ndef add(a, b):\n    time.sleep(2)\n    return a + b\n```"
    first, second = model(plan=[{"break_after": 2}]), model(slow, name="second")
    dise.config(config(first, second))
    connection = start(dise)
    job = connection.ask("job.submit", task=TASK, fresh=True)["job"]
    connection.wait_for(job, type="candidate_code")
    dise.kill_engine()
    connection = start(dise)
    end = connection.wait_for(job, type="job_done")
    assert end["status"] == "solved" and end["llm_calls"] == 2, end
    assert len(first.asked) == 1 and len(second.asked) == 1, "nobody is asked again"
    events = connection.ask("job.events", job=job, after=0, limit=1000)["events"]
    assert [c["backend"] for c in kinds(events, "llm_call")] == ["first", "second"]
    assert sum("second answers instead" in e["text"] for e in kinds(events, "job_note")) == 1
    assert dise.json("artifact", "show", "a1")[1][0]["backend"] == "second"


def test_only_somebody_configured_is_asked_elsewhere(dise, model):
    first = model(plan=[503] * 9)
    dise.config(config(first))
    dise.env["OPENAI_API_KEY"] = "sk-test"  # found, and never asked: its address is not on this machine
    code, events, calls, notes = run(dise)
    assert code != 0 and {c["backend"] for c in calls} == {"first"}, (calls, notes)
    assert not any("instead" in n for n in notes), notes
