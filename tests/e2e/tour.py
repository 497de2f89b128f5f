"""Writes docs/tour.md from one real session: python tests/e2e/tour.py HOME docs/tour.md, with HOME one in which
a model is installed. Every frame is what stood on the screen of a pseudo-terminal, the model is the real one."""

import re
import sys
import time
from pathlib import Path

from conftest import ROOT, Dise, Tui

COLUMNS, LINES = 120, 40
TASK = "write a function that merges overlapping intervals, merge([[1, 3], [2, 6], [8, 10]]) == [[1, 6], [8, 10]]"
TASKS = """\
write a function square(n), square(4) == 16
write a function reverse(text), reverse("abc") == "cba"
write a function is_even(n), is_even(4) == True, is_even(7) == False
write a function largest(numbers), largest([3, 9, 2]) == 9
write a function vowels(text) that counts the vowels, vowels("banana") == 3
write a function celsius(f), celsius(212) == 100
write a function factorial(n), factorial(5) == 120
write a function words(text) that counts words, words("to be or not") == 4
write a function unique(items) that keeps the first of each, unique([1, 2, 1]) == [1, 2]
write a function title(text) that capitalises each word, title("big red dog") == "Big Red Dog"
write a function fib(n), fib(10) == 55
write a function gcd(a, b), gcd(12, 18) == 6
"""
EDITOR = """#!/bin/sh
sed -i "s/You write short, correct/You write short, clear, correct/" "$1"
"""


class Tour:
    def __init__(self, home):
        self.dise = Dise(home)
        self.dise.env["EDITOR"] = self.script(EDITOR)
        self.pages = []
        self.t = None

    def script(self, text):
        path = self.dise.home / "tour-editor"
        path.write_text(text)
        path.chmod(0o755)
        return str(path)

    def open(self):
        self.t = Tui(self.dise, columns=COLUMNS, lines=LINES)
        self.t.wait_for("● engine")

    def close_terminal(self):
        """As when the window is closed: the program is gone, the engine is not."""
        self.t.close()
        self.t = None

    def frame(self, heading, text):
        self.t.read(0.6)
        screen = "\n".join(self.short(line) for line in self.t.text().rstrip().split("\n"))
        self.pages.append(f"## {heading}\n\n{text}\n\n```text\n{screen}\n```\n")
        print(heading, flush=True)

    def short(self, line):
        """Folders of this machine mean nothing to others; the border stays in its column."""
        for path, name in ((str(ROOT), "~/dise"), (str(self.dise.home), "~")):
            if path in line:
                line = line.replace(path, name)
                head, sep, tail = line.rpartition("  ") if not line.endswith("│") else (line[:-1], "", "│")
                line = head + " " * (len(path) - len(name)) + sep + tail
        return line

    def keys(self, *keys, pause=0.3):
        for key in keys:
            self.t.send(key)
            self.t.read(pause)

    def until(self, *texts, timeout=600):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            self.t.read(0.2)
            if any(x in self.t.text() for x in texts):
                return
        raise SystemExit(f"never saw any of {texts}:\n{self.t.text()}")

    def write(self, path):
        head = ("# A tour in frames\n\nOne session with Qwen2.5-Coder 0.5B on two processors, "
                f"{COLUMNS} × {LINES}, written by `python tests/e2e/tour.py HOME docs/tour.md`.\n\n")
        Path(path).write_text(head + "\n".join(self.pages))


def solve_and_browse(tour):
    tour.open()
    tour.keys(TASK + "\r")
    tour.until("def merge")
    tour.t.read(2)
    tour.frame("A task, watched in five panes",
               "The answer streams at the left; at the right the job's steps, its stages, the figures, what is kept.")
    tour.until("calls,", "call,")
    tour.frame("What came of it, and what was checked",
               "Beside the result stands what was checked, no more. The workflow shows the job's real steps.")


def browse_workflow(tour):
    tour.keys("\x1b5", "z")
    tour.until("Artifacts  Tools  Workflows")
    tour.keys("T", pause=1)
    tour.frame("Every finished job is a stored workflow", "The memory, zoomed (`M-5`, `z`), third tab (`T`).")
    tour.keys("\r", pause=1)
    tour.frame("Opened, it is drawn", "Enter shows the workflow on the graph.")
    tour.keys("\r", pause=1)
    tour.frame("A step whole", "Enter again: what went into the step, what came out, its log.")
    tour.keys("\x1b", pause=0.5)


def run_again(tour):
    tour.keys("\x1b", "\x1b", "\x1b", pause=0.5)
    tour.keys("\x1b5", "T", "T", "r", pause=0.8)  # Artifacts; asks for the input by its name
    asked = re.search(r'/run a1 \{"(\w+)"', tour.t.text())
    tour.keys("\x15" + f'/run a1 {{"{asked[1]}": [[1, 5], [4, 9], [20, 21]]}}\r')
    tour.until('{"result"', timeout=60)
    tour.frame("Run again with other input", "No model is asked: the kept program runs in the sandbox.")


def edit_tool(tour):
    tour.keys("/tools coder\r", pause=0.5)
    tour.keys("z", "e", pause=1.5)
    tour.frame("A tool is edited", "The prompts of the pipeline are YAML tools. `e` opened `$EDITOR`; the next job uses what was saved.")
    tour.keys("\x1b", "\x1b", "\x1b", pause=0.5)


def overnight(tour):
    tasks = tour.dise.home / "tonight.txt"
    tasks.write_text(TASKS)
    tour.keys("\x1b[21~", pause=0.6)
    tour.frame("The menu bar", "F10, or a click on DiSE, for those who look rather than remember.")
    tour.keys("\x1b", pause=0.5)
    tour.keys(f"/batch {tasks}\r", pause=2)
    tour.frame("An overnight run, estimated before it begins", "The estimate comes from what earlier jobs took.")
    tour.keys("\x1b[A", "\r", pause=1)
    tour.until("1/12", "2/12", timeout=900)
    tour.frame("It runs", "A batch is a job whose children are ordinary jobs.")
    tour.dise.kill_engine()
    tour.t.read(1.5)
    tour.frame("The engine is killed", "`kill -9`: the dashboard starts another one, which goes on where the journal ends.")
    tour.until("4/12", "5/12", "6/12", timeout=900)
    tour.close_terminal()
    time.sleep(3)
    tour.dise.kill_engine()
    time.sleep(1)
    tour.open()
    tour.keys("\x1b7", pause=1)
    tour.frame("The terminal was closed and the engine killed again", "The next `dise` attaches to what goes on.")
    tour.until("12/12", timeout=1800)
    tour.keys("z", pause=1)
    tour.frame("In the morning", "All twelve have ended.")
    tour.keys("m", pause=1.5)
    tour.frame("The morning report", "`m`. Every figure is computed from the store; `dise batch report ID --verify` computes it again from the children.")


def main():
    tour = Tour(sys.argv[1])
    try:
        for part in (solve_and_browse, browse_workflow, run_again, edit_tool, overnight):
            part(tour)
        tour.write(sys.argv[2])
    finally:
        if tour.t:
            print(tour.t.text())
            tour.t.close()
        tour.dise.close()


if __name__ == "__main__":
    main()
