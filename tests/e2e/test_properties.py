"""Property tests: what a task's words decide of every answer, tried on inputs that nobody has written down."""

import pytest

ONE = "escalation: [{role: fast, candidates: 1}]\n"
TWO = "escalation: [{role: fast, candidates: 1}, {role: fast, temperature: 0.3, context: errors}]\n"
SORT = "Write a function sort_list(items) that sorts a list of integers. sort_list([3, 1, 2]) == [1, 2, 3]"


def program(body, head="def sort_list(items):", before=""):
    return f"```python\n{before}{head}\n    {body}\n```"


def told(events, kind):
    return [e for e in events if e["type"] == kind]


def broken(events):
    return {e["name"].removeprefix("property "): e["detail"] for e in told(events, "check")
            if e["name"].startswith("property ") and not e["ok"]}


def run(dise, task, *answers, ladder=ONE, **options):
    dise.answers(*({"text": a} for a in answers), extra=ladder, properties=True, **options)
    return dise.json("run", task)


def test_properties_settle_a_task_without_any_generated_test(dise):
    code, events = run(dise, SORT, program("return sorted(items)"))
    checked = events[-1]["checked"]
    assert code == 0 and checked["properties_held"] == checked["properties"] >= 4
    assert "properties" in checked["text"] and not broken(events)


def test_a_falsifying_example_is_shrunk_shown_and_given_to_the_repair(dise):
    """It answers the task's example and loses what stands twice."""
    code, events = run(dise, SORT, program("return sorted(set(items))"), program("return sorted(items)"), ladder=TWO)
    assert broken(events)["permutation"] == "sort_list([1, 1]) gave [1], which does not have the same elements as the input"
    assert code == 0 and [e["outcome"] for e in told(events, "stage_end")] == ["failed", "solved"]
    assert events[-1]["checked"]["properties_held"] == events[-1]["checked"]["properties"]
    assert "sort_list([1, 1]) gave [1]" in told(events, "stage_end")[0]["why"]
