"""kill -9 of the engine, over and over, while jobs climb their stages: nothing is lost, no answer that
was journaled is asked for again, and what was asked twice is told."""

import http.server
import json
import os
import random
import re
import signal
import sqlite3
import threading
import time
from collections import Counter, defaultdict

import pytest

pytestmark = pytest.mark.long
KILLS = int(os.environ.get("DISE_KILLS", 100))
WORDS = ("alpha", "bravo", "cedar", "delta", "ember", "frost")
STEPS_LLM, LLM_DONE = ("llm", "tests"), 1


def task(word, n):
    return f"write the function {word}{n}(x), {word}{n}(2) == 5"


def right_seed(word):
    """Seeds as the pipeline gives them: 0; 1 to 4; 5. Half of the words are solved by the third candidate
    of the second stage, half by the third stage, which mends what a candidate of the second wrote."""
    return 3 if word.startswith(WORDS[:3]) else 5


def answer(word, seed):
    right = seed == right_seed(word)
    if seed == 0:
        return f"```python\ndef {word}(x)\n    # attempt 0\n    return x\n```\n"
    return f"```python\ndef {word}(x):\n    # attempt {seed}\n    return x {'+ 3' if right else '- 3'}\n```\n"


class Model(http.server.BaseHTTPRequestHandler):
    """Speaks as much of the OpenAI protocol as the client needs, slowly, and keeps count."""
    protocol_version = "HTTP/1.1"
    asked = Counter()  # (task's function, seed) → requests

    def log_message(self, *args):
        pass

    def do_GET(self):
        data = json.dumps({"data": [{"id": "fake"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = body["messages"][-1]["content"]
        word, seed = re.search(r"function (\w+)\(", text).group(1), body["seed"]
        self.asked[word, seed] += 1
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            answered = answer(word, seed)
            for i in range(0, len(answered), 12):
                self.event({"choices": [{"delta": {"content": answered[i:i + 12]}}]})
                time.sleep(0.012)
            self.event({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 50, "completion_tokens": 20}})
            self.chunk(b"data: [DONE]\n\n")
            self.chunk(b"")
        except OSError:
            self.close_connection = True

    def event(self, value):
        self.chunk(b"data: " + json.dumps(value).encode() + b"\n\n")

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args):
        pass  # a killed client is no news here


@pytest.fixture
def model():
    Model.asked.clear()
    server = Server(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()


class Worker(threading.Thread):
    """A person who gives one task after the other until the time is over."""

    def __init__(self, dise, word):
        super().__init__()
        self.dise, self.word, self.over, self.ended = dise, word, False, []

    def run(self):
        n = 0
        while not self.over:
            n += 1
            done = self.dise.run("run", task(self.word, n), "--json", timeout=90)
            events = [json.loads(x) for x in done.stdout.splitlines()]
            self.ended.append((f"{self.word}{n}", done.returncode, events, done.stderr))


def test_kills_lose_and_repeat_nothing(dise, model):
    dise.config(f"llm:\n  backend: fake\n  backends:\n    fake: {{base_url: {model}, model: fake}}\n"
                "escalation:\n  - {role: fast, candidates: 1}\n  - {role: fast, candidates: 4, temperature: 0.7}\n  - {role: fast, candidates: 1, context: errors}\nexecution: {width: 6}\n"
                "pipeline: {skip_below: 0}\n")  # every stage is asked: the third mends what one of the second wrote
    rand = random.Random(int(os.environ.get("DISE_SEED", 7)))
    workers = [Worker(dise, w) for w in WORDS]
    for w in workers:
        w.start()
    kills = 0
    while kills < KILLS:
        time.sleep(rand.uniform(0.02, 0.6))
        pid = dise.engine_pid()
        if not pid:
            continue
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        kills += 1
    for w in workers:
        w.over = True
    for w in workers:
        w.join(120)
        assert not w.is_alive(), "a task hangs"
    ended = [e for w in workers for e in w.ended]
    check_ends(ended)
    calls, lost = check_calls(dise, kills)
    print(f"{kills} kills, {len(ended)} tasks solved, {calls} calls, {lost} of them cut by a kill and made again")


def check_ends(ended):
    """Every task ended once, as it would have."""
    assert len(ended) >= len(WORDS)
    for name, code, events, stderr in ended:
        done = [e for e in events if e["type"] == "job_done"]
        assert code == 0 and len(done) == 1 and events[-1] == done[0], (name, code, stderr[-500:])
        assert done[0]["status"] == "solved", (name, done)
        assert done[0]["checked"]["examples_passed"] == 1
        seqs = [e["seq"] for e in events if e.get("seq")]
        assert seqs == sorted(set(seqs)), f"{name}: events were lost out of order or given twice"


def check_calls(dise, kills):
    db = sqlite3.connect(f"file:{dise.home}/dise.db?mode=ro", uri=True)
    told = defaultdict(int)
    for job, path in db.execute("SELECT job, path FROM event WHERE type=(SELECT type FROM event WHERE json_extract(body,'$.finish') IS NOT NULL LIMIT 1)"):
        told[job, path] += 1
    attempts, total, lost = Counter(), 0, 0
    names = {job: re.search(r"function (\w+)\(", title).group(1) for job, title in db.execute("SELECT id, title FROM job")}
    for job, path, state, attempt in db.execute("SELECT job, path, state, attempt FROM step WHERE name IN (?,?)", STEPS_LLM):
        attempts[names[job]] += attempt
        total += attempt
        if state == LLM_DONE:
            lost += attempt - 1
            assert told[job, path] == attempt, f"job {job}, {path}: {attempt} calls were made, {told[job, path]} told"
    for name, asked in per_task().items():
        assert asked <= attempts[name], f"{name}: {asked} calls reached the model, the journal knows of {attempts[name]}"
    for (name, seed), asked in Model.asked.items():
        assert asked <= 1 + kills
    for artifacts, in db.execute("SELECT count(*) FROM artifact GROUP BY kind, job"):
        assert artifacts == 1, "a result was kept twice"
    for task, body in db.execute("SELECT task, body FROM artifact WHERE kind='function'"):
        word = re.search(r"function (\w+)", task).group(1)
        assert f"attempt {right_seed(word)}" in body
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return total, lost


def per_task():
    sums = Counter()
    for (name, seed), asked in Model.asked.items():
        sums[name] += asked
    return sums
