"""What speaks for a program beside the task's own examples, and how attempts are weighed."""

import pytest


def program(body):
    return f"```python\ndef add(a, b):\n    return {body}\n```"


def test_mutants_tell_how_sharp_the_examples_are(dise):
    dise.answers({"text": program("a + b")})
    for task, killed in (("add(2, 3) == 5", 2), ("add(0, 0) == 0", 1)):
        code, events = dise.json("run", f"Write a function that adds two numbers, {task}")
        checked = events[-1]["checked"]
        assert code == 0 and (checked["mutants"], checked["mutants_killed"]) == (2, killed)


TASK = "Write a function add(a, b) that adds two numbers."
ROLES = "escalation: [{role: fast, candidates: 1}, {role: fast, temperature: 0.7, candidates: 3}, {role: powerful, candidates: 1}]\n"
RIGHT, WRONG, OTHER = (program(body) for body in ("a + b", "a - b", "a * b"))
TESTS = "assert add(1, 2) == 3\nassert add(0, 0) == 0\nassert add(-1, 1) == 0\nassert add(5, 7) == 12"
WRITE_TESTS = {"match": "assert lines", "text": TESTS}


def told(events, kind):
    return [e for e in events if e["type"] == kind]


def test_one_answer_that_passes_every_generated_test_is_enough(dise):
    dise.answers(WRITE_TESTS, {"text": RIGHT}, extra=ROLES, tests=True)
    code, events = dise.json("run", TASK)
    assert code == 0 and events[-1]["llm_calls"] == 2  # the program and the tests
    assert events[-1]["checked"]["tests_passed"] == events[-1]["checked"]["tests"] == 4
    assert told(events, "tests_made")[0]["usable"] == 4


def test_examples_of_the_task_need_no_generated_ones(dise):
    dise.answers(WRITE_TESTS, {"text": RIGHT}, extra=ROLES, tests=True)
    code, events = dise.json("run", TASK + " add(2, 3) == 5, add(1, 1) == 2")
    assert code == 0 and events[-1]["llm_calls"] == 1 and not told(events, "tests_made")


def test_answers_that_agree_outweigh_tests_that_are_wrong(dise):
    """Two of the four tests are wrong; the first answer passes as many as the others, who agree."""
    tests = "assert add(1, 2) == 3\nassert add(2, 3) == -1\nassert add(4, 4) == 0\nassert add(9, 3) == 12"
    dise.answers({"match": "assert lines", "text": tests}, {"model": "fast", "text": WRONG},
                 *[{"model": "fast", "text": RIGHT}] * 3, extra=ROLES, tests=True)
    code, events = dise.json("run", TASK)
    assert code == 0
    assert [e["outcome"] for e in told(events, "stage_end")] == ["failed", "solved"]
    assert "3 of 4 candidates agree" in " ".join(e["why"] for e in told(events, "step_end"))


def test_calls_without_a_known_answer_tell_apart_what_the_tests_do_not(dise):
    """All four answer the tests alike; the first is alone in what it does with larger numbers."""
    tests = TESTS.replace("== 12", "== 13")
    dise.answers({"match": "assert lines", "text": tests}, {"model": "fast", "text": program("a + b if b < 15 else 0")},
                 *[{"model": "fast", "text": RIGHT}] * 3, extra=ROLES, tests=True)
    code, events = dise.json("run", TASK)
    chosen = [e["why"] for e in told(events, "step_end") if e["name"] == "choose"]
    assert code == 0 and chosen[-1].startswith("stage 2, candidate a")
    assert "4 of 4 candidates agree" in chosen[-1]


def test_what_nothing_speaks_for_is_not_called_solved(dise):
    tests = "assert add(1, 2) == 77\nassert add(2, 3) == 78\nassert add(4, 4) == 79"
    dise.answers({"match": "assert lines", "text": tests}, {"model": "fast", "text": WRONG}, {"model": "fast", "text": RIGHT},
                 {"model": "fast", "text": OTHER}, {"model": "fast", "text": program("a / b")},
                 {"model": "powerful", "text": program("b - a")}, extra=ROLES, tests=True)
    code, events = dise.json("run", TASK)
    assert code == 1 and events[-1]["status"] == "unsolved"
    assert "nothing speaks for the best attempt" in events[-1]["message"]


def test_tests_that_no_program_can_pass_are_written_again_by_the_stronger_model(dise):
    dise.answers({"match": "assert lines", "model": "fast", "text": "assert add('x') == 1\nassert add('y') == 2\nassert add('z') == 3"},
                 {"match": "assert lines", "model": "powerful", "text": TESTS}, {"text": RIGHT}, extra=ROLES, tests=True)
    code, events = dise.json("run", TASK)
    assert code == 0 and len(told(events, "tests_made")) == 2
    assert events[-1]["checked"]["tests_passed"] == 4


def test_a_table_of_the_examples_is_not_enough(dise):
    """Its text holds the examples with their answers: the generated tests tell it from the honest one."""
    table = "```python\ndef add(a, b):\n    return {(2, 3): 5, (10, 20): 30}[(a, b)]\n```".replace("(2, 3)", "2 * 100 + 3").replace("(10, 20)", "10 * 100 + 20").replace("[(a, b)]", "[a * 100 + b]")
    dise.answers(WRITE_TESTS, {"model": "fast", "text": table}, {"model": "powerful", "text": RIGHT},
                 extra="escalation: [{role: fast, candidates: 1}, {role: powerful, candidates: 1}]\n", tests=True)
    code, events = dise.json("run", TASK + " add(2, 3) == 5, add(10, 20) == 30")
    assert code == 0
    assert [e["outcome"] for e in told(events, "stage_end")] == ["failed", "solved"]


def test_tables_of_the_examples_do_not_outvote_the_honest_program(dise):
    """They agree with each other, as they hold the same."""
    table = "```python\ndef add(a, b):\n    if (a, b) == (2, 3): return 5\n    if (a, b) == (10, 20): return 30\n    return 0\n```"
    tests = "assert add(0, 0) == 0\nassert add(-1, 1) == 0\nassert add(1, 2) == 3\nassert add(4, 5) == 9"
    dise.answers({"match": "assert lines", "text": tests}, {"model": "fast", "text": table}, {"model": "powerful", "text": RIGHT},
                 extra=ROLES, tests=True)
    code, events = dise.json("run", TASK + " add(2, 3) == 5, add(10, 20) == 30")
    assert code == 0
    ends = told(events, "stage_end")
    assert [e["outcome"] for e in ends] == ["failed", "failed", "solved"]
    assert "only holds the examples" in ends[0]["why"]
    assert events[-1]["checked"]["tests_passed"] == 4


def test_without_examples_and_tests_the_stronger_models_answer_is_taken(dise):
    dise.answers({"match": "assert lines", "text": "I cannot."}, {"model": "fast", "text": WRONG}, {"model": "powerful", "text": RIGHT},
                 extra="escalation: [{role: fast, candidates: 1}, {role: powerful, candidates: 1}]\n", tests=True)
    code, events = dise.json("run", "Children stand in a circle, names in a list, and count out: starting with the first child every k-th one "
                             "leaves, counting goes on with the next child still standing. I want last_seated(names, k) to give a tuple of (list of those who "
                             "left in order, the one who remains). With no names at all it is a tuple of an empty list and None.")
    assert code == 0 and told(events, "classified")[0]["complexity"] != "simple"  # so the powerful model is asked for the tests
    assert [e["outcome"] for e in told(events, "stage_end")] == ["failed", "solved"]


TWO = "escalation: [{role: fast, candidates: 2}, {role: powerful, candidates: 3}]\n"
LAST = "Write a function last_or_none(items) that returns the last element of a list. last_or_none([1, 2]) == 2, last_or_none([7]) == 7"


def last(*lines):
    return "```python\ndef last_or_none(items):\n" + "".join(f"    {line}\n" for line in lines) + "```"


def chosen(events):
    return [e["why"] for e in told(events, "step_end") if e["name"] == "choose"]


def test_a_program_that_bears_nothing_is_better_than_one_that_breaks_down(dise):
    """Both pass the examples; the first raises IndexError for an empty list."""
    dise.answers({"text": last("return items[-1]")}, {"text": last("return items[-1] if items else None")}, extra=TWO, tests=True)
    code, events = dise.json("run", LAST)
    assert code == 0 and events[-1]["llm_calls"] == 2
    assert chosen(events)[-1].startswith("stage 1, candidate b")


def test_an_error_that_the_program_raises_itself_is_an_answer(dise):
    dise.answers({"text": last("if not items:", "    raise ValueError('empty')", "return items[-1]")},
                 {"text": last("return items[-1] if items else None")}, extra=TWO, tests=True)
    assert chosen(dise.json("run", LAST)[1])[-1].startswith("stage 1, candidate a")


def test_few_examples_do_not_settle_what_candidates_answer_differently(dise):
    """The two of the first stage differ; of the others two do as the second."""
    odd, usual = last("return max(items)"), last("return items[-1] if items else None")
    dise.answers({"model": "fast", "text": odd}, {"model": "fast", "text": usual}, {"text": usual}, extra=TWO, tests=True)
    code, events = dise.json("run", LAST)
    assert code == 0 and [e["outcome"] for e in told(events, "stage_end")] == ["failed", "solved"]
    assert not chosen(events)[-1].startswith("stage 1, candidate a")


@pytest.mark.parametrize("size, example, solved", [("1.5b", "", False), ("1.5b", " add(2, 3) == 5", True), ("7b", "", True)])
def test_what_a_small_model_agrees_on_is_solved_only_beside_an_example(dise, size, example, solved):
    """Half of the tests that it wrote pass: without an example that is how it misreads the task as often as not."""
    tests = "assert add(1, 2) == 3\nassert add(10, 3) == 13\nassert add(5, 6) == 77\nassert add(7, 8) == 78"
    dise.answers({"match": "assert lines", "text": tests}, {"text": RIGHT}, {"text": program("b + a")}, {"text": OTHER}, tests=True,
                 extra="escalation: [{role: fast, candidates: 3}]\n")
    path = dise.home / "config.yaml"
    path.write_text(path.read_text().replace("llm:\n", f"llm:\n  model_roles: {{fast: coder-{size}, powerful: coder-{size}}}\n"))
    code, events = dise.json("run", TASK + example)
    assert code == (0 if solved else 1) and events[-1]["status"] == ("solved" if solved else "unsolved")
    told_it = "an example in the task would tell" in events[-1]["message"]
    assert told_it is not solved
