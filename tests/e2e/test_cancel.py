"""A job can be cancelled wherever it stands, and its end is told within 100 ms."""

import http.server
import json
import os
import signal
import socket
import threading
import time

import pytest

TASK = "write a function that adds two numbers, add(2, 3) == 5"
LIMIT_S, TRIES = 0.1, 12  # until one is so quick: other programs may hold the processor
ENDLESS = "```python\ndef add(a, b):\n    while True:\n        pass\n```"
STUBBORN = """```python
import os, signal, time

def add(a, b):
    for number in range(1, 32):
        try:
            signal.signal(number, signal.SIG_IGN)
        except OSError:
            pass
    while os.fork() == 0:
        pass
    time.sleep(1000)
```"""


class Connection:
    """Speaks to the engine as any client does."""

    def __init__(self, dise):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(dise.home / "run" / "engine.sock"))
        self.socket.settimeout(90)
        self.lines, self.number, self.events = self.socket.makefile(), 0, []
        self.ask("hello", protocol=1, build="", client="test")

    def ask(self, method, **params):
        self.number += 1
        self.socket.sendall(json.dumps({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}).encode() + b"\n")
        while True:
            line = json.loads(self.lines.readline())
            if line.get("id") == self.number:
                assert "result" in line, line
                return line["result"]
            self.events.append(line["params"])

    def wait_for(self, job, **wanted):
        """The next such event of the job; what other jobs told meanwhile is kept for who waits for it."""
        while True:
            for event in self.events:
                if event["job"] == job and all(event.get(k) == v for k, v in wanted.items()):
                    return event
            self.events = [e for e in self.events if e["job"] != job] + [json.loads(self.lines.readline())["params"]]


class SilentModel(http.server.BaseHTTPRequestHandler):
    """Takes the question and never answers; or refuses for a while."""
    over, status = threading.Event(), None

    def log_message(self, *args):
        pass

    def do_GET(self):
        data = json.dumps({"data": [{"id": "fake"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.status:
            self.send_response(self.status)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.over.wait(30)


@pytest.fixture
def silent():
    SilentModel.status = None
    SilentModel.over.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), SilentModel)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"llm:\n  backend: fake\n  backends:\n    fake: {{base_url: http://127.0.0.1:{server.server_port}/v1, model: fake}}\n"
    SilentModel.over.set()
    server.shutdown()


def start(dise):
    assert dise.run("artifact", "list").returncode == 0  # any command starts the engine
    connection = Connection(dise)
    connection.ask("subscribe", job=0, after=-1, ephemeral=True)
    return connection


def cancelled_in_time(connection, until, task=TASK, pause=0.05, **params):
    """The time from the request to cancel until the end of the job; what is slow is never so quick."""
    times = []
    while len(times) < TRIES and not (times and min(times) < LIMIT_S):
        job = connection.ask("job.submit", task=task, fresh=True, **params)["job"]
        connection.wait_for(job, **until)
        time.sleep(pause)
        began = time.monotonic()
        connection.ask("job.cancel", job=job)
        end = connection.wait_for(job, type="job_done")
        times.append(time.monotonic() - began)
        assert end["status"] == "cancelled", end
    assert min(times) < LIMIT_S, times


def test_in_the_middle_of_a_stream(dise):
    dise.answers({"match": "add", "text": ENDLESS, "tokens_per_s": 2})
    cancelled_in_time(start(dise), {"type": "token_delta"})


def test_in_the_middle_of_parallel_streams(dise):
    dise.answers({"match": "add", "text": ENDLESS, "tokens_per_s": 2}, extra="escalation: [{role: fast, candidates: 4}]\n")
    cancelled_in_time(start(dise), {"type": "token_delta", "candidate": 4})


@pytest.mark.parametrize("program", [ENDLESS, STUBBORN], ids=["endless", "stubborn"])
def test_in_the_middle_of_a_run(dise, program):
    # different ones, as the same one is not run twice
    dise.answers(*[{"match": "add", "text": program.replace("(a, b):", f"(a, b):\n    c = {i}")} for i in range(12)])
    cancelled_in_time(start(dise), {"type": "candidate_code"}, pause=0.4)


def test_before_the_first_token(dise, silent):
    dise.config(silent)
    cancelled_in_time(start(dise), {"type": "candidate_begin"}, pause=0.3)


def test_while_it_waits_to_ask_again(dise, silent):
    SilentModel.status = 503
    dise.config(silent)
    cancelled_in_time(start(dise), {"type": "candidate_begin"}, pause=0.8)


def test_while_a_question_stands(dise):
    dise.answers({"match": "add", "text": ENDLESS})
    cancelled_in_time(start(dise), {"type": "job_question"}, task="asdf")


def test_while_it_waits_for_its_turn(dise):
    dise.answers({"match": "add", "text": ENDLESS, "tokens_per_s": 1}, extra="execution: {width: 1}\n")
    connection = start(dise)
    connection.ask("job.submit", task=TASK, fresh=True)
    cancelled_in_time(connection, {"type": "job_created"})


def test_by_an_interrupt_before_the_engine_has_told_the_jobs_number(dise):
    dise.answers({"match": "", "text": "x " * 4000, "tokens_per_s": 20})
    dise.run("artifact", "list")
    engine = dise.engine_pid()
    os.kill(engine, signal.SIGSTOP)
    try:
        client = dise.start("run", TASK)
        time.sleep(1)  # it has asked, and waits
        client.send_signal(signal.SIGINT)
        time.sleep(0.2)
        assert client.poll() is None
    finally:
        os.kill(engine, signal.SIGCONT)
    assert client.wait(60) == 130
    connection = start(dise)
    assert connection.ask("job.list")["jobs"][0]["status"] == "cancelled"


def test_all_at_once(dise):
    dise.answers({"match": "add", "text": ENDLESS}, extra="execution: {width: 4}\n")
    connection = start(dise)
    jobs = [connection.ask("job.submit", task=TASK, fresh=True)["job"] for _ in range(6)]
    for job in jobs:
        connection.ask("job.cancel", job=job)
    for job in jobs:
        assert connection.wait_for(job, type="job_done")["status"] == "cancelled"
