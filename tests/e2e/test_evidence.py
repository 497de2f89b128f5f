"""What speaks for a program beside the task's own examples, and how attempts are weighed."""


def program(body):
    return f"```python\ndef add(a, b):\n    return {body}\n```"


def test_mutants_tell_how_sharp_the_examples_are(dise):
    dise.answers({"text": program("a + b")})
    for task, killed in (("add(2, 3) == 5", 2), ("add(0, 0) == 0", 1)):
        code, events = dise.json("run", f"Write a function that adds two numbers, {task}")
        checked = events[-1]["checked"]
        assert code == 0 and (checked["mutants"], checked["mutants_killed"]) == (2, killed)
