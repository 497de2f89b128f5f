"""Checks the project's own benchmark set, tests/bench/tasks.jsonl, and the references in tests/bench/solutions.

The set says what DiSE is worth: the share of its tasks that is solved by the pipeline beside the share that a
model solves alone. It was written before the pipeline was tuned. "split" keeps it honest: whoever works on the
pipeline runs and reads "dev" only. "held", a third that was chosen by counting (held_back below), is run once at
the end, and nobody tunes on it or changes a task of it because of what a model answered.

The first 42 tasks of a class are hard for a small model. Those from 43 on are easier, of the kind that is asked
every day; they were written without a look at what a model or the pipeline makes of them.

A hidden test that accepts a wrong program is no test: each one has to refuse programs that return nothing, their
argument, one constant or what the examples say, and small mutations of the reference. --survivors lists the
mutants that passed; many of them are the same function written differently.
"""

import ast
import json
import re
import signal
import sys
from collections import Counter
from pathlib import Path

from mutants import Endless, limited, mutants
from solutions import (data, easy_data, easy_examples, easy_functions, easy_programs, easy_text, examples, functions,
                       programs, text)

HERE = Path(__file__).parent
CLASSES = {"functions": (functions, easy_functions), "text": (text, easy_text), "data": (data, easy_data),
           "programs": (programs, easy_programs)}
EXAMPLES = examples.EXAMPLES | easy_examples.EXAMPLES
HARD = 42  # so many tasks of each class, the first ones, are hard
KEYS = ["task_id", "class", "split", "prompt", "entry_point", "test"]
TASKS_MIN, CLASS_MIN, ASSERTS_MIN, MUTANTS_MAX = 240, 60, 8, 100
KILLED_MIN, KILLED_MIN_EACH = 0.85, 0.6
MUTANT_SECONDS = 0.25
CALLS = {"candidate", "near", "abs", "all", "len", "zip"}  # what a test may call


class Slow(BaseException):
    pass


def references(modules):
    """The imports and the functions of a class's modules, in the order in which they stand there."""
    trees = [ast.parse(Path(module.__file__).read_text(encoding="utf-8")) for module in modules]
    nodes = [node for tree in trees for node in tree.body]
    imports = [node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))]
    return imports, [node for node in nodes if isinstance(node, ast.FunctionDef)]


def is_head(task):
    return task["prompt"].startswith("def ")


def format_problems(task, number):
    if list(task) != KEYS or not all(isinstance(value, str) and value.strip() for value in task.values()):
        return [f"the keys must be {', '.join(KEYS)}, all of them texts"]
    problems = []
    if task["class"] not in CLASSES or task["split"] not in ("dev", "held"):
        problems.append("unknown class or split")
    if task["task_id"] != f"{task['class']}-{number:02d}":
        problems.append(f"the id of number {number} of its class must be {task['class']}-{number:02d}")
    if is_head(task):
        head = ast.parse(task["prompt"] + "    pass\n").body
        if len(head) != 1 or head[0].name != task["entry_point"] or not ast.get_docstring(head[0]):
            problems.append("the prompt is not one function head with a docstring and the entry point's name")
    return problems


def test_problems(task):
    """A hidden test is check(candidate) with asserts alone, beside at most a function that compares."""
    problems, tree = [], ast.parse(task["test"])
    check = tree.body[-1]
    if not all(isinstance(node, ast.FunctionDef) and node.name in ("check", "near") for node in tree.body):
        problems.append("the test holds something other than check and near")
    if check.name != "check" or not all(isinstance(node, ast.Assert) for node in check.body):
        problems.append("check does something other than assert")
    asserts = {ast.dump(node) for node in check.body}
    if len(asserts) < ASSERTS_MIN:
        problems.append(f"only {len(asserts)} different asserts")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in CALLS:
            problems.append(f"the test calls {node.func.id}")
        if isinstance(node, ast.Compare) and isinstance(node.comparators[0], ast.Constant) and (
                isinstance(node.comparators[0].value, float) and not isinstance(node.ops[0], ast.Lt)):
            problems.append(f"a float is compared without a tolerance: {ast.unparse(node)}")
    return problems


def calls_in(prompt, name):
    """The calls of the function with literals that stand in a prompt, in whatever notation."""
    for match in re.finditer(rf"\b{name}\(", prompt):
        depth = 0
        for end in range(match.end() - 1, len(prompt)):
            depth += (prompt[end] in "([{") - (prompt[end] in ")]}")
            if depth == 0:
                break
        try:
            call = ast.parse(prompt[match.start():end + 1], mode="eval").body
            for argument in call.args:
                ast.literal_eval(argument)
            yield ast.unparse(call)
        except (SyntaxError, ValueError):
            continue


def stands_in(prompt, example, node, deep):
    """Whether a value of an example is written in the prompt: in one piece, or its elements one by one; what is
    inside the elements may stand apart only where the example is told in prose (deep)."""
    written = ast.get_source_segment(example, node)
    if isinstance(node, ast.Constant):
        forms = [re.escape(form) for form in (written, str(node.value))]
        return any(re.search(rf"(?<![\w.]){form}(?!\w)", prompt) or not form[-1:].isalnum() and re.search(form, prompt)
                   for form in forms)
    squeezed = [re.sub(r"\s", "", text).replace("'", '"') for text in (written, prompt)]
    elements = node.elts if isinstance(node, (ast.List, ast.Tuple)) else []
    return squeezed[0] in squeezed[1] or bool(elements) and all(
        (deep or isinstance(element, ast.Constant)) and stands_in(prompt, example, element, deep)
        for element in elements)


def example_problems(task, reference):
    """Each example agrees with the reference, and its values stand in the prompt; none is left out."""
    problems, known = [], set()
    for example in EXAMPLES.get(task["task_id"], []):
        comparison = ast.parse(example, mode="eval").body
        if not eval(example, {task["entry_point"]: reference}):
            problems.append(f"the reference does not agree with the example {example}")
        calls = [node for node in ast.walk(comparison) if isinstance(node, ast.Call)]
        known |= {ast.unparse(call) for call in calls}
        told = not any(calls_in(task["prompt"], task["entry_point"]))
        for node in [argument for call in calls for argument in call.args] + comparison.comparators:
            if not stands_in(task["prompt"], example, node, told):
                problems.append(f"{ast.unparse(node)} of an example is not in the prompt")
    missing = set(calls_in(task["prompt"], task["entry_point"])) - known
    return problems + [f"an example of the prompt is not in EXAMPLES: {call}" for call in sorted(missing)]


def accepts(check, program, seconds=20):
    """Whether check lets a program pass; the clock is for what no loop of the program's own counts."""

    def stop(*_):
        raise Slow
    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        check(program)
        return True
    except (Exception, Endless, Slow):
        return False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def wrong_programs(task, reference):
    examples = {}
    for example in EXAMPLES.get(task["task_id"], []):
        for node in ast.walk(ast.parse(example, mode="eval")):
            if isinstance(node, ast.Call):
                arguments = tuple(ast.literal_eval(argument) for argument in node.args)
                examples[repr(arguments)] = reference(*arguments)
    answers = []
    accepts(load(task), lambda *args: answers.append(reference(*args)) or answers[-1])
    return {
        "nothing": lambda *args: None,
        "its argument": lambda *args: args[0],
        "always the first answer": lambda *args: answers[0],
        "always the most frequent answer": lambda *args: max(answers, key=answers.count),
        "what the examples say": lambda *args: examples.get(repr(args), args[0]),
    }


def load(task):
    space = {}
    exec(compile(task["test"], task["task_id"], "exec"), space)
    return space["check"]


def survivors(check, imports, function):
    """(number of mutants, those that pass). A mutant may go round ten times as often as the reference."""
    rounds, limit, total, passed = 0, float("inf"), 0, []
    tree = ast.Module(imports + [limited(function)], [])

    def tick():
        nonlocal rounds
        rounds += 1
        if rounds > limit:
            raise Endless

    def program():
        space = {"tick": tick}
        exec(compile(tree, "mutant", "exec"), space)
        return space[function.name]
    accepts(check, program())
    limit = 10 * rounds + 100
    for line, what in mutants(function, MUTANTS_MAX):
        rounds, total = 0, total + 1
        if accepts(check, program(), MUTANT_SECONDS):
            passed.append(f"line {line}: {what}")
    return total, passed


def check_task(task, number, imports, function):
    """(problems, number of mutants, mutants that pass) of one task."""
    problems = format_problems(task, number)
    if problems:
        return problems, 0, []
    hard, easy = CLASSES[task["class"]]
    reference = getattr(hard if number <= HARD else easy, task["entry_point"], None)
    if function is None or reference is None or function.name != task["entry_point"]:
        return ["its reference is not at the same place among the class's solutions"], 0, []
    problems = test_problems(task) + example_problems(task, reference)
    check = load(task)
    if not accepts(check, reference):
        return problems + ["the reference does not pass"], 0, []
    for name, program in wrong_programs(task, reference).items():
        if accepts(check, program):
            problems.append(f"a program that returns {name} passes")
    total, passed = survivors(check, imports, function)
    if len(passed) > (1 - KILLED_MIN_EACH) * total:
        problems.append(f"{len(passed)} of {total} mutants pass")
    return problems, total, passed


def held_back(tasks):
    """The ids of "held": every third task; the hard ones before the easier ones, class by class, heads before plain
    text, those with examples first."""
    def place(task):
        name, number = task["task_id"].split("-")
        return (int(number) > HARD, list(CLASSES).index(name), not is_head(task), task["task_id"] not in EXAMPLES,
                task["task_id"])
    return [task["task_id"] for task in sorted(tasks, key=place)[2::3]]


def set_problems(tasks):
    held = set(held_back(tasks))
    problems = [f"{task['task_id']}: the split must be {'held' if task['task_id'] in held else 'dev'}"
                for task in tasks if (task["split"] == "held") != (task["task_id"] in held)]
    if len(tasks) < TASKS_MIN:
        problems.append(f"only {len(tasks)} tasks")
    for name, count in Counter(task["class"] for task in tasks).items():
        if count < CLASS_MIN:
            problems.append(f"only {count} tasks of the class {name}")
    for key in ("task_id", "entry_point", "prompt"):
        twice = [value for value, count in Counter(task[key] for task in tasks).items() if count > 1]
        problems += [f"{key} occurs twice: {value}" for value in twice]
    shares = {"with a function head": (sum(map(is_head, tasks)), 0.4, 0.5),
              "with examples": (sum(task["task_id"] in EXAMPLES for task in tasks), 0.5, 0.65)}
    for name, (count, least, most) in shares.items():
        if not least <= count / len(tasks) <= most:
            problems.append(f"{count} tasks {name}, which is not between {least:.0%} and {most:.0%}")
    return problems


def main():
    lines = (HERE / "tasks.jsonl").read_text(encoding="utf-8").splitlines()
    tasks = [json.loads(line) for line in lines]
    problems, wrong_tasks, killed, all_mutants, numbers = set_problems(tasks), 0, 0, 0, Counter()
    found = {name: references(modules) for name, modules in CLASSES.items()}
    for task in tasks:
        imports, defined = found[task["class"]]
        numbers[task["class"]] += 1
        number = numbers[task["class"]]
        function = defined[number - 1] if number <= len(defined) else None
        wrong, total, passed = check_task(task, number, imports, function)
        problems += [f"{task['task_id']} {task['entry_point']}: {problem}" for problem in wrong]
        wrong_tasks += bool(wrong)
        killed, all_mutants = killed + total - len(passed), all_mutants + total
        if "--survivors" in sys.argv:
            print(f"{task['task_id']} {task['entry_point']}: {total - len(passed)} of {total} killed")
            print("".join(f"    {line}\n" for line in passed), end="")
    if killed < KILLED_MIN * all_mutants:
        problems.append(f"only {killed} of {all_mutants} mutants are killed")
    for problem in problems:
        print(problem)
    splits = Counter(f"{task['class']} {task['split']}" for task in tasks)
    print(", ".join(f"{count} {name}" for name, count in splits.items()))
    print(f"{sum(map(is_head, tasks))} function heads, {len(EXAMPLES)} with examples")
    print(f"{killed} of {all_mutants} mutants killed ({killed / max(1, all_mutants):.1%})")
    print(f"{len(tasks) - wrong_tasks} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
