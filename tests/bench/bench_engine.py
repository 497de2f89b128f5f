"""What the engine costs beside the model: python tests/bench/bench_engine.py"""

import json
import statistics
import time

from measure import BINARY, Home, commits, durable_commit_ms, head, percentile, process_ms, rss_mb, show

GOOD = {"match": "", "text": "```python\ndef add(a, b):\n    return a + b\n```"}
JOBS = 100


def timed(dise, *args):
    began = time.perf_counter()
    done = dise.run("run", *args, "--json")
    took = (time.perf_counter() - began) * 1000
    assert done.returncode == 0, done.stderr
    return took, json.loads(done.stdout.splitlines()[-1])


def gates(python):
    """What the quality gates cost: their own run, and the jobs with and without them."""
    took, fixed, without = [], [], []
    with Home() as other:
        other.answers(GOOD, {"match": "import", "text": GOOD["text"].replace("def", "import os\n\n\ndef")})
        plain = (other.home / "config.yaml").read_text()
        for i in range(20):
            _, lines = other.json("run", f"write a function that adds two numbers, add(7, {i}) == {i + 7}")
            took += [x["ms"] for x in lines if x["type"] == "step_end" and x["name"] == "gate"]
            _, lines = other.json("run", f"write a function that adds two numbers, import what you like, add(9, {i}) == {i + 9}")
            fixed.append(lines[-1]["seconds"] * 1000)
        (other.home / "config.yaml").write_text(plain + "gates: {enabled: false}\n")
        other.run("restart")
        for i in range(20):
            without.append(timed(other, f"write a function that adds two numbers, add(7, {i + 30}) == {i + 37}")[1]["seconds"] * 1000)
    head("Quality gates: ruff in a sandbox of its own, beside the examples")
    show("the gates of a small candidate, median", statistics.median(took), "ms", "< 150 ms", python, "a bare python3")
    show("the gates of a small candidate, p95", percentile(took, 95), "ms")
    show("a job whose unused import is removed first, median", statistics.median(fixed), "ms", "< 200 ms")
    show("a job without gates, median", statistics.median(without), "ms")


def main():
    with Home() as dise:
        dise.answers(GOOD)
        dise.run("run", "warm up, add(1, 1) == 2")
        floor = durable_commit_ms(dise.home)
        python = process_ms("/usr/bin/python3", "-I", "-S", "-c", "pass")
        start = process_ms(BINARY, "--version", env=dise.env)
        wal = dise.home / "dise.db-wal"

        runs, jobs, per_job = [], [], []
        for i in range(30):
            before = commits(wal)
            took, done = timed(dise, f"write a function that adds two numbers, add(2, {i}) == {i + 2}")
            after = commits(wal)
            runs.append(took)
            jobs.append(done["seconds"] * 1000)
            if after >= before:
                per_job.append(after - before)
        head("Orchestration: one generation that takes no time, one sandbox run, one artifact")
        show("job, median", statistics.median(jobs), "ms", "< 150 ms", floor * statistics.median(per_job),
             f"its {statistics.median(per_job):.0f} durable commits")
        show("job, p95", percentile(jobs, 95), "ms", "", python, "a bare python3")
        show("whole `dise run`, median", statistics.median(runs), "ms", "", start, "`dise --version`")

        gates(python)
        repeats, inside, written = [], [], []
        for i in range(30):
            before = commits(wal)
            took, done = timed(dise, f"write a function that adds two numbers, add(2, {i}) == {i + 2}")
            repeats.append(took)
            inside.append(done["seconds"] * 1000)
            written.append(commits(wal) - before)
            assert done["llm_calls"] == 0
        head("Exact repeat: the answer comes from the store")
        show("job, median", statistics.median(inside), "ms", "< 10 ms", floor, "a durable commit")
        show("whole `dise run`, median", statistics.median(repeats), "ms", "< 10 ms", start, "`dise --version`")
        show("whole `dise run`, p95", percentile(repeats, 95), "ms")
        show("commits, most", max(written), "", "≤ 1")

        for i in range(JOBS - 60):
            timed(dise, f"write a function that adds three numbers, add(3, {i}) == {i + 3}")
        head(f"After {JOBS} jobs")
        show("engine's memory", rss_mb(dise.engine_pid()), "MB", "< 25 MB")


if __name__ == "__main__":
    main()
