"""Records the session that the screen tests play: python tests/e2e/session.py tests/data/screen/session.jsonl.
A task fails in the first stage and is solved by the second of four candidates. Times count from a fixed moment."""

import json
import sys
import tempfile
from pathlib import Path

from conftest import Dise

TASK = 'turn roman numerals into integers: roman("XIV") == 14, roman("MMXXVI") == 2026'
HEAD = "def roman(s):\n    values = {'I': 1, 'V': 5, 'X': 10, 'L': 50, 'C': 100, 'D': 500, 'M': 1000}\n"
WRONG = HEAD + "    return sum(values[c] for c in s)  # größer 你好\n"
RIGHT = HEAD + """\
    total = 0
    for a, b in zip(s, s[1:] + ' '):
        total += -values[a] if values[a] < values.get(b, 0) else values[a]
    return total
"""
START = 1700000000000


def main():
    dise = Dise(tempfile.mkdtemp(prefix="dise-session-"))
    answer = {code: {"text": f"```python\n{code}```", "tokens_per_s": 60} for code in (WRONG, RIGHT)}
    dise.answers(*(answer[x] for x in (WRONG, WRONG, RIGHT, WRONG, WRONG)))
    _, events = dise.json("run", TASK)
    dise.close()
    begin = next(e["time"] for e in events if e["type"] == "job_created")
    for e in events:
        e["time"] += START - begin
        if e["type"] == "engine_state":
            e.update(cpu=1.0, rss_kb=13000)
    Path(sys.argv[1]).write_text("".join(
        json.dumps(e, ensure_ascii=False, separators=(",", ":")) + "\n" for e in events))


if __name__ == "__main__":
    main()
