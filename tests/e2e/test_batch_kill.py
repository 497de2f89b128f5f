"""kill -9 of the engine at random points of an overnight run, and the same run undisturbed: the same states
in the report, every item once, no job handed out twice."""

import json
import os
import random
import sqlite3
import time

import pytest
from batches import another_home, ended, items_once, report, show, submit, wait_for

KILLS = int(os.environ.get("DISE_KILLS", 60))
ITEMS = 48
SUM = "```python\ndef add(a, b):\n    return a + b\n```"
ANSWERS = ({"match": "multiplies", "text": SUM.replace("add", "mul")},  # wrong: unsolved after all stages
           {"match": "adds", "text": SUM},
           {"match": "silence", "text": " "},
           {"match": "refused", "error": "HTTP_AUTH"},
           {"match": "", "text": "an answer in words, twelve of them or so, to fill a second"})


def task(i):
    if i % 6 == 0:
        return {"task": f"case {i}: write a function that adds two numbers, add({i}, 3) == {i + 3}"}
    if i % 12 == 3:
        return {"task": f"case {i}: write a function that multiplies, mul({i}, 3) == {i * 3}"}
    if i % 12 == 5:
        return {"task": f"silence about {i}", "kind": "text"}
    if i % 12 == 7:
        return {"task": f"refused {i}", "kind": "text"}
    return {"task": f"tell me about {i}", "kind": "text"}


def begin(dise):
    dise.answers(*({**a, "tokens_per_s": 60} for a in ANSWERS), extra="execution: {width: 2}\n")
    path = dise.home / "night.jsonl"
    path.write_text("".join(json.dumps(task(i)) + "\n" for i in range(ITEMS)))
    return submit(dise, path, "--width", "4")


def outcome(dise, batch):
    assert items_once(dise, batch) == (ITEMS, ITEMS)
    figures, text = report(dise, batch)
    assert figures["running"] == figures["waiting"] == 0
    assert text.count("\n| ") - text.split("## Items")[0].count("\n| ") == ITEMS + 1
    return [(t["item"], t["state"], t["cause"]) for t in show(dise, batch)["tasks"]], figures


@pytest.fixture(scope="module")
def undisturbed():
    """What the run comes to when nothing happens."""
    with another_home() as dise:
        batch = begin(dise)
        wait_for(dise, batch, ended, 120)
        yield outcome(dise, batch)


def kill_at_random(dise, kills, seed):
    """Until the run has ended; how many kills met it at work."""
    rng = random.Random(seed)
    batch = begin(dise)
    for n in range(kills):
        time.sleep(rng.choice((0.0, 0.02, 0.1, 0.3)) + rng.random() * 0.2)
        dise.kill_engine()
        if ended(show(dise, batch)):
            return batch, n
    return batch, kills


def compare(dise, undisturbed, kills, seed):
    batch, met = kill_at_random(dise, kills, seed)
    wait_for(dise, batch, ended, 120)
    states, figures = outcome(dise, batch)
    assert states == undisturbed[0]
    assert len(figures["interruptions"]) >= met // 2 > 2
    assert figures["calls"] >= undisturbed[1]["calls"]
    return met


def test_a_few_kills_change_nothing_in_the_report(dise, undisturbed):
    compare(dise, undisturbed, 12, 1)


@pytest.mark.long
def test_kills_change_nothing_in_the_report(undisturbed):
    left, seed = KILLS, random.randrange(1 << 30)
    while left > 0:
        print("seed", seed)
        with another_home() as dise:
            left -= compare(dise, undisturbed, 25, seed)
            db = sqlite3.connect(dise.home / "dise.db")
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            db.close()
        seed += 1
