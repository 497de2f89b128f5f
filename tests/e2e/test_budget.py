"""The budget of tokens: nothing begins and nothing runs on beyond it, also after a crash."""

import http.server
import json
import threading

GOOD = {"match": "add", "text": "```python\ndef add(a, b):\n    return a + b\n```", "tokens_in": 150, "tokens_out": 30}
BAD = {**GOOD, "text": "```python\ndef add(a, b):\n    return a - b\n```"}
LONG = {"match": "add", "tokens_in": 150, "tokens_per_s": 2000,
        "text": "```python\ndef add(a, b):\n" + "    # one word after another\n" * 400 + "    return a + b\n```"}
TASK = "write a function that adds two numbers, add(2, 3) == 5"


def calls(events):
    return [e for e in events if e["type"] == "llm_call"]


def test_no_stage_begins_when_it_is_spent(dise):
    dise.answers(BAD, extra="budget: {tokens: 180}\n")
    code, events = dise.json("run", TASK)
    last = events[-1]
    assert code == 4 and last["status"] == "unsolved" and last["error"] == "BUDGET"
    assert last["llm_calls"] == 1 == len(calls(events)) and last["artifact"] == "a1"
    assert "budget of 180 tokens is spent" in last["message"] and "expected 5" in last["message"]
    assert [e["stage"] for e in events if e["type"] == "stage_begin"] == [1]


def test_the_same_budget_suffices_for_a_good_first_answer(dise):
    dise.answers(GOOD, extra="budget: {tokens: 180}\n")
    assert dise.json("run", TASK)[0] == 0


def test_a_call_is_not_made_that_it_cannot_pay(dise):
    dise.answers(GOOD)
    code, events = dise.json("run", TASK, "--budget", "20")
    last = events[-1]
    assert code == 4 and not calls(events) and last["llm_calls"] == 0 and last["artifact"] == ""
    assert "allows no further call" in last["message"]


def test_an_answer_ends_where_it_ends(dise):
    dise.answers(LONG, extra="escalation: [{role: fast}]\n")
    code, events = dise.json("run", TASK, "--budget", "600")
    assert code == 4 and "in the middle of the answer" in events[-1]["message"]
    call, = calls(events)
    assert call["finish"] == "cut" and call["tokens_in"] + call["tokens_out"] < 700


def test_parallel_answers_share_it(dise):
    dise.answers(*[{**LONG, "tokens_per_s": 400}] * 4, extra="escalation: [{role: fast, candidates: 4}]\n")
    code, events = dise.json("run", TASK, "--budget", "1500")
    spent = sum(e["tokens_in"] + e["tokens_out"] for e in calls(events))
    assert code == 4 and len(calls(events)) == 4
    assert 1300 < spent < 1700
    assert events[-1]["tokens_in"] + events[-1]["tokens_out"] == spent


class Model(http.server.BaseHTTPRequestHandler):
    """Answers as long as it may, and keeps what it was asked."""
    asked = []

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.reply("application/json", json.dumps({"data": [{"id": "fake"}]}))

    def do_POST(self):
        self.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        most = self.asked[-1]["max_tokens"]
        piece = {"choices": [{"delta": {"content": "```python\ndef add(a, b):\n    return a"}}]}
        end = {"choices": [{"delta": {}, "finish_reason": "length"}], "usage": {"prompt_tokens": 100, "completion_tokens": most}}
        self.reply("text/event-stream", f"data: {json.dumps(piece)}\n\ndata: {json.dumps(end)}\n\ndata: [DONE]\n\n")

    def reply(self, kind, text):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


def test_the_model_is_told_how_much_it_may_write(dise):
    Model.asked.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        dise.config(f"llm:\n  backend: fake\n  backends:\n    fake: {{base_url: http://127.0.0.1:{server.server_port}/v1, model: fake}}\n"
                    "escalation: [{role: fast}]\npipeline: {tests: false}\n")
        code, events = dise.json("run", TASK, "--budget", "400")
        asked, = Model.asked
        assert 100 < asked["max_tokens"] < 400
        assert code == 4 and "in the middle of the answer" in events[-1]["message"]
        code, events = dise.json("run", TASK)  # as long an answer without a budget is just a wrong one
        assert code == 1 and Model.asked[1]["max_tokens"] == 900
    finally:
        server.shutdown()


def test_what_was_spent_before_a_crash_counts(dise):
    dise.answers(BAD, {**BAD, "tokens_per_s": 4}, {**BAD, "tokens_per_s": 4}, {**BAD, "tokens_per_s": 4}, {**BAD, "tokens_per_s": 4},
                 extra="budget: {tokens: 1000}\nescalation: [{role: fast}, {role: fast, candidates: 4, temperature: 0.7}, {role: fast, temperature: 0.4}]\n")
    run = dise.start("run", TASK, "--json")
    lines, deltas = [], 0
    for line in run.stdout:
        lines.append(json.loads(line))
        deltas += lines[-1]["type"] == "token_delta" and lines[-1]["stage"] == 2
        if deltas == 4:
            break
    dise.kill_engine()
    lines += [json.loads(x) for x in run.stdout]
    assert run.wait(30) == 4
    assert lines[-1]["error"] == "BUDGET" and lines[-1]["status"] == "unsolved"
    assert not any(e["type"] == "stage_begin" and e["stage"] == 3 for e in lines)


def test_a_wrong_budget_is_named(dise):
    for text in ("many", "0", "-5", "10k", ""):
        done = dise.run("run", TASK, "--budget", text)
        assert done.returncode == 2 and b"--budget must be a number of tokens" in done.stderr
    assert dise.engine_pid() is None
