"""Answers that are ended early: no program can come of them any more, or the program is complete."""

import json

import pytest

TASK = "write a function that adds two numbers, add(2, 3) == 5, add(1, 1) == 2"
GOOD = "```python\ndef add(a, b):\n    return a + b\n```"
LADDER = "escalation:\n  - {role: fast}\n  - {role: powerful}\n"
SLOW = {"tokens_per_s": 2000}


def calls(events):
    return [e for e in events if e["type"] == "llm_call"]


def run(dise, *texts):
    dise.answers(*({"match": "add", "text": t, **SLOW} for t in texts), extra=LADDER)
    return dise.json("run", TASK)


def test_a_broken_program_is_not_waited_for(dise):
    rest = "".join(f"    c{i} = a + {i}\n" for i in range(200))
    code, events = run(dise, f"```python\ndef add(a, b):\n    c = (a + b\n    return c\n{rest}```", GOOD)
    assert code == 0
    first, second = calls(events)
    assert first["finish"] == "broken" and first["tokens_out"] < 60
    assert second["finish"] in ("fence", "stop")
    ends = [e for e in events if e["type"] == "candidate_end"]
    assert [e["outcome"] for e in ends] == ["rejected", "accepted"]
    assert ends[0]["why"] == "line 3: the '(' of line 2 is not closed, the answer was stopped there"
    assert next(e for e in events if e["type"] == "candidate_code")["code"].endswith("return c\n")


def test_an_answer_that_goes_round_in_circles_ends(dise):
    code, events = run(dise, "```python\ndef add(a, b):\n" + "    a = a + b\n" * 300, GOOD)
    assert code == 0
    assert [c["finish"] == "broken" for c in calls(events)] == [True, False]
    assert calls(events)[0]["tokens_out"] < 200
    # what came before the circle is a program, and is judged as one
    ends = [e for e in events if e["type"] == "candidate_end"]
    assert "add(2, 3)" in ends[0]["why"]


def test_a_program_without_a_fence_ends_where_words_begin(dise):
    text = "def add(a, b):\n    return a + b\n\nThis function adds the two numbers.\n" + "It is simple. " * 300
    code, events = run(dise, text)
    assert code == 0
    [call] = calls(events)
    assert call["finish"] == "fence" and call["tokens_out"] < 60
    assert "This function" not in dise.json("artifact", "show", "a1")[1][0]["source"]


@pytest.mark.parametrize("pace", [SLOW, {}], ids=["by words", "at once"])
def test_a_recorded_answer_that_came_whole_is_judged_whole(dise, tmp_path, pace):
    """Nothing is saved by ending it, and a pool of answers stays worth what it was."""
    text = "```python\ndef add(a, b):\n    return a - b)\n\ndef more():\n    return 1\n```"
    record = tmp_path / "pool.jsonl"
    dise.answers({"match": "add", "text": text, **pace}, extra="escalation: [{role: fast}]\n")
    code, events = dise.json("run", TASK, "--record", str(record))
    assert code == 1 and calls(events)[0]["finish"] == "broken"
    _, again = dise.json("run", TASK, "--fresh", "--record", str(record))
    assert calls(again)[0]["recorded"] and calls(again)[0]["finish"] == "broken", "the shorter answer is taken as it is"
    line = json.loads(record.read_text().splitlines()[0])
    line.update(chunks=[[0, text]], finish="stop")
    record.write_text(json.dumps(line) + "\n")
    dise.run("restart", "--record", str(record))
    _, whole = dise.json("run", TASK, "--fresh", "--record", str(record))
    assert calls(whole)[0]["recorded"] and calls(whole)[0]["finish"] == "stop"
    assert "def more" in next(e for e in whole if e["type"] == "candidate_code")["code"]
