"""Test data: how fast rows come, and in how much memory: python tests/bench/bench_testdata.py [ROWS]"""

import json
import sys
import time
from pathlib import Path

from measure import Home, head, show

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from test_testdata import FLAT, SCHEMAS, corpus, stream  # noqa: E402

ORDER = SCHEMAS["order"]
SCALAR = {"type": "integer", "minimum": 0, "maximum": 1000}


def rate(dise, source, rows, *args):
    """Rows a second, the start of the sandbox included."""
    began = time.perf_counter()
    done = dise.run("testdata", source, "--count", str(rows), *args, timeout=3600)
    took = time.perf_counter() - began
    assert done.returncode == 0 and done.stdout.count(b"\n") == rows, done.stderr
    return rows / took


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with Home() as dise:
        dise.run("testdata", "-", input=b"{}")
        head(f"Test data, {rows:,} rows of each")
        for name, schema in (("an integer", SCALAR), ("an object of eight scalars", FLAT), ("a nested order", ORDER),
                             ("a recursive tree", SCHEMAS["recursive_tree"])):
            path = dise.home / "schema.json"
            path.write_text(json.dumps(schema))
            show(name, rate(dise, str(path), rows), "rows/s")
        show("a dataclass", rate(dise, f"{corpus.DATA}/shapes.py:Person", rows), "rows/s")
        began = time.perf_counter()
        dise.run("testdata", str(path), "--count", "1")
        show("the first row of a command", (time.perf_counter() - began) * 1000, "ms")
        made, size, kb = stream(dise, dise.home, rows)
        assert made == rows
        show(f"engine, client and sandbox together at {size / 1e6:.0f} MB of rows", kb / 1024, "MB", "< 50 MB")


if __name__ == "__main__":
    main()
