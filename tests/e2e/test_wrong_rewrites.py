"""Rewrites that pass a task's examples and are wrong: the inputs that are made for the comparison (src/runtime/inputs.py)
have to tell each of them from the program, and must not refuse those that are right (src/runtime/measure.py)."""

import json
import os
import resource
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT

pytestmark = pytest.mark.costly


def measured(folder, mode, old, new, calls, task="", work=()):
    """The records of measure.py by kind."""
    for path in (ROOT / "src" / "runtime").glob("*.py"):
        shutil.copy(path, folder)
    (folder / "old.py").write_text(old)
    (folder / "new.py").write_text(new)
    (folder / "job.json").write_text(json.dumps({"mode": mode, "function": "f", "task": task, "seed": 1, "work": work,
                                                 "target": "performance", "examples": [{"call": c} for c in calls]}))
    read, write = os.pipe()
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", f"import os, sys, runpy\nos.dup2({write}, 3)\nsys.argv = ['measure.py']\n"
                           "runpy.run_path('measure.py', run_name='__main__')"], cwd=folder, pass_fds=(write,)):
        os.close(write)
        with os.fdopen(read) as f:
            records = [json.loads(line) for line in f]
    return {r["kind"]: r for r in records}


def compare(folder, old, new, calls, task=""):
    """The record that says whether both answer alike."""
    return measured(folder, "compare", old, new, calls, task)["compare"]


def f(body, arguments="x", before=""):
    return f"{before}def f({arguments}):\n" + "".join(f"    {line}\n" for line in body.split("\n"))


WRONG = {  # (old, new, examples[, task]); each new one passes the examples
    "the order of what is there once": (f("return list(dict.fromkeys(x))"), f("return sorted(set(x))"), ["f(['a', 'b', 'a'])"]),
    "ties keep their order": (f("return sorted(x, key=lambda p: p[1])"), f("return sorted(x, key=lambda p: (p[1], p[0]))"),
                              ["f([('a', 2), ('b', 1)])"]),
    "the first of equals": (f("for r in x:\n    if r['id'] == n:\n        return r['v']", "x, n"),
                            f("return {r['id']: r['v'] for r in x}.get(n)", "x, n"),
                            ["f([{'id': 1, 'v': 5}, {'id': 2, 'v': 6}], 2)", "f([{'id': 3, 'v': 7}], 3)"]),
    "negative numbers are halved downwards": (f("return [n // 2 for n in x]"), f("return [int(n / 2) for n in x]"), ["f([3, 4])"]),
    "the sign of a rest": (f("return x % 3"), f("return x - 3 * int(x / 3)"), ["f(7)", "f(9)"]),
    "large numbers are exact": (f("return [n // 2 for n in x]"), f("import math\nreturn [math.floor(n / 2) for n in x]"), ["f([3, 4])"]),
    "a sum that begins with the first": (f("best = None\nfor n in x:\n    if best is None or n > best:\n        best = n\nreturn best"),
                                         f("best = 0\nfor n in x:\n    best = max(best, n)\nreturn best if x else None"), ["f([3, 9])", "f([])"]),
    "an empty list": (f("return max(x, default=None)"), f("return max(x)"), ["f([3, 9])"]),
    "an empty text": (f("return x[:1].upper() + x[1:]"), f("return x[0].upper() + x[1:]"), ["f('ab')"]),
    "one space and several": (f("return x.split(' ')"), f("return x.split()"), ["f('a b')"]),
    "the end of the last line": (f("return x.splitlines()"), f("return x.split('\\n')"), ["f('a b\\nc d')"]),
    "spaces around": (f("return x.strip().split(',')"), f("return x.split(',')"), ["f('a,b')"]),
    "upper case": (f("return sum(c in 'aeiou' for c in x.lower())"), f("return sum(c in 'aeiou' for c in x)"), ["f('hello')"]),
    "letters of other languages": (f("return sum(c.isalpha() for c in x)"), f("return sum('a' <= c.lower() <= 'z' for c in x)"), ["f('ab 1')"]),
    "long letters": (f("return len(x)"), f("return len(x.encode())"), ["f('abc')"]),
    "digits of other languages": (f("return [c for c in x if c.isdigit()]"), f("return [c for c in x if c in '0123456789']"), ["f('a1b22')"]),
    "None in records": (f("return sum(r['n'] or 0 for r in x)"), f("return sum(r['n'] for r in x if r['n'] is not None) or None"),
                        ["f([{'n': 3}, {'n': None}])"]),
    "a key that is missing is not None": (f("return [r.get('n', 0) for r in x]"), f("return [r.get('n') or 0 for r in x]"),
                                          ["f([{'n': 3}, {}, {'n': None}])", "f([{'n': None, 'm': 1}])"][:1]),
    "unsorted lists": (f("return n in x", "x, n"), f("import bisect\ni = bisect.bisect_left(x, n)\nreturn i < len(x) and x[i] == n", "x, n"),
                       ["f([1, 3, 7], 3)", "f([2, 4], 5)"]),
    "a limit that is met": (f("return [n for n in x if n >= low]", "x, low"), f("return [n for n in x if n > low]", "x, low"),
                            ["f([10, 40, 70], 25)", "f([90, 5], 55)"]),
    "a text that is met": (f("return [w for w in x if w != stop]", "x, stop"), f("return list(x)", "x, stop"),
                           ["f(['tea', 'cup'], 'of')"]),
    "the rows are not the same one": (f("return [[0] * n for _ in range(m)]", "n, m"), f("return [[0] * n] * m", "n, m"), ["f(2, 3)"]),
    "the rows are copies": (f("return [list(r) for r in x]"), f("return list(x)"), ["f([[1, 2], [3]])"]),
    "the list is a copy": (f("return sorted(x)"), f("x.sort()\nreturn x"), ["f([1, 2])", "f([])"]),
    "what stays as it was": (f("return sum(x)"), f("s = 0\nwhile x:\n    s += x.pop()\nreturn s"), ["f([1, 2])"]),
    "what is changed stays so": (f("x.append(0)\nreturn len(x)"), f("return len(x) + 1"), ["f([1, 2])"]),
    "nested parts stay as they were": (f("return [sorted(r) for r in x]"), f("for r in x:\n    r.sort()\nreturn [list(r) for r in x]"),
                                       ["f([[1, 2], [3]])"]),
    "an answer of before": (f("return list(range(n))", "n"), f("return make(n)", "n", "import functools\n\n\n@functools.cache\ndef make(n):\n"
                            "    return list(range(n))\n\n\n"), ["f(3)", "f(5)"]),
    "what a call before has left": (f("seen = set()\nseen.update(x)\nreturn len(seen)"),
                                    f("seen.update(x)\nreturn len(seen)", "x, seen=set()"), ["f([1, 2])"]),
    "an iterator is no list": (f("return [n + 1 for n in x]"), f("return (n + 1 for n in x)"), ["f([1, 2])"]),
    "what an iterator gives": (f("for n in x:\n    yield n + 1"), f("for n in x:\n    yield abs(n) + 1"), ["f([1, 2])"]),
    "a list is no iterator": (f("return iter(x)"), f("return list(x)"), ["f([1, 2])"]),
    "a named tuple is no tuple": (f("return [P(*p) for p in x]", "x", "import collections\n\nP = collections.namedtuple('P', 'a b')\n\n\n"),
                                  f("return [tuple(p) for p in x]"), ["f([[1, 2], [3, 4]])"]),
    "a Counter within": (f("return [collections.Counter(x)]", "x", "import collections\n\n\n"),
                         f("return [{c: x.count(c) for c in x}]"), ["f('aab')"]),
    "a number is no truth": (f("return [n == 1 for n in x]"), f("return [int(n == 1) for n in x]"), ["f([1, 2])"]),
    "a whole number is no broken one": (f("return sum(x)"), f("return float(sum(x))"), ["f([1, 2])"]),
    "whole numbers stay such": (f("return [n * 2 for n in x]"), f("return [n * 2.0 for n in x]"), ["f([1.5, 2.0])"]),
    "the order of a mapping": (f("return {c: x.count(c) for c in x}"), f("return {c: x.count(c) for c in sorted(x)}"), ["f('ab')"]),
    "a mapping by value": (f("return max(x, key=x.get)"), f("return sorted(x, key=lambda k: (-x[k], k))[0]"),
                           ["f({'a': 3, 'b': 1})", "f({'c': 2, 'd': 5, 'e': 4})"]),
    "words on the screen": (f("print(len(x))\nreturn None"), f("return None"), ["f([1, 2])"]),
    "another error": (f("return x[0] / x[1]"), f("if not x[1]:\n    raise ValueError\nreturn x[0] / x[1]"), ["f([1, 2])"]),
    "equal numbers": (f("return sorted(x).index(x[0])"), f("return sum(n <= x[0] for n in x) - 1"), ["f([3, 1, 2])"]),
    "a grid that is not square": (f("return [list(c) for c in zip(*x)]"), f("return [[x[r][c] for r in range(len(x))] for c in range(len(x))]"),
                                  ["f([[1, 2], [3, 4]])"]),
    "lists of other lengths": (f("return list(zip(a, b))", "a, b"), f("return [(a[i], b[i]) for i in range(len(a))]", "a, b"),
                               ["f([1, 2], [3, 4])", "f([1], [2])"]),
    "the last item twice": (f("out = []\nfor n in x:\n    if not out or out[-1] != n:\n        out.append(n)\nreturn out"),
                            f("return sorted(set(x))"), ["f([1, 1, 2])", "f([3])"]),
    "touching intervals": (f("out = []\nfor a, b in sorted(x):\n    if out and a <= out[-1][1]:\n        out[-1][1] = max(out[-1][1], b)\n"
                             "    else:\n        out.append([a, b])\nreturn out"),
                           f("out = []\nfor a, b in sorted(x):\n    if out and a < out[-1][1]:\n        out[-1][1] = max(out[-1][1], b)\n"
                             "    else:\n        out.append([a, b])\nreturn out"), ["f([[0, 5], [3, 9], [20, 22]])", "f([[4, 6]])"]),
    "an interval within another": (f("out = []\nfor a, b in sorted(x):\n    if out and a <= out[-1][1]:\n        out[-1][1] = max(out[-1][1], b)\n"
                                     "    else:\n        out.append([a, b])\nreturn out"),
                                   f("out = []\nfor a, b in sorted(x):\n    if out and a <= out[-1][1]:\n        out[-1][1] = b\n"
                                     "    else:\n        out.append([a, b])\nreturn out"), ["f([[0, 5], [3, 9], [20, 22]])"]),
}


@pytest.mark.parametrize("why", WRONG)
def test_a_wrong_rewrite_is_refused(why, tmp_path):
    old, new, calls = WRONG[why][:3]
    found = compare(tmp_path, old, new, calls)
    assert not found["ok"] and "it gives" in found["why"], found


RIGHT = {
    "the same": (f("return sorted(x)"), f("y = list(x)\ny.sort()\nreturn y"), ["f([2, 1])"]),
    "a set beside the list": (f("out = []\nfor n in x:\n    if n not in out:\n        out.append(n)\nreturn out"),
                              f("return list(dict.fromkeys(x))"), ["f([1, 2, 1])"]),
    "fewer shared parts": (f("return x"), f("return list(x)"), ["f([1, 2])"]),
    "sums of other digits": (f("s = 0.0\nfor n in x:\n    s += n\nreturn s"), f("import math\nreturn math.fsum(x)"), ["f([0.5, 1.25])"]),
    "sorted input, as the task says": (f("return n in x", "x, n"), f("import bisect\ni = bisect.bisect_left(x, n)\n"
                                       "return i < len(x) and x[i] == n", "x, n"), ["f([1, 3, 7], 3)", "f([2, 4], 5)"], "x is sorted"),
    "no negative numbers, as the task says": (f("return [n // 2 for n in x]"), f("return [n >> 1 if n >= 0 else 0 for n in x]"), ["f([3, 4])"],
                                              "Halve non-negative numbers."),
    "a mapping that has no order": (f("return {c: 1 for c in set(x)}"), f("return {c: 1 for c in sorted(x)}"), ["f(['ab', 'cd', 'ef', 'gh'])"]),
    "iterators": (f("for n in x:\n    yield n + 1"), f("return map(lambda n: n + 1, x)"), ["f([1, 2])"]),
    "words on the screen": (f("for n in x:\n    print(n)\nreturn len(x)"), f("print(*x, sep='\\n') if x else None\nreturn len(x)"), ["f([1, 2])"]),
}


@pytest.mark.parametrize("why", RIGHT)
def test_a_right_rewrite_is_not(why, tmp_path):
    old, new, calls, *task = RIGHT[why]
    found = compare(tmp_path, old, new, calls, *task)
    assert found["ok"] and found["inputs"] > 60, found


def test_an_order_that_is_chance_is_none_also_where_one_answer_alone_shows_it(tmp_path):
    old = f("return {k: 1 for k in {'ab', 'cd'}} if len(x) > 9 else {}")
    new = f("return {'ab': 1, 'cd': 1} if len(x) > 9 else {}")
    work = [{"fresh": True, "ints": False, "how": "wide", "seed": 1, "scale": 20, "calls": 1}]
    for _ in range(8):  # one in four were refused
        found = measured(tmp_path, "compare", old, new, ["f([1, 2])"], work=work)["compare"]
        assert found["ok"], found
    found = measured(tmp_path, "compare", new, new.replace("'ab': 1, 'cd': 1", "'cd': 1, 'ab': 1"), ["f([1, 2])"], work=work)
    assert not found["compare"]["ok"], "an order that is none of chance is wanted"


def test_what_cannot_be_compared_is_told(tmp_path):
    found = compare(tmp_path, f("return lambda: x"), f("return lambda: x + 1"), ["f(3)"])
    assert not found["ok"] and "a function, are no plain values that can be compared" in found["why"]


def test_an_operation_that_cannot_be_interrupted_is_ended(tmp_path):
    old = f("return sum(range(n ** 10))", "n")  # minutes for the next larger input that is tried
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    assert "work" in measured(tmp_path, "work", old, old, ["f(3)"])
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 30


def test_no_two_calls_of_a_measurement_are_the_same(tmp_path):
    program = f("total = 0\nfor i in range(200):\n    total += i * n\nreturn total", "n")
    remembers = f("return g(n)", "n", "import functools\n\n\n@functools.cache\ndef g(n):\n    total = 0\n    for i in range(200):\n"
                  "        total += i * n\n    return total\n\n\n")
    quick, slow = (measured(tmp_path, "work", x, x, ["f(300)", "f(7)"])["work"]["of"] for x in (remembers, program))
    assert quick and slow and all(w["calls"] > 50 for w in quick + slow)
    assert quick[0]["ms"] / quick[0]["calls"] > 0.4 * slow[0]["ms"] / slow[0]["calls"]
