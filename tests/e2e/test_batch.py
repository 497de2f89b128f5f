"""Overnight runs: every item exactly once, whatever happens meanwhile."""

import http.server
import json
import sqlite3
import threading
import time

from batches import TEXT, ended, items_once, show, submit, verified, wait_for, write_tasks
from ports import parked_port


def test_kills_run_nothing_twice_and_lose_nothing(dise):
    slow, quick = ({**TEXT, "tokens_per_s": n} for n in (3, 60))
    dise.answers(slow, extra="execution: {width: 2}\n")
    batch = submit(dise, write_tasks(dise, 60), "--width", "3")
    for n in range(8):  # at this pace all would take a minute
        time.sleep(0.25)
        dise.kill_engine()
        if n == 7:
            dise.answers(quick, extra="execution: {width: 2}\n")
        dise.run("status")
        show(dise, batch)
    it = wait_for(dise, batch, ended)
    assert it["solved"] == it["items"] == 60
    assert items_once(dise, batch) == (60, 60)
    figures = verified(dise, batch)
    assert len(figures["interruptions"]) >= 5 and figures["solved"] == 60


def test_pause_resume_cancel(dise):
    dise.answers({**TEXT, "tokens_per_s": 8})
    batch = submit(dise, write_tasks(dise, 40))
    wait_for(dise, batch, lambda it: it["done"] >= 2)
    assert dise.run("batch", "pause", str(batch)).returncode == 0
    paused = wait_for(dise, batch, lambda it: it["state"] == "paused" and it["running"] == 0)
    time.sleep(0.6)
    assert show(dise, batch)["done"] == paused["done"]
    dise.kill_engine()  # a pause outlives the engine
    time.sleep(0.2)
    assert show(dise, batch)["state"] == "paused"
    assert dise.run("batch", "resume", str(batch)).returncode == 0
    wait_for(dise, batch, lambda it: it["done"] > paused["done"])
    assert dise.run("batch", "cancel", str(batch)).returncode == 0
    it = wait_for(dise, batch, lambda it: it["state"] == "cancelled" and it["done"] == 40)
    states = {t["state"] for t in it["tasks"]}
    assert states <= {"solved", "cancelled"} and "cancelled" in states
    assert items_once(dise, batch)[0] == 40
    verified(dise, batch)


def test_limits_stop_further_items_and_two_batches_have_their_own(dise):
    dise.answers({**TEXT, "tokens_in": 50, "tokens_out": 50})
    first = submit(dise, write_tasks(dise, 30, "a"), "--tokens", "500", "--width", "1")
    second = submit(dise, write_tasks(dise, 12, "b", "say"), "--width", "1")
    it, other = wait_for(dise, first, ended), wait_for(dise, second, ended)
    assert it["solved"] == 5 and it["causes"] == {"the batch's tokens are spent": 25}
    assert other["solved"] == 12
    verified(dise, first)
    verified(dise, second)
    assert dise.run("batch", "run", str(dise.home / "a"), "--tokens", "1", "--wait").returncode == 4


def test_a_start_to_come_keeps_the_engine_and_one_that_passed_begins(dise):
    dise.answers(TEXT, extra="engine: {idle_s: 1}\n")
    soon = time.strftime("%H:%M", time.localtime(time.time() + 7200))
    batch = submit(dise, write_tasks(dise, 2), "--at", soon)
    pid = dise.engine_pid()
    time.sleep(3)
    assert dise.engine_pid() == pid and show(dise, batch)["state"] == "scheduled"
    dise.run("stop")
    db = sqlite3.connect(dise.home / "dise.db")
    with db:  # as if the night had gone by meanwhile
        db.execute("UPDATE job SET input=json_set(input,'$.start',1000) WHERE id=?", (batch,))
    db.close()
    assert wait_for(dise, batch, ended)["solved"] == 2


class Model(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer("application/json", json.dumps({"data": [{"id": "coder-1b"}]}))

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        lines = [{"choices": [{"delta": {"content": "words"}, "finish_reason": None}]},
                 {"choices": [{"delta": {}, "finish_reason": "stop"}],
                  "usage": {"prompt_tokens": 7, "completion_tokens": 3}}]
        self.answer("text/event-stream",
                    "".join(f"data: {json.dumps(x)}\n\n" for x in lines) + "data: [DONE]\n\n")

    def answer(self, kind, text):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


def test_a_backend_that_is_down_is_waited_for(dise):
    parked = parked_port()
    port = parked.getsockname()[1]
    off = "".join(f"    {x}: {{enabled: false}}\n" for x in ("ollama", "lmstudio", "openai", "local"))
    dise.config(f"llm:\n  backend: mine\n  prices: {{coder-1b: {{in: 1000, out: 10000}}}}\n  backends:\n"
                f"    mine: {{base_url: 'http://127.0.0.1:{port}/v1'}}\n{off}"
                "batch: {retry_ms: 200, retry_most_ms: 400}\n")
    batch = submit(dise, write_tasks(dise, 6))
    it = wait_for(dise, batch, lambda it: it["state"] == "waiting")
    assert it["done"] == 0 and it["why"]
    time.sleep(1.5)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Model)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    it = wait_for(dise, batch, ended)
    server.shutdown()
    server.server_close()
    parked.close()
    assert it["solved"] == 6 and it["causes"] == {}
    figures = verified(dise, batch)
    assert figures["retries"] >= 2 and figures["waiting_s"] > 1
    assert abs(figures["cost"] - 6 * (7 * 0.001 + 3 * 0.01)) < 1e-6
    assert items_once(dise, batch)[0] == 6


def test_command_line(dise):
    dise.answers(TEXT)
    bad = dise.home / "bad.jsonl"
    bad.write_text('fine\n{"task": 3}\n')
    done = dise.run("batch", "run", str(bad))
    assert done.returncode == 2 and b"bad.jsonl:2:2" in done.stderr
    assert dise.run("batch", "run", str(bad), "--width", "0").returncode == 2
    assert dise.run("batch", "run", str(bad), "--at", "25:00").returncode == 2
    assert dise.run("batch", "show", "99").returncode == 2
    done = dise.run("batch", "run", "-", "--dry-run", input=b'{"task":"say hi","kind":"text"}\n')
    assert done.returncode == 0 and b"nothing measured yet" in done.stdout
    done = dise.run("batch", "run", "-", "--wait", "--name", "night",
                    input=b'{"task":"say hi","kind":"text"}\n{"task":"say ho","kind":"text"}\n')
    assert done.returncode == 0 and b"2 of 2 done" in done.stdout
    assert b"night" in dise.run("batch", "list").stdout
    out = dise.home / "report.md"
    assert dise.run("batch", "report", "1", "--verify", "--out", str(out)).returncode == 0
    assert "| – solved | 2 |" in out.read_text()
    with sqlite3.connect(dise.home / "dise.db") as db:
        db.execute("UPDATE event SET body=json_set(body,'$.tokens',9999) WHERE job=1"
                   " AND json_extract(body,'$.state')='solved' AND json_extract(body,'$.item')=1")
    done = dise.run("batch", "report", "1", "--verify")
    assert done.returncode == 1 and b"9999" in done.stderr
    units = dise.home / "units"
    assert dise.run("batch", "install-timer", "--out", str(units)).returncode == 0
    assert str(dise.home) in (units / "dise.service").read_text()
