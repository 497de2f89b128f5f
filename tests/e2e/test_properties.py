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
    dise.answers({"text": program("return sorted(set(items))")}, {"match": "gave [1], which", "text": program("return sorted(items)")},
                 extra=TWO, properties=True)
    code, events = dise.json("run", SORT)
    assert broken(events)["permutation"] == "sort_list([1, 1]) gave [1], which does not have the same elements as the input"
    assert code == 0 and [e["outcome"] for e in told(events, "stage_end")] == ["failed", "solved"]
    assert events[-1]["checked"]["properties_held"] == events[-1]["checked"]["properties"]
    assert "sort_list([1, 1]) gave [1]" in told(events, "stage_end")[0]["why"]


def test_a_property_that_an_example_breaks_was_none(dise):
    """The words say "sort a list", and the example shows another order."""
    code, events = run(dise, "Write a function sort_list(items) that sorts a list of integers. sort_list([3, 1, 2]) == [3, 2, 1]",
                       program("return sorted(items, reverse=True)"))
    assert code == 0 and "ascending" not in broken(events)


def test_examples_that_settle_the_task_need_no_properties(dise):
    code, events = run(dise, SORT + ", sort_list([2, 1]) == [1, 2]", program("return sorted(items)"))
    assert code == 0 and events[-1]["checked"]["properties"] == 0
    assert not [e for e in told(events, "step_begin") if e["name"] == "properties"]


def test_what_only_counts_against_a_program_settles_nothing(dise):
    """It holds of everything that an int comes of; the task has no test and no other model."""
    tests = {"match": "assert lines", "text": "assert next_one(1) == 77"}
    dise.answers(tests, {"text": program("return n + 1", "def next_one(n: int) -> int:")}, extra=ONE, tests=True, properties=True)
    code, events = dise.json("run", "def next_one(n: int) -> int:\n    \"\"\"Return what comes after n.\"\"\"\n")
    assert code == 1 and events[-1]["checked"]["properties_held"] == events[-1]["checked"]["properties"] > 0


def test_what_most_programs_break_is_set_aside_and_told(dise):
    """Four programs have the same slip in an argument that "must not be changed"."""
    ladder = "escalation: [{role: fast, candidates: 4}]\n"
    code, events = run(dise, "Write a function add_one(items) that adds one to each number. The given list must not be changed. "
                       "add_one([3, 1, 2]) == [4, 2, 3]",
                       *[program(f"items[:] = [{x} for x in items]\n    return items", "def add_one(items):")
                         for x in ("x + 1", "1 + x", "x - -1", "+x + 1")], ladder=ladder)
    assert "untouched" in broken(events)
    assert "the property untouched is set aside: most programs break it" in [e["text"] for e in told(events, "job_note")]


def test_the_better_of_two_programs_is_taken(dise):
    ladder = "escalation: [{role: fast, candidates: 2}]\n"
    code, events = run(dise, SORT, program("return sorted(set(items))"), program("return sorted(items)"), ladder=ladder)
    assert code == 0 and events[-1]["checked"]["properties_held"] == events[-1]["checked"]["properties"]


def test_the_same_run_gives_the_same_texts(dise):
    found = []
    for _ in range(2):
        code, events = run(dise, SORT, program("return items[::-1] if len(items) > 3 else sorted(items)"))
        found.append(broken(events))
        dise.run("stop")
    assert found[0] == found[1] and "ascending" in found[0]


def test_without_hypothesis_it_is_told_once_and_blocks_nothing(dise):
    dise.env["PATH"] = "/usr/bin:/bin"
    dise.answers({"text": program("return sorted(items)")}, {"text": program("return sorted(items)")},
                 extra=ONE + "gates: {install: false}\n", properties=True)
    for i in range(2):
        code, events = dise.json("run", SORT.replace("integers", ("integers", "numbers")[i]))
        notes = [e["text"] for e in told(events, "job_note") if "property tests" in e["text"]]
        assert code == 0 and len(notes) == (i == 0), notes


# ---- programs that try to get past the properties; each answers the task's example ----

RIGHT = "sorted(items)"
CHEATS = {
    "is right only where hypothesis is not": program(
        f"return {RIGHT} if not SEEN else items",
        before="import os, sys\nSEEN = len(sys.argv) > 1 or os.path.exists('properties.py')\n"),
    "is right only where hypothesis is": program(
        f"return {RIGHT} if SEEN else items", before="import os, sys\nSEEN = len(sys.argv) > 1 or os.path.exists('properties.py')\n"),
    "brings its own hypothesis": program(
        "return items if len(items) != 3 else sorted(items)",
        before="import sys, types\nfake = types.ModuleType('hypothesis')\nfake.given = fake.settings = fake.find = lambda *a, **k: (lambda f: f)\n"
               "sys.modules['hypothesis'] = fake\nfor name in ('hypothesis.py', 'random.py', 'properties.py', 'harness.py'):\n"
               "    try:\n        open(name, 'w').write('given = settings = find = None')\n    except OSError:\n        pass\n"),
    "changes the library": program(
        "return items if len(items) != 3 else sorted(items)",
        before="import os, sys\nfor folder, _, files in os.walk(sys.argv[1] if len(sys.argv) > 1 else '/nowhere'):\n    for name in files:\n"
               "        try:\n            open(os.path.join(folder, name), 'w').write('')\n        except OSError:\n            pass\n"),
    "answers otherwise each time": program(
        "CALLS.append(1)\n    return sorted(items) if len(CALLS) % 2 else items", before="CALLS = []\n"),
    "is right in the first call alone": program(
        "CALLS.append(1)\n    return sorted(items) if len(CALLS) == 1 else []", before="CALLS = []\n"),
    "raises in the second call": program(
        "CALLS.append(1)\n    if len(CALLS) > 1: raise ValueError('busy')\n    return sorted(items)", before="CALLS = []\n"),
    "raises when asked the same again": program(
        "key = repr(items)\n    if key in KNOWN: raise ValueError('again')\n    KNOWN.add(key)\n    return sorted(items)", before="KNOWN = set()\n"),
    "sleeps instead of answering": program(
        "CALLS.append(1)\n    time.sleep(60 if len(CALLS) > 1 else 0)\n    return sorted(items)", before="import time\nCALLS = []\n"),
    "goes round for ever": program(
        "CALLS.append(1)\n    while len(CALLS) > 1: pass\n    return sorted(items)", before="CALLS = []\n"),
    "ends itself": program(
        "CALLS.append(1)\n    if len(CALLS) > 1: os._exit(0)\n    return sorted(items)", before="import os\nCALLS = []\n"),
    "raises SystemExit": program(
        "CALLS.append(1)\n    if len(CALLS) > 1: raise SystemExit(0)\n    return sorted(items)", before="CALLS = []\n"),
    "ends the judge": program(
        "CALLS.append(1)\n    if len(CALLS) > 1: os.kill(os.getppid(), signal.SIGKILL)\n    return sorted(items)",
        before="import os, signal\nCALLS = []\n"),
    "ends whatever else there is": program(
        "CALLS.append(1)\n    for pid in range(2, 50) if len(CALLS) > 1 else ():\n        try:\n            if pid != os.getpid(): os.kill(pid, 9)\n"
        "        except OSError: pass\n    return sorted(items)", before="import os\nCALLS = []\n"),
    "answers before it is asked": program(
        "CALLS.append(1)\n    if len(CALLS) == 2:\n        for fd in range(3, 64):\n            for n in range(500):\n                try: os.write(fd, LINE % n)\n"
        "                except OSError: break\n    return sorted(items) if len(CALLS) == 1 else items",
        before="import os\nLINE = b'{\"kind\": \"reply\", \"n\": %d, \"value\": \"[]\", \"args\": \"([],)\"}\\n'\nCALLS = []\n"),
    "reports by itself": program(
        "for fd in range(3, 64):\n        try: os.write(fd, LINE)\n        except OSError: pass\n    return sorted(items) if len(items) == 3 else items",
        before="import os\nLINE = b''.join(b'{\"kind\": \"property\", \"i\": %d, \"ok\": true}\\n' % i for i in range(9)) + "
               "b'{\"kind\": \"properties\", \"missing\": \"\"}\\n'\n"),
    "equals everything": program(
        "return Any(sorted(items)) if len(items) == 3 else Any(items)",
        before="class Any(list):\n    def __eq__(self, other): return True\n    def __le__(self, other): return True\n"
               "    def __getitem__(self, i): return 0\n    def __len__(self): return 0\n"),
    "numbers that are less than all": program(
        "return [Low(x) for x in (sorted(items) if len(items) == 3 else items)]",
        before="class Low(int):\n    def __le__(self, other): return True\n    def __lt__(self, other): return True\n"),
    "changes the list that it was given": program("return items.sort() or [list(items), items.clear()][0]"),
}


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_against_the_properties_is_refused(dise, name):
    dise.answers({"text": CHEATS[name]}, extra=ONE, properties=True)
    code, events = dise.json("run", SORT + ". The given list must not be changed.")
    assert code == 1 and events[-1]["status"] == "unsolved", events[-1]


# ---- properties that a model writes ----

NEXT = "Write a function total(a, b) that returns the sum of two whole numbers, and nothing else than that sum."
WRITTEN = "assert total(1, 2) == 3\nassert total(0, 0) == 0\nproperty: for x in integers: total(x, 0) == x\nproperty: for x in integers: total(x, x) == 2 * x"


def by_models(dise, fast, powerful, *answers):
    dise.answers(*answers, extra="escalation: [{role: fast, candidates: 1}, {role: powerful, candidates: 1}]\n", tests=True, properties=True)
    config = dise.home / "config.yaml"
    config.write_text(config.read_text().replace("llm:\n", f"llm:\n  model_roles: {{fast: {fast}, powerful: {powerful}}}\n"))
    return dise.json("run", NEXT)


def total(body):
    return program(f"return {body}", "def total(a, b):")


def test_a_large_model_writes_properties_beside_its_tests(dise):
    code, events = by_models(dise, "coder-7b", "coder-32b", {"match": "then the properties", "text": WRITTEN},
                             {"model": "coder-7b", "text": total("a + b if b < 3 else 7")}, {"text": total("a + b")})
    assert told(events, "tests_made")[0]["text"].splitlines()[2:] == WRITTEN.splitlines()[2:]
    assert broken(events)["written"] == "for x = 3 it is not true that total(x, x) == 2 * x"
    assert code == 0 and [e["outcome"] for e in told(events, "stage_end")] == ["failed", "solved"]
    assert "2 of 2 generated tests, 2 of 2 properties" in " ".join(e["why"] for e in told(events, "step_end"))


@pytest.mark.parametrize("line", ["__import__('os').getpid() == total(x, 0) or True", "total.__class__ and total(x, 0) == x",
                                  "open('/etc/passwd') and total(x, 0)", "(lambda: total(x, 0) == x)()", "9 ** 9 ** 9 > total(x, 0)"])
def test_a_property_that_does_more_than_look_at_answers_counts_for_nothing(dise, line):
    tests = WRITTEN.splitlines()[:2] + ["assert total(5, 5) == 10", f"property: for x in integers: {line}"]
    code, events = by_models(dise, "coder-7b", "coder-32b", {"match": "then the properties", "text": "\n".join(tests)}, {"text": total("a + b")})
    assert code == 0 and not broken(events) and "properties" not in events[-1]["checked"]["text"].replace("0 of 0 properties", "")


def test_a_small_model_is_asked_as_ever(dise):
    """A recorded pool of answers answers only these questions, by the SHA-256 over model, temperature and messages."""
    tests = [{"model": m, "digest": d, "text": WRITTEN} for m, d in (
        ("coder-0.5b", "9780591bba51fa64c93df73621053177ea5bf6a5f9ab9d374408c175ae16f289"),
        ("coder-1.5b", "8b62b7e733ec74ded899ba2941ab6a39facffc2c8de08fb6b5c8173130e8d56c"))]
    code, events = by_models(dise, "coder-0.5b", "coder-1.5b", *tests, {"match": "no such prompt", "text": ""},
                             {"match": "```python", "text": total("a + b")})
    made = told(events, "tests_made")
    assert made and all(e["text"] == "total(1, 2) == 3\ntotal(0, 0) == 0" for e in made)
    assert not broken(events) and not [e for e in told(events, "step_begin") if e["name"] == "properties"]
