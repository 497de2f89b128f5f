"""`dise optimize`: what is faster beyond doubt and answers alike becomes the next version, and nothing else does."""

import pytest
import json
import sqlite3
import time

TASK = ("numbers is sorted. For each query give how many of the numbers are smaller: ranks([1, 3, 5, 7], [4, 1, 9]) == [2, 0, 4], "
        "ranks([1], [1]) == [0], ranks([], [2]) == [0]")
SLOW = """def ranks(numbers, queries):
    result = []
    for query in queries:
        count = 0
        for number in numbers:
            if number < query:
                count += 1
            else:
                break
        result.append(count)
    return result
"""
FAST = "import bisect\n\n\ndef ranks(numbers, queries):\n    return [bisect.bisect_left(numbers, q) for q in queries]\n"
# passes every example: no query of them is as large as two equal numbers
WRONG = ("def ranks(numbers, queries):\n    place = {n: i for i, n in enumerate(numbers)}\n"
         "    return [place.get(q, sum(1 for n in numbers if n < q)) if numbers and q < numbers[-1] * 3 else len(numbers) for q in queries]\n")
EQUAL = SLOW.replace("number in", "n in").replace("number <", "n <").replace("result", "found")
QUADRATIC = ("def common(a, b):\n    found = []\n    for x in a:\n        if x in b:\n            found.append(x)\n    return found\n")
COMMON = "Give the numbers of a that are in b: common([1, 2, 3], [3, 1]) == [1, 3], common([], [1]) == []"


def block(code):
    return f"```python\n{code}```"


def kept(dise, task, code, *answers, **options):
    dise.answers({"match": task[:30], "model": "fast", "text": block(code)}, *answers, **options)
    status, events = dise.json("run", task)
    assert status == 0, events[-1]
    return events[-1]["artifact"]


def optimizer(*codes):
    return [{"match": "Where it spends time and memory", "text": block(c)} for c in codes]


def told(events):
    return [e for e in events if e["type"] == "optimized"]


def versions(dise, artifact):
    done = dise.run("rag", "versions", artifact, "--json")
    return [v for line in done.stdout.splitlines() for v in json.loads(line).get("versions", [json.loads(line)])]


@pytest.mark.costly
def test_only_what_is_faster_and_answers_alike_is_kept(dise):
    artifact = kept(dise, TASK, SLOW, *optimizer(WRONG, EQUAL, FAST))
    status, events = dise.json("optimize", artifact, "--iterations", "3", timeout=180)
    wrong, equal, fast = told(events)
    assert not wrong["kept"] and "instead of" in wrong["why"], wrong
    assert not equal["kept"] and "no gain beyond doubt" in equal["why"] and equal["low"] < 1.03, equal
    assert fast["kept"] and fast["low"] > 2 and fast["how"].startswith("model "), fast
    assert status == 0 and events[-1]["status"] == "solved" and events[-1]["llm_calls"] == 3
    new, old = versions(dise, artifact)
    assert new["id"] == fast["artifact"] == events[-1]["artifact"] and old["id"] == artifact
    assert new["reason"].startswith("optimized: ") and "× faster [" in new["reason"] and new["old"] is False
    lineage = json.loads(dise.run("rag", "lineage", new["id"], "--json").stdout)
    assert [(e["id"], e["how"]) for e in lineage["derived_from"]][0][0] == artifact
    shown = json.loads(dise.run("artifact", "show", new["id"], "--json").stdout)
    assert shown["source"] == FAST and shown["solved"] and shown["optimized"]["pairs"] >= 7
    assert 0 < shown["optimized"]["old_score"] < shown["optimized"]["new_score"] <= 1
    assert "gates_of" not in shown and all(g["trend"][-1] == g["score"] for g in shown["gates"] if "score" in g)
    status, events = dise.json("artifact", "run", new["id"], "--input", '{"numbers": [1, 2], "queries": [2]}')
    assert status == 0 and events[-1]["result"]["result"] == [1]


def test_a_model_that_gives_back_what_it_was_given_is_not_asked_a_third_time(dise):
    artifact = kept(dise, TASK, SLOW, *optimizer(*[SLOW] * 4))
    _, events = dise.json("optimize", artifact, "--iterations", "4", timeout=180)
    assert [e["why"] for e in told(events)] == ["it is the same program again"] * 2
    assert events[-1]["llm_calls"] == 2 and events[-1]["status"] == "unsolved"


@pytest.mark.long
def test_the_model_is_told_where_a_larger_input_takes_its_time(dise):
    many = [{"match": f"{unit} hits", "text": block(FAST)} for unit in ("k", "M")]  # the examples make nine of them
    artifact = kept(dise, TASK, SLOW, *many)
    status, events = dise.json("optimize", artifact, "--iterations", "1", timeout=180)
    assert [e["kept"] for e in told(events)] == [True] and status == 0, events[-1]["message"]


def test_what_is_too_fast_on_any_input_is_told_and_stays(dise):
    artifact = kept(dise, "Give the first value of a list: first([4, 2]) == 4, first([7]) == 7",
                    "def first(values):\n    return values[0]\n", *optimizer(FAST))
    status, events = dise.json("optimize", artifact, "--iterations", "1", timeout=180)
    assert status == 1 and events[-1]["llm_calls"] == 0 and not told(events)
    assert "takes time that can be measured: the largest one that was made (" in events[-1]["message"], events[-1]
    assert [v["id"] for v in versions(dise, artifact)] == [artifact]


def test_rules_need_no_model_and_a_kill_in_the_middle_loses_nothing(dise):
    artifact = kept(dise, COMMON, QUADRATIC)
    process = dise.start("optimize", artifact, "--iterations", "0", "--json")
    for line in process.stdout:
        event = json.loads(line)
        if event["type"] == "step_begin" and event["name"] == "measure":
            break
    dise.kill_engine()
    process.wait(90)
    process.stdout.close()
    process.stderr.close()
    job = next(j["id"] for j in dise_jobs(dise) if j["kind"] == "optimize")
    events = follow(dise, job)
    done = events[-1]
    assert done["status"] == "solved" and done["llm_calls"] == 0, done
    one, = [e for e in events if "gain" in e]
    assert one["kept"] and one["how"] == "rules: membership" and one["low"] > 2
    assert [v["id"] for v in versions(dise, artifact)] == [one["artifact"], artifact]
    runs = [e for e in events if e.get("name") == "compare" and "outcome" in e]
    assert len(runs) == 1, "the comparison before the kill is not made again"


@pytest.mark.long
def test_cancelled_and_without_budget_nothing_changes(dise):
    artifact = kept(dise, TASK, SLOW, *optimizer(FAST))
    status, events = dise.json("optimize", artifact, "--budget", "10")
    assert status == 1 and events[-1]["status"] == "unsolved" and "budget" in events[-1]["message"], events[-1]
    assert not told(events) and events[-1]["llm_calls"] == 0
    process = dise.start("optimize", artifact, "--json")
    lines = []
    for line in process.stdout:
        lines.append(json.loads(line))
        if lines[-1]["type"] == "step_begin" and lines[-1]["name"] in ("compare", "measure"):
            process.send_signal(2)
            break
    lines += [json.loads(x) for x in process.stdout]
    assert lines[-1]["type"] == "job_done" and lines[-1]["status"] == "cancelled" and process.wait(90) == 130
    assert [v["id"] for v in versions(dise, artifact)] == [artifact]


def test_what_cannot_be_optimized_is_told(dise):
    artifact = kept(dise, TASK, SLOW)
    done = dise.run("optimize", artifact, "speed")
    assert done.returncode == 2 and b"speed is no target: performance, quality, memory, latency or all" in done.stderr
    done = dise.run("optimize", "a99")
    assert done.returncode != 0 and b"there is no artifact a99" in done.stderr
    done = dise.run("optimize", artifact, "--iterations", "many")
    assert done.returncode == 2 and b"--iterations" in done.stderr
    status, events = dise.json("optimize", artifact, "--iterations", "0")
    assert status == 1 and events[-1]["message"] == "no rule applies, and no model was asked"


@pytest.mark.costly
def test_a_gate_that_blocks_what_stands_too_refuses_nothing_better(dise):
    artifact = kept(dise, COMMON, QUADRATIC)
    folder = dise.home / "tools" / "gate"
    folder.mkdir(parents=True)
    gate = "print('main.py:1:1: X1 no')\nraise SystemExit(1)\n"
    (folder / "grim.py").write_text("import sys\nif 'set(' in open(sys.argv[1]).read():\n    " + gate.replace("\n", "\n    ").rstrip() + "\n")
    (folder / "grim.yaml").write_text(
        "type: executable\ndescription: mine\ngate: {severity: block, on: accepted}\n"
        "executable: {command: python, args: ['{tool_dir}/grim.py', '{source_file}'], timeout: 5}\n")
    dise.run("stop")
    _, events = dise.json("optimize", artifact, "--iterations", "0", timeout=180)
    assert [x["kept"] for x in told(events)] == [False] and "no" in told(events)[0]["why"], told(events)
    (folder / "grim.py").write_text(gate)  # of every program
    dise.run("stop")
    _, events = dise.json("optimize", artifact, "--iterations", "0", timeout=180)
    assert [x["kept"] for x in told(events)] == [True], told(events)


@pytest.mark.long
def test_after_success_when_the_option_says_so(dise):
    artifact = kept(dise, COMMON, QUADRATIC, *optimizer(QUADRATIC), extra="optimize: {after_success: true}\n")
    job, = [j["id"] for j in dise_jobs(dise) if j["kind"] == "optimize"]
    done = follow(dise, job)[-1]
    assert done["status"] == "solved" and done["artifact"] != artifact, done


@pytest.mark.long
def test_over_night_what_is_used_most_is_improved(dise):
    artifact = kept(dise, COMMON, QUADRATIC, *optimizer(QUADRATIC))
    done = dise.run("batch", "improve", "--wait")
    assert done.returncode != 0 and b"nothing is used so much" in done.stderr
    with sqlite3.connect(dise.home / "dise.db") as db:  # as if it had been asked for often
        db.execute("UPDATE artifact SET uses = 40 WHERE kind = 'function'")
    db.close()
    dry = json.loads(dise.run("batch", "improve", "--dry-run", "--json").stdout)
    assert dry["items"] == 1
    done = dise.run("batch", "improve", "--wait", timeout=180)
    assert done.returncode == 0, done.stderr
    batch = next(j["id"] for j in dise_jobs(dise) if j["kind"] == "batch")
    report = dise.run("batch", "report", str(batch), "--verify")
    assert report.returncode == 0, report.stderr
    text = report.stdout.decode()
    assert "## Improved" in text and f"improve {artifact}: common" in text and "× faster [" in text and "rules: membership" in text
    assert [v["reason"][:10] for v in versions(dise, artifact)] == ["optimized:", ""]


# ---- helpers


def dise_jobs(dise):
    db = sqlite3.connect(dise.home / "dise.db")
    try:
        return [{"id": i, "kind": k} for i, k in db.execute("SELECT id, kind FROM job")]
    finally:
        db.close()


def follow(dise, job, seconds=300):
    """The stored events of a job when it has ended, as far as they have fields that tell them apart."""
    dise.run("status")  # any command starts the engine again
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        db = sqlite3.connect(dise.home / "dise.db")
        try:
            events = [json.loads(b) for (b,) in db.execute("SELECT body FROM event WHERE job = ? ORDER BY seq", (job,))]
        finally:
            db.close()
        if events and "llm_calls" in events[-1]:
            return events
        time.sleep(0.1)
    raise AssertionError(f"job {job} has not ended: {events[-3:]}")
