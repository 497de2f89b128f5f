"""What the property tests are worth: how many wrong programs do the rules notice, and do they refuse a right one?

    build/tests/bench_properties < tests/bench/tasks.jsonl > rules.jsonl
    build/venv/bin/python tests/bench/properties_effect.py rules.jsonl

Right programs: the references of the split "dev". Wrong ones: small mutations of them that load, answer the task's own
examples, and fail the hidden test; a program that an example refuses needs no further evidence. Behind the set stand
everyday tasks (EVERYDAY), because the set was made hard and its words seldom say what holds of every answer.
"""

import ast
import copy
import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections import Counter
from pathlib import Path

from check_tasks import CLASSES, HERE, accepts, load, references
from mutants import mutants

RUNTIME = HERE.parents[1] / "src" / "runtime"
RIGHT, EACH, TRIED = 200, 2, 40
EVERYDAY = [
    ("Write a function f(xs) that sorts a list of integers in ascending order. f([3, 1, 2]) == [1, 2, 3]",
     "def f(xs):\n    out = list(xs)\n    for i in range(len(out)):\n        for j in range(len(out) - 1 - i):\n"
     "            if out[j] > out[j + 1]:\n                out[j], out[j + 1] = out[j + 1], out[j]\n    return out\n"),
    ("Sort the list in descending order. f([1, 3, 2]) == [3, 2, 1]",
     "def f(xs):\n    if len(xs) < 2:\n        return list(xs)\n    first = xs[0]\n    more = [x for x in xs[1:] if x >= first]\n"
     "    less = [x for x in xs[1:] if x < first]\n    return f(more) + [first] + f(less)\n"),
    ("Write a function that reverses a string. f(\"abc\") == \"cba\"",
     "def f(s):\n    out = \"\"\n    for i in range(len(s) - 1, -1, -1):\n        out = out + s[i]\n    return out\n"),
    ("Remove duplicates from a list while preserving the order. f([1, 2, 1]) == [1, 2]",
     "def f(xs):\n    seen = set()\n    out = []\n    for x in xs:\n        if x not in seen:\n            seen.add(x)\n"
     "            out.append(x)\n    return out\n"),
    ("Find the largest number in a list. f([1, 5, 2]) == 5",
     "def f(xs):\n    best = xs[0]\n    for x in xs[1:]:\n        if x > best:\n            best = x\n    return best\n"),
    ("Return the even numbers of a list. f([1, 2, 3]) == [2]",
     "def f(xs):\n    out = []\n    for x in xs:\n        if x % 2 == 0:\n            out.append(x)\n    return out\n"),
    ("Remove all vowels from a string. f(\"hello\") == \"hll\"",
     "def f(s):\n    out = \"\"\n    for c in s:\n        if c not in \"aeiouAEIOU\":\n            out = out + c\n    return out\n"),
    ("Write a function f(a, b) that returns the greatest common divisor of two integers. f(12, 18) == 6",
     "def f(a, b):\n    while b != 0:\n        a, b = b, a % b\n    return a\n"),
    ("Find the smallest element of an array. f([4, 2, 9]) == 2",
     "def f(xs):\n    best = xs[0]\n    for i in range(1, len(xs)):\n        if xs[i] < best:\n            best = xs[i]\n    return best\n"),
    ("Write a function that converts the text to upper case. f(\"ab c\") == \"AB C\"",
     "def f(s):\n    out = []\n    for c in s:\n        if \"a\" <= c <= \"z\":\n            out.append(chr(ord(c) - 32))\n        else:\n"
     "            out.append(c)\n    return \"\".join(out)\n"),
]
# What tells a right program of an everyday task from a wrong one: calls, whose answers the reference gives.
PROBES = [([],), ([1],), ([2, 2],), ([3, 1, 2],), ([5, 4, 3, 2, 1],), ([1, 2, 3, 2, 1],), ([-1, 0, -5],), ([2, 4, 7],),
          ("",), ("a",), ("abca",), ("Hello World",), (4, 6), (6, 4), (7, 3), (9, 3), (1, 1)]


def run(code, name, task):
    """The records of one run under the harness; without walls, as the programs are ours."""
    with tempfile.TemporaryDirectory() as folder:
        for file in ("harness.py", "judging.py", "properties.py"):
            Path(folder, file).write_bytes((RUNTIME / file).read_bytes())
        Path(folder, "program.py").write_text(code)
        Path(folder, "job.json").write_text(json.dumps({
            "examples": task["examples"], "function": name, "input": None, "packages": [], "call_s": 2, "properties": True}))
        secret = {"expected": [x["expected"] for x in task["examples"]], "script": None,
                  "properties": {k: task[k] for k in ("rules", "shapes", "takes", "loose")}}
        out, report = os.pipe()
        child = subprocess.Popen(
            ["sh", "-c", f'exec python3 -I -S harness.py "$0" 3>&{report} {report}>&-', sysconfig.get_paths()["purelib"]],
            cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=[report])
        os.close(report)
        child.stdin.write(json.dumps(secret).encode())
        child.stdin.close()
        with os.fdopen(out) as pipe:
            lines = pipe.read().splitlines()
        child.wait()
    return [json.loads(line) for line in lines]


def broken(code, name, task):
    """Names and texts of the properties that do not hold; None: an example does not, or the program does not load."""
    if not task["rules"]:
        return []
    records = run(code, name, task)
    if any(r.get("ok") is False for r in records if r["kind"] in ("parse", "import", "example")):
        return None
    return [(r["name"], r["text"]) for r in records if r["kind"] == "property" and r.get("ok") is False]


def program(imports, function):
    return ast.unparse(ast.fix_missing_locations(ast.Module(imports + [function], [])))


def space_of(code):
    space = {}
    exec(compile(code, "program", "exec"), space)
    return space


def agrees(task, name, space):
    """Whether the program answers the task's examples, as far as they are calls of it."""
    for example in task["examples"]:
        call = example.get("call") or f"{name}({example['args']})"
        try:
            if eval(call, dict(space)) != ast.literal_eval(example["expected"]):
                return False
        except Exception:
            return False
    return True


def wrong_programs(task, name, imports, function, check, most):
    """(what was changed, source) of mutants that the examples let pass and the hidden test does not."""
    tree, found = copy.deepcopy(function), []
    for _, what in mutants(tree, TRIED):
        code = program(imports, tree)
        try:
            space = space_of(code)
        except Exception:
            continue
        if accepts(lambda f: None if agrees(task, name, space) else 1 / 0, None, 0.5) and not accepts(check, space[name], 0.5):
            found.append((what, code))
    step = max(1, len(found) // most)
    return found[::step][:most]


def tell(title, tasks, most):
    refused, caught, wrong, by, ruled, loud = [], 0, 0, Counter(), 0, "--list" in sys.argv
    for task, name, imports, function, check in tasks:
        ruled += bool(task["rules"])
        found = broken(program(imports, function), name, task)
        if found is None or found:
            refused.append((task["task_id"], found))
        for what, code in wrong_programs(task, name, imports, function, check, most):
            found = broken(code, name, task) or []
            wrong += 1
            caught += bool(found)
            by.update({n for n, _ in found})
            if loud:
                print(f"{task['task_id']} {what}: {found or '-'}")
    print(f"{title}: {len(tasks)} right programs, {len(refused)} of them refused; {ruled} tasks with a property; {wrong} wrong "
          f"programs, {caught} noticed ({caught / max(1, wrong):.0%}): {dict(by.most_common())}")
    for task, found in refused:
        print(f"    {task}: {found}")
    return not refused


def of_the_set(rules):
    found, numbers = {name: references(modules) for name, modules in CLASSES.items()}, Counter()
    for line in (HERE / "tasks.jsonl").read_text(encoding="utf-8").splitlines():
        task = json.loads(line)
        numbers[task["class"]] += 1
        if task["split"] == "dev":
            imports, defined = found[task["class"]]
            yield (rules[task["task_id"]], task["entry_point"], imports, defined[numbers[task["class"]] - 1], load(task))


def of_every_day(examples):
    lines = "".join(json.dumps({"task_id": str(i), "prompt": text if examples else re.sub(r"\. f\(.*", ".", text)}) + "\n"
                    for i, (text, _) in enumerate(EVERYDAY))
    out = subprocess.run([HERE.parents[1] / "build" / "tests" / "bench_properties"], input=lines.encode(), capture_output=True, check=True)
    for line, (_, code) in zip(out.stdout.splitlines(), EVERYDAY):
        reference = space_of(code)["f"]

        def answer(f, args):
            try:
                return f(*copy.deepcopy(args))
            except Exception as error:
                return type(error)

        def check(f, reference=reference):
            for args in PROBES:
                right = answer(reference, args)
                assert isinstance(right, type) or answer(f, args) == right

        yield json.loads(line), "f", [], ast.parse(code).body[0], check


def main():
    with open(sys.argv[1], encoding="utf-8") as lines:
        rules = {task["task_id"]: task for task in map(json.loads, lines)}
    right = tell("the set, dev", list(of_the_set(rules))[:RIGHT], EACH)
    with_examples = tell("every day", list(of_every_day(True)), 8)
    return 0 if tell("every day, without the example", list(of_every_day(False)), 8) and with_examples and right else 1


if __name__ == "__main__":
    sys.exit(main())
