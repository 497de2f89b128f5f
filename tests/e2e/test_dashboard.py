"""The dashboard on a real pseudo-terminal."""

import contextlib
import os
import time

GOOD = {"match": "add", "text": "```python\ndef add(a, b):\n    return a + b\n```"}
BAD = {"match": "add", "text": "```python\ndef add(a, b):\n    return a - b\n```"}
TASK = "write a function that adds two numbers, add(2, 3) == 5"


def test_a_task_is_typed_solved_and_shown(dise, tui):
    dise.answers(BAD, GOOD)
    t = tui(columns=120, lines=36)
    t.wait_for("● engine")
    t.send(TASK + "\r")
    t.wait_for("✔ solved 1/1")
    t.wait_for("dise  ✔ solved")
    assert "add(2, 3) -> -1" in t.text() and "3 Escalation" in t.text()
    t.send("q")  # goes into the input line
    t.wait_for("› q")
    t.send("\x7f")
    t.escape()
    t.send("\t")
    t.send("q")
    assert t.wait_end() == 0


def test_a_kept_program_runs_and_the_question_stands_beside_it(dise, tui):
    dise.answers(GOOD)
    assert dise.run("run", TASK).returncode == 0
    t = tui(columns=120, lines=36)
    t.wait_for("● engine")
    t.send('/run a1 {"a": 40, "b": 2}\r')
    t.wait_for('→ {"result":42}')
    assert 'you   run a1: add { "a": 40, "b": 2 }' in t.text() or 'you   run a1: add {"a":40,"b":2}' in t.text()
    assert not any(line.split("│")[-2].strip().startswith("0 ") for line in t.text().splitlines() if line.count("│") > 3)


def test_every_size_down_to_nothing(dise, tui):
    dise.answers(GOOD)
    t = tui(columns=120, lines=40)
    t.wait_for("● engine")
    for columns, lines in ((80, 24), (60, 16), (30, 8), (1, 1), (200, 60), (80, 24)):
        t.resize(columns, lines)
        t.settle()
    t.wait_for("1 Conversation")
    t.resize(30, 8)
    t.wait_for("DiSE needs")


def test_a_size_that_changes_while_it_starts(dise, tui):
    """Nobody listens yet: the program waits for what it remembers of the last time."""
    dise.answers(GOOD)
    remembered = dise.home / "ui.json"
    os.mkfifo(remembered)
    t = tui(columns=80, lines=24)
    writes, end = None, time.monotonic() + 90
    while writes is None and time.monotonic() < end:
        with contextlib.suppress(OSError):  # until the program reads it
            writes = os.open(remembered, os.O_WRONLY | os.O_NONBLOCK)
        t.read(0.01)
    t.resize(120, 30)
    os.write(writes, b"{}")
    os.close(writes)
    t.wait_for("● engine")
    t.settle()
    assert len(t.text().splitlines()[1]) == 120


def test_help_palette_and_commands(dise, tui):
    dise.answers(GOOD)
    t = tui(columns=100, lines=30)
    t.wait_for("● engine")
    t.send("?")
    t.wait_for("find a command by a few letters")
    t.escape()
    t.send("\x10")
    t.send("docto")
    t.wait_for("what is installed")
    t.send("\r")
    t.wait_for("sandbox")
    t.escape()
    t.send("/thme\r")
    t.wait_for("did you mean /theme?")
    t.send("asdf\r")
    t.wait_for("[r] run")
    t.send("d")
    t.wait_for("dropped")


def test_the_engine_may_die(dise, tui):
    dise.answers({**GOOD, "tokens_per_s": 10})
    t = tui()
    t.wait_for("● engine")
    t.send(TASK + "\r")
    t.wait_for("def ad")
    dise.kill_engine()
    t.wait_for("✔ solved")
    assert "starting it again" not in t.text()  # it has been started


def test_the_dashboard_may_die(dise, tui):
    dise.answers({**GOOD, "tokens_per_s": 10})
    t = tui()
    t.wait_for("● engine")
    t.send(TASK + "\r")
    t.wait_for("def ad")
    t.close()
    t.pid = None
    t.fd = os.open("/dev/null", 0)
    again = tui()
    again.wait_for("✔ solved")


def test_a_cancelled_job_says_so(dise, tui):
    dise.answers({**GOOD, "tokens_per_s": 1})
    t = tui()
    t.wait_for("● engine")
    t.send(TASK + "\r")
    t.wait_for("writing")
    t.send("\x03")
    t.wait_for("cancelled")


def test_without_a_model_the_set_up_opens(dise, tui):
    t = tui(columns=100, lines=30)
    t.wait_for("It needs a language model")
    t.wait_for("Install Qwen2.5-Coder 0.5B only")
    t.send("\x1b")
    t.wait_for("what should the program do?")


def test_a_still_dashboard_writes_nothing(dise, tui):
    dise.answers(GOOD)
    t = tui()
    t.wait_for("● engine")
    t.settle(0.5)
    left = 60 - time.time() % 60
    if left < 6:
        t.read(left + 1.5)  # the clock on the screen turns, within a second
    before = t.bytes
    t.read(2.5)
    assert t.bytes == before


def test_typed_text_survives(dise, tui):
    dise.answers(GOOD)
    t = tui()
    t.wait_for("● engine")
    t.send("größer 你好 draft")
    t.wait_for("größer 你好 draft".replace("你", "你 ").replace("好", "好 ").strip()[:6])
    t.send("\x03\x03")
    assert t.wait_end() == 0


def test_what_changed_looks_like_all_painted_again(dise, tui):
    long = "".join(f"    a_{i}_{'x' * 50} = {i}    # a line that is long enough to be seen\n" for i in range(40))
    dise.answers({"match": "add", "text": f"```python\ndef add(a, b):\n{long}    return a - b\n```"}, GOOD)
    t = tui(columns=120, lines=36)

    def shown():
        """Without the clock, and the figures of the engine, which may change at any second."""
        lines = t.text().split("\n")
        lines[0] = lines[0].rsplit(" ", 1)[0]
        top = next((i for i, line in enumerate(lines) if "4 Metrics" in line), len(lines))
        left, right = (lines[top].index("4 Metrics"), lines[top].index("╮", lines[top].index("4 Metrics"))) if top < len(lines) else (0, 0)
        return lines[:top] + [line[:left] + line[right:] for line in lines[top:]]

    def compare():
        t.settle()  # only the engine's figures, which are left out, never rest
        changed, seen = shown(), t.bytes
        t.send("\x0c")
        t.settle()
        assert t.bytes > seen and changed == shown()

    t.wait_for("● engine")
    t.send(TASK + "\r")
    t.wait_for("dise  ✔ solved")
    compare()
    for key in ("\x1b[5~", "?", "\x1b[6~", "\x10"):
        t.send(key)
        compare()
    t.escape()
    t.resize(80, 24)
    compare()
