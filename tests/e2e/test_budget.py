"""The budget of tokens: nothing begins and nothing runs on beyond it, also after a crash."""

import http.server
import json
import sqlite3
import threading
from contextlib import closing

from clocks import clock, morning  # noqa: F401 (fixtures)
from fake_model import FakeModel
from fake_model import config as fake_config

GOOD = {"match": "add", "text": "```python\ndef add(a, b):\n    return a + b\n```", "tokens_in": 150, "tokens_out": 30}
BAD = {**GOOD, "text": "```python\ndef add(a, b):\n    return a - b\n```"}
LONG = {"match": "add", "tokens_in": 150, "tokens_per_s": 2000,
        "text": "```python\ndef add(a, b):\n" + "".join(f"    # one word after another: {i}\n" for i in range(400)) + "    return a + b\n```"}
TASK = "write a function that adds two numbers, add(2, 3) == 5"


def calls(events):
    return [e for e in events if e["type"] == "llm_call"]


def test_no_stage_begins_when_it_is_spent(dise):
    dise.answers({**BAD, "tokens_in": 240}, extra="budget: {tokens: 270}\n")
    code, events = dise.json("run", TASK)
    last = events[-1]
    assert code == 4 and last["status"] == "unsolved" and last["error"] == "BUDGET"
    assert last["llm_calls"] == 1 == len(calls(events)) and last["artifact"] == "a1"
    assert "budget of 270 tokens is spent" in last["message"] and "expected 5" in last["message"]
    assert [e["stage"] for e in events if e["type"] == "stage_begin"] == [1]


def test_the_same_budget_suffices_for_a_good_first_answer(dise):
    dise.answers({**GOOD, "tokens_in": 240}, extra="budget: {tokens: 270}\n")
    assert dise.json("run", TASK)[0] == 0


def test_the_servers_counts_correct_what_is_reserved(dise):
    dise.answers(GOOD, extra="budget: {tokens: 190}\n")
    code, events = dise.json("run", TASK)
    assert code == 4 and not calls(events), "by what is usual it is too little"
    dise.kill_engine()
    with closing(sqlite3.connect(dise.home / "dise.db")) as db, db:
        db.execute("INSERT INTO token_factor(model,factor,calls) VALUES('fast',0.6,9)")
    assert dise.json("run", TASK, "--fresh")[0] == 0


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


def test_parallel_answers_cannot_overrun_it_together(dise):
    four = "escalation: [{role: fast, candidates: 4}]\n"
    # every second prompt is short: what an answer says to have read is between the two
    dise.answers(*[{**BAD, "tokens_in": 60, "tokens_out": 15, "tokens_per_s": 200}] * 4, extra=four)
    code, events = dise.json("run", TASK, "--budget", "1500")  # what one does not use is free for the next
    assert code == 1 and len(calls(events)) == 4
    code, events = dise.json("run", TASK, "--budget", "250", "--fresh")
    spent = sum(e["tokens_in"] + e["tokens_out"] for e in calls(events))
    assert code == 4 and 1 <= len(calls(events)) < 4 and spent <= 250
    assert events[-1]["tokens_in"] + events[-1]["tokens_out"] == spent
    dise.answers(*[{**LONG, "tokens_per_s": 400}] * 4, extra=four)
    dise.run("restart")
    code, events = dise.json("run", TASK, "--budget", "1500", "--fresh")
    assert code == 4 and sum(e["tokens_in"] + e["tokens_out"] for e in calls(events)) <= 1700


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
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
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
    assert run.wait(90) == 4
    assert lines[-1]["error"] == "BUDGET" and lines[-1]["status"] == "unsolved"
    assert not any(e["type"] == "stage_begin" and e["stage"] == 3 for e in lines)


PRICED = "  prices: {fast: {in: 1000, cached: 100, out: 2000}}\n"


def priced(dise, *lines, extra="", prices=PRICED):
    dise.answers(*lines, extra=extra)
    dise.config((dise.home / "config.yaml").read_text().replace("llm:\n", f"llm:\n{prices}"))


def test_money_ends_a_job(dise):
    priced(dise, {**BAD, "tokens_in": 240, "tokens_cached": 50})
    cost = 0.19 + 0.005 + 0.06  # 190 read, 50 of the provider's cache, 30 written
    code, events = dise.json("run", TASK, "--budget", "$0.30")
    call, = calls(events)
    assert code == 4 and abs(call["cost"] - cost) < 1e-9 and abs(events[-1]["cost"] - cost) < 1e-9
    assert events[-1]["error"] == "BUDGET" and "budget of $0.30 allows no further call ($0.26 is spent)" in events[-1]["message"]
    assert dise.json("run", TASK, "--budget", "$0.01", "--fresh")[1][-1]["llm_calls"] == 0
    assert len(calls(dise.json("run", TASK, "--budget", "$0.52", "--fresh")[1])) == 2


def test_seconds_end_a_job(dise):
    dise.answers({**LONG, "tokens_per_s": 40}, extra="escalation: [{role: fast}, {role: fast}]\n")
    code, events = dise.json("run", TASK, "--budget", "100000,1.5s")
    call, = calls(events)
    assert code == 4 and 1300 < call["ms"] < 4000 and call["tokens_out"] > 10, "what had arrived is counted"
    assert events[-1]["error"] == "BUDGET" and "budget of 1.5 s" in events[-1]["message"]


def test_a_call_has_limits_of_its_own(dise):
    dise.answers(LONG, extra="escalation: [{role: fast}]\nbudget: {call_tokens: 400}\n")
    code, events = dise.json("run", TASK)
    assert code == 4 and "the call's budget of 400 tokens" in events[-1]["message"]
    assert calls(events)[0]["finish"] == "cut"


def test_a_day_has_its_budget_also_after_a_crash(dise, morning):
    priced(dise, GOOD, extra="budget: {day_money: 0.5}\n")
    say = lambda n: f"write a function that adds two numbers, add({n}, 3) == {n + 3}"
    assert [dise.json("run", say(n))[0] for n in (1, 2)] == [0, 0]  # $0.21 each
    dise.kill_engine()
    code, events = dise.json("run", say(3))
    assert code == 4 and not calls(events) and "today's budget of $0.50 allows no further call ($0.42" in events[-1]["message"]
    assert dise.json("run", say(1))[0] == 0, "what is remembered costs nothing"
    dise.kill_engine()
    db = sqlite3.connect(dise.home / "dise.db")
    with db:  # as if it had been yesterday
        db.execute("UPDATE event SET time=time-86400000")
    db.close()
    assert dise.json("run", say(3))[0] == 0


def test_what_was_spent_is_told_by_day_backend_and_model(dise, morning):
    priced(dise, GOOD, extra="budget: {day_money: 1}\n")
    dise.json("run", TASK)
    dise.kill_engine()
    db = sqlite3.connect(dise.home / "dise.db")
    with db:
        db.execute("UPDATE event SET time=time-86400000")
    db.close()
    for n in (1, 4):
        dise.json("run", f"write a function that adds two numbers, add({n}, 3) == {n + 3}")
    spent, = dise.json("spend")[1]
    today, yesterday = spent["rows"]
    assert today["day"] > yesterday["day"] and [r["calls"] for r in spent["rows"]] == [2, 1]
    assert today["backend"] == "replay" and today["model"] == "fast" and today["tokens_in"] == 300
    assert abs(today["cost"] - 0.42) < 1e-9 and abs(spent["today"]["cost"] - 0.42) < 1e-9
    assert spent["today"]["tokens"] == 360 and spent["today"]["limits"]["money"] == 1
    dise.kill_engine()
    assert dise.json("spend", "1")[1][0]["rows"] == [today]
    text = dise.run("spend").stdout.decode()
    assert "$0.42 of $1.00" in text and yesterday["day"] in text and "$0.21" in text
    assert dise.run("spend", "many").returncode == 2


def test_what_arrived_before_an_end_is_charged(dise, morning):
    """A stream that breaks, and calls that a kill cut off, count in the sums of the day."""
    server = FakeModel(GOOD["text"] + " and so on" * 40, plan=[{"break_after": 20}, {"break_after": 20}, {"break_after": 20}])
    text = fake_config(server, more="escalation: [{role: fast}]\n")
    dise.config(text.replace("llm:\n", "llm:\n  prices: {fake: {in: 1000, out: 1000}}\n"))
    try:
        code, events = dise.json("run", "write a few words about adding numbers", "--as", "text")
        broken = [e for e in calls(events) if e["error"]]
        assert code and len(broken) == 3 and all(e["tokens_out"] == 20 and e["tokens_in"] > 5 for e in broken)
        assert all(abs(e["cost"] - (e["tokens_in"] + 20) / 1000) < 1e-9 for e in broken)
        before = dise.json("spend")[1][0]["today"]
        assert abs(before["cost"] - sum(e["cost"] for e in broken)) < 1e-9
        server.plan = [{"pause": 0.5}]
        run = dise.start("run", "write some more words about numbers", "--as", "text", "--json")
        while not any(b"token_delta" in line for line in [run.stdout.readline()]):
            pass
        dise.kill_engine()
        run.stdout.read()
        assert run.wait(90) == 0
        db = sqlite3.connect(dise.home / "dise.db")
        costs = [json.loads(b) for b, in db.execute("SELECT body FROM event WHERE type=16 ORDER BY seq")]
        db.close()
        assert [c["error"] for c in costs[-2:]] == ["interrupted", ""] and costs[-2]["tokens_in"] > 5 and costs[-2]["cost"] > 0
        now = dise.json("spend")[1][0]["today"]["cost"]
        assert abs(now - sum(c["cost"] for c in costs)) < 1e-9
    finally:
        server.close()


def test_a_missing_price_is_said_once(dise):
    server = http.server.ThreadingHTTPServer(("127.0.0.2", 0), Model)  # not the address that models of this machine have
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        dise.config(f"llm:\n  backend: far\n  backends:\n    far: {{base_url: http://127.0.0.2:{server.server_port}/v1, model: fake}}\n"
                    "escalation: [{role: fast}]\npipeline: {tests: false}\n")
        said = [[e["text"] for e in dise.json("run", TASK, "--fresh")[1] if e["type"] == "job_note"] for _ in range(2)]
        assert said == [["no price is known for fake: it is counted as $0 (llm.prices in config.yaml)"], []]
    finally:
        server.shutdown()


def test_a_wrong_budget_is_named(dise):
    for text in ("many", "0", "-5", "10k", "", "1.5", "$", "$x", "5m", "s", "1000,", "1000,many", "$-1", "nans", "0x5", "1e99s"):
        done = dise.run("run", TASK, "--budget", text)
        assert done.returncode == 2 and b"--budget must be tokens (2000), money ($0.05)" in done.stderr
    assert dise.engine_pid() is None
