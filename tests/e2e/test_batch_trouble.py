"""Overnight runs that meet an outage, a full disk or the end of a budget; programs that are verified again."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from batches import TEXT, call, ended, items_once, report, show, submit, verified, wait_for, write_tasks
from clocks import clock, morning  # noqa: F401 (fixtures)
from conftest import BINARY

GOOD = {"match": "adds", "text": "```python\ndef add(a, b):\n    return a + b\n```"}
SUM = "write a function that adds two numbers, add(2, 3) == 5"


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
def test_a_disk_that_fills_up_in_the_night(dise):
    dise.home.mkdir(exist_ok=True)
    done = subprocess.run(["unshare", "-rm", sys.executable, str(Path(__file__).with_name("full_disk.py"))],
                          env={**dise.env, "DISE_BINARY": BINARY}, capture_output=True, timeout=240)
    if b"unshare failed" in done.stderr:
        pytest.skip("no user namespaces here")
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    print(done.stdout.decode())


def test_batches_share_what_a_night_may_use(dise, morning):
    dise.answers({**TEXT, "tokens_in": 50, "tokens_out": 50}, extra="batch: {tokens: 1000}\n")
    first = submit(dise, write_tasks(dise, 30, "a"), "--width", "1")
    second = submit(dise, write_tasks(dise, 30, "b", "say"), "--width", "1")
    its = [wait_for(dise, b, ended) for b in (first, second)]
    assert 900 < sum(it["tokens"] for it in its) <= 1000, its  # also of those side by side
    for it, b in zip(its, (first, second)):
        skipped = it["causes"]["the night's tokens are spent"]
        assert it["solved"] and skipped >= 29 - it["solved"]  # one may have begun and found too little left
        assert "the night's tokens are spent" in report(dise, b)[1]
        assert items_once(dise, b)[0] == 30
    dise.kill_engine()  # another engine counts what the first one has used
    third = submit(dise, write_tasks(dise, 3, "c", "and"), "--width", "1")
    it = wait_for(dise, third, ended)
    assert it["solved"] == 0 and it["causes"] == {"the night's tokens are spent": 3}
    assert items_once(dise, third) == (3, 0)
    assert dise.run("batch", "run", str(dise.home / "c"), "--wait").returncode == 4
    dise.kill_engine()
    db = sqlite3.connect(dise.home / "dise.db")
    with db:  # as if it had been the night before
        db.execute("UPDATE event SET time=time-86400000")
    db.close()
    assert dise.run("batch", "run", str(dise.home / "c"), "--wait").returncode == 0


def test_a_night_has_its_money(dise, morning):
    dise.answers({**TEXT, "tokens_in": 50, "tokens_out": 50},
                 extra="batch: {money: 0.35}\n")
    text = (dise.home / "config.yaml").read_text()
    dise.config(text.replace("llm:\n", "llm:\n  prices: {fast: {in: 1000, out: 1000}}\n"))
    batch = submit(dise, write_tasks(dise, 10), "--width", "1")
    it = wait_for(dise, batch, ended)
    assert it["solved"] == 3 and it["cost"] <= 0.35  # what is left does not pay a fourth
    assert it["causes"]["the night's money is spent"] == 6


def test_an_outage_is_told_on_the_pane_and_in_the_report(dise, tui):
    dise.answers({**TEXT, "tokens_in": 3, "tokens_out": 4, "error": "HTTP_SERVER"},
                 extra="batch: {retry_ms: 300, retry_most_ms: 1200}\n")
    t = tui(columns=120, lines=40)
    t.wait_for("● engine")
    batch = submit(dise, write_tasks(dise, 5), "--width", "2")
    t.send("\x1b7")
    wait_for(dise, batch, lambda it: it["state"] == "waiting" and it["why"] == "the server failed")
    t.wait_for("waiting: the server failed")
    tries, end = [], time.monotonic() + 60
    while len(tries) < 7 and time.monotonic() < end:
        time.sleep(0.1)
        db = sqlite3.connect(dise.home / "dise.db")
        tries = db.execute("SELECT created,ended FROM job WHERE parent=? ORDER BY id", (batch,)).fetchall()
        db.close()
    pauses = [b[0] - a[1] for a, b in zip(tries[1:], tries[2:])]  # the first two begin together
    assert len(pauses) >= 5 and all(want <= got for want, got in zip((300, 600, 1200, 1200, 1200), pauses)), pauses
    assert min(pauses[:2]) < 1200 and min(pauses[3:]) < 2400, pauses  # a busy machine makes one longer, not all
    assert show(dise, batch)["done"] == 0
    dise.kill_engine()  # the outage outlives the engine
    (dise.home / "answers.jsonl").write_text(json.dumps(TEXT) + "\n")
    it = wait_for(dise, batch, ended)
    assert it["solved"] == 5 and items_once(dise, batch)[0] == 5
    figures, text = report(dise, batch)
    assert figures["waiting_s"] > 4 and figures["waits"][0]["why"] == "the server failed"
    assert "## Waited for a backend" in text and "| the server failed | " in text
    assert sum(t["tokens"] for t in it["tasks"]) > 7 * (len(tries) - 1), "failed calls have cost, too"


def test_what_is_skipped_after_an_attempt_has_cost(dise):
    dise.answers({**TEXT, "tokens_in": 30, "tokens_out": 40, "error": "HTTP_SERVER"},
                 extra="batch: {retry_ms: 50, retry_most_ms: 100}\n")
    batch = submit(dise, write_tasks(dise, 4), "--width", "2", "--tokens", "200")
    it = wait_for(dise, batch, ended)
    states = {t["state"] for t in it["tasks"]}
    assert it["solved"] == 0 and "skipped" in states and states <= {"skipped", "failed"}
    assert 140 <= sum(t["tokens"] for t in it["tasks"]) == verified(dise, batch)["tokens"] <= 210


def test_programs_are_verified_again_jobs_done_again_and_texts_asked_for(dise):
    dise.answers(GOOD, {**TEXT, "match": "words"})
    assert dise.run("run", SUM).returncode == 0
    answer = call(dise, "job.submit", kind="text", task="some words", key="one")
    assert call(dise, "job.submit", kind="text", task="some words", key="one")["result"] == answer["result"]
    text = answer["result"]["job"]
    answer = call(dise, "batch.submit", artifacts=["a1", "a1"], key="x")
    batch = answer["result"]["job"]
    it = wait_for(dise, batch, ended)
    assert it["solved"] == 2 and items_once(dise, batch) == (2, 2)
    assert it["tasks"][0]["title"] == "verify a1: add" and verified(dise, batch)["calls"] == 0
    assert "no artifact a99" in call(dise, "batch.submit", artifacts=["a99"])["error"]["message"]
    db = sqlite3.connect(dise.home / "dise.db")
    with db:  # a program that has gone bad since
        db.execute("UPDATE content SET bytes=CAST(replace(CAST(bytes AS TEXT),'a + b','a - b') AS BLOB)")
    batch = call(dise, "batch.submit", artifacts=["a1"], key="y")["result"]["job"]
    it = wait_for(dise, batch, ended)
    assert it["solved"] == 0 and it["causes"] == {"an example from the task fails": 1}
    status, kind = db.execute("SELECT status,kind FROM job WHERE id=?", (text,)).fetchone()
    assert (status, kind) == ("solved", "text")
    again = call(dise, "job.retry", job=text)["result"]["job"]
    for _ in range(100):
        row = db.execute("SELECT status,kind,(SELECT count(*) FROM event WHERE job=job.id AND type=(SELECT type FROM"
                         " event WHERE job=? AND body LIKE '%tokens_in%' AND body LIKE '%model%' LIMIT 1)) FROM job"
                         " WHERE id=?", (text, again)).fetchone()
        if row[0]:
            break
        time.sleep(0.05)
    db.close()
    assert row == ("solved", "text", 1), "asked again, not answered from memory"
    assert "retry its jobs" in call(dise, "job.retry", job=batch)["error"]["message"]
    assert call(dise, "job.retry", job=12345)["error"]["message"] == "there is no job 12345"


def estimate(dise, *tasks):
    path = dise.home / "estimate.jsonl"
    path.write_text("".join(json.dumps(t) + "\n" for t in tasks))
    return dise.json("batch", "run", str(path), "--dry-run")[1][0]


def test_an_estimate_knows_what_memory_answers(dise):
    dise.answers(GOOD, {**TEXT, "match": "words"})
    text, program = {"task": "some words", "kind": "text"}, {"task": SUM}
    first = estimate(dise, text, program, text, {"task": "some words"})
    assert first["calls"] == 1 + 3 + 3 and "1 repeated, asked once" in first["basis"]
    assert dise.run("batch", "run", str(dise.home / "estimate.jsonl"), "--wait", "--width", "1").returncode in (0, 1)
    again = estimate(dise, text, program, text)
    assert again["calls"] == 0 and again["tokens_out"] == 0 and "3 answered from memory" in again["basis"]
    batch = submit(dise, dise.home / "estimate.jsonl")
    wait_for(dise, batch, ended)
    figures = verified(dise, batch)
    assert figures["calls"] == 0 and figures["reused"] == 3
    assert estimate(dise, {**program, "input": {"a": 1, "b": 2}})["calls"] > 0


def test_waiting_at_the_command_line_outlives_engines(dise):
    dise.answers({**TEXT, "tokens_per_s": 20})
    p = dise.start("batch", "run", str(write_tasks(dise, 20)), "--wait", "--json", "--width", "2")
    lines = []
    for least in (3, 8):
        while lines[-1:] == [] or lines[-1].get("done", 0) < least:
            lines.append(json.loads(p.stdout.readline()))
        dise.kill_engine()
    lines += [json.loads(x) for x in p.stdout]
    assert p.wait(40) == 0, p.stderr.read()
    assert lines[-1]["state"] == "done" and lines[-1]["solved"] == 20
    done = [x["done"] for x in lines[1:]]
    assert done == sorted(done) and len(done) >= 5
