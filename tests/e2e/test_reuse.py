"""The same task in other words is answered by the program that is kept, without a model; what only looks like it is not."""

import json
import sqlite3
import time
from contextlib import closing

import pytest
from fake_embedder import FakeEmbedder

SORT = "Write a function up(nums) that sorts a list of numbers in ascending order. up([3, 1, 2]) == [1, 2, 3]"
SORT_CODE = "```python\ndef up(nums):\n    return sorted(nums)\n```"
NEVER = {"match": "", "text": "```python\ndef f(x):\n    return None\n```"}


def notes(events):
    return [e["text"] for e in events if e["type"] == "job_note"]


def calls(events):
    return [e["role"] for e in events if e["type"] == "llm_call"]


def show(dise, artifact):
    return dise.json("artifact", "show", artifact)[1][0]


def solved(dise, task=SORT, code=SORT_CODE, *more, extra="escalation: [{role: fast}]\n", **options):
    """A home that has solved the task; its id."""
    dise.answers({"match": task[:40], "text": code}, *more, extra=extra, reuse=True, **options)
    code, events = dise.json("run", task)
    assert code == 0 and events[-1]["llm_calls"] == 1, events[-1]
    return events[-1]["artifact"]


def test_other_words_are_answered_without_a_model(dise):
    first = solved(dise)
    code, events = dise.json("run", "please sort an array of integers from smallest to largest, up([5, 4, 9]) == [4, 5, 9]")
    assert code == 0 and not calls(events)
    done = events[-1]
    assert done["message"] == f"answered from memory {first}: the same task in other words; its 1 example passed"
    assert done["artifact"] == first and done["llm_calls"] == 0 and done["checked"]["examples_passed"] == 1
    assert show(dise, first)["uses"] == 1
    with closing(sqlite3.connect(dise.home / "dise.db")) as db:
        names = [r[0] for r in db.execute("SELECT name FROM step WHERE job=?", (2,))]
    assert "reuse" in names and "run" in names and "llm" not in names


def test_without_an_example_the_words_must_leave_nothing_over(dise):
    first = solved(dise)
    code, events = dise.json("run", "sort numbers of a list in increasing order")
    assert code == 0 and not calls(events)
    assert events[-1]["message"] == f"answered from memory {first}: the same task in other words"
    assert not [e for e in events if e["type"] == "sandbox_run"]


def test_the_same_words_with_another_input_are_run_on_it(dise):
    solved(dise)
    code, events = dise.json("run", SORT, "--input", '{"nums": [9, 7]}')
    assert code == 0 and not calls(events) and events[-1]["result"]["result"] == [7, 9]
    assert "passed" in events[-1]["message"]


def test_another_name_is_given_to_it_and_kept(dise):
    first = solved(dise)
    code, events = dise.json("run", "order_up(nums) sorts a list of numbers in ascending order, order_up([7, 5, 6]) == [5, 6, 7]")
    assert code == 0 and not calls(events), events[-1]
    kept = show(dise, events[-1]["artifact"])
    assert kept["id"] != first and kept["function"] == "order_up"
    assert kept["adapted_from"] == [{"id": first, "name": "up"}]
    code, ran = dise.json("artifact", "run", kept["id"], "--input", '{"nums": [2, 1]}')
    assert code == 0 and ran[-1]["result"]["result"] == [1, 2]
    assert dise.run("artifact", "verify", kept["id"]).returncode in (0, 2)


@pytest.mark.parametrize("trap", [
    "Write a function up(nums) that sorts a list of numbers in descending order. up([3]) == [3]",
    "Write a function up(nums) that sorts a list of numbers in ascending order without duplicates. up([1, 2]) == [1, 2]",
    "Write a function up(nums) that sorts a list of words in ascending order. up([1, 2]) == [1, 2]",
    "Write a function up(nums) that sorts a list of numbers in ascending order, or raises an error if it is empty. up([2, 1]) == [1, 2]",
])
def test_a_trap_is_not_answered_though_its_example_would_pass(dise, trap):
    solved(dise, SORT, SORT_CODE, {"match": "", "text": "```python\ndef up(nums):\n    return sorted(list(nums))\n```"})
    code, events = dise.json("run", trap)
    assert calls(events), events[-1]


def test_a_program_that_fails_loses_standing_and_a_model_is_asked(dise):
    first = solved(dise, SORT, SORT_CODE, {"match": "up([2, 1])", "text": "```python\ndef up(nums):\n    return sorted(nums)[::-1]\n```"})
    before = show(dise, first)["quality"]
    code, events = dise.json("run", "sort a list of numbers in increasing order: up([2, 1]) == [2, 1]")
    assert code == 0 and calls(events) == ["fast"]
    assert any(n.startswith(f"{first} looked like the same task, but up([2, 1]) -> [1, 2], expected [2, 1]") for n in notes(events))
    after = show(dise, first)
    assert after["bad"] == 1 and after["quality"] < before


def test_fresh_and_the_option_leave_memory_out(dise):
    task = "please sort an array of integers from smallest to largest, up([5, 4]) == [4, 5]"
    solved(dise, SORT, SORT_CODE, {"match": "smallest", "text": SORT_CODE})
    code, events = dise.json("run", task, "--fresh")
    assert code == 0 and calls(events) == ["fast"]
    dise.answers({"match": "smallest", "text": SORT_CODE}, extra="escalation: [{role: fast}]\n", reuse=False)
    code, events = dise.json("run", task + " ")
    assert code == 0 and "other words" not in events[-1]["message"]


def test_a_model_may_be_asked_where_the_words_leave_it_open(dise):
    """One question, and only when it is allowed; its no is a no."""
    open_task = "sort the temperature readings of a list in ascending order"
    extra = "escalation: [{role: fast}]\nmemory: {reuse: true, ask: auto}\n"
    for word in ("yes", "no"):
        dise.answers({"match": "Would the same program", "text": f'{{"same": "{word}"}}'},
                     {"match": SORT[:40], "text": SORT_CODE},
                     {"match": "", "text": "```python\ndef readings(x):\n    return sorted(x)\n```"}, extra=extra)
        if word == "yes":
            assert dise.json("run", SORT)[0] == 0
        code, events = dise.json("run", open_task if word == "yes" else open_task + ", please")
        assert code == 0
        if word == "yes":
            assert calls(events) == ["fast"] and "as a model says" in events[-1]["message"]
            assert events[-1]["llm_calls"] == 1
        else:
            assert len(calls(events)) == 2


def test_what_a_person_had_to_allow_is_not_run_for_another_task(dise):
    first = solved(dise)
    with closing(sqlite3.connect(dise.home / "dise.db")) as db:
        db.execute("DROP TRIGGER artifact_words_change")  # it needs the engine's tokenizer
        assert db.execute("UPDATE artifact SET body=json_set(body,'$.grants',json('{\"net\":[\"x.example\"]}')) WHERE id=?",
                          (int(first[1:]),)).rowcount
        db.commit()
    code, events = dise.json("run", "please sort an array of integers from smallest to largest")
    assert "other words" not in events[-1]["message"]


class Meaning(FakeEmbedder):
    """Sorting numbers is one direction, all else another."""

    def vector(self, text):
        up = "up([5" in text or "function up" in text
        return [1.0 if i == (0 if up else 1) else 0.1 for i in range(self.numbers)]


@pytest.fixture
def meaning():
    it = Meaning()
    yield it
    it.close()


def crowd(dise, n):
    """Many programs whose tasks have more of the request's words than the right one."""
    with closing(sqlite3.connect(dise.home / "dise.db")) as db, db:
        for i in range(n):
            task = f"sort an array of integers please, from smallest to largest, and drop each number above {i}"
            body = {"kind": "function", "name": f"f{i}", "function": f"f{i}", "task": task, "solved": True, "class": "CODE", "grants": {},
                    "source": f"def f{i}(a):\n    return sorted(x for x in a if x <= {i})\n"}
            db.execute("INSERT INTO artifact(kind,name,task,task_hash,solved,model,created,body,job) VALUES('function',?,?,?,1,'',?,?,0)",
                       (f"f{i}", task, f"h{i}", i, json.dumps(body)))


def test_what_words_do_not_find_is_found_by_meaning(dise, meaning):
    request = "please sort an array of integers from smallest to largest, up([5, 4, 9]) == [4, 5, 9]"
    first = solved(dise, SORT, SORT_CODE, NEVER)
    crowd(dise, 40)
    dise.run("stop")
    assert dise.json("run", request, "--no-cache")[0] != 0  # more words speak for others
    config = (dise.home / "config.yaml").read_text().replace(
        "  backends:\n", f'  backends:\n    mine: {{type: openai, base_url: "{meaning.url}"}}\n').replace(
        "llm:\n", "llm:\n  model_roles: {embedding: {backend: mine, model: e5-fake}}\n")
    dise.run("stop")
    dise.config(config)
    end = time.monotonic() + 90
    while (it := dise.json("rag", "status")[1][0])["state"] != "ready" or it["vectors"]["count"] < 41:
        assert time.monotonic() < end, it
        time.sleep(0.1)
    while (events := dise.json("run", request)[1])[-1]["status"] != "solved":  # a busy machine may be late
        assert time.monotonic() < end, events[-1]
    assert events[-1]["message"] == f"answered from memory {first}: the same task in other words; its 1 example passed"
    meaning.pause = 20  # it is not waited for
    began = time.monotonic()
    code, events = dise.json("run", request.replace("[5, 4, 9]", "[5, 4, 8]").replace("[4, 5, 9]", "[4, 5, 8]"))
    assert code != 0 and time.monotonic() - began < 15
