"""The rules that make a program faster (src/runtime/rewrite.py), and the inputs that are made (src/runtime/inputs.py)."""

import ast
import datetime
import importlib.util
import json
import re

import pytest
from conftest import ROOT

pytestmark = pytest.mark.costly


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "src" / "runtime" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


rewrite, inputs, measure = load("rewrite"), load("inputs"), load("measure")


def changed(text, rows, function):
    """{rule: source}"""
    return {rule: source for rule, _, source in rewrite.rewrites(text, rows, function)}


def run(source, function, rows):
    space = {}
    exec(source, space)
    return [space[function](*ast.literal_eval(repr(r))) for r in rows]


CASES = {
    "membership": ("def f(a, b):\n    return [x for x in a if x not in b]\n", [[[1, 2, 3], [2]], [[], [1]]], "set(b)"),
    "memo": ("def f(n):\n    if n < 2:\n        return n\n    return f(n - 1) + f(n - 2)\n", [[0], [9]], "known.setdefault(n, f(n - 1) + f(n - 2))"),
    "join": ("def f(a, b):\n    out = []\n    for x in a:\n        for y in b:\n            if y[0] == x[0] and y[1] > 0:\n"
             "                out.append((x[0], y[1]))\n    return out\n",
             [[[(1, 2), (2, 2)], [(2, 5), (1, 0), (2, 7)]]], ".get(x[0], ())"),
    "heap": ("def f(a):\n    q = []\n    for x in a:\n        q.append(x)\n    s = 0\n    while len(q) > 1:\n        q.sort()\n"
             "        x = q.pop(0) + q.pop(0)\n        s += x\n        q.append(x)\n    return s\n", [[[4, 1, 3]]], "heappop"),
    "insertion": ("def f(a):\n    q, out = [], []\n    for x in a:\n        q.append(x)\n        q.sort()\n"
                  "        out.append(q[len(q) // 2])\n    return out\n", [[[4, 1, 3]]], "bisect.insort(q, x)"),
    "queue": ("def f(a):\n    q = list(a)\n    s = 0\n    while q:\n        s = s * 2 + q.pop(0)\n    return s\n",
              [[[4, 1, 3]]], "popleft"),
    "counting": ("def f(a):\n    return [a.count(x) for x in a]\n", [[[1, 2, 1]]], "collections.Counter(a)"),
    "sums": ("def f(a):\n    return [sum(a[i:]) for i in range(len(a) + 2)]\n", [[[1, 2, -5]], [[7]]], "accumulate"),
    "smallest": ("def f(a):\n    return sorted(a)[0], sorted(a)[-1]\n", [[[3, 1, 2]]], "min(a)"),
    "building": ("def f(t):\n    s = ''\n    for c in t:\n        s = c + s\n    return s\n", [["abc"], [""]], "reversed("),
    "patterns": ("import re\n\n\ndef f(a):\n    return [bool(re.match(r'\\d+$', x)) for x in a]\n", [[["1", "x"]]],
                 "re.compile(r'\\d+$')"),
    "hoisting": ("def f(a):\n    out = []\n    for x in a:\n        out.append(x - sum(a))\n    return out\n",
                 [[[1, 2]], [[]]], "= sum(a)"),
    "table": ("def f(a, b):\n    out = []\n    for x in b:\n        for line in a:\n            parts = line.split(',')\n"
              "            if parts[0] > x:\n                out.append(parts[1])\n    return out\n",
              [[["b,1", "a,2"], ["a"]]], "zip(a, "),
    "copies": ("import copy\n\n\ndef f(a):\n    b = copy.deepcopy(a)\n    b[0].append({'x': [1]})\n    return a, b\n",
               [[[[1], [2]]]], "copy_plain(a, {})"),
}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_applies_and_keeps_the_answers(rule):
    text, rows, mark = CASES[rule]
    made = changed(text, rows, "f")
    assert rule in made and mark in made[rule], made
    assert run(made[rule], "f", rows) == run(text, "f", rows)


LEFT_ALONE = {
    "a text is no list": ("def f(a, s):\n    return [x for x in a if x in s]\n", [[["a"], "abc"]]),
    "the list changes in the loop": ("def f(a):\n    b = [0]\n    for x in a:\n        if x in b:\n            b.remove(x)\n"
                                     "        b.append(x)\n    return b\n", [[[1, 0]]]),
    "answers that may be changed": ("def f(n):\n    if n < 2:\n        return [n]\n    return f(n - 1) + f(n - 2)\n", [[5]]),
    "it does something": ("def f(n):\n    print(n)\n    if n < 2:\n        return n\n    return f(n - 1) + f(n - 2)\n", [[5]]),
    "called once only": ("def f(n):\n    return 1 if n < 2 else n * f(n - 1)\n", [[5]]),
    "sums of floats": ("def f(a):\n    return [sum(a[i:]) for i in range(len(a))]\n", [[[1.5, 2.0]]]),
    "the value changes in the loop": ("def f(a):\n    for x in range(3):\n        a.append(sum(a))\n    return a\n", [[[1]]]),
    "the copy is changed": ("def f(a):\n    out = []\n    for x in range(3):\n        b = sorted(a)\n        b.append(x)\n"
                            "        out.append(b)\n    return out\n", [[[2, 1]]]),
}


@pytest.mark.parametrize("why", LEFT_ALONE)
def test_what_a_rule_would_break_is_left_alone(why):
    text, rows = LEFT_ALONE[why]
    for source in changed(text, rows, "f").values():
        assert run(source, "f", rows) == run(text, "f", rows)
        assert "set(" not in source and "known" not in source and "accumulate" not in source and "heapq" not in source
        assert "same_" not in source


def test_comments_and_what_stands_elsewhere_stay():
    text = ("# who wrote it\ndef g():\n    return 'é'  # kept\n\n\ndef f(a, b):\n    # why\n    out = []\n    for x in a:  # each\n"
            "        if x in b:  # known\n            out.append(x)\n    return out  # end")
    made = changed(text, [[[1], [1]]], "f")["membership"]
    assert [x for x in text.split("\n") if "#" in x and "in b" not in x] == \
        [x for x in made.split("\n") if "#" in x and "in b_set" not in x]


def test_a_program_that_no_rule_knows_stays_as_it_is():
    assert rewrite.rewrites("def f(x):\n    return x + 1\n", [[1]], "f") == []


# ---- inputs


def test_the_same_seed_makes_the_same_inputs():
    rows = [[[3, 1], "a,b", {"x": 1.5}], [[2], "c", {"x": 2.0}]]
    one, two = (inputs.Maker(rows, 7) for _ in range(2))
    assert one.small(80, False) == two.small(80, False) and one.large(50, True, False) == two.large(50, True, False)
    assert inputs.Maker(rows, 8).large(50, True, False) != two.large(50, True, False)


def test_what_all_examples_have_in_common_is_kept():
    made = inputs.Maker([[[1, 3, 7], [1, 2, 3]], [[2, 5], [9, 8]]], 1).large(100, True, False)
    assert len(made[0]) == len(made[1]) == 300 and made[0] == sorted(made[0]) and len(set(made[0])) == 300
    assert made[1] != sorted(made[1]) and min(made[0]) >= 0
    grid, = inputs.Maker([[[[0, 1], [1, 0]]], [[[1, 1, 0], [0, 0, 1], [1, 0, 1]]]], 1).large(100, True, False)
    assert len(grid) == len(grid[0]) > 20 and {c for row in grid for c in row} <= {0, 1}
    records, = inputs.Maker([[[{"id": 1, "name": "Bo"}, {"id": 2, "name": "Al"}]]], 1).large(100, True, False)
    assert len(records) > 100 and all(set(r) == {"id", "name"} and r["name"][0].isupper() for r in records)
    graph, = inputs.Maker([[{"a": ["b"], "b": []}]], 1).large(50, True, False)
    assert len(graph) == 100 and all(x in graph for v in graph.values() for x in v)


SHAPES = {  # one example's arguments, the way they grow, what has to hold of the larger ones
    "words": (["The cat sat"], True, "wide", lambda t: len(t.split()) == 60 and t[0].isupper() and set(t) & set("xyz")),
    "lines": (["ab 1\ncd 2"], True, "wide", lambda t: len(t.split("\n")) == 40 and
              all(re.fullmatch("[a-z]{2} [0-9]", x) for x in t.split("\n"))),
    "lines with a heading": (["name,age\nAnn,30\nBob,25"], True, "wide", lambda t: t.startswith("name,age\n") and len(t.split("\n")) > 40
                             and all(re.fullmatch("[A-Z][a-z]{2},[1-9][0-9]", x) for x in t.split("\n")[1:])),
    "settings": (["a=1\nb=2"], True, "wide", lambda t: len(set(x.split("=")[0] for x in t.split("\n"))) > 10),
    "digits": (["1234567"], True, "wide", lambda t: len(t) == 140 and t.isdigit()),
    "a sentence of longer words": (["go on, you"], True, "deep", lambda t: re.fullmatch("[a-z]{40} [a-z]{40}, [a-z]{60}", t)),
    "an address": (["jo@example.org"], False, "deep", lambda t: t.count("@") == 1 and t.count(".") == 1 and len(t) > 200),
    "JSON": (['[1, {"a": "x"}]'], True, "wide", lambda t: len(json.loads(t)) == 40),
    "dates": ([["2024-03-01", "2024-02-28"]], True, "wide", lambda x: len({datetime.date.fromisoformat(d) for d in x}) > 20),
    "times": ([[("08:00", "10:00")]], True, "wide", lambda x: all(a <= b and datetime.time.fromisoformat(b) for a, b in x)),
    "a dict of lists": ([{"Zoe": [12, 7], "Al": [7]}], True, "wide", lambda d: len(d) == 40 and all(map(len, d.values()))),
    "longer lists in a dict": ([{"Zoe": [12, 7], "Al": [7]}], False, "deep", lambda d: list(map(len, d.values())) == [40, 40]),
    "records": ([[{"id": 1, "tags": ["a"]}]], True, "wide", lambda x: len(x) == 40 and all(set(r) == {"id", "tags"} for r in x)),
    "pairs": ([[[0, 5], [7, 9], [20, 22]]], True, "wide", lambda x: len(x) == 60 and all(a <= b for a, b in x)),
    "a drawing": ([["S.#", "..#"]], False, "deep", lambda x: len(x) > 5 and len({len(r) for r in x}) == 1 and len(x[0]) > 5),
    "a matrix": ([[[1, 2], [3, 4]]], True, "wide", lambda x: len(x) == len(x[0]) > 5),
    "a graph": ([{"pie": ["dough", "fruit"], "dough": ["flour"]}], False, "wide", lambda d: len(d) == 40 and "pie_3" in d["dough_2"]),
    "a chain": ([{"a": "b", "b": "c"}], False, "wide", lambda d: len(d) == 40 and d["b_2"] == "a_3"),
    "number": ([7], False, "wide", lambda n: n == 140),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_larger_inputs_have_the_shape_of_the_examples(shape):
    row, fresh, how, holds = SHAPES[shape]
    made, = inputs.Maker([row], 1).large(20, fresh, type(row[0]) is int, how)
    assert holds(made), made
    assert any(w["fresh"] == fresh and w["how"] == how for w in inputs.ways_of([row])), "it is one of the ways"


def test_of_equally_long_examples_the_one_with_the_largest_number_grows():
    assert inputs.Maker([[0], [1], [7], [4]], 1).large(2, False, True) == [14]
    assert inputs.Maker([[[0, 2]], [[9, 1]]], 1).largest == [[9, 1]]


def test_names_and_keys_are_no_texts_to_grow():
    ways = [([[("A", "B", 4), ("B", "C", 1)], "A", "C"], 1), ([[{"id": 1}], [{"id": 2}], "id"], 2), ([["a b", "c"], "ab"], 1)]
    for row, i in ways:
        made = inputs.Maker([row], 1).large(50, True, False)
        assert len(made[0]) >= 50 and len(made[i]) <= 3
        assert i == 2 or len(row) == 2 or made[1] in {x for edge in made[0] for x in edge}
    assert inputs.Maker([ways[1][0]], 1).large(50, True, False)[2] == "id"


def test_a_part_of_what_is_nested_or_balanced_is_repeated():
    maker = inputs.Maker([["(+ 1 (* 2 3))"]], 1)
    assert maker.large(3, False, False, "pump", [0, 3, 5]) == ["(+ 1 1 1 1 (* 2 3))"] and [0, 3, 5] in map(list, maker.pumps(999))
    lists, = inputs.Maker([[[[1], [2]]]], 1).large(3, False, False, "pump", [0, 0, 2])
    assert lists == [[1], [2]] * 4 and len(set(map(id, lists))) == 8, "no part is there twice"


STRANGE = [[[["a", 1], [0.5, 1]]], [[[0]], [[[5, True], [5, 10 ** 30], [8, None]]], [[0]]], [[[None], [[3, -1.5], [2.0, 1e300]]], [[1], [[]]]],
           [[{"a": {1: ()}}, {1.5, "x"}], [{}, set()]], [[["2024-99-01", "é", ""]], [["9:05"]]], [["[1,"], ['{"a": 1}']]]


@pytest.mark.parametrize("rows", STRANGE, ids=range(len(STRANGE)))
def test_strange_examples_are_no_reason_to_fail(rows):
    maker = inputs.Maker(rows, 1)
    assert len(maker.small(60, True, True)) == 60
    for way in inputs.ways_of(rows):
        for scale in (1, 3.7, 40):
            assert len(inputs.Maker(rows, 2).large(scale, way["fresh"], way["ints"], way["how"])) == len(rows[0])
    for at in maker.pumps(10):
        assert len(maker.large(5.5, False, False, "pump", at)) == len(rows[0])


def test_sorted_input_stays_sorted_only_where_the_task_says_so():
    rows = [[[1, 3, 7], [2]], [[2, 5], [9, 8]]]
    assert all(r[0] == sorted(r[0]) for r in inputs.Maker(rows, 1).small(100, True))
    assert any(r[0] != sorted(r[0]) for r in inputs.Maker(rows, 1).small(100, False))
    assert any(len(set(r[0])) < len(r[0]) for r in inputs.Maker(rows, 1).small(100, True))  # though no example has any twice
    assert inputs.speaks_of_order("numbers is sorted in ascending order") and not inputs.speaks_of_order("sort them")


def test_rows_of_examples():
    job = {"function": "f", "examples": [{"call": "f(1, b=[2])"}, {"args": "3, [4]"}, {"args": "(5, [6])"}, {"call": "f(g(), 1)"},
                                         {"call": "f(1)"}], "input": {"b": [8], "a": 7}}
    assert inputs.rows_of("def f(a, b):\n    pass\n", job) == [[1, [2]], [3, [4]], [5, [6]], [7, [8]]]
    assert inputs.rows_of("def f(*a):\n    pass\n", job) == []


def test_equal_with_types():
    assert measure.exact([1, (2.0, "x")], [1, (2.0, "x")]) and measure.exact(0.1 + 0.2, 0.3)
    for a, b in ((1, True), (1, 1.0), ([1], (1,)), ({"a": 1}, {"a": 1.0}), ([1], [1, 1])):
        assert not measure.exact(a, b)
