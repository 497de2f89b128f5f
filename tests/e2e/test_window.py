"""Models that hold less than the prompt: what is left out is told, what cannot be asked is said in one sentence."""

import http.server
import json
import sqlite3
import threading
import time
from contextlib import closing

import pytest

WORDS = " ".join(f"word{i}" for i in range(40))
EXAMPLES = [f"join_words('{WORDS}', {i}) == '{WORDS}'" for i in range(7)]
TASK = "write join_words(text, n) that returns its text\n" + "\n".join(EXAMPLES)
GOOD = "```python\ndef join_words(text, n):\n    return text\n```"
PLAN = "Purpose: returns the text. " + "It does nothing else. " * 20


def notes(events):
    return [e["text"] for e in events if e["type"] == "job_note"]


def configure(dise, window, *lines, plan="never", more=""):
    dise.answers(*lines, plan=plan, extra=f"escalation: [{{role: fast}}]\n{more}")
    text = (dise.home / "config.yaml").read_text()
    dise.config(text.replace("llm:\n", f"llm:\n  context_windows: {{default: {window}}}\n", 1))


def test_examples_are_kept_longer_than_the_plan(dise):
    # the task itself holds its examples: about 1,500 tokens, and as many for their list
    configure(dise, 2700, {"model": "powerful", "text": PLAN}, {"match": "", "text": GOOD}, plan="always")
    code, events = dise.json("run", TASK)
    assert code == 0
    told = notes(events)
    assert len(told) == 2, told  # of the plan's question, and of the program's
    assert "of 7 examples did not fit into the 2700 tokens of powerful" in told[0]
    assert told[1].startswith("the specification and ") and "of 7 examples did not fit" in told[1]


def test_what_fits_is_not_touched(dise):
    configure(dise, 16000, {"match": "Specification", "text": GOOD}, {"model": "powerful", "text": PLAN}, plan="always")
    code, events = dise.json("run", TASK)
    assert code == 0 and not notes(events)


def test_a_task_that_does_not_fit_is_refused_in_one_sentence(dise):
    configure(dise, 512, {"match": "", "text": GOOD})
    code, events = dise.json("run", TASK)
    assert code == 1 and not [e for e in events if e["type"] == "llm_call"]
    [end] = [e for e in events if e["type"] == "candidate_end"]
    assert end["why"].startswith("the task takes about 1") and "fast can hold 512 with its answer" in end["why"]
    assert "llm.context_windows" in events[-1]["message"]


def test_a_server_that_reads_less_is_noticed(dise):
    configure(dise, 16000, {"match": "", "text": GOOD, "truncated": True, "tokens_in": 700, "tokens_out": 20})
    code, events = dise.json("run", TASK)
    assert code == 0
    [note] = notes(events)
    assert note.startswith("replay has read only 700 of about ") and "llm.backends.replay.num_ctx" in note


def factor(dise):
    with closing(sqlite3.connect(dise.home / "dise.db")) as db:
        return db.execute("SELECT model, round(factor, 2), calls FROM token_factor").fetchall()


def test_after_a_crash_the_model_is_asked_the_same(dise):
    """Though the estimate has changed since."""
    configure(dise, 2600, {"match": "", "text": GOOD, "tokens_per_s": 8})
    job = dise.start("run", TASK, "--json")
    for line in job.stdout:
        if json.loads(line)["type"] == "token_delta":  # it is asked
            break
    dise.kill_engine()
    job.communicate(timeout=90)
    with closing(sqlite3.connect(dise.home / "dise.db")) as db:
        assert db.execute("SELECT count(*) FROM step WHERE name='window'").fetchone()[0] >= 1
        db.execute("INSERT INTO token_factor(model,factor,calls) VALUES('fast',0.6,9)")
        db.commit()
    configure(dise, 16000, {"match": "", "text": GOOD})
    assert dise.run("artifact", "list").returncode == 0  # starts the engine, which goes on with the job
    end, status = time.monotonic() + 90, None
    while not status and time.monotonic() < end:
        time.sleep(0.1)
        with closing(sqlite3.connect(dise.home / "dise.db")) as db:
            status = db.execute("SELECT status FROM job").fetchone()[0]
    assert status == "solved"


class Model(http.server.BaseHTTPRequestHandler):
    asked, models, counted = [], {}, 1500

    def log_message(self, *args):
        pass

    def do_GET(self):
        if self.path == "/props":
            self.reply("application/json", json.dumps({"default_generation_settings": {"n_ctx": 2600}}))
        else:
            self.reply("application/json", json.dumps({"data": [{"id": "fake", **self.models}]}))

    def do_POST(self):
        self.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        piece = {"choices": [{"delta": {"content": GOOD[:-3]}}]}  # not cut by DiSE: the count comes last
        end = {"choices": [{"delta": {}, "finish_reason": "stop"}],
               "usage": {"prompt_tokens": self.counted, "completion_tokens": 20}}
        self.reply("text/event-stream", f"data: {json.dumps(piece)}\n\ndata: {json.dumps(end)}\n\ndata: [DONE]\n\n")

    def reply(self, kind, text):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


@pytest.fixture
def server(dise):
    Model.asked, Model.models = [], {}
    it = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=it.serve_forever, args=(0.02,), daemon=True).start()
    dise.config("llm:\n  backend: mine\n  backends:\n    mine:\n"
                f"      base_url: http://127.0.0.1:{it.server_port}/v1\n      model_roles: {{fast: fake}}\n"
                "escalation: [{role: fast}]\npipeline: {tests: false, plan: never}\n")
    yield it
    it.shutdown()


@pytest.mark.parametrize("told", [{"max_model_len": 2600}, {"owned_by": "llamacpp"}, {"context_length": 2600}])
def test_the_server_tells_the_window(dise, server, told):
    Model.models = told
    code, events = dise.json("run", TASK)
    assert code == 0
    [note] = notes(events)
    assert "of 7 examples did not fit into the 2600 tokens of fake" in note
    [asked] = Model.asked
    assert "Examples:" in asked["messages"][-1]["content"] and asked["max_tokens"] <= 900


def test_nothing_is_left_out_where_the_window_is_not_known(dise, server):
    code, events = dise.json("run", TASK)
    assert code == 0 and not notes(events)
    assert Model.asked[0]["max_tokens"] == 900


def lost(events):
    return sum(int(note.split()[0]) for note in notes(events))


def test_the_servers_count_corrects_the_estimate(dise, server):
    Model.models = {"max_model_len": 2600}
    Model.counted = 1450  # so the estimate is too high
    before = lost(dise.json("run", TASK)[1])
    [(model, first, calls)] = factor(dise)
    assert model == "fake" and calls == 1 and 0.5 < first < 0.8
    assert lost(dise.json("run", TASK, "--fresh")[1]) < before, "more fits by the better estimate"
    assert factor(dise)[0][2] == 2
    dise.run("stop")  # it is kept
    assert lost(dise.json("run", TASK, "--fresh")[1]) < before


def test_the_output_limit_is_what_is_left(dise, server):
    Model.models = {"max_model_len": 2300}
    Model.counted = 100
    dise.json("run", TASK)
    most = Model.asked[0]["max_tokens"]
    assert 128 <= most < 900
