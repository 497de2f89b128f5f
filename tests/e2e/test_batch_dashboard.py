"""A night planned, watched and read in the dashboard, with the terminal closed and the engine killed on the way."""

import json
import os
import signal
import time

from batches import TEXT, ended, items_once, show, verified, wait_for, write_tasks

GOOD = {"match": "adds", "text": "```python\ndef add(a, b):\n    return a + b\n```"}


def close_terminal(t):
    os.kill(t.pid, signal.SIGKILL)
    os.waitpid(t.pid, 0)
    t.pid = None


def test_a_night_from_the_menu_to_the_morning_report(dise, tui, tmp_path, monkeypatch):
    dise.answers({**TEXT, "tokens_per_s": 6})
    write_tasks(dise, 24, "night.jsonl")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    t = tui(columns=120, lines=40)
    t.wait_for("● engine")
    t.send("\x1b[20~")  # F9
    t.wait_for("Tab completes")
    t.send(str(dise.home / "nig") + "\t")
    t.wait_for("night.jsonl")
    t.wait_for("24 tasks")
    t.wait_for("24 calls")
    t.send("\x1b[A")  # around the top: the button Go
    t.settle()
    t.send("\r")
    t.wait_for("overnight run 1 begins now")
    t.send("z")
    t.wait_for("2 running")
    wait_for(dise, 1, lambda it: it["done"] >= 4)
    t.wait_for(" solved")
    close_terminal(t)
    for _ in range(2):
        dise.kill_engine()
        assert not ended(show(dise, 1))  # which starts an engine
        time.sleep(0.7)
    t = tui(columns=120, lines=40)
    t.wait_for("● engine")
    t.send("\x1b7")
    t.wait_for("night.jsonl")
    t.wait_for("24/24", timeout=90)
    t.wait_for("100 %")
    assert wait_for(dise, 1, ended)["solved"] == 24 and items_once(dise, 1) == (24, 24)
    assert len(verified(dise, 1)["interruptions"]) == 2
    t.send("m")
    t.wait_for("Overnight run: night.jsonl")
    t.wait_for("solved")
    copied = []
    feed = t.stream.feed
    t.stream.feed = lambda data: (copied.append(data), feed(data))
    t.send("y")
    t.wait_for("copied")
    assert b"\x1b]52;" in b"".join(copied)
    t.stream.feed = feed
    t.send("w")
    t.wait_for("saved")
    text = (here / "overnight-1.md").read_text()
    assert text.startswith("# Overnight run: night.jsonl") and "| – solved | 24 |" in text
    assert text == dise.json("batch", "report", "1")[1][0]["markdown"]


def test_marked_programs_are_verified_again(dise, tui):
    dise.answers(GOOD)
    for n in range(3):
        assert dise.run("run", f"case {n}: write a function that adds two numbers, add(2, {n}) == {n + 2}").returncode == 0
    t = tui(columns=120, lines=40)
    t.wait_for("● engine")
    t.send("\x1b5")
    t.settle()
    t.send("z")
    t.wait_for("✔ add")
    rows = [x for x in t.text().splitlines() if "✔ add" in x]
    assert len(rows) == 3
    t.send("x")
    t.wait_for("1 marked")
    t.send("jx")
    t.wait_for("2 marked")
    marked = [x for x in t.text().splitlines() if "▸✔ add" in x or "▶✔ add" in x]
    assert len(marked) == 2, t.text()
    t.send("v")
    t.wait_for("2 programs")
    t.wait_for("0 calls")
    t.send("\x1b[B" * 8)
    t.settle()
    print(t.text())
    t.send("\r")
    t.wait_for("overnight run")
    batch = dise.json("batch", "list")[1][0]["id"]
    it = wait_for(dise, batch, ended)
    ids = sorted(x["title"] for x in it["tasks"])
    assert it["solved"] == 2 and ids == ["verify a1: add", "verify a5: add"], json.dumps(it)
    assert verified(dise, batch)["calls"] == 0
