"""What the tests of overnight runs share."""

import contextlib
import json
import shutil
import socket
import sqlite3
import tempfile
import time

import pytest
from conftest import Dise

TEXT = {"match": "", "text": "an answer in words"}

@contextlib.contextmanager
def another_home():
    """Beside that of the fixture."""
    dise = Dise(tempfile.mkdtemp(prefix="dise-e2e-"))
    try:
        yield dise
    finally:
        dise.close()
        shutil.rmtree(dise.home, ignore_errors=True)


def write_tasks(dise, count, name="tasks.jsonl", word="tell me about"):
    path = dise.home / name
    path.write_text("# tasks\n\n" + "".join(
        json.dumps({"task": f"{word} {i}", "kind": "text"}) + "\n" for i in range(count)))
    return path


def submit(dise, path, *options):
    code, lines = dise.json("batch", "run", str(path), *options)
    assert code == 0, lines
    return lines[0]["job"]


def show(dise, batch):
    return dise.json("batch", "show", str(batch))[1][0]


def await_batch(dise, batch, timeout=90):
    """Until another process has submitted it."""
    end = time.monotonic() + timeout
    while dise.run("batch", "show", str(batch)).returncode:
        assert time.monotonic() < end, dise.log()[-1500:]
        time.sleep(0.1)


def wait_for(dise, batch, what, timeout=90):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        it = show(dise, batch)
        if what(it):
            return it
        time.sleep(0.1)
    pytest.fail(f"waited in vain: {it}\n{dise.log()[-1500:]}")


def ended(it):
    return it["state"] in ("done", "cancelled")


def items_once(dise, batch):
    """The last word on every item is told exactly once; how many jobs each had."""
    db = sqlite3.connect(dise.home / "dise.db")
    events = [json.loads(x) for (x,) in db.execute(
        "SELECT body FROM event WHERE job=? AND body LIKE '%\"item\":%' ORDER BY seq", (batch,))]
    last = [e["item"] for e in events if e["state"] != "running"]
    assert sorted(last) == sorted(set(last))
    jobs = [k for (k,) in db.execute("SELECT key FROM job WHERE parent=?", (batch,))]
    assert len(jobs) == len(set(jobs))
    assert not db.execute("SELECT count(*) FROM job WHERE parent=? AND (state<>2 OR status IS NULL)",
                          (batch,)).fetchone()[0]
    db.close()
    return len(last), len(jobs)


def report(dise, batch):
    """Figures and text of the report, whose figures were found again in the store."""
    code, lines = dise.json("batch", "report", str(batch), "--verify")
    assert code == 0 and lines[0]["differences"] == [], lines[0]["differences"]
    return lines[0]["figures"], lines[0]["markdown"]


def verified(dise, batch):
    return report(dise, batch)[0]


def call(dise, method, **params):
    """One request on the engine's socket, for what no command asks."""
    dise.run("batch", "list")  # starts an engine
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(dise.home / "run" / "engine.sock"))
        s.sendall((json.dumps({"id": 1, "method": method, "params": params}) + "\n").encode())
        for line in s.makefile():
            answer = json.loads(line)
            if answer.get("id") == 1:
                return answer
