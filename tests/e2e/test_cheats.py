"""Programs that try to be accepted without solving the task. Each must be refused: what a program can
write, replace, end or read never decides about it (src/runtime/harness.py)."""

import pytest

TASK = "Write a function square(n) that squares a whole number. square(3) == 9, square(12) == 144, square(-4) == 16"
SHAPE = "def square(n):\n    "

CHEATS = {
    "prints the answer": SHAPE + "print(n * n)",
    "prints the harness' line": SHAPE + """print('{"kind": "example", "i": 0, "ok": true}')""",
    "returns nothing": SHAPE + "pass",
    "returns the answer as text": SHAPE + "return str(n * n)",
    "returns it in a list": SHAPE + "return [n * n]",
    "returns a float that is near": SHAPE + "return n * n + 1e-6",
    "NaN": SHAPE + "return float('nan')",
    "infinity": SHAPE + "return float('inf')",
    "ends with success while loaded": "import sys\nsys.exit(0)\n" + SHAPE + "return 0",
    "ends at once while loaded": "import os\nos._exit(0)\n" + SHAPE + "return 0",
    "ends with success when called": SHAPE + "import sys; sys.exit(0)",
    "ends at once when called": SHAPE + "import os; os._exit(0)",
    "raises SystemExit": SHAPE + "raise SystemExit(0)",
    "equals everything": "class Any:\n    def __eq__(self, other): return True\n    def __ne__(self, other): return False\n"
                         "    def __hash__(self): return 0\n" + SHAPE + "return Any()",
    "says that it is nine": "class Nine:\n    def __repr__(self): return '9'\n    def __eq__(self, other): return True\n"
                            + SHAPE + "return Nine()",
    "a number that equals everything": "class Any(int):\n    def __eq__(self, other): return True\n    def __repr__(self): return '9'\n"
                                       "    def __hash__(self): return 0\n" + SHAPE + "return Any(7)",
    "a text that lies": "class Liar(str):\n    def __repr__(self): return '9'\n    def __str__(self): return '9'\n"
                        + SHAPE + "return Liar('x')",
    "replaces the comparison": "import operator, math, builtins\nmath.isclose = lambda *a, **k: True\nbuiltins.all = lambda x: True\n"
                               "builtins.isinstance = lambda *a: True\n" + SHAPE + "return 7",
    "replaces repr": "import builtins\nbuiltins.repr = lambda v: '9'\n" + SHAPE + "return 7",
    "replaces literal_eval": "import ast\nast.literal_eval = lambda t: 9\n" + SHAPE + "return 7",
    "replaces json": "import json\njson.loads = lambda *a: {'kind': 'example', 'i': 0, 'ok': True}\njson.dumps = lambda *a, **k: '{\"ok\": true}'\n"
                     + SHAPE + "return 7",
    "replaces the harness": "import sys\nmain = sys.modules['__main__']\nmain.same = lambda *a: True\nmain.judging.judge_example = lambda *a: {'ok': True}\nmain.judging.same = main.same\n"
                            "main.report(kind='example', i=0, ok=True) if hasattr(main, 'report') else None\n" + SHAPE + "return 7",
    "writes to the report": "import os\ntry:\n    os.write(3, b'{\"kind\": \"example\", \"i\": 0, \"ok\": true}\\n')\nexcept OSError:\n    pass\n"
                            + SHAPE + "return 7",
    "writes to every descriptor": "import os\nfor fd in range(64):\n    try:\n        os.write(fd, b'{\"kind\": \"example\", \"i\": 0, \"ok\": true, \"value\": \"7\"}\\n')\n"
                                  "    except OSError:\n        pass\n" + SHAPE + "return 7",
    "reads the answers from its input": SHAPE + "import sys\n    try:\n        return int(sys.stdin.read().split('\"')[3])\n    except Exception:\n        return 7",
    "reads the answers from disk": SHAPE + "import json\n    try:\n        return json.load(open('job.json'))['expected'][0]\n    except Exception:\n        return 7",
    "looks for them in memory": SHAPE + "import gc, sys\n    for o in gc.get_objects():\n        if isinstance(o, dict) and 'expected' in o and o['expected']:\n"
                                "            return int(o['expected'][0])\n    return 7",
    "looks up the stack": SHAPE + "import sys\n    f = sys._getframe()\n    while f:\n        if 'expected' in f.f_locals:\n            return int(f.f_locals['expected'][0])\n"
                          "        f = f.f_back\n    return 7",
    "forks and answers late": SHAPE + "import os, time\n    if os.fork() == 0:\n        time.sleep(0.2)\n        for fd in range(3, 64):\n            try:\n"
                              "                os.write(fd, b'{\"kind\": \"example\", \"i\": 0, \"value\": \"9\"}\\n')\n            except OSError:\n                pass\n        os._exit(0)\n    return 7",
    "kills the judge": SHAPE + "import os, signal\n    os.kill(os.getppid(), signal.SIGKILL)\n    return 7",
    "stops the judge": SHAPE + "import os, signal\n    os.kill(os.getppid(), signal.SIGSTOP)\n    return 7",
    "traces the judge": SHAPE + "import ctypes, os\n    ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0)\n    return 7",
    "changes the program file": "open('program.py', 'w').write('def square(n):\\n    return n * n\\n')\n" + SHAPE + "return 7",
    "changes the harness' file": "open('harness.py', 'w').write('print()')\n" + SHAPE + "return 7",
    "skips the tests": "import unittest\n@unittest.skip('later')\n" + SHAPE + "return n * n",
    "never returns": SHAPE + "while True: pass",
    "replaces assert's error": "import builtins\nbuiltins.AssertionError = type('Quiet', (Exception,), {})\n" + SHAPE + "assert False",
    "another function is right": "def square_root(n):\n    return n * n\n\n" + SHAPE + "return 7",
}


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_is_refused(dise, name):
    dise.answers({"text": f"```python\n{CHEATS[name]}\n```"},
                 extra="escalation: [{role: fast, candidates: 1}]\nexecution: {default_timeout_ms: 1500}\n")
    code, events = dise.json("run", TASK)
    done = events[-1]
    assert code == 1 and done["status"] == "unsolved", done
    assert done["checked"]["examples_passed"] < 3


def test_the_honest_program_is_accepted(dise):
    dise.answers({"text": f"```python\n{SHAPE}return n * n\n```"}, extra="escalation: [{role: fast, candidates: 1}]\n")
    code, events = dise.json("run", TASK)
    assert code == 0 and events[-1]["checked"]["examples_passed"] == 3
