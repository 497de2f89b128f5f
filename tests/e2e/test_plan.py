"""What is made before the program: a specification, tests, and what a function's head asks for."""

import json

import pytest

ADD = "```python\ndef add(a, b):\n    return a + b\n```"
SUB = "```python\ndef add(a, b):\n    return a - b\n```"
PLAN = "Purpose: adds.\nInput: a and b, integers.\nOutput: their sum."
TESTS = ("assert add(1, 2) == 3\nassert add(0, 0) == 0\nassert add(-1, 1) == 0\n"
         "assert add(x, 1) == 2\nassert add(2, 2) == 4\nassert add(5, 5) == 10\n")


def events(dise, *args, **options):
    code, lines = dise.json("run", *args, **options)
    return code, [x for x in lines if "event" in x or "type" in x]


def of(lines, kind):
    return [x for x in lines if kind in (x.get("event"), x.get("type"))]


# ---- tests ----


def test_tests_are_written_beside_the_program_and_told(dise):
    dise.answers({"match": "assert lines", "text": TESTS}, {"match": "", "text": ADD}, tests=True)
    code, lines = events(dise, "add two numbers")
    assert code == 0
    made, = of(lines, "tests_made")
    assert (made["written"], made["usable"]) == (6, 5)
    assert made["text"].splitlines()[0] == "add(1, 2) == 3"


def test_a_tester_that_goes_on_is_cut_and_its_prose_is_no_test(dise):
    endless = "```python\n" + "".join(f"assert add({i}, 1) == {i + 1}\n" for i in range(40)) + "```"
    dise.answers({"match": "assert lines", "text": endless, "tokens_per_s": 500},
                 {"match": "", "text": ADD}, tests=True)
    code, lines = events(dise, "add two numbers")
    made, = of(lines, "tests_made")
    assert code == 0
    assert 8 <= made["usable"] <= made["written"] < 25  # it may come in large pieces
    dise.answers({"match": "assert lines", "text": "Sure! Here are tests:\nassert add(1, 1) == 3\n",
                  "tokens_per_s": 4000}, {"match": "", "text": ADD}, tests=True)
    code, lines = events(dise, "add two numbers", "--fresh")
    assert code == 0
    assert [made["usable"] for made in of(lines, "tests_made")] == [0, 0, 0]  # stronger models do no better


def test_tests_that_fail_do_not_take_the_task_with_them(dise):
    dise.answers({"match": "assert lines", "error": "protocol"}, {"match": "", "text": ADD},
                 tests=True)
    code, lines = events(dise, "add two numbers")
    assert code == 0
    assert [(made["written"], made["usable"]) for made in of(lines, "tests_made")] == [(0, 0)] * 3  # fast, powerful, god_level


def test_the_tester_is_told_the_name_and_calls_of_another_name_reach_the_function(dise):
    head = "def plus(a: int, b: int) -> int:\n    \"\"\"Adds them.\"\"\"\n"
    dise.answers({"match": "The function is plus(a, b).", "text": "assert solution(1, 2) == 3\n"},
                 {"match": "The function is", "text": "assert nothing(1) == 3\n"},
                 {"match": "", "text": "```python\ndef plus(a, b):\n    return a + b\n```"}, tests=True)
    code, lines = events(dise, head)
    assert code == 0
    assert of(lines, "tests_made")[0]["text"] == "solution(1, 2) == 3"
    checks = [c for c in of(lines, "check") if c["name"] == "tests"]
    assert checks and all(c["ok"] for c in checks)


# ---- examples, all the way through ----


@pytest.mark.parametrize("task, code", [
    ("subtract: Input: first = 5, second = 3\nOutput: 2", "def sub(second, first):\n    return first - second"),
    ("subtract: Input: x = 5, y = 3\nOutput: 2", "def sub(a, b):\n    return a - b"),
    ("\u201cabc\u201d becomes \u201ccba\u201d", "def turn(s):\n    return s[::-1]"),
    ("is it true?\n| a | b | result |\n|---|---|---|\n| 1 | 1 | true |\n| 1 | 2 | false |",
     "def same(a, b):\n    return a == b"),
    ("the first or null: f([]) -> null, f([1]) -> 1", "def f(x):\n    return x[0] if x else None"),
    ("sum of a pair: (1, 2) -> 3", "def f(a, b):\n    return a + b"),
])
def test_every_notation_reaches_the_program(dise, task, code):
    dise.answers({"match": "", "text": f"```python\n{code}\n```"})
    result, lines = events(dise, task)
    checks = [c for c in of(lines, "check") if c["name"] == "example"]
    assert result == 0 and checks and all(c["ok"] for c in checks)
    wrong = code.replace("return ", "return not ")
    dise.answers({"match": "", "text": f"```python\n{wrong}\n```"})
    assert events(dise, task, "--fresh")[0] == 1


# ---- plans ----


def plans(dise, **options):
    dise.answers({"match": "", "model": "powerful", "text": PLAN},
                 {"match": "Specification:\nPurpose: adds", "text": ADD},
                 {"match": "Specification:\nPurpose: takes away", "text": SUB},
                 {"match": "", "text": "```python\ndef none(a, b):\n    return 0\n```"}, **options)


def test_a_plan_is_made_when_it_is_wanted_and_goes_into_the_prompts(dise):
    plans(dise, plan="always")
    code, lines = events(dise, "add two numbers: f(1, 2) == 3")
    assert code == 0
    assert of(lines, "plan")[0]["text"] == PLAN
    assert not of(lines, "job_question")
    plans(dise, plan="never")
    code, lines = events(dise, "add two numbers: f(1, 2) == 3", "--fresh")
    assert not of(lines, "plan")


def test_an_overseer_that_goes_on_is_cut(dise):
    dise.answers({"match": "", "model": "powerful", "text": "many words " * 2000,
                  "tokens_per_s": 4000}, {"match": "", "text": ADD}, plan="always")
    code, lines = events(dise, "add two numbers: f(1, 2) == 3")
    assert code == 0
    assert 200 < len(of(lines, "plan")[0]["text"].split()) < 2000  # of 4000: it may come in large pieces


def test_a_simple_task_has_no_plan(dise):
    plans(dise)
    _, lines = events(dise, "add two numbers: f(1, 2) == 3")
    assert not of(lines, "plan")


HARD = ("write a function that joins two numbers:\n- it adds them\n- nothing counts as zero\n"
        "- they may be negative\nf(1, 2) == 3")


def test_what_is_not_simple_is_planned_by_a_stronger_model_alone(dise):
    plans(dise)
    code, lines = events(dise, HARD)
    assert of(lines, "classified")[0]["complexity"] != "simple"
    assert code == 0 and of(lines, "plan")
    plans(dise)
    config = (dise.home / "config.yaml").read_text().replace(
        "answers.jsonl}", "answers.jsonl, model_roles: {fast: powerful, powerful: powerful}}")
    (dise.home / "config.yaml").write_text(config)
    code, lines = events(dise, HARD, "--fresh")
    assert not of(lines, "plan")


def test_a_plan_that_is_asked_for_waits_for_nobody_where_nobody_is(dise):
    plans(dise, plan="never")
    done = dise.run("run", "--plan", "add two numbers: f(1, 2) == 3")
    assert done.returncode == 0
    assert b"Purpose: adds." in done.stderr and b"return a + b" in done.stdout


def test_without_the_overseers_model_there_is_no_plan_and_still_a_program(dise):
    dise.answers({"match": "", "model": "powerful", "error": "protocol"}, {"match": "", "text": ADD},
                 plan="always")
    code, lines = events(dise, "add two numbers: f(1, 2) == 3")
    assert code == 0 and not of(lines, "plan")
    assert any("there is no plan" in x["text"] for x in of(lines, "job_note"))


def test_the_plan_is_agreed_to_edited_or_dropped_in_the_dashboard(dise, tui, tmp_path):
    plans(dise)
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i 's/adds/takes away/' \"$1\"\n")
    editor.chmod(0o755)
    dise.env["VISUAL"] = str(editor)
    t = tui(columns=120, lines=40)
    t.wait_for("what should the program do?")
    t.send("/plan add two numbers: f(1, 2) == 3\r")
    t.wait_for("Write the program by this plan?")
    assert "Purpose: adds." in t.text()
    t.send("\r")
    t.wait_for("solved")
    t.send("/plan subtract two numbers: f(5, 2) == 3\r")
    t.wait_for("subtract two")
    t.wait_for("Write the program by this plan?")
    t.send("e")
    t.wait_for("Purpose: takes away.")
    t.wait_for("return a - b")
    t.wait_for("solved")
    t.send("/plan nothing of this: f(1) == 3\r")
    t.wait_for("nothing of this")
    t.wait_for("Write the program by this plan?")
    t.escape()
    t.wait_for("cancelled: the plan was dropped")


def test_a_plan_is_agreed_to_on_a_terminal(dise, tui):
    plans(dise)
    t = tui(args=["run", "--plan", "add two numbers: f(1, 2) == 3"], columns=100)
    t.wait_for("go|edit|cancel")
    t.send("\r")
    t.wait_for("return a + b")
    assert t.wait_end() == 0
    t = tui(args=["run", "--plan", "--fresh", "add two numbers: f(1, 2) == 3"], columns=100)
    t.wait_for("go|edit|cancel")
    t.send("cancel\r")
    assert t.wait_end() == 130


def test_a_kill_while_the_plan_waits_asks_the_overseer_no_second_time(dise, tui):
    plans(dise)
    t = tui(columns=120, lines=40)
    t.wait_for("what should the program do?")
    t.send("/plan add two numbers: f(1, 2) == 3\r")
    t.wait_for("Write the program by this plan?")
    dise.kill_engine()
    t.wait_for("resumed after an interruption")
    t.send("\r")
    t.wait_for("2 calls")


# ---- heads ----


def test_a_heads_imports_and_annotations_are_put_back(dise):
    head = ("from typing import List\n\n\ndef total(numbers: List[int]) -> int:\n"
            "    \"\"\"Adds all.\n    >>> total([1, 2])\n    3\n    \"\"\"\n")
    dise.answers({"match": "", "text": "```python\ndef total(numbers):\n    return sum(numbers)\n```"})
    done = dise.run("run", head)
    assert done.returncode == 0
    assert b"from typing import List\n\ndef total(numbers: List[int]) -> int:" in done.stdout


def test_a_function_of_another_name_is_not_what_the_head_asks_for(dise):
    head = "def total(numbers):\n    \"\"\"Adds all. total([1, 2]) == 3\"\"\"\n"
    dise.answers({"match": "", "text": "```python\ndef add(numbers):\n    return sum(numbers)\n```"})
    code, lines = events(dise, head)
    assert code == 1
    assert "it has no function total(numbers)" in json.dumps(of(lines, "job_done"))
