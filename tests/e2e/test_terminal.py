"""What people expect of a program in a terminal: suspended and resumed, closed and opened again, read line by line."""

import json
import os
import re
import signal
import subprocess
import time

import pytest

from conftest import BINARY

GOOD = {"match": "add", "text": "```python\ndef add(a, b):\n    return a + b\n```"}
TASK = "write a function that adds two numbers, add(2, 3) == 5"


def raw(t, last, timeout=30):
    """The bytes that come until one after the other of `last` has come; the screen gets them, too."""
    data, feed, end = [], t.stream.feed, time.monotonic() + timeout
    t.stream.feed = lambda x: (data.append(x), feed(x))
    while time.monotonic() < end and not all(x in b"".join(data) for x in last):
        t.read()
    t.stream.feed = feed
    return b"".join(data)


def wait_for_width(t, columns):
    end = time.monotonic() + 90
    while len(t.text().splitlines()[1]) != columns and time.monotonic() < end:
        t.read()
    assert len(t.text().splitlines()[1]) == columns, "the size of now"


def test_suspended_and_resumed(dise, tui):
    dise.answers(GOOD)
    dise.env["PS1"] = "shell> "
    t = tui(command=["/bin/bash", "--norc", "--noprofile", "-i"])
    t.wait_for("shell>")
    t.send(BINARY + "\r")
    t.wait_for("● engine")
    t.send("a draft")
    t.wait_for("a draft")
    t.send("\x1a")
    off = (b"\x1b[?1049l", b"\x1b[?2004l", b"\x1b[?1000l")
    given_back = raw(t, (*off, b"Stopped", b"shell> "))
    assert all(x in given_back.partition(b"Stopped")[0] for x in off), given_back
    t.resize(100, 30)
    t.send("stty -a | grep -o -e '-\\?icanon'; fg\r")
    on = (b"\x1b[?1049h", b"\x1b[?2004h", b"\x1b[?1000h")
    taken = raw(t, on)
    assert b"\ricanon" in taken, "the shell's line mode was not given back"
    assert all(x in taken for x in on), taken
    t.wait_for("a draft")
    wait_for_width(t, 100)
    t.send(" goes on")
    t.wait_for("a draft goes on")


def test_draft_focus_and_layout_come_back(dise, tui):
    dise.answers(GOOD)
    t = tui(columns=100, lines=30)
    t.wait_for("● engine")
    t.send("größer draft")
    t.wait_for("größer draft")
    t.send("\x1b3")  # M-3: the stages
    t.settle()
    t.send("z")
    t.settle()
    zoomed = t.text().splitlines()[1]
    t.send("q")
    assert t.wait_end() == 0
    again = tui(columns=100, lines=30)
    again.wait_for("● engine")
    again.settle()
    assert again.text().splitlines()[1] == zoomed
    again.send("z")
    again.wait_for("größer draft")


def test_a_closed_terminal_keeps_the_draft(dise, tui):
    dise.answers(GOOD)
    t = tui()
    t.wait_for("● engine")
    t.send("half a task")
    t.wait_for("half a task")
    os.kill(t.pid, signal.SIGHUP)
    t.wait_end()
    again = tui()
    again.wait_for("half a task")


@pytest.mark.parametrize("text", [
    "", "null", "[]", "{", "\0\xff", '{"history":[null,1,{}],"layout":[],"draft":7,"theme":[],"mouse":"x"}',
    '{"layout":{"shares":["x",null,1e99,-5],"focus":"nowhere","tab":3,"zoom":"y","batch":[],"talk":7},"theme":"../../x"}',
    '{"history":{"a":1},"draft":"\\u001b[2J\\u0007","layout":{"focus":"stages","zoom":true}}',
])
def test_a_broken_state_does_not_hurt(dise, tui, text):
    dise.answers(GOOD)
    (dise.home / "ui.json").write_bytes(text.encode("latin-1"))
    t = tui()
    t.wait_for("● engine")
    t.send("\x03\x03")
    assert t.wait_end() == 0
    json.loads((dise.home / "ui.json").read_text())


def test_two_interrupts_leave_and_the_job_goes_on(dise, tui):
    dise.answers({**GOOD, "tokens_per_s": 4})
    t = tui()
    t.wait_for("● engine")
    t.send("\x03")
    t.wait_for("^C again leaves")
    t.read(1.2)
    t.send("\x03")  # too late: it counts as the first
    t.wait_for("^C again leaves")
    t.send("\x03")
    assert t.wait_end() == 0
    t = tui()
    t.wait_for("● engine")
    t.send(TASK + "\r")
    t.wait_for("writing")
    t.escape()
    t.send("\tq")
    t.wait_for("they go on in the engine")
    t.send("y")
    assert t.wait_end() == 0
    again = tui()
    again.wait_for("✔ solved")


def test_escape_is_quick(dise, tui):
    dise.answers(GOOD)
    t = tui()
    t.wait_for("● engine")
    t.send("?")
    t.wait_for("Esc closes")
    took = []
    while len(took) < 6 and not (took and min(took) < 0.5):  # other programs may hold the processor
        if took:
            t.send("?")
            t.wait_for("Esc closes")
        begun = time.monotonic()
        t.send("\x1b")
        while "Esc closes" in t.text():
            t.read(0.005)
            assert time.monotonic() - begun < 30
        took.append(time.monotonic() - begun)
    assert min(took) < 0.5, took


def test_into_a_pipe_go_lines(dise):
    dise.answers(GOOD)
    done = dise.run(input=(TASK + "\n").encode())
    text = done.stdout.decode()
    assert done.returncode == 0, done.stderr
    assert "job 1 accepted: " in text and "check passed: example" in text and "job 1 solved" in text
    assert "def add(a, b):" in text and "\x1b" not in text


def test_into_a_pipe_go_json_lines(dise):
    dise.answers(GOOD)
    done = dise.run("--json", input=TASK.encode())  # without a newline at its end
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and events[0]["type"] == "job_created"
    assert [e["status"] for e in events if e["type"] == "job_done"] == ["solved"]


def test_a_task_file_as_input(dise, tmp_path):
    dise.answers(GOOD)
    path = tmp_path / "tasks"
    path.write_text(TASK + "\n\n" + TASK.replace("two", "2") + "\n")
    with path.open() as f:
        done = subprocess.run([BINARY], stdin=f, capture_output=True, env=dise.env, timeout=60)
    assert done.returncode == 0 and len(re.findall(rb"(?m)^job \d solved", done.stdout)) == 2, done.stdout


def test_for_a_screen_reader_lines_are_appended(dise, tui):
    dise.answers(GOOD)
    t = tui(columns=100, lines=60, args=["--screen-reader"])
    t.wait_for("Type a task")
    t.send(TASK + "\n")
    t.wait_for("job 1 solved")
    t.wait_for("return a + b")
    t.send("asdf\n")
    t.wait_for("Answers: ")
    t.send("drop\n")
    t.wait_for("job 2 cancelled")
    assert not set(t.text()) & set("│╭╮╰╯─✔✘")
    t.send("/quit\n")
    assert t.wait_end() in (0, 1)


def test_the_menu_by_key_and_mouse(dise, tui):
    dise.answers(GOOD)
    t = tui(columns=100, lines=30)
    t.wait_for("● engine")
    t.send("\x1b[21~")  # F10
    t.wait_for("General   Panes   Jobs")
    t.send("d\r")
    t.wait_for("sandbox")
    t.escape()
    t.send("\x1b[<0;2;1M\x1b[<0;2;1m")  # on "DiSE"
    t.wait_for("General   Panes   Jobs")
    t.escape()
    t.wait_for("● engine")


def test_tasks_are_chosen_from_a_file(dise, tui):
    dise.answers(GOOD)
    path = dise.home / "many tasks.jsonl"
    path.write_text(TASK + '\n{"task": "add", "tokens": "x"}\n')
    t = tui(columns=100, lines=30)
    t.wait_for("● engine")
    t.send("\x1b[20~")  # F9
    t.wait_for("Solve a list of tasks")
    t.send(str(dise.home / "man") + "\t")
    t.wait_for("many tasks.jsonl")
    t.wait_for(':2:17: "tokens" is a whole number')
    path.write_text(TASK + '\n{"task": "add", "tokens": 500}\n')
    t.send("\x7fl")
    t.wait_for("2 tasks")
    t.escape()
    t.wait_for("what should the program do?")
