"""dise bench: tasks with hidden tests, beside the raw models, from a recording, through kills."""

import http.server
import json
import re
import sqlite3
import threading
import time

import pytest
from batches import await_batch, ended, items_once, wait_for

CHEAT = """class Same:
    def __eq__(self, other):
        return True
def third(x):
    return Same()
"""


def block(code):
    return f"```python\n{code}\n```"


def check(*asserts):
    return "def check(candidate):\n" + "".join(f"    assert {a}\n" for a in asserts)


def line(name, prompt, test, **more):
    return {"task_id": f"t/{name}", "prompt": prompt, "entry_point": name, "test": test, **more}


# What each task comes to: right and claimed; claimed but wrong; a cheat; nothing that parses; right though its own
# example (which is not true) fails; right by the stronger model only.
SECRET = "46368"  # stands in a hidden test only
TASKS = [
    line("first", 'def first(x):\n    """Return twice the number x.\n\n    >>> first(2)\n    4\n    """\n',
         check("candidate(3) == 6", "candidate(23184) == " + SECRET), **{"class": "functions", "split": "dev"}),
    line("second", "Write a function second that squares a number.", check("candidate(3) == 9"),
         **{"class": "functions", "split": "held"}),
    line("third", "Negate a number.", check("candidate(3) == -3"), **{"class": "data", "split": "dev"}),
    line("fourth", "fourth halves a number", check("candidate(4) == 2"), **{"class": "data", "split": "held"}),
    line("fifth", "fifth adds one to a number: fifth(1) == 3", check("candidate(1) == 2", "candidate(-1) == 0"),
         **{"class": "data", "split": "dev"}),
    line("sixth", "sixth triples a number: sixth(2) == 6", check("candidate(5) == 15")),
]
ANSWERS = [
    {"match": "first", "text": block("def first(x):\n    return 2 * x")},
    {"match": "second", "text": block("def second(x):\n    return x * x + 1")},
    {"match": "third", "text": block(CHEAT)},
    {"match": "fourth", "text": block("def fourth(x:\n")},
    {"match": "fifth", "text": block("def fifth(x):\n    return x + 1")},
    {"match": "sixth", "model": "powerful", "text": block("def sixth(x):\n    return 3 * x")},
    {"match": "sixth", "model": "fast", "text": block("def sixth(x):\n    return 2 * x")},
]
LADDER = ("escalation:\n  - {name: first answer, role: fast}\n"
          "  - {name: stronger model, role: powerful, context: errors}\n")


def write(dise, tasks=TASKS, name="set.jsonl"):
    path = dise.home / name
    path.write_text("# a set\n" + "".join(json.dumps(t) + "\n" for t in tasks))
    return path


def answers(dise, more=()):
    dise.answers(*(more or ANSWERS), extra=LADDER)


def bench(dise, *options, tasks=TASKS):
    code, lines = dise.json("bench", str(write(dise, tasks)), *options)
    assert code == 0, lines
    return lines[-1]


def outcome(figures):
    return {t["task_id"][2:]: (t["judged"], t["claimed"]) for t in figures["tasks"]}


EXPECTED = {"first": (True, "solved"), "second": (False, "solved"), "third": (False, "solved"),
            "fourth": (False, "unsolved"), "fifth": (True, "unsolved"), "sixth": (True, "solved")}


def test_the_hidden_tests_judge(dise):
    answers(dise)
    f = bench(dise, "--raw")
    assert outcome(f) == EXPECTED
    d = f["dise"]
    assert (d["solved"], d["total"], d["claimed_right"], d["claimed_wrong"], d["unclaimed_right"]) == (3, 6, 2, 2, 1)
    fast, powerful = f["raw"]
    assert (fast["role"], fast["solved"], fast["total"]) == ("fast", 2, 6)
    assert (powerful["role"], powerful["solved"]) == ("powerful", 3)
    assert (fast["only_dise"], fast["only_this"], fast["p"]) == (1, 0, 1)
    classes = {c["name"]: c for c in f["classes"]}
    assert classes["data"]["dise"] == {"total": 3, "solved": 1} and classes["data"]["raw_fast"]["solved"] == 1
    assert {s["name"]: s["dise"]["solved"] for s in f["splits"]} == {"dev": 2, "held": 0}
    stages = {(s["stage"], s["model"]): (s["programs"], s["solved"], s["claimed"]) for s in f["stages"]}
    assert stages[1, "fast"][:2] == (5, 2) and stages[2, "powerful"] == (1, 1, 1)
    text = dise.run("bench", "report", str(f["id"])).stdout.decode()
    assert "3 of 6" in text and "raw powerful" in text, text


def test_a_hidden_test_may_use_the_heads_helpers(dise):
    head = ('def shift(s):\n    """Moves the first letter behind the last."""\n    return s[1:] + s[:1]\n\n\n'
            'def back(s):\n    """Undoes shift. back("bca") == "abc"."""\n')
    tasks = [line("back", head, check('candidate(shift("word")) == "word"', 'shift(candidate("word")) == "word"'))]
    for program, right in (("return s[-1:] + s[:-1]", True), ("return s[::-1] if len(s) > 3 else 'abc'", False)):
        dise.answers({"match": "back", "text": block(f"def back(s):\n    {program}")}, extra=LADDER)
        assert outcome(bench(dise, tasks=tasks)) == {"back": (right, "solved")}


def test_the_best_of_n_is_chosen_by_the_tasks_own_examples(dise):
    """Also where the examples are not written in Python's notation."""
    answers(dise, [{"match": "", "text": block(f"def neg(x):\n    return {x}")} for x in ("x", "x", "not x", "True")])
    f = bench(dise, "--raw-samples", "3", tasks=[
        line("neg", "neg flips a flag: neg(true) == false", check("candidate(True) is False", "candidate(False)"))])
    best = f["raw"][-1]["best_of"]
    assert [(b["n"], b["solved"], b["oracle"]) for b in best] == [(1, 0, 0), (2, 0, 0), (3, 1, 1), (4, 1, 1)]
    assert f["raw"][-1]["role"] == "powerful" and "best_of" not in f["raw"][0] and f["raw"][0]["calls"] == 1


# ---- a server that counts what it is asked ----

class Model(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer("application/json", json.dumps({"data": [{"id": "fast"}, {"id": "powerful"}]}))

    def do_POST(self):
        q = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(q)
        last = q["messages"][-1]["content"]
        text = next(a["text"] for a in ANSWERS if a["match"] in last and a.get("model", q["model"]) == q["model"])
        lines = [{"choices": [{"delta": {"content": text[i:i + 9]}, "finish_reason": None}]}
                 for i in range(0, len(text), 9)]
        lines.append({"choices": [{"delta": {}, "finish_reason": "stop"}],
                      "usage": {"prompt_tokens": 70, "completion_tokens": 30}})
        self.answer("text/event-stream", "".join(f"data: {json.dumps(x)}\n\n" for x in lines) + "data: [DONE]\n\n")

    def answer(self, kind, text):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


@pytest.fixture
def server(dise):
    it = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
    it.asked = []
    threading.Thread(target=it.serve_forever, args=(0.02,), daemon=True).start()
    off = "".join(f"    {x}: {{enabled: false}}\n" for x in ("ollama", "lmstudio", "openai", "local"))
    dise.config("llm:\n  backend: mine\n  backends:\n"
                f"    mine: {{base_url: 'http://127.0.0.1:{it.server_address[1]}/v1',\n"
                f"           model_roles: {{fast: fast, powerful: powerful}}}}\n{off}{LADDER}")
    yield it
    it.shutdown()
    it.server_close()


def without_times(figures):
    """What must be equal when the same answers come again; a sum depends on its order in the last digits."""
    f = json.loads(json.dumps(figures), parse_float=lambda x: round(float(x), 9))
    for key in ("id", "took_s", "name", "interruptions"):
        f.pop(key)
    for o in [f["dise"], *f["raw"]]:
        o.pop("seconds")
        o.pop("recorded_calls")
    for t in f["tasks"]:
        t.pop("seconds")
    return f


def test_recorded_answers_are_not_asked_for_again(dise, server):
    pool = dise.home / "pool.jsonl"
    options = ("--raw", "--raw-samples", "2", "--seed", "3", "--record", str(pool))
    first = bench(dise, *options)
    assert outcome(first) == EXPECTED
    asked, calls = len(server.asked), first["dise"]["calls"] + sum(r["calls"] for r in first["raw"])
    assert asked == calls == len(pool.read_text().splitlines()) and first["dise"]["recorded_calls"] == 0
    with pool.open("a") as f:
        f.write('{"key":"cut off')  # by a kill
    dise.run("stop")
    again = bench(dise, *options)
    assert len(server.asked) == asked
    assert again["dise"]["recorded_calls"] == again["dise"]["calls"]
    assert without_times(again) == without_times(first)
    bench(dise, *options[:3], "--seed", "4", *options[5:], tasks=TASKS[:1])
    # another seed is another question: DiSE (both stages, as no tests come of it; those are asked for without one) and the samples, but
    # not the raw answers, which have temperature 0
    assert len(server.asked) == asked + 2 + 2
    lines = pool.read_text().splitlines()
    assert len(lines) == asked + 5 and json.loads(lines[-1])["key"]


def test_the_pipeline_never_sees_the_hidden_test(dise, server):
    f = bench(dise, "--raw")
    assert outcome(f)["first"] == (True, "solved")
    assert len(server.asked) == f["dise"]["calls"] + sum(r["calls"] for r in f["raw"])
    hidden = re.compile(rf"(?<![0-9.])({SECRET}|23184)(?![0-9])|def check|candidate\(")
    for q in server.asked:
        assert not hidden.search(json.dumps(q))
    raw = [q for q in server.asked if q["messages"][0]["role"] != "system"]
    assert len(raw) == 12 and all(q["temperature"] == 0 and len(q["messages"]) == 1 for q in raw)
    assert all(q["messages"][0]["content"].endswith("\n\nAnswer with the complete Python code.") for q in raw)
    ours = [q["messages"][-1]["content"] for q in server.asked if q not in raw]
    assert any(x.startswith("Write this Python function completely:\n\ndef first(x):") for x in ours)
    assert any("Negate a number.\nName the function third." in x for x in ours)
    db = sqlite3.connect(dise.home / "dise.db")
    rows = list(db.execute("SELECT name, given FROM step WHERE name<>'judge'"))
    rows += list(db.execute("SELECT name, value FROM step WHERE name<>'judge'"))
    rows += list(db.execute("SELECT path, body FROM event WHERE path<>'end'"))
    rows += list(db.execute("SELECT name, body FROM artifact"))
    assert len([r for r in rows if r[1]]) > 100
    for name, text in rows:
        text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text or ""
        assert not hidden.search(text), (name, text[:300])
    assert db.execute("SELECT count(*) FROM step WHERE name='judge'").fetchone()[0] == 18
    db.close()


# ---- kills, choices, bad input ----

def test_a_killed_bench_goes_on_and_runs_nothing_twice(dise):
    answers(dise, [{**a, "tokens_per_s": 40} for a in ANSWERS])
    child = dise.start("bench", str(write(dise)), "--raw", "--width", "2")
    await_batch(dise, 1)
    done = 0
    for _ in range(3):
        it = wait_for(dise, 1, lambda it: it["done"] > done or ended(it))
        if ended(it):
            break
        done = it["done"]
        dise.kill_engine()
    assert child.wait(90) == 0
    it = wait_for(dise, 1, ended)
    assert (it["items"], items_once(dise, 1)) == (18, (18, 18))
    f = dise.json("bench", "report", "1")[1][0]
    assert outcome(f) == EXPECTED and f["interruptions"] >= 1
    printed = child.stdout.read().decode()
    assert dise.run("bench", "report", "1").stdout.decode() in printed
    dise.run("stop")
    assert dise.json("bench", "report", "1")[1][0] == f


def test_choices_and_parts(dise):
    answers(dise)
    f = bench(dise, "--split", "dev", "--class", "data", "--without", "repair,agreement", "--name", "two")
    assert set(outcome(f)) == {"third", "fifth"} and f["without"] == ["repair", "agreement"] and f["name"] == "two"
    db = sqlite3.connect(dise.home / "dise.db")
    inputs = [json.loads(x) for (x,) in db.execute("SELECT input FROM job WHERE kind='bench_task'")]
    db.close()
    assert len(inputs) == 2 and all(i["without"] == ["repair", "agreement"] and i["fresh"] for i in inputs)
    drawn = [set(outcome(bench(dise, "--limit", "2", "--seed", str(s)))) for s in (1, 1, 2, 3)]
    assert drawn[0] == drawn[1] and len(set(map(frozenset, drawn))) > 1 and all(len(d) == 2 for d in drawn)
    assert "without repair, agreement" in dise.run("bench", "report", str(f["id"])).stdout.decode()


def test_bad_input_is_told_with_its_place(dise):
    answers(dise)
    good = json.dumps(TASKS[0])
    for text, place in ((good + "\n{\"task_id\": 3}\n", b"set.jsonl:2:2: \"task_id\" is a text"),
                        (good + "\n" + good, b"set.jsonl:2:2: line 1 has the same"),
                        (good.replace("def check", "def look"), b'"test" defines no check(candidate)'),
                        (good[:-1], b"set.jsonl:1:"), ("# none\n", b"there is no task in this file")):
        path = dise.home / "set.jsonl"
        path.write_text(text)
        done = dise.run("bench", str(path))
        assert done.returncode == 2 and place in done.stderr, done.stderr
        assert len(done.stderr.splitlines()) == 1
    write(dise)
    for options in (("--without", "tests,luck"), ("--limit", "0"), ("--seed", "x"), ("--split", "nowhere"),
                    ("--raw-samples", "99"), ("--width", "0")):
        assert dise.run("bench", str(path), *options).returncode == 2
    assert dise.run("bench", "report").returncode == 2
    assert dise.run("bench", "report", "7").returncode == 2
    (dise.home / "words").write_text("say hi\n")
    dise.run("batch", "run", str(dise.home / "words"), "--wait")
    done = dise.run("bench", "report", "1")
    assert done.returncode == 2 and b"batch 1 is no bench" in done.stderr


def test_without_a_model_nothing_is_claimed(dise):
    off = "".join(f"    {x}: {{enabled: false}}\n" for x in ("ollama", "lmstudio", "openai", "local"))
    dise.config(f"llm:\n  backends:\n{off}")
    assert dise.run("bench", str(write(dise)), "--raw").returncode == 3
