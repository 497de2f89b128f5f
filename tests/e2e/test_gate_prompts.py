"""A gate blocks, its automatic fix does not help, and the next prompt says what it found: three gates, each by its own way."""

import pytest

from test_cancel import Connection
from test_gate_tools import fence
from test_gates import LADDER, TASK, checks

RUFF = """import os
def add(a, b):
    if a > 1000:
        return totl
    return a + b if b < 1000 else totl
"""
MYPY = """import sys, os
def helper(x):
    return x+ 1

def add(a, b):
    return a + helper(b) - 1 if [os.sep, sys.path] else 0
"""
COVERAGE = '''"""Sums."""


def add(a: int, b: int) -> int:
    """Add two numbers."""
    if a > 1000:
        for i in range(3):
            a = a + i
            a = a - i
        while a > 100000:
            a = a - 1
            b = b + 1
    return a + b
'''
CASES = {
    "ruff": ("standard", RUFF, "the gate ruff_bugs says lines 3 and 4: F821 undefined name `totl`",
             "def add(a, b):\n    if a > 1000:\n        return totl\n"),  # without the import
    "mypy": ("strict", MYPY, "the gate mypy says lines 5 and 9: no-untyped-def function is missing a type annotation; line 10: no-untyped-call call to",
             "import os\nimport sys\n\n\ndef helper(x):\n    return x + 1\n\n\ndef add(a, b):\n"),  # as isort and black write it
    "coverage": ("quick", COVERAGE, "of lines and branches reached, at least 0.8 passes; lines 7–12 are reached by no test",
                 COVERAGE),
}


@pytest.mark.parametrize("gate", CASES)
def test_what_a_gate_says_is_in_the_next_prompt_with_the_mended_program(dise, gate):
    profile, program, says, mended = CASES[gate]
    dise.env["DISE_GATES_PROFILE"] = profile
    if gate != "ruff":  # coverage blocks nothing as it is shipped; on a loaded machine mypy comes to no end in its time, and would block nothing
        folder = dise.home / "tools" / "gate"
        folder.mkdir(parents=True)
        shipped = open(f"tools/gate/{gate}.yaml").read()
        changes = {"coverage": [("severity: score", "severity: block"), ("profile: standard", "profile: quick")], "mypy": [("timeout: 15", "timeout: 200")]}
        for was, now in changes[gate]:
            assert was in shipped
            shipped = shipped.replace(was, now)
        (folder / f"{gate}.yaml").write_text(shipped)
    good = '"""Sums."""\n\n\ndef add(a: int, b: int) -> int:\n    """Add two numbers."""\n    return a + b\n'
    dise.answers({"match": "write a function", "text": fence(program)}, {"match": "This program is wrong", "text": fence(good)}, extra=LADDER)
    code, events = dise.json("run", TASK, timeout=240)  # strict: seconds of other programs, on a loaded machine many
    assert code == 0
    [step] = [e for e in events if e["type"] == "step_end" and e["name"] == "llm" and e["label"].startswith("repair")]
    prompt = Connection(dise).ask("job.step", job=1, path=step["path"])["input"]
    happened = prompt[prompt.index("What happened: "):].splitlines()[0]
    assert says in happened and len(happened) < 420 and happened.count("the gate ") == 1
    assert f"```python\n{mended}" in prompt
    fixed = {"ruff": ["fix ruff_unused"], "mypy": ["fix isort", "fix black"], "coverage": []}[gate]
    assert [c["name"] for c in checks(events, "fix ") if c["stage"] == 1] == fixed
    assert [e["outcome"] for e in events if e["type"] == "stage_end"] == ["failed", "solved"]
    if gate != "ruff":  # these look at the one that was to be taken
        assert [e["outcome"] for e in events if e["type"] == "candidate_end"] == ["accepted", "refused", "accepted"]


def test_all_that_block_have_their_say(dise):
    """Two gates of one run: each is told, and each with whole findings."""
    dise.env["DISE_GATES_PROFILE"] = "strict"
    tangled = "import sys\n\n\ndef add(a, b):\n    if type(a) == str:\n        return totl\n" + "".join(
        f"    if a > {1000 + n} and b != {n}:\n        return {n}\n" for n in range(12)) + "    return a + b if sys.path else 0\n"
    dise.answers({"match": "add", "text": fence(tangled)}, extra="escalation: [{role: fast}]\n")
    code, events = dise.json("run", TASK)
    why = events[-1]["message"]
    assert code == 1
    for gate, code in (("ruff_bugs", "F821"), ("ruff_doubtful", "E721"), ("ruff_complexity", "C901")):
        assert f"the gate {gate} says line" in why and code in why, why
