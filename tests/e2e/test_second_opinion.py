"""A lone program of a tiny model is compared with another answer before it is called a solution."""

TASK = "write a function largest(a) that gives the largest number of a list, largest([1, 2]) == 2, largest([3, 4, 9]) == 9"
PLAIN = "Answer with the complete Python code"


def program(body):
    return f"```python\ndef largest(a):\n    return {body}\n```"


RIGHT, LUCKY, WRONG = program("max(a)"), program("a[-1]"), program("a[0]")


def run(dise, tiny, plain, strong, *, fast="coder-0.5b", opinion=True):
    """What the tiny model says when it is told how and when it is asked plainly, and the strong one to both."""
    dise.answers({"model": fast, "text": tiny}, {"model": fast, "match": PLAIN, "text": plain}, {"model": "coder-1.5b", "text": strong},
                 tests=True)
    path = dise.home / "config.yaml"
    path.write_text(path.read_text().replace("llm:\n", f"llm:\n  model_roles: {{fast: {fast}, powerful: coder-1.5b}}\n")
                    .replace("pipeline: {", f"pipeline: {{second_opinion: {str(opinion).lower()}, "))
    code, events = dise.json("run", TASK)
    assert code == 0
    ends = [(e["stage"], e["outcome"], e["why"]) for e in events if e["type"] == "stage_end"]
    models = [e["model"] for e in events if e["type"] == "llm_call"]
    return ends, models, dise.json("artifact", "show", "a1")[1][0]["source"]


def test_a_lone_program_is_not_taken_before_a_stronger_model_was_heard(dise):
    ends, models, source = run(dise, WRONG, LUCKY, RIGHT)
    assert "max(a)" in source and models == ["coder-0.5b"] * 2 + ["coder-1.5b"] * 2
    assert ends[0][:2] == (1, "failed") and "no second answer that does the same" in ends[0][2]
    assert ends[1] == (2, "skipped", "another model's opinion is worth more now")
    assert ends[-1][:2] == (4, "solved")


def test_a_stronger_model_that_does_the_same_confirms_it(dise):
    ends, models, source = run(dise, WRONG, RIGHT, program("sorted(a)[-1]"))
    assert ends[-1][:2] == (4, "solved") and len(models) == 4


def test_two_answers_that_do_the_same_are_enough(dise):
    ends, models, source = run(dise, program("sorted(a)[-1]"), RIGHT, WRONG)
    assert models == ["coder-0.5b"] * 2 and ends == [(1, "solved", "")]


def test_it_can_be_turned_off(dise):
    ends, models, source = run(dise, WRONG, LUCKY, RIGHT, opinion=False)
    assert "a[-1]" in source and models == ["coder-0.5b"] * 2


def test_a_larger_model_needs_none(dise):
    ends, models, source = run(dise, WRONG, RIGHT, WRONG, fast="coder-7b")
    assert "max(a)" in source and ends[-1][1] == "solved" and set(models) == {"coder-7b"}


def test_without_an_example_a_small_model_is_not_asked_on_and_on(dise):
    """Nothing tells five answers apart that all do something else; four more would not either."""
    bodies = ["max(a)", "a[-1]", "a[0]", "min(a)", "sum(a)"]
    dise.answers({"match": "assert lines", "text": "\n".join(f"assert largest([{n}, 2]) == 77" for n in (1, 4, 5))}, {"model": "coder-0.5b", "text": "I cannot."},
                 *[{"model": "coder-1.5b", "text": program(body)} for body in bodies], tests=True)
    path = dise.home / "config.yaml"
    path.write_text(path.read_text().replace("llm:\n", "llm:\n  model_roles: {fast: coder-0.5b, powerful: coder-1.5b}\n"))
    code, events = dise.json("run", TASK.split(",")[0])
    ends = {e["stage"]: (e["outcome"], e["why"]) for e in events if e["type"] == "stage_end"}
    assert code == 1 and ends[5][0] == "failed"
    assert ends[6] == ("skipped", "the task has no example that would tell its answers apart")
    asked = [e["stage"] for e in events if e["type"] == "candidate_begin" and e["model"] == "coder-1.5b"]
    assert asked.count(4) == 2 and asked.count(5) == 3
