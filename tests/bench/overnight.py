"""A night over the stored functions of the benchmark: which are improved, by how much, and whether they still do what they did.

    tests/bench/overnight.py [--programs N] [--tokens N] [--installed HOME]

The solutions of N tasks of tests/bench/tasks.jsonl (split dev) are solved as a job each and count as used often; then one `dise batch improve`
runs within its budget. Without --installed only the rules propose. Afterwards each improved program has to pass its task's hidden test,
which no job has seen, and every gate that the version before it passed.
"""

import argparse
import json
import sqlite3
import statistics
import sys
import time
from contextlib import closing
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "reuse"))
from second_pass import home_with, read, reference, right  # noqa: E402


def passed(artifact):
    return {g["name"] for g in artifact.get("gates") or [] if g.get("state") == "passed"}


def failed(artifact):
    return {g["name"] for g in artifact.get("gates") or [] if g.get("state") == "found"}


def used_often(home, uses):
    with closing(sqlite3.connect(home.home / "dise.db")) as db:
        db.execute("UPDATE artifact SET uses = ? WHERE kind = 'function'", (uses,))
        db.commit()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", type=int, default=50)
    parser.add_argument("--tokens", type=int, default=60000)
    parser.add_argument("--installed", metavar="HOME")
    options = parser.parse_args()
    tasks = {t["task_id"]: t for t in read(HERE / "tasks.jsonl")}
    chosen = [tasks[r["task_id"]] for r in read(HERE / "reuse" / "reworded.jsonl")][:options.programs]
    answers = [{"match": t["prompt"][:200], "text": f"```python\n{reference(t['entry_point'])}```"} for t in chosen]
    with home_with(answers) as home:
        of = {}
        for task in chosen:
            end, _ = home.task(task["prompt"])
            of[end["artifact"]] = task
        used_often(home, 40)
        if options.installed:
            home.asking(options.installed, "never")
        began = time.monotonic()
        wanted = ["batch", "improve", "--wait", "--limit", str(options.programs), "--tokens", str(options.tokens)]
        done = home.run(*wanted, timeout=14400)
        took = time.monotonic() - began
        batch = max(j["id"] for j in home.json("batch", "list")[1])
        print(home.run("batch", "report", str(batch)).stdout.decode())
        gains, wrong, lost, asked = [], [], [], 0
        for artifact, task in of.items():
            versions = home.json("rag", "versions", artifact)[1]
            asked += 1
            if len(versions) < 2:
                continue
            before, after = (home.json("artifact", "show", v["id"])[1][0] for v in (versions[-1], versions[0]))
            gains.append(after["optimized"]["ratio"])
            if not right(after["source"], task["entry_point"], task["test"]):
                wrong.append(task["task_id"])
            if passed(before) & failed(after):
                lost.append((task["task_id"], sorted(passed(before) & failed(after))))
        print(f"exit code {done.returncode}, {took:.0f} s; {len(of)} programs, {len(gains)} improved")
        if gains:
            print(f"last gain of each: median {statistics.median(gains):.2f}, least {min(gains):.2f}, most {max(gains):.2f}")
        print(f"hidden tests failed: {wrong or 'none'}; gates lost: {lost or 'none'}")
    return 1 if wrong or lost else 0


if __name__ == "__main__":
    sys.exit(main())
