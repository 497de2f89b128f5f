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
    assert [(c["backend"], c["error"], c["tokens_out"]) for c in calls] == [("first", "NET_BROKEN", 6), ("second", "", len(ADD.split(" ")))]
    assert any(n.startswith("first broke off after 6 tokens") and n.endswith("second answers instead") for n in notes), notes
    assert end["llm_calls"] == 2 and end["tokens_out"] == sum(c["tokens_out"] for c in calls)
    assert len(first.asked) == 1 and len(second.asked) == 1


def test_an_answer_that_breaks_off_is_asked_for_again_where_nobody_else_is(dise, model):
    first = model(plan=[{"break_after": 3}])
    dise.config(config(first))
    code, events, calls, notes = run(dise)
    assert code == 0 and len(first.asked) == 2
    assert [(c["error"], c["tokens_out"]) for c in calls] == [("NET_BROKEN", 3), ("", len(ADD.split(" ")))]
    assert any(n.startswith("first broke off after 3 tokens") and n.endswith("it is asked again") for n in notes), notes


def test_who_slows_down_is_waited_for_as_long_as_it_says(dise, model):
    first = model(plan=[(429, {"Retry-After": "1"})])
    dise.config(config(first))
    code, events, calls, notes = run(dise)
    assert code == 0 and len(first.asked) == 2 and len(calls) == 1
    assert 1.0 <= first.asked[1][0] - first.asked[0][0] < 1.6


def test_who_asks_for_more_patience_than_there_is_is_left(dise, model):
    first, second = model(plan=[(429, {"Retry-After": "30"})]), model(name="second")
    dise.config(config(first, second))
    began = time.monotonic()
    code, events, calls, notes = run(dise)
    assert code == 0 and len(first.asked) == 1 and len(second.asked) == 1 and time.monotonic() - began < 10


def test_what_is_refused_for_good_is_asked_once(dise, model):
    first = model(plan=[400] * 9)
    dise.config(config(first))
    code, events, calls, notes = run(dise)
    assert code != 0 and len(first.asked) == 1 and calls[0]["error"] == "HTTP_CLIENT"
