"""Draws the README's picture from a real run: python tests/e2e/picture.py HOME FILE.svg, with HOME one
in which a model is installed and the task has not been solved yet."""

import sys
import time
from pathlib import Path

from conftest import Dise, Tui
from svg import render

TASK = 'turn roman numerals into integers: "XIV" -> 14, "MMXXVI" -> 2026'


def main():
    dise = Dise(sys.argv[1])
    t = Tui(dise, columns=120, lines=40)
    t.wait_for("● engine")
    t.send(TASK + "\r")
    end = time.monotonic() + 240
    while time.monotonic() < end and "dise  ✔" not in t.text() and "dise  ✘" not in t.text():
        t.read(0.2)
    t.read(0.5)
    Path(sys.argv[2]).write_text(render(t.screen))
    print(t.text())
    t.close()
    dise.close()


if __name__ == "__main__":
    main()
