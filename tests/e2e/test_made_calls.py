"""Calls that the test data generator makes for the tests, of the types of the head, where no example shows a value."""

import ast
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src" / "runtime"))

import testdata_calls  # noqa: E402

THREE = "escalation: [{role: fast, candidates: 3}]\n"
ONE = "escalation: [{role: fast, candidates: 1}]\n"
NO_TESTS = {"match": "assert lines", "text": "I cannot."}


def program(body, head, before=""):
    return {"text": f"```python\n{before}{head}\n    {body}\n```"}


def told(events, kind):
    return [e for e in events if e["type"] == kind]


def steps(events, name):
    return [e for e in told(events, "step_end") if e["name"] == name]


def chosen(events):
    return [e["why"] for e in steps(events, "choose")][-1]


def run(dise, task, *answers, ladder=THREE, properties=False, **options):
    dise.answers(NO_TESTS, *answers, extra=ladder, tests=True, properties=properties, **options)
    return dise.json("run", task)


MERGE = "def merge(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:"
MERGE_TASK = f'{MERGE}\n    """Merge two dictionaries; where both have a key their values are added."""\n'
RIGHT = ("return {k: a.get(k, 0) + b.get(k, 0) for k in {**a, **b}}",
         "out = dict(a)\n    for k, v in b.items():\n        out[k] = out.get(k, 0) + v\n    return out")


def test_without_any_example_answers_are_compared_by_the_types_of_the_head(dise):
    code, events = run(dise, MERGE_TASK, *[program(body, MERGE) for body in ("return {**a, **b}", *RIGHT)])
    assert steps(events, "values")[0]["why"] == "24 calls, types of the task: dict[str, int], dict[str, int]"
    assert chosen(events).startswith("stage 1, candidate b")


def test_types_that_only_the_programs_say(dise):
    """The words have no head; what most of the programs say counts, and all are asked the same."""
    heads = ("def merge(a: list[int], b: list[int]):", MERGE, MERGE)
    task = "Write a function merge(a, b) that merges two dictionaries, adding the values of keys that both have."
    code, events = run(dise, task, *[program(*x) for x in zip(("return {**a, **b}", *RIGHT), heads)])
    assert "types of the programs: dict[str, int], dict[str, int]" in steps(events, "values")[0]["why"]
    assert chosen(events).startswith("stage 1, candidate b")


RECT = "from dataclasses import dataclass\n\n@dataclass\nclass Rect:\n    w: int\n    h: int\n\n"


def test_arguments_of_a_class(dise):
    head = "def area(r: Rect) -> int:"
    task = "Write a dataclass Rect with w and h and a function area(r) that gives its area."
    code, events = run(dise, task, *[program(f"return {x}", head, RECT) for x in ("r.w + r.h", "r.w * r.h", "r.h * r.w")])
    assert "types of the programs: Rect" in steps(events, "values")[0]["why"]
    assert chosen(events).startswith("stage 1, candidate b")


def test_examples_that_show_values_need_none(dise):
    task = "Write a function add(a: int, b: int) that adds two numbers. add(2, 2) == 4"
    code, events = run(dise, task, *[program(f"return {x}", "def add(a: int, b: int):") for x in ("a * b", "a + b", "b + a")])
    assert code == 0 and not steps(events, "values")


def test_an_example_of_which_nothing_can_be_made(dise):
    """All programs answer it and the one generated test."""
    task = "Write a function total(rows) that adds the numbers of a list of lists. total([]) == 0"
    dise.answers({"match": "assert lines", "text": "assert total([[]]) == 0"},
                 *[program(f"return {x}", "def total(rows: list[list[int]]) -> int:") for x in
                   ("sum(map(len, rows))", "sum(map(sum, rows))", "sum(x for row in rows for x in row)")],
                 extra=THREE, tests=True)
    code, events = dise.json("run", task)
    assert code == 0 and "types of the programs: list[list[int]]" in steps(events, "values")[0]["why"]
    assert chosen(events).startswith("stage 1, candidate b")


def test_without_types_nothing_is_started(dise):
    task = "Write a function merge(a, b) that merges two dictionaries, adding the values of keys that both have."
    code, events = run(dise, task, *[program(x, "def merge(a, b):") for x in ("return {**a, **b}", *RIGHT)])
    assert not steps(events, "values")


# ---- what is read of a head, and what is made of it --------------------------------------------------


def calls(task, *programs, function="", takes=-1):
    return testdata_calls.calls_of({"function": function, "takes": takes, "task": task, "programs": list(programs), "seed": 20,
                                    "count": 16, "edges": 8})


HEADS = [
    ("a: int", "int"), ("a: 'int'", "int"), ("a: int = 3", "int"), ("a: int, b=3", "int"), ("a: int, *, b=3", "int"),
    ("a: list", "list[int]"), ("a: List[List[str]]", "list[list[str]]"), ("a: typing.Sequence[float]", "list[float]"),
    ("a: dict[int, bool]", "dict[int, bool]"), ("a: set[str]", "set[str]"), ("a: tuple[int, str]", "tuple[int, str]"),
    ("a: tuple[int, ...]", "tuple[int, ...]"), ("a: Optional[str], b: int | None", "str | None, int | None"),
    ("a: bytes", "bytes"), ("a: Annotated[int, Ge(0)]", "int"),
    ("a", ""), ("a: int, b", ""), ("a: Callable[[int], int]", ""), ("a: int, *, b", ""), ("", ""), ("a: 'list['", ""),
    ("a: Literal['x']", ""), ("a: " + "list[" * 40 + "int" + "]" * 40, "")]


@pytest.mark.parametrize(("parameters", "hints"), HEADS)
def test_heads(parameters, hints):
    made = calls("", f"def f({parameters}):\n    pass\n")
    assert made.get("hints", "") == hints
    for call in made.get("calls", []):
        ast.literal_eval("(" + call["args"] + ",)")
    assert not hints or any(c["edge"] for c in made["calls"]) and len(made["calls"]) > 5


def test_the_same_calls_each_time_and_ordinary_ones_first():
    texts = [c["args"] for c in calls("", "def f(a: list[str]):\n    pass\n")["calls"]]
    assert texts == [c["args"] for c in calls("", "def f(b: list[str], *rest):\n    return 1\n")["calls"]]
    edges = [c["edge"] for c in calls("", "def f(a: list[str]):\n    pass\n")["calls"]]
    assert edges == sorted(edges) and True in edges and "[]" in texts


def test_of_a_program_only_types_are_taken():
    """No values, no classes that the task does not name, and names that stand for each other come to an end."""
    small = "class Low(int): pass\nclass Tricky:\n    def __init__(self, n: int): pass\n"
    assert not calls("", small + "def f(a: Tricky):\n    pass\n")
    assert calls("Use a class Tricky.", small + "def f(a: Tricky):\n    pass\n")["calls"][0]["call"].startswith("f(Tricky(")
    names = "A0 = int\n" + "".join(f"A{i + 1} = dict[A{i}, A{i}]\n" for i in range(30))
    assert not calls("", names + "def f(a: A30):\n    pass\n") and not calls("", "A = B\nB = A\ndef f(a: A):\n    pass\n")


def test_words_of_a_task_may_hold_classes():
    made = calls("Given\n\n@dataclass\nclass Point:\n    x: float\n    y: float\n\nwrite `def dist(a: Point, b: Point) -> float`.",
                 "def dist(a: int, b: int):\n    pass\n", function="dist")
    assert made["own"] and made["hints"] == "Point, Point" and made["calls"][0]["call"].startswith("dist(Point(")


# ---- in property tests --------------------------------------------------------------------------------


def broken(events):
    return {e["name"].removeprefix("property "): e["detail"] for e in told(events, "check")
            if e["name"].startswith("property ") and not e["ok"]}


UNTOUCHED = MERGE_TASK.replace("added.", "added. The given dictionaries must not be changed.").replace(
    '"""Merge', '"""Never change the given dict a.\n    Merge')


def test_a_property_that_needs_inputs_of_the_types(dise):
    """It is shown on the least input at which it breaks, and the repair is told."""
    ladder = "escalation: [{role: fast, candidates: 1}, {role: fast, temperature: 0.3, context: errors}]\n"
    wrong = "for k, v in b.items():\n        a[k] = a.get(k, 0) + v\n    return a"
    code, events = run(dise, UNTOUCHED, program(wrong, MERGE), program(RIGHT[0], MERGE), ladder=ladder, properties=True)
    assert broken(events)["untouched"].startswith("merge({'") and "changed its argument to" in broken(events)["untouched"]
    assert [e["name"] for e in told(events, "step_end") if e["name"] in ("values", "properties")] == ["values"] + ["properties"] * 2


def test_properties_on_arguments_of_a_class(dise):
    task = ("Write a function order(rects) for a dataclass Rect with w and h that returns the areas in ascending order.")
    head = "def order(rects: list[Rect]) -> list[int]:"
    code, events = run(dise, task, program("return [r.w * r.h for r in rects]", head, RECT), ladder=ONE, properties=True)
    assert re.match(r"order\(\[Rect\(\d+, \d+\), Rect.*which is not in ascending order", broken(events)["ascending"])


def test_at_an_edge_errors_and_endless_work_say_nothing(dise):
    """It raises for an empty dictionary, and counts down from -1."""
    task = "Write a function spread(amounts) that returns all amounts in ascending order."
    head = "def spread(amounts: dict[str, int]) -> list[int]:"
    body = "max(amounts)\n    for n in amounts.values():\n        while n != 0:\n            n -= 1\n    return sorted(amounts.values())"
    code, events = run(dise, task, program(body, head), ladder=ONE, properties=True)
    assert not broken(events) and [e for e in told(events, "check") if e["name"] == "properties" and e["ok"]]


CHEATS = {
    "takes nothing": ("def merge(a: None, b: None):", "return {**a, **b}"),
    "takes what it knows": ("def merge(a: Literal['x'], b: Literal['x']):", "return {**a, **b}"),
    "hides its types": ("def merge(a, b):", "return {**a, **b}"),
    "makes its own dict": ("def merge(a: 'dict[dict, dict]', b: dict[Mine, Mine]):", "return {**a, **b}"),
}


@pytest.mark.parametrize("cheat", CHEATS)
def test_what_a_program_says_of_its_types_helps_only_all(dise, cheat):
    """The wrong one is in front; the others have agreed on what is asked."""
    head, body = CHEATS[cheat]
    task = "Write a function merge(a, b) that merges two dictionaries, adding the values of keys that both have."
    before = "from typing import Literal\nclass Mine:\n    pass\n"
    code, events = run(dise, task, program(body, head, before), *[program(x, MERGE) for x in RIGHT])
    assert "dict[str, int]" in steps(events, "values")[0]["why"] and chosen(events).startswith("stage 1, candidate b")
