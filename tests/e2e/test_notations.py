"""Examples in the notations that people use besides `f(3) == 9`: errors, what is looked at of an answer, claims that are
true or false, arguments that are calculations. A right program is accepted, a wrong one refused, and the refusal says
what was expected (src/core/words/examples_*.c, src/runtime/judging.py)."""

import pytest

ONE = "escalation: [{role: fast, candidates: 1}]\nexecution: {default_timeout_ms: 3000}\n"

ROOT = "def root(x):\n    if x < 0:\n        raise ValueError('negative')\n    return x ** 0.5\n"
NO_CHECK = "def root(x):\n    return abs(x) ** 0.5\n"
OTHER_ERROR = "def root(x):\n    if x < 0:\n        raise TypeError('negative')\n    return x ** 0.5\n"
KINDS = {
    "an error": ("Write root(x), the square root. root(4) == 2.0, root(-1) raises ValueError", ROOT,
                 [NO_CHECK, OTHER_ERROR, ROOT.replace("raise ", "return "), ROOT.replace("raise ValueError('negative')", "return float('nan')"),
                  ROOT.replace("raise ValueError('negative')", "return (x for x in 'ValueError')"),
                  ROOT.replace("raise ValueError('negative')", "while True: pass"),
                  ROOT.replace("raise ValueError('negative')", "import os; os._exit(1)"),
                  "class ValueError(Exception):\n    pass\n\n" + ROOT],
                 "raises ValueError"),
    "a kind of it": ("Write root(x), the square root. root(4) == 2.0, root(-1) should raise an ArithmeticError",
                     ROOT.replace("ValueError", "OverflowError"), [ROOT], "raises ArithmeticError"),
    "any error": ("Write root(x), the square root. root(4) == 2.0, root(-1) should raise an exception", ROOT,
                  [ROOT.replace("raise ValueError('negative')", "return undefined_name"),
                   ROOT.replace("ValueError", "NotImplementedError")], "raises Exception"),
    "an error of its own": ("Write root(x), the square root. root(4) == 2.0, root(-1) raises NegativeError",
                            "class NegativeError(Exception):\n    pass\n\n" + ROOT.replace("ValueError", "NegativeError"), [ROOT],
                            "raises NegativeError"),
    "a doctest's trace": ("Write root(x), the square root.\n>>> root(4)\n2.0\n>>> root(-1)\nTraceback (most recent call last):\n    ...\n"
                          "ValueError: below zero", ROOT, [NO_CHECK, OTHER_ERROR], "raises ValueError"),
    "pytest.raises": ("Write root(x), the square root. Tests:\n```\nassert root(4) == 2.0\nwith pytest.raises(ValueError):\n    root(-1)\n```", ROOT,
                      [NO_CHECK, OTHER_ERROR], "raises ValueError"),
    "assertRaises": ("Write root(x), the square root.\nself.assertEqual(root(4), 2.0)\nself.assertRaises(ValueError, root, -1)", ROOT,
                     [NO_CHECK, OTHER_ERROR], "raises ValueError"),
    "rounding": ("Write mean(values), their mean.\n>>> round(mean([1, 2, 2]), 2)\n1.67", "def mean(values):\n    return sum(values) / len(values)\n",
                 ["def mean(values):\n    return 1.6\n", "def mean(values):\n    return '1.67'\n"], "1.67"),
    "list()": ("Write evens(n), a generator of the even numbers below n. list(evens(5)) == [0, 2, 4], list(evens(1)) == [0]",
               "def evens(n):\n    yield from range(0, n, 2)\n",
               ["def evens(n):\n    yield from range(0, n + 2, 2)\n", "def evens(n):\n    yield 0\n    while True:\n        yield 2\n",
                "def evens(n):\n    return {0, 2, 4} if n == 5 else {0}\n"], "[0, 2, 4]"),
    "sorted()": ("Write letters(text), the letters in it. sorted(letters('abca')) == ['a', 'b', 'c']", "def letters(text):\n    return set(text)\n",
                 ["def letters(text):\n    return list(text)\n", "class Same(list):\n    def __eq__(self, other):\n        return True\n\n\n"
                  "def letters(text):\n    return Same(text)\n"], "['a', 'b', 'c']"),
    "about": ("Write third(x), a third of it. third(1) ≈ 0.333 and third(2) == 0.6666...", "def third(x):\n    return x / 3\n",
              ["def third(x):\n    return x / 3 + 0.01\n", "def third(x):\n    return None\n"], "True"),
    "approx": ("Write third(x), a third of it.\nassert third(1) == pytest.approx(0.3333333)\nassert abs(third(2) - 0.66) < 1e-2",
               "def third(x):\n    return x / 3\n", ["def third(x):\n    return round(x / 3, 3)\n"], "True"),
    "truth": ("Write is_even(n).\nassert is_even(4)\nassert not is_even(3)\nassert is_even(0) in (True, 1)", "def is_even(n):\n    return n % 2 == 0\n",
              ["def is_even(n):\n    return True\n", "def is_even(n):\n    pass\n"], "True"),
    "a part": ("Write split_name(name) that splits at the first space. split_name('Ann Lee')[0] == 'Ann' and split_name('Ann Lee')[-1] == 'Lee'",
               "def split_name(name):\n    return name.split(' ', 1)\n", ["def split_name(name):\n    return name.split(' ', 1)[::-1]\n"], "'Ann'"),
    "calculated arguments": ("Write size(x), how many items it has. size('a' * 5) == 5, size(range(4)) == 4, size(frozenset({1})) == 1",
                             "def size(x):\n    return len(x)\n", ["def size(x):\n    return len(x) if isinstance(x, str) else 0\n"], "4"),
    "dates": ("Write year_after(day), the same day a year later. year_after(date(2020, 1, 2)) == date(2021, 1, 2) and "
              "year_after(datetime.date(2021, 3, 4)).isoformat() == '2022-03-04'",
              "def year_after(day):\n    return day.replace(year=day.year + 1)\n",
              ["def year_after(day):\n    return day\n", "def year_after(day):\n    return str(day.replace(year=day.year + 1))\n"], "2021, 1, 2"),
    "infinity": ("Write largest(values), the largest one, for none -inf. largest([1, 5]) == 5, largest([]) == -float('inf'), "
                 "largest([float('inf'), 1]) == float('inf')", "def largest(values):\n    return max(values, default=float('-inf'))\n",
                 ["def largest(values):\n    return max(values, default=0)\n"], "inf"),
}


def run(dise, task, program):
    dise.answers({"text": f"```python\n{program}```"}, extra=ONE)
    return dise.json("run", task, "--fresh")


@pytest.mark.parametrize("kind", KINDS)
def test_the_right_program_is_accepted_and_wrong_ones_are_refused(dise, kind):
    task, right, wrong, expected = KINDS[kind]
    code, events = run(dise, task, right)
    checked = events[-1]["checked"]
    assert code == 0 and checked["examples"] == checked["examples_passed"] > 0, events[-1]
    for program in wrong:
        code, events = run(dise, task, program)
        done = events[-1]
        assert code == 1 and done["status"] == "unsolved" and done["checked"]["examples"] == checked["examples"], (program, done)
        failed = [e for e in events if e["type"] == "check" and not e["ok"]]
        assert any(expected in e.get("expected", "") for e in failed if e["name"] == "example") or \
            any("was ended" in e.get("detail", "") for e in failed), failed


def test_the_failure_says_what_was_looked_at(dise):
    _, events = run(dise, KINDS["rounding"][0], KINDS["rounding"][2][0])
    failed = [e for e in events if e["type"] == "check" and not e["ok"]]
    assert failed[0]["subject"] == "round(mean([1, 2, 2]), 2)" and failed[0]["expected"] == "1.67"
    assert failed[0]["got"] == "1.6 (the call gave 1.6)"


def test_the_prompt_shows_the_examples_as_they_are_meant(dise):
    task = "Write root(x). root(4) == 2.0, root(-1) -> ValueError, root(2) ≈ 1.414, `sorted(root([3]))` gives [1]"
    shown = "root(4) == 2.0\nroot(-1) raises ValueError\nroot(2) == pytest.approx(1.414, abs=1e-3)\nsorted(root([3])) == [1]\n"
    dise.answers({"match": shown, "text": f"```python\n{ROOT}```"}, {"match": "", "text": "no"}, extra=ONE)
    _, events = dise.json("run", task)
    assert events[-1]["checked"]["examples_passed"] == 3, events[-1]


CHEATS = {
    "says that it has raised": "def root(x):\n    import os\n    for fd in range(3, 64):\n        try:\n"
                               "            os.write(fd, b'{\"kind\": \"example\", \"i\": 1, \"ok\": true}\\n')\n        except OSError:\n"
                               "            pass\n    return x ** 0.5 if x >= 0 else 0\n",
    "raises nothing but a name": "def root(x):\n    return x ** 0.5 if x >= 0 else type('ValueError', (), {})()\n",
    "answers with an error": "def root(x):\n    return x ** 0.5 if x >= 0 else ValueError('negative')\n",
    "an error that equals every other": "class Any(type):\n    def __eq__(self, other): return True\n    def __hash__(self): return 0\n"
                                        "    def __subclasscheck__(self, other): return True\n\n\nclass E(Exception, metaclass=Any):\n    pass\n\n\n"
                                        "def root(x):\n    if x < 0:\n        raise E()\n    return x ** 0.5\n",
    "replaces the judge's evaluation": "import sys\nj = getattr(sys.modules['__main__'], 'judging', None)\nif j:\n    j.judge_example = lambda *a: {'ok': True}\n"
                                       "    j.is_kind = lambda *a: True\n    j.BREAKDOWNS.clear()\n" + NO_CHECK,
    "changes the judge's file": "open('judging.py', 'w').write('')\n" + NO_CHECK,
}


@pytest.mark.parametrize("name", CHEATS)
def test_an_error_cannot_be_pretended(dise, name):
    code, events = run(dise, KINDS["an error"][0], CHEATS[name])
    assert code == 1 and events[-1]["status"] == "unsolved", events[-1]


def test_examples_of_errors_alone_do_not_settle_a_task(dise):
    """Whatever raises passes them: tests are written as for a task without examples."""
    dise.answers({"text": f"```python\n{ROOT}```"}, {"text": "assert root(4) == 2.0\nassert root(9) == 3.0\n"}, extra=ONE, tests=True)
    _, events = dise.json("run", "Write root(x), the square root. root(-1) raises ValueError and root(-2) raises ValueError")
    assert any(e["type"] == "tests_made" for e in events)
