"""What one or two answers of a person are worth: tasks are solved without anybody to ask, and with a person who knows.

    tests/bench/clarify.py HOME [--limit N] [--seed S] [--hard] [--record FILE]

HOME lends its installed local models. The tasks are drawn from the easier ones of the dev split of tests/bench/tasks.jsonl (--hard: from
the others). Where programs differ DiSE asks what a call should give (docs/ladder.md); the person here answers as the reference in
tests/bench/solutions does, and says "neither" when neither is right. No hidden test is seen before the end. Answers of the models go
into the record, so the second way of each task asks only for what is new.
"""

import argparse
import ast
import json
import random
import re
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "reuse"), str(HERE.parent / "e2e")]
from check_tasks import HARD  # noqa: E402
from second_pass import Memory, read, reference, right  # noqa: E402
from test_cancel import start  # noqa: E402

CHOICES = re.compile(r"give\?  1: (.*) \(\d+ programs?\)  2: (.*) \(\d+ programs?\)$")


def plain(value):
    """As answers are compared: a tuple is a list."""
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return {k: plain(v) for k, v in value.items()} if isinstance(value, dict) else value


def person(task, program, question):
    """What somebody says who knows what the task means."""
    names = {}
    exec(program, names)
    given = CHOICES.search(question["text"]).groups()
    try:
        wanted = plain(names[task["entry_point"]](*ast.literal_eval(f"({question['subject']},)")))
    except Exception:
        return "skip"  # nothing that the words speak of
    said = [str(i) for i, value in enumerate(given, 1) if plain(ast.literal_eval(value)) == wanted]
    return said[0] if said else "neither"


def solve(connection, home, task, program):
    """(solved and right, claimed, calls, questions); `program`: of the reference; None: nobody is asked."""
    prompt, asked = task["prompt"], []
    job = connection.ask("job.submit", task=prompt, anyway=True, fresh=True, questions="yes" if program else "no")["job"]
    end = None
    while not end:
        event = connection.wait_for(job)
        connection.events.remove(event)
        if event["type"] == "job_question":
            asked.append(person(task, program, event))
            connection.ask("job.answer", job=job, question=event["question"], answer=asked[-1])
        end = event if event["type"] == "job_done" else None
    source = home.source(end["artifact"]) if end["artifact"] else ""
    entry = re.findall(r"^def (\w+)", source, re.M)
    good = bool(entry) and right(source, task["entry_point"] if task["entry_point"] in entry else entry[-1], task["test"])
    return good, end["status"] == "solved", end["llm_calls"], asked


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("home")
    parser.add_argument("--limit", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hard", action="store_true")
    parser.add_argument("--record", default="")
    args = parser.parse_args()
    tasks = [t for t in read(HERE / "tasks.jsonl") if t["split"] == "dev" and (int(t["task_id"].split("-")[1]) <= HARD) == args.hard]
    random.Random(args.seed).shuffle(tasks)
    tasks = tasks[:args.limit]
    rows = []
    with Memory() as home:
        home.lend(args.home)
        home.config("memory: {reuse: false}\npipeline: {similar: false}\n")
        record = args.record or str(Path(tempfile.mkdtemp(prefix="dise-record-")) / "record.jsonl")
        home.run("restart", "--record", record)
        connection = start(home)
        for task in tasks:
            program = reference(task["entry_point"])
            alone, with_person = (solve(connection, home, task, p) for p in (None, program))
            rows.append((alone, with_person))
            print(f"{task['task_id']:15} alone {'right' if alone[0] else 'wrong'}{'' if alone[1] else ', not claimed'}, "
                  f"asked {with_person[3] or 'nothing'}: {'right' if with_person[0] else 'wrong'}{'' if with_person[1] else ', not claimed'}", flush=True)
        if not args.record:
            shutil.rmtree(Path(record).parent, ignore_errors=True)
    n = len(rows)
    for name, k in (("alone", 0), ("with a person", 1)):
        part = [r[k] for r in rows]
        print(f"{name}: right {sum(r[0] for r in part)} of {n}, claimed and wrong {sum(r[1] and not r[0] for r in part)}, "
              f"{sum(r[2] for r in part)} calls, {sum(len(r[3]) for r in part)} questions in {sum(bool(r[3]) for r in part)} tasks")
    print(f"gained {sum(b[0] and not a[0] for a, b in rows)}, lost {sum(a[0] and not b[0] for a, b in rows)}")


if __name__ == "__main__":
    main()
