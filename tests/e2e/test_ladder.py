"""The standard ladder of seven stages, each way through it: solved at every stage, exhausted, cancelled, out of budget and
killed in every stage. All jobs of a kind run side by side on one engine."""

import json
import sqlite3

import pytest
from test_cancel import Connection

STAGES = range(1, 8)
CANDIDATES = (1, 4, 1, 1, 3, 1, 1)
MODELS = ("fast", "fast", "fast", "powerful", "powerful", "powerful", "powerful")  # no god_level: the best there is
BEFORE = [sum(CANDIDATES[:k]) for k in range(8)]  # candidates, and so seeds, below each stage
CALL = {"tokens_in": 450, "tokens_out": 100}  # more than any of the prompts is estimated at


def task(name):
    return f"write the function {name}(a, b) that adds, {name}(2, 3) == 5"


def answers(name, right=(), **slow):
    """What the model says to the candidates 0 to 11 of a task. `slow`: how it says it to those from that one on."""
    for seed in range(BEFORE[7]):
        sign = "+" if seed in right else f"- {seed + 1} -"
        text = f"```python\ndef {name}(a, b):\n    c = {seed}\n    return a {sign} b\n```"
        how = slow.get("how", {}) if seed in slow.get("seeds", ()) else {}
        yield {"match": name + "(", "text": text, **CALL, **how}


def seeds(stage):
    return range(BEFORE[stage - 1], BEFORE[stage])


def right(stage):
    """The last candidate of the stage is the one that is right."""
    return seeds(stage)[-1:]


class Listener(Connection):
    """Keeps all events: those of other jobs come while one is waited for."""

    def wait_for(self, job, **wanted):
        at = 0
        while True:
            for event in self.events[at:]:
                if event["job"] == job and all(event.get(k) == v for k, v in wanted.items()):
                    return event
            at = len(self.events)
            self.events.append(json.loads(self.lines.readline())["params"])


def start(dise):
    assert dise.run("artifact", "list").returncode == 0  # any command starts the engine
    connection = Listener(dise)
    connection.ask("subscribe", job=0, after=-1, ephemeral=True)
    return connection


def submit(connection, name, **params):
    return connection.ask("job.submit", task=task(name), **params)["job"]


def told(connection, job, kind):
    return [e for e in connection.ask("job.events", job=job, after=0, limit=1000)["events"] if e["type"] == kind]


def check_solved(connection, job, stage, calls=None):
    end = connection.wait_for(job, type="job_done")
    assert end["status"] == "solved", (stage, end)
    ends = told(connection, job, "stage_end")
    assert [(e["stage"], e["outcome"]) for e in ends] == [(k, "solved" if k == stage else "failed") for k in range(1, stage + 1)]
    begun = told(connection, job, "candidate_begin")
    for k in range(1, stage + 1):
        assert [e["model"] for e in begun if e["stage"] == k][0] == MODELS[k - 1]
    if calls:
        assert end["llm_calls"] in calls, end


def test_the_plan_is_told_before_it_begins(dise):
    dise.answers(*answers("first", right(1)))
    code, events = dise.json("run", task("first"))
    plan = [e for e in events if e["type"] == "stage_planned"]
    assert [e["stage"] for e in plan] == list(STAGES) and not any(e["why"] for e in plan)
    assert tuple(e["candidates"] for e in plan) == CANDIDATES and tuple(e["model"] for e in plan) == MODELS
    assert [e["context"] for e in plan] == ["none", "none", "errors", "errors", "none", "full", "full"]
    assert [e["logging"] for e in plan] == [False, False, True, False, False, True, True]
    assert [e["analysis"] for e in plan] == [False] * 6 + [True]
    first = [e["type"] for e in events]
    assert first.index("stage_begin") > max(i for i, t in enumerate(first) if t == "stage_planned")


def test_solved_at_each_stage_and_exhausted(dise):
    dise.answers(*[line for k in STAGES for line in answers(f"at{k}", right(k))], *answers("never"), extra="execution: {width: 16}\n")
    connection = start(dise)
    jobs = {k: submit(connection, f"at{k}") for k in STAGES}
    exhausted = submit(connection, "never")
    for k, job in jobs.items():
        check_solved(connection, job, k, range(BEFORE[k - 1] + 1, BEFORE[k] + 1))
    end = connection.wait_for(exhausted, type="job_done")
    assert end["status"] == "unsolved" and end["artifact"] and end["llm_calls"] == BEFORE[7] and "expected 5" in end["message"]
    assert [(e["stage"], e["outcome"]) for e in told(connection, exhausted, "stage_end")] == [(k, "failed") for k in STAGES]
    steps = connection.ask("job.steps", job=exhausted)["steps"]
    assert len([s for s in steps if s["name"] == "run"]) == BEFORE[7]
    assert sum(s["label"].startswith("repair") for s in steps) == 4


SLOW = {"tokens_per_s": 1.5}


def test_cancelled_in_each_stage(dise):
    """None may end before the last one has come to its stage."""
    how = {"tokens_per_s": 0.1}
    dise.answers(*[line for k in STAGES for line in answers(f"at{k}", right(k), seeds=seeds(k), how=how)],
                 extra="execution: {width: 16}\n")
    connection = start(dise)
    jobs = {k: submit(connection, f"at{k}") for k in STAGES}
    for k, job in jobs.items():
        connection.wait_for(job, type="token_delta", stage=k)
    for job in jobs.values():
        connection.ask("job.cancel", job=job)
    for k, job in jobs.items():
        end = connection.wait_for(job, type="job_done")
        assert end["status"] == "cancelled" and end["llm_calls"] >= BEFORE[k - 1] + 1
        assert [(e["stage"], e["outcome"]) for e in told(connection, job, "stage_end")] == \
            [(i, "cancelled" if i == k else "failed") for i in range(1, k + 1)]


def test_the_budget_is_spent_in_each_stage(dise):
    dise.answers(*[line for k in STAGES for line in answers(f"at{k}", right(7))], extra="execution: {width: 16}\n")
    connection = start(dise)
    spent = sum(CALL.values())
    jobs = {k: submit(connection, f"at{k}", limits={"tokens": spent * BEFORE[k - 1] + 12}) for k in STAGES}
    for k, job in jobs.items():
        end = connection.wait_for(job, type="job_done")
        assert end["status"] == "unsolved" and end["error"] == "BUDGET" and end["llm_calls"] == BEFORE[k - 1], (k, end)
        ends = told(connection, job, "stage_end")
        assert [e["stage"] for e in ends] == list(range(1, k + 1)) and {e["outcome"] for e in ends} == {"failed"}
        assert "budget" in ends[-1]["why"] and "budget" in end["message"]
        assert bool(end["artifact"]) == (k > 1)


def test_killed_in_each_stage_and_resumed(dise):
    def say(**how):
        lines = [line for k in STAGES for line in answers(f"at{k}", right(k), seeds=seeds(k), how=how)]
        dise.answers(*lines, extra="execution: {width: 16}\n")

    say(tokens_per_s=0.1)
    connection = start(dise)
    jobs = {k: submit(connection, f"at{k}") for k in STAGES}
    for k, job in jobs.items():
        connection.wait_for(job, type="token_delta", stage=k)
    assert not [e for e in connection.events if e["type"] == "job_done"]
    dise.kill_engine()
    say()
    connection = start(dise)
    for k, job in jobs.items():
        if not told(connection, job, "job_done"):
            connection.wait_for(job, type="job_done")
        end, = told(connection, job, "job_done")
        assert end["status"] == "solved" and told(connection, job, "job_started")[-1]["epoch"] == 2
        assert [(e["stage"], e["outcome"]) for e in told(connection, job, "stage_end")] == \
            [(i, "solved" if i == k else "failed") for i in range(1, k + 1)]
        for i in range(k - 1):  # what was journaled was not asked for again
            begun = [e for e in told(connection, job, "candidate_end") if e["stage"] == i + 1]
            assert len(begun) == CANDIDATES[i]


# ---- what a person writes down ----


def stages_of(events, kind):
    return [e for e in events if e["type"] == kind]


def limited(dise, roles, total_ms=300000, extra="", pipeline="tests: false"):
    path = dise.home / "answers.jsonl"
    dise.config(f"llm:\n  backend: replay\n  total_ms: {total_ms}\n  backends:\n    replay: {{file: {path}, model_roles: {{{roles}}}}}\n"
                f"pipeline: {{{pipeline}}}\n{extra}")


def test_one_model_shortens_it(dise):
    dise.answers(*answers("only"))
    limited(dise, "fast: m, powerful: m, god_level: m")
    code, events = dise.json("run", task("only"))
    assert code == 1
    assert {e["stage"]: e["why"] for e in stages_of(events, "stage_planned") if e["why"]} == {4: "same as stage 3", 5: "same as stage 2"}
    assert [e["stage"] for e in stages_of(events, "stage_end")] == [1, 2, 3, 6, 7]


def test_a_role_without_a_model_is_played_by_the_next_stronger(dise):
    dise.answers(*answers("near"))
    limited(dise, "fast: f, god_level: g", extra="escalation: [{role: fast}, {role: base}, {role: powerful, temperature: 0.9}]\n")
    code, events = dise.json("run", task("near"))
    assert [e["model"] for e in stages_of(events, "stage_planned")] == ["f", "g", "g"]
    limited(dise, "fast: f")
    code, events = dise.json("run", task("near"), "--fresh")
    why = {e["stage"]: e["why"] for e in stages_of(events, "stage_planned") if e["why"]}
    assert set(why) == {4, 5, 6} and all("no stronger model" in w for w in why.values())
    assert [e["stage"] for e in stages_of(events, "stage_end")] == [1, 2, 3, 7]


@pytest.mark.parametrize("limit, how, reason", [
    ("seconds: 0.4", SLOW, "the stage's 0.4 s are over"),
    ("tokens: 320", {**SLOW, "tokens_per_s": 60}, "the stage's 320 tokens are spent"),
    ("tokens: 20", {}, "the stage's budget of 20 tokens allows no further call"),
], ids=["seconds", "tokens", "nothing at all"])
def test_a_stage_that_runs_out_ends_and_the_ladder_goes_on(dise, limit, how, reason):
    dise.answers(*answers("slow", right=[1], seeds=[0], how={**how, "tokens_in": 250}),
                 extra=f"escalation: [{{role: fast, {limit}}}, {{role: fast, temperature: 0.3}}]\n")
    long = json.loads((dise.home / "answers.jsonl").read_text().splitlines()[0])
    long["text"] = long["text"].replace("    c", "    # " + "so many words " * 100 + "\n    c")
    lines = (dise.home / "answers.jsonl").read_text().splitlines()
    (dise.home / "answers.jsonl").write_text("\n".join([json.dumps(long), *lines[1:]]) + "\n")
    code, events = dise.json("run", task("slow"))
    ends = stages_of(events, "stage_end")
    assert code == 0 and [e["outcome"] for e in ends] == ["failed", "solved"]
    assert reason in ends[0]["why"], ends[0]


def test_a_backend_that_never_answers_in_time_fails_the_job(dise):
    dise.answers(*answers("slow", seeds=[0], how=SLOW))
    limited(dise, "fast: f", 300, "escalation: [{role: fast}]\n")
    code, events = dise.json("run", task("slow"))
    assert events[-1]["status"] == "failed" and events[-1]["error"] == "TIMEOUT"
    assert "f did not answer within 0.3 s" in events[-1]["message"]
    call, = stages_of(events, "llm_call")  # it is not asked again: that would take as long
    assert call["error"] == "TIMEOUT"


def test_a_wrong_ladder_names_its_place(dise):
    dise.config("escalation:\n  - {role: fast}\n  - {role: fast, candidate: 3}\n")
    done = dise.run("run", task("any"))
    assert done.returncode == 2 and b'config.yaml:3:18: a stage has no key "candidate"' in done.stderr


# ---- what a stage knows of those before it ----


def prompt_of(connection, job, label):
    steps = connection.ask("job.steps", job=job)["steps"]
    path = next(s["path"] for s in steps if s["name"] == "llm" and s["label"].startswith(label))
    return connection.ask("job.step", job=job, path=path)["input"]


def test_the_full_context_tells_all_outcomes(dise):
    dise.answers(*answers("told"), extra="escalation: [{role: fast}, {role: fast, candidates: 2, temperature: 0.7}, "
                 "{role: powerful, context: errors}, {role: powerful, context: full}]\n")
    connection = start(dise)
    job = submit(connection, "told")
    connection.wait_for(job, type="job_done")
    labels = [s["label"] for s in connection.ask("job.steps", job=job)["steps"] if s["name"] == "llm"]
    assert labels == ["code · fast", "code a · fast", "plain code b · fast", "repair · powerful", "repair · powerful"]
    prompts = [s["path"] for s in connection.ask("job.steps", job=job)["steps"] if s["label"] == "repair · powerful" and s["name"] == "llm"]
    with_error, full = [connection.ask("job.step", job=job, path=p)["input"] for p in prompts]
    assert "Earlier programs failed so" not in with_error and "What happened: told(2, 3) -> " in with_error
    lines = full.split("Earlier programs failed so:\n")[1].splitlines()
    assert [x for x in lines if x.startswith("- ")] == [f"- told(2, 3) -> {2 - (k + 1) - 3}, expected 5" for k in range(4)]


def runs(connection, job, name="run"):
    return [s["why"] for s in connection.ask("job.steps", job=job)["steps"] if s["name"] == name]


def test_the_same_program_is_not_run_twice(dise):
    same = [{"match": "twin(", "text": f"```python\n{head}def twin(a, b):{tail}\n    return a - b\n```"}
            for head, tail in (("", ""), ("# another\n", ""), ("", "  # remark"), ("def other(a):\n    return a\n\n", ""), ("\n\n", "\n"))]
    dise.answers(*same, extra="escalation: [{role: fast}, {role: fast, candidates: 4, temperature: 0.7}]\n")
    connection = start(dise)
    job = submit(connection, "twin")
    assert connection.wait_for(job, type="job_done")["status"] == "unsolved"
    checks = [(e["stage"], e["candidate"], e["ok"], e["detail"]) for e in told(connection, job, "check") if e["name"] == "same"]
    assert checks == [(2, k, False, "same as candidate a of stage 1") for k in (1, 2, 4)]
    ends = [e for e in told(connection, job, "candidate_end") if e["stage"] == 2]
    assert len({e["why"] for e in ends}) == 1 and {e["outcome"] for e in ends} == {"rejected"}
    assert runs(connection, job) == ["0 of 1 examples", *["same as candidate a of stage 1"] * 2, "0 of 1 examples", "same as candidate a of stage 1"]


def test_what_was_run_before_a_kill_is_not_run_again(dise):
    text = "```python\ndef twin(a, b):\n    return a - b\n```"
    dise.answers({"match": "twin(", "text": text}, {"match": "twin(", "text": text, "tokens_per_s": 5},
                 extra="escalation: [{role: fast}, {role: fast, temperature: 0.7}]\n")
    connection = start(dise)
    job = submit(connection, "twin")
    connection.wait_for(job, type="token_delta", stage=2)
    dise.kill_engine()
    connection = start(dise)
    if not told(connection, job, "job_done"):
        connection.wait_for(job, type="job_done")
    assert told(connection, job, "job_done")[0]["status"] == "unsolved"
    assert runs(connection, job) == ["0 of 1 examples", "same as candidate a of stage 1"]
    gates = runs(connection, job, "gate")
    assert not gates or gates[-1] == "said of the same text before"


# ---- what earlier jobs teach ----

TWO = "escalation: [{role: fast}, {role: powerful}]\n"


def learn(dise, query, *values):
    dise.run("stop")
    db = sqlite3.connect(dise.home / "dise.db")
    with db:
        db.executemany(query, values)
    db.close()


def rows(dise, query):
    dise.run("stop")
    db = sqlite3.connect(dise.home / "dise.db")
    found = db.execute(query).fetchall()
    db.close()
    return found


def test_a_stage_that_never_helps_is_left_out_and_tried_again(dise):
    dise.answers(*answers("odd", right=[1]), extra=TWO)
    code, events = dise.json("run", task("odd"))
    assert code == 0 and [e["outcome"] for e in stages_of(events, "stage_end")] == ["failed", "solved"]
    first, second = rows(dise, "SELECT class, model, signature, outcome, tokens, stage FROM stage_outcome ORDER BY stage")
    assert first == ("CODE", "fast", "0.10 x1 none", "failed", 550, 1) and second[3:] == ("solved", 550, 2)
    learn(dise, "INSERT INTO stage_outcome(job,stage,class,model,signature,time,outcome,tokens,ms) VALUES(?,1,'CODE','fast','0.10 x1 none',1,'failed',9,9)",
          *[(1000 + i,) for i in range(58)])
    ends = []
    for _ in range(12):
        code, events = dise.json("run", task("odd"), "--fresh")
        assert code == 0  # the second stage asks the same question, with seed 1, whether the first was asked or not
        ends.append(stages_of(events, "stage_end")[0])
    assert [e["outcome"] for e in ends] == ["skipped"] * 9 + ["failed"] + ["skipped"] * 2
    assert ends[0]["stage"] == 1 and ends[0]["why"] == "solved 0 of 59 such tasks (at most 4 %)"
    assert ends[-1]["why"] == "solved 0 of 60 such tasks (at most 4 %)"
    text = dise.run("run", task("odd"), "--fresh").stderr.decode()
    assert "stage 1 skipped: solved 0 of 60 such tasks" in text


def test_nothing_is_left_out_when_it_may_not_be(dise):
    dise.answers(*answers("odd", right=[1]))
    limited(dise, "fast: fast, powerful: powerful", extra=TWO, pipeline="tests: false, skip_below: 0")
    assert dise.json("run", task("odd"))[0] == 0
    learn(dise, "INSERT INTO stage_outcome(job,stage,class,model,signature,time,outcome,tokens,ms) VALUES(?,1,'CODE','fast','0.10 x1 none',1,'failed',9,9)",
          *[(1000 + i,) for i in range(99)])
    code, events = dise.json("run", task("odd"), "--fresh")
    assert [e["outcome"] for e in stages_of(events, "stage_end")] == ["failed", "solved"]


def test_a_resumed_job_decides_by_what_it_knew(dise):
    """What is learned while it is away changes nothing."""
    dise.answers(*answers("odd", right=[1], seeds=[1], how={"tokens_per_s": 4}), extra=TWO)
    connection = start(dise)
    job = submit(connection, "odd")
    connection.wait_for(job, type="token_delta", stage=2)
    dise.kill_engine()
    db = sqlite3.connect(dise.home / "dise.db")
    with db:
        db.executemany("INSERT INTO stage_outcome(job,stage,class,model,signature,time,outcome,tokens,ms) VALUES(?,1,'CODE','fast','0.10 x1 none',1,'failed',9,9)",
                       [(1000 + i,) for i in range(99)])
    db.close()
    connection = start(dise)
    if not told(connection, job, "job_done"):
        connection.wait_for(job, type="job_done")
    assert told(connection, job, "job_done")[0]["status"] == "solved"
    assert [(e["stage"], e["outcome"]) for e in told(connection, job, "stage_end")] == [(1, "failed"), (2, "solved")]


def test_times_of_calls_are_kept_and_limit_the_next(dise):
    dise.answers(*answers("timed", right=[0]))
    limited(dise, "fast: f-7b, powerful: p", 400, TWO)
    assert dise.json("run", task("timed"))[0] == 0
    assert [(m, k) for m, k, ms in rows(dise, "SELECT model, kind, ms FROM call_time")] == [("f-7b", "code")]
    dise.answers(*answers("timed", right=[0], seeds=[0], how=SLOW))
    limited(dise, "fast: f-7b, powerful: p", 400, TWO)
    dise.json("run", task("timed"), "--fresh")
    assert sorted(ms for m, k, ms in rows(dise, "SELECT * FROM (SELECT model, kind, ms FROM call_time WHERE model='f-7b')"))[-1] == 400  # at least so long


def test_each_kind_of_call_has_its_own_times(dise):
    dise.answers(*answers("timed", right=[1]), {"match": "haiku", "text": "old pond"}, extra=TWO.replace("powerful}", "powerful, context: errors}"))
    assert dise.json("run", task("timed"))[0] == 0 and dise.json("run", "write a haiku about the sea")[0] == 0
    assert rows(dise, "SELECT model, kind FROM call_time ORDER BY id") == [("fast", "code"), ("powerful", "repair"), ("fast", "text")]
    learn(dise, "INSERT INTO call_time(model,kind,ms) VALUES('fast','text',?)", *[(40000 + i,) for i in range(20)])
    connection = start(dise)
    job = connection.ask("job.submit", task="write a haiku about the sea", fresh=True)["job"]
    connection.wait_for(job, type="job_done")
    path, = [s["path"] for s in connection.ask("job.steps", job=job)["steps"] if s["name"] == "learned"]
    known = json.loads(connection.ask("job.step", job=job, path=path)["output"])
    assert known["limits"] == {"fast text": 40018 * 6 // 5}


def test_a_model_that_is_too_slow_is_replaced_by_a_weaker_one(dise):
    slow = [{**x, "model": "p", "tokens_per_s": 1.5} for x in answers("late")]
    base = [{**x, "model": "b", "tokens_per_s": 1.5} for x in answers("late")]
    dise.answers(*slow, *base, *[{**x, "model": "f"} for x in answers("late", right=[1])])
    limited(dise, "fast: f, base: b, powerful: p", 400, "escalation: [{role: fast}, {role: powerful, temperature: 0.5}, {role: base, temperature: 0.9}]\n")
    code, events = dise.json("run", task("late"))
    assert code == 0
    notes = [e["text"] for e in stages_of(events, "job_note") if "did not answer" in e["text"]]
    assert notes == ["p did not answer within 0.4 s: b is asked instead", "b did not answer within 0.4 s: f is asked instead"]
    assert [(e["model"], e["error"]) for e in stages_of(events, "llm_call")] == [("f", ""), ("p", "TIMEOUT"), ("b", "TIMEOUT"), ("f", "")]
    assert [e["outcome"] for e in stages_of(events, "stage_end")] == ["failed", "solved"]
    code, shown = dise.json("artifact", "show", events[-1]["artifact"])
    assert shown[0]["model"] == "f" and shown[0]["stage"] == 2


def test_who_was_asked_the_same_is_not_asked_again(dise):
    dise.answers(*[{**x, "model": "f"} for x in answers("late")], *[{**x, "model": "p", "tokens_per_s": 1.5} for x in answers("late")])
    limited(dise, "fast: f, powerful: p", 400, TWO)
    code, events = dise.json("run", task("late"))
    assert code == 1 and [e["model"] for e in stages_of(events, "llm_call")] == ["f", "p"]
    assert stages_of(events, "stage_end")[1]["why"] == "p did not answer within 0.4 s"


# ---- logs ----


def test_a_stage_with_logging_shows_what_the_failing_call_went_through(dise):
    dise.answers(*answers("seen"), extra="escalation: [{role: fast}, {role: powerful, context: errors, logging: true}]\n")
    connection = start(dise)
    job = submit(connection, "seen")
    connection.wait_for(job, type="job_done")
    steps = connection.ask("job.steps", job=job)["steps"]
    assert [s["name"] for s in steps if s["name"] in ("llm", "run", "trace")] == ["llm", "run", "trace", "llm", "run"]
    prompt = prompt_of(connection, job, "repair")
    log = prompt.split("What that call went through:\n")[1].split("\n\n")[0]
    assert log.splitlines()[:4] == ["call seen(a = 2, b = 3)", "2: c = 0  # c = 0", "3: return a - 1 - b", "return -2"]


def test_a_call_that_never_ends_is_followed_to_some_length(dise):
    text = "```python\ndef seen(a, b):\n    while a != 99:\n        a += 2\n        if a > 10 ** 9:\n            return str(a) * 99\n    raise ValueError(a)\n```"
    dise.answers({"match": "seen(", "text": text}, extra="escalation: [{role: fast}, {role: powerful, context: errors, logging: true}]\n"
                 "execution: {default_timeout_ms: 3000}\n")
    connection = start(dise)
    job = connection.ask("job.submit", task="write the function seen(a, b), seen(99, 0) == 5 and seen(95, 0) == 1")["job"]
    connection.wait_for(job, type="job_done")
    log = prompt_of(connection, job, "repair").split("What that call went through:\n")[1]
    assert "call seen(a = 99, b = 0)\n" in log and "raises ValueError: 99" in log and len(log) < 2600


def taken_out(events):
    return [e["text"] for e in stages_of(events, "job_note") if "taken out" in e["text"]]


def test_debugging_output_goes_before_the_program_is_kept(dise):
    program = "import logging\n\ndef add(a, b):\n    print('adding', a,\n          b)\n    if a > 1:\n        logging.debug('large')\n    return a + b"
    dise.answers({"match": "", "text": f"```python\n{program}\n```"})
    code, events = dise.json("run", "write a function that adds two numbers, add(2, 3) == 5")
    assert code == 0 and taken_out(events) == ["3 lines of debugging output taken out, and checked again"]
    code, shown = dise.json("artifact", "show", events[-1]["artifact"])
    assert shown[0]["source"] == "\ndef add(a, b):\n    if a > 1:\n        pass\n    return a + b\n"
    assert stages_of(events, "candidate_code")[-1]["code"] == shown[0]["source"]
    code, events = dise.json("run", "write a function that adds two numbers and prints them, add(2, 3) == 5")
    code, shown = dise.json("artifact", "show", events[-1]["artifact"])
    assert "print" in shown[0]["source"] and not taken_out(events)


def test_a_program_that_needs_its_output_keeps_it(dise):
    program = "def add(a, b):\n    print(a := a + b)\n    return a"
    dise.answers({"match": "", "text": f"```python\n{program}\n```"})
    code, events = dise.json("run", "write a function that adds two numbers, add(2, 3) == 5")
    assert code == 0 and not taken_out(events)
    code, shown = dise.json("artifact", "show", events[-1]["artifact"])
    assert shown[0]["source"] == program + "\n"


# ---- mendings ----


def test_a_mending_that_worked_is_offered_for_the_next_such_error(dise):
    def lines(name, first):
        yield {"match": name + "(", "text": f"```python\ndef {name}(a, b):\n    return {first}\n```"}
        yield {"match": name + "(", "text": f"```python\ndef {name}(a, b):\n    return a + b\n```"}

    dise.answers(*lines("one", "sum_of(a, b)"), *lines("two", "addition(a, b)"), *lines("three", "a - b"), *lines("four", "plus(a, b)"),
                 extra="escalation: [{role: fast}, {role: powerful, context: errors}]\n")
    connection = start(dise)
    hints = {}
    for name in ("one", "two", "three", "four"):
        job = submit(connection, name)
        assert connection.wait_for(job, type="job_done")["status"] == "solved"
        hints[name] = prompt_of(connection, job, "repair").partition("A similar error was fixed before: ")[2].partition("Write the whole")[0]
    assert hints == {"one": "", "three": "",  # nothing is known; a wrong value is no error
                     "two": "this\n    return sum_of(a, b)\nbecame this\n    return a + b\n\n",
                     "four": "this\n    return sum_of(a, b)\nbecame this\n    return a + b\n\n"}
    found = rows(dise, "SELECT signature, offered, helped FROM fix ORDER BY id")
    assert found == [("NameError: name '' is not defined", 2, 2), *[("NameError: name '' is not defined", 0, 0)] * 2]
    listed = dise.json("rag", "fixes", "nameerror")[1]
    assert [(f["offered"], f["helped"], round(f["odds"], 2)) for f in listed] == [(2, 2, 0.8), (0, 0, 0.67), (0, 0, 0.67)]
    text = dise.run("rag", "fixes").stdout.decode()
    assert "NameError: name '' is not defined\n  0.80: it mended job 1, was offered 2 times since and helped 2\n    -     return sum_of(a, b)" in text
    assert dise.run("rag", "fixes", "ImportError").stdout.decode() == "no such error was mended yet\n"
