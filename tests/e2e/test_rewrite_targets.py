"""The rules for less memory, an earlier first answer and clarity (src/runtime/rewrite_*.py), and what clarity is made of."""

import re

import pytest
from test_rewrite import load, rewrite, run


def changed(text, rows, target):
    """{rule: source}"""
    return {rule: source for rule, _, source in rewrite.rewrites(text, rows, "f", target)}


F = "def f(a):\n"
RULES = {  # target, rule, what comes of it: the body of f, or the whole
    "a list that is only summed": ("memory", "generators", F + "    return sum([x * x for x in a])\n",
                                   F + "    return sum(x * x for x in a)\n"),
    "a list that is gone through once": (
        "memory", "generators", F + "    twice = [2 * x for x in a]\n    total = 0\n    for x in twice:\n        total += x\n"
        "    return total\n", F + "    twice = (2 * x for x in a)\n    total = 0\n    for x in twice:\n        total += x\n"
        "    return total\n"),
    "a list that is only counted": ("memory", "generators", F + "    return len([x for x in a if x > 1])\n",
                                    F + "    return sum(1 for x in a if x > 1)\n"),
    "a list of what comes one by one": ("memory", "generators", F + "    return sum(list(map(abs, a)))\n",
                                        F + "    return sum(map(abs, a))\n"),
    "a copy to go through": ("memory", "copying", F + "    n = 0\n    for x in a[:]:\n        n += x\n    return n\n",
                             F + "    n = 0\n    for x in a:\n        n += x\n    return n\n"),
    "a part to go through": ("memory", "copying", F + "    return [x for x in a[1:]]\n",
                             "import itertools\n\n\n" + F + "    return [x for x in itertools.islice(a, 1, None)]\n"),
    "all lines at once": ("memory", "lines", "import io\n\n\n" + F + "    f = io.StringIO(str(a))\n    return [x for x in f.readlines()]\n",
                          "import io\n\n\n" + F + "    f = io.StringIO(str(a))\n    return [x for x in f]\n"),
    "a list that becomes a set": (
        "memory", "sets", F + "    found = []\n    for x in a:\n        found.append(x % 2)\n    return len(set(found))\n",
        F + "    found = set()\n    for x in a:\n        found.add(x % 2)\n    return len(found)\n"),
    "a module for one branch": (
        "latency", "imports", "import statistics\n\n\n" + F + "    if len(a) > 2:\n        return statistics.mode(a)\n    return a\n",
        F + "    if len(a) > 2:\n        import statistics\n        return statistics.mode(a)\n    return a\n"),
    "a module for one branch in a loop": (
        "latency", "branches", "import statistics\n\n\n" + F + "    for x in a:\n        if x > 9:\n            a = [statistics.mode(a)]\n    return a\n",
        F + "    for x in a:\n        if x > 9:\n            import statistics\n            a = [statistics.mode(a)]\n    return a\n"),
    "a module for nothing": ("latency", "imports", "import decimal\nfrom math import pi, sqrt\n\nX = pi\n\n\n" + F + "    return [X, *a]\n",
                             "from math import pi\n\nX = pi\n\n\n" + F + "    return [X, *a]\n"),
    "annotations": ("latency", "typing", "from typing import List, Optional\n\n\ndef f(a: List[int], b: Optional[int] = None) -> List[int]:\n"
                    "    return a\n", "def f(a: list[int], b: int | None = None) -> list[int]:\n    return a\n"),
    "a table": ("latency", "tables", "SQUARES = [i * i for i in range(99)]\n\n\n" + F + "    if not a:\n        return 0\n"
                "    return SQUARES[a[0]]\n", "import functools\n\n\n@functools.cache\ndef made_squares():\n    SQUARES = [i * i for i in range(99)]\n"
                "    return SQUARES\n\n\n" + F + "    if not a:\n        return 0\n    SQUARES = made_squares()\n    return SQUARES[a[0]]\n"),
    "a truth that is compared": ("quality", "truth", F + "    return 1 if (a == [1]) == True else 2\n", F + "    return 1 if a == [1] else 2\n"),
    "a choice of truths": ("quality", "truth", F + "    if len(a) > 2:\n        return False\n    else:\n        return True\n",
                           F + "    return not len(a) > 2\n"),
    "a length of nothing": ("quality", "truth", F + "    if len(a) == 0:\n        a = [1]\n    return a[0]\n",
                            F + "    if not a:\n        a = [1]\n    return a[0]\n"),
    "an if in an if": ("quality", "flat", F + "    if a:\n        if a[0] > 1 or a[0] < 0:\n            a = [1]\n    return a[0:1]\n",
                       F + "    if a and (a[0] > 1 or a[0] < 0):\n        a = [1]\n    return a[0:1]\n"),
    "an else behind a return": ("quality", "flat", F + "    if a:\n        return 1\n    else:\n        b = len(a)\n        return b + 2\n",
                                F + "    if a:\n        return 1\n    b = len(a)\n    return b + 2\n"),
    "a loop by places": ("quality", "loops", F + "    n = 1\n    for i in range(len(a)):\n        n *= a[i]\n    return n\n",
                         F + "    n = 1\n    for item in a:\n        n *= item\n    return n\n"),
    "a loop that looks for one": ("quality", "loops", F + "    for x in a:\n        if x > 2:\n            return True\n    return False\n",
                                  F + "    return any(x > 2 for x in a)\n"),
    "a loop that looks at all": ("quality", "loops", F + "    for x in a:\n        if x <= 2 or x == 5:\n            return False\n    return True\n",
                                 F + "    return all(not (x <= 2 or x == 5) for x in a)\n"),
    "a loop that adds up": ("quality", "loops", F + "    n = 0\n    for x in a:\n        if x > 1:\n            n += x\n    return n\n",
                            F + "    n = sum(x for x in a if x > 1)\n    return n\n"),
    "a loop that makes a list": ("quality", "loops", F + "    b = []\n    for x in a:\n        b.append(x + 1)\n    return b\n",
                                 F + "    b = [x + 1 for x in a]\n    return b\n"),
    "a list that begins earlier": (
        "quality", "loops", F + "    b = []\n    c = len(a)\n    for x in a:\n        b.append(x + c)\n    return b\n",
        F + "    c = len(a)\n    b = [x + c for x in a]\n    return b\n"),
    "a loop that keeps a flag": (
        "quality", "loops", F + "    fine = True\n    for x in a:\n        if x > 2:\n            fine = False\n            break\n    return [fine]\n",
        F + "    fine = all(not x > 2 for x in a)\n    return [fine]\n"),
    "a loop that adds up everything": ("quality", "loops", F + "    n = 0\n    for x in a:\n        n += x\n    return [n, n]\n",
                                       F + "    n = sum(a)\n    return [n, n]\n"),
    "a choice and a condition": (
        "quality", "truth", F + "    if len(a) > 1:\n        return a[0] > 2\n    return False\n", F + "    return len(a) > 1 and a[0] > 2\n"),
    "a value that nobody reads": ("quality", "steps", F + "    b = ''\n    for x in a:\n        b = ''\n        a = [x, x]\n    return a, a\n",
                                  F + "    for x in a:\n        a = [x, x]\n    return a, a\n"),
    "a value that is used at once": ("quality", "steps", F + "    b = len(a)\n    c = [b, str(b)]\n    d = a + c\n    return repr(d)\n",
                                     F + "    b = len(a)\n    c = [b, str(b)]\n    return repr(a + c)\n"),
    "a count": ("quality", "steps", F + "    d = {}\n    for x in a:\n        if x in d:\n            d[x] += 1\n        else:\n            d[x] = 1\n"
                "    return d\n", F + "    d = {}\n    for x in a:\n        d[x] = d.get(x, 0) + 1\n    return d\n"),
    "a name for the answer": ("quality", "steps", F + "    b = sorted(a)\n    return b\n", F + "    return sorted(a)\n"),
}


@pytest.mark.parametrize("what", RULES)
def test_a_rule_for_another_target(what):
    target, rule, text, wanted = RULES[what]
    rows = [[[1, 5, 2]], [[3]], [[]], [[1]]]
    assert changed(text, rows, target)[rule] == wanted
    assert run(wanted, "f", rows) == run(text, "f", rows)


UNTOUCHED = {
    "the list is used twice": ("memory", F + "    b = [x for x in a]\n    return sum(b), max(b, default=0)\n"),
    "the list is gone through again and again": ("memory", F + "    b = [x for x in a]\n    return [y for x in a for y in b]\n"),
    "what it is made of changes": ("memory", F + "    b = [x for x in a]\n    a.append(1)\n    return sum(b)\n"),
    "the copy is gone through while the list changes": ("memory", F + "    for x in list(a):\n        a.remove(x)\n    return a\n"),
    "items are counted that something is done for": ("memory", F + "    return len([a.append(x) for x in (1, 2)])\n"),
    "the list itself is the answer": ("memory", F + "    b = []\n    for x in a:\n        b.append(x)\n    return b, set(b)\n"),
    "the module is needed at once": ("latency", "import math\n\n\ndef f(a, b=math.pi):\n    return b\n"),
    "the module has two names": ("latency", "import math\nimport cmath as math\n\n\n" + F + "    return math.pi\n"),
    "the table is changed": ("latency", "T = [i for i in range(9)]\nT.append(1)\n\n\n" + F + "    return T\n"),
    "the table is cheap": ("latency", "T = [1, 2]\n\n\n" + F + "    return T\n"),
    "Any has no other name": ("latency", "from typing import Any\n\n\ndef f(a: Any):\n    return a\n"),
    "1 == True": ("quality", F + "    return [x for x in a if x == True]\n"),
    "what is no list": ("quality", "def f(a):\n    g = iter(a)\n    return 1 if g == 0 else 2\n"),
    "comments": ("quality", F + "    n = 0\n    for x in a:  # each\n        n += x\n    return n, n\n"),
    "the place is needed": ("quality", F + "    b = {}\n    for i in range(len(a)):\n        b[i] = a[i]\n    return b, b\n"),
    "the list changes in the loop": ("quality", F + "    for i in range(len(a)):\n        a[a[i] % 1] = 4\n    return a\n"),
    "it is read before the loop": ("quality", F + "    b = []\n    c = b\n    for x in a:\n        b.append(x)\n    return b, c\n"),
    "the order of calls": ("quality", F + "    b = a.pop() if a else 0\n    return [len(a), max(b, 1)]\n"),
    "the flag is asked in the loop": (
        "quality", F + "    fine = True\n    for x in a:\n        if x > 2 and fine:\n            fine = False\n    return fine, fine\n"),
    "the last one is read later": ("quality", F + "    n, x = 0, 0\n    n = 0\n    for x in a:\n        n += x\n    return n, x\n"),
    "an else of an if in an if": ("quality", F + "    if a:\n        if a[0]:\n            a = [2]\n        else:\n            a = [3]\n    return a, a\n"),
}


@pytest.mark.parametrize("why", UNTOUCHED)
def test_what_a_rule_for_another_target_would_break_is_left_alone(why):
    target, text = UNTOUCHED[why]
    assert changed(text, [[[1, 5, 2]], [[3]], [[]]], target) == {}


def test_rules_make_room_for_each_other():
    text = F + "    n = 0\n    for i in range(len(a)):\n        if a[i] > 1:\n            if not a[i] == 4:\n                n += a[i]\n    return n\n"
    rows = [[[1, 5, 2]], [[4]], [[]]]
    made = changed(text, rows, "quality")
    assert next(iter(made.values())) == F + "    return sum(item for item in a if item > 1 and item != 4)\n"
    assert re.search("loops.*steps|steps.*loops", next(iter(made)))


def test_what_there_is_to_read():
    size = load("clarity").size
    assert size("def f(a: int) -> 'text':\n    'doc'\n    return a\n") == size("def f(a):\n    return a\n")
    assert size("if a:\n    b\nelif c:\n    d\n") == {"nodes": 9, "branches": 2, "nesting": 0}
    assert size("for x in a:\n    if x and y:\n        z\n") == {"nodes": 10, "branches": 3, "nesting": 1}
    assert size("[x for x in a for y in x if y]")["branches"] == 2
