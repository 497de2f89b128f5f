"""Answers that are kept: the same question of temperature 0 is asked once, and costs nothing again."""

import sqlite3

import pytest
from fake_model import FakeModel, config

CODE = "```python\ndef add(a, b):\n    return a + b\n```"
TASK = "write a function that adds two numbers, add(2, 3) == 5"
COLD = "escalation: [{role: fast, temperature: 0}]\n"
KEPT = COLD + "cache: {enabled: true}\n"


@pytest.fixture
def model():
    it = FakeModel(CODE)
    yield it
    it.close()


def calls(events):
    return [e for e in events if e["type"] == "llm_call"]


def run(dise, *more):
    code, events = dise.json("run", TASK, "--fresh", *more)
    return code, calls(events), events[-1]


def test_asked_once_and_again_for_nothing(dise, model):
    text = config(model, more=KEPT)
    dise.config(text.replace("llm:\n", "llm:\n  prices: {fake: {in: 1000, out: 1000}}\n"))
    code, (first,), end = run(dise)
    assert code == 0 and first["cost"] > 0 and not first["cached"]
    code, (second,), end = run(dise)
    assert code == 0 and len(model.asked) == 1 and second["cached"] and second["finish"] == first["finish"]
    assert second["cost"] == second["tokens_in"] == second["tokens_out"] == end["cost"] == 0
    assert end["result"] is None and end["llm_calls"] == 1
    dise.kill_engine()
    assert run(dise)[1][0]["cached"] and len(model.asked) == 1
    # what costs nothing needs no budget
    code, (free,), end = run(dise, "--budget", "$0.000001")
    assert code == 0 and free["cached"]
    assert not run(dise, "--no-cache")[1][0]["cached"] and len(model.asked) == 2


def test_only_questions_of_temperature_0_of_the_same_words(dise, model):
    dise.config(config(model, more="escalation: [{role: fast, temperature: 0.1}]\ncache: {enabled: true}\n"))
    run(dise), run(dise)
    assert len(model.asked) == 2
    dise.config(config(model, more=KEPT))
    dise.run("restart")
    run(dise)
    dise.json("run", TASK + " and add(1, 1) == 2", "--fresh")
    assert len(model.asked) == 4


def test_an_answer_that_broke_off_is_not_kept(dise, model):
    model.plan = [{"break_after": 5}] * 3
    dise.config(config(model, more=KEPT))
    assert run(dise)[0] == 1
    asked = len(model.asked)
    assert run(dise)[0] == 0 and len(model.asked) == asked + 1
    assert run(dise)[1][0]["cached"]


def test_what_a_budget_cut_is_not_kept(dise, model):
    model.text = "```python\ndef add(a, b):\n" + "".join(f"    # word {i} of many\n" for i in range(300)) + "    return a + b\n```"
    dise.config(config(model, more=KEPT))
    assert run(dise, "--budget", "400")[0] == 4
    assert not run(dise)[1][0]["cached"] and len(model.asked) == 2


def test_nothing_with_a_key_in_it_is_kept(dise, model):
    secret = "sk-very-secret-0123456789"
    dise.config(config(model, more=KEPT, fake=(f"api_key: {secret}",)))
    model.text = CODE.replace("return", f"key = '{secret}'\n    return")
    run(dise), run(dise)
    assert len(model.asked) == 2
    model.text = CODE
    for _ in range(2):
        dise.json("run", TASK + " my key is " + secret, "--fresh")
    assert len(model.asked) == 4
    db = sqlite3.connect(dise.home / "dise.db")
    assert db.execute("SELECT count(*) FROM answer").fetchone() == (0,)
    db.close()


def test_it_can_be_turned_off(dise, model):
    dise.config(config(model, more=COLD + "cache: {enabled: false}\n"))
    run(dise), run(dise)
    assert len(model.asked) == 2
