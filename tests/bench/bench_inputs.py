"""For how many ordinary programs `dise optimize` finds an input on which they take measurable time.

    bench_inputs.py [--runtime FOLDER] [--every N] [--only TEXT] [--out FILE]

The programs are the references of tests/bench/solutions for the tasks of tests/bench/tasks.jsonl (split dev), each with
the examples of its prompt, else with the first three calls of its hidden test, as a model's tests would be. What
src/runtime/measure.py finds is printed by task, the shares at the end. No engine and no sandbox: the programs are ours.
"""

import argparse
import ast
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "reuse")]
from check_tasks import EXAMPLES  # noqa: E402
from second_pass import reference  # noqa: E402

FILES = ("measure.py", "inputs.py", "harness.py")
LEAST_MS, MEMORY = 8.0, 1 << 30


def calls_of(task):
    """The calls of the examples of its prompt, else the first ones of its hidden test."""
    if task["task_id"] in EXAMPLES:
        trees = [ast.parse(x, mode="eval") for x in EXAMPLES[task["task_id"]]]
    else:
        trees = [n for n in ast.walk(ast.parse(task["test"])) if isinstance(n, ast.Assert)]
    found = []
    for tree in trees:
        call = next((n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and
                     n.func.id in ("candidate", task["entry_point"])), None)
        if call is not None:
            call.func.id = task["entry_point"]
            found.append(ast.unparse(call))
    return found if task["task_id"] in EXAMPLES else found[:3]


def inputs_of(task, runtime):
    """The record "work" of measure.py, and the seconds that it took."""
    folder = Path(tempfile.mkdtemp(prefix="dise-inputs-"))
    try:
        for name in FILES:
            shutil.copy(Path(runtime) / name, folder)
        (folder / "old.py").write_text(reference(task["entry_point"]))
        (folder / "job.json").write_text(json.dumps({
            "mode": "work", "function": task["entry_point"], "task": task["prompt"], "seed": 1, "target": "performance",
            "examples": [{"call": c} for c in calls_of(task)], "input": None, "packages": []}))
        began = time.monotonic()
        out, into = os.pipe()

        def limit():
            os.dup2(into, 3)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

        process = subprocess.Popen([sys.executable, "-I", "-S", "measure.py"], cwd=folder, pass_fds=(3, into),
                                   preexec_fn=limit, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        os.close(into)
        with os.fdopen(out) as f:
            text = f.read()
        error = process.communicate()[1].strip().splitlines()
        records = {r["kind"]: r for r in map(json.loads, text.splitlines())}
        work = records.get("work", {"of": [], "why": error[-1] if error else "nothing"})
        return {**records.get("no work", {}), **work}, time.monotonic() - began
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def row_of(task, runtime):
    record, seconds = inputs_of(task, runtime)
    best = max((w["ms"] for w in record["of"]), default=0)
    kind = "measured" if best >= LEAST_MS else "small" if record["of"] else "none"
    return {"task": task["task_id"], "function": task["entry_point"], "kind": kind, "ms": best, "of": record["of"],
            "why": record.get("why", ""), "seconds": round(seconds, 1)}


def tell(row):
    of = "  ".join(f"{w['ms']:.0f} ms ×{w['scale']:.4g}{' fresh' if w['fresh'] else ''}{' grown' if w['ints'] else ''}"
                   f"{' ' + w['how'] if w.get('how', 'wide') != 'wide' else ''}"
                   f"{' ' + str(w['calls']) + ' calls' if w['calls'] > 1 else ''}" for w in row["of"])
    print(f"{row['task']:14} {row['function']:26} {row['kind']:9} {of}{row['why'][:150]}  ({row['seconds']:.0f} s)", flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--runtime", default=str(HERE.parents[1] / "src" / "runtime"))
    p.add_argument("--every", type=int, default=1, help="only each Nth task")
    p.add_argument("--only", default="")
    p.add_argument("--out")
    a = p.parse_args()
    tasks = [json.loads(x) for x in (HERE / "tasks.jsonl").read_text().splitlines()]
    tasks = [t for t in tasks if t["split"] == "dev"][::a.every]
    rows = []
    for task in tasks:
        if a.only in task["task_id"] or a.only in task["entry_point"]:
            rows.append(row_of(task, a.runtime))
            tell(rows[-1])
    print()
    for kind in ("measured", "small", "none"):
        n = sum(r["kind"] == kind for r in rows)
        print(f"{kind:9} {n:4} of {len(rows)} ({100 * n / max(1, len(rows)):.0f} %)")
    if a.out:
        Path(a.out).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
