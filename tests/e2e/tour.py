"""Writes docs/tour.md from one real session: python tests/e2e/tour.py HOME docs/tour.md, with HOME one in which
a model is installed. Every frame is what stood on the screen of a pseudo-terminal, the model is the real one."""

import os
import sys
import time
from pathlib import Path

from conftest import Dise, Tui

COLUMNS, LINES = 120, 40
TASK = 'turn roman numerals into integers: roman("XIV") == 14, roman("MMXXVI") == 2026'
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
sed -i 's/You write Python functions\\./You write short Python functions./' "$1"
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
        self.pages.append(f"## {heading}\n\n{text}\n\n```text\n{self.t.text().rstrip()}\n```\n")
        print(heading, flush=True)

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
    tour.until("◐ writing", "writing")
    tour.t.read(6)
    tour.frame("A task, watched in five panes", "The answer streams at the left; at the right its steps, the stages, the figures, what is kept.")
    tour.until("calls,")
    tour.frame("Solved or not, with what was checked", "Beside the result stands what was checked; the workflow shows the job's real steps.")


def main():
    tour = Tour(sys.argv[1])
    try:
        solve_and_browse(tour)
        tour.write(sys.argv[2])
    finally:
        if tour.t:
            tour.t.close()
        tour.dise.close()


if __name__ == "__main__":
    main()
