"""Cyclomatic complexity and maintainability index of one file, in one start of Python.

usage: radon_measure.py FILE MOST: functions with more than MOST ways through them are findings.
"""

import json
import sys

from radon.complexity import cc_visit
from radon.metrics import mi_visit


def functions(blocks):
    """All functions and methods, those within others too."""
    for block in blocks:
        if block.letter in "FM":
            yield block
            yield from functions(block.closures)


def main(path, most):
    with open(path, encoding="utf-8") as file:
        source = file.read()
    try:
        found = sorted(functions(cc_visit(source)), key=lambda b: (-b.complexity, b.lineno))
        index = mi_visit(source, multi=True)
    except SyntaxError as error:  # what runs parses; another Python may be older than the program's
        print(json.dumps({"findings": [{"line": error.lineno or 0, "code": "", "message": f"it does not parse: {error.msg}"}]}))
        return
    print(json.dumps({
        "findings": [{"line": b.lineno, "column": b.col_offset + 1, "code": "CC", "message": f"`{b.name}` has {b.complexity} ways through it"}
                     for b in found if b.complexity > most],
        "complexity": found[0].complexity if found else 1,
        "maintainability": round(index, 2),
    }))


main(sys.argv[1], int(sys.argv[2]))
