"""An overnight run of 10,000 replayed texts, alone and with the dashboard looking on: python tests/bench/bench_batch.py [COUNT]"""

import json
import os
import sqlite3
import sys
import time

from measure import Echo, Home, Tui, cpu_seconds, durable_commit_ms, head, key_times, show, show_keys

WIDTH = 16


def peak_mb(pid):
    status = open(f"/proc/{pid}/status").read()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def write_tasks(dise, count):
    path = dise.home / "tasks.jsonl"
    path.write_text("".join(json.dumps({"task": f"tell me about {i}", "kind": "text"}) + "\n" for i in range(count)))
    return str(path)


def check(dise, batch, count):
    """Every item once in the report, and all figures of it found again in the store; how long that took, in ms."""
    began = time.perf_counter()
    report = json.loads(dise.run("batch", "report", str(batch), "--verify", "--json").stdout)
    took = (time.perf_counter() - began) * 1000
    figures = report["figures"]
    assert figures["solved"] == figures["jobs"] == count and not report["differences"]
    db = sqlite3.connect(dise.home / "dise.db")
    assert db.execute("SELECT count(*), count(DISTINCT key) FROM job WHERE parent=? AND state=2", (batch,)).fetchone() == (count, count)
    return took


def alone(dise, count):
    tasks = write_tasks(dise, count)
    dise.run("status")
    floor = durable_commit_ms(dise.home)
    began = time.perf_counter()
    done = dise.run("batch", "run", tasks, "--width", str(WIDTH), "--wait", timeout=600)
    took = time.perf_counter() - began
    assert done.returncode == 0, done.stdout[-300:] + done.stderr
    memory = peak_mb(dise.engine_pid())
    reported = check(dise, 1, count)
    head(f"A batch of {count:,} texts, {WIDTH} at once, a model that takes no time")
    show("jobs a second", count / took, "", "≥ 200", 1000 / floor, "single durable commits a second")
    show("engine's memory, most", memory, "MB", "< 60 MB")
    show("report with --verify", reported, "ms")


def watched(dise, count, pane, name):
    """The same while a dashboard with all panes looks on and somebody types."""
    tasks = write_tasks(dise, count)
    t = Tui(dise, columns=120, lines=40)
    t.wait_for("● engine")
    t.send(f"/{pane}\r")
    t.read(1.5)
    t.escape()
    began, used = time.perf_counter(), cpu_seconds(t.pid)
    run = dise.start("batch", "run", tasks, "--width", str(WIDTH), "--wait")
    t.send("i" if pane else "")
    times, ended, echo = [], None, Echo()
    t.read(0.3)
    while ended is None:
        times += key_times(t, 40, echo=echo)
        ended = run.poll()
    took = time.perf_counter() - began
    assert ended == 0, run.stdout.read()[-300:]
    head(f"The same, the dashboard beside it with {name} and four more panes on 120 × 40")
    show("jobs a second", count / took, "", "≥ 200")
    show_keys(times, echo)
    echo.close()
    show("dashboard's processor", 100 * (cpu_seconds(t.pid) - used) / took, "%")
    show("dashboard's memory, most", peak_mb(t.pid), "MB")
    show("engine's memory, most", peak_mb(dise.engine_pid()), "MB", "< 60 MB")
    print(f"\nOn the screen at the end:\n\n```\n{t.text()}\n```" if os.environ.get("SHOW") else "")
    t.close()
    check(dise, 1, count)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    parts = [lambda d: alone(d, count), lambda d: watched(d, count, "overnight", "the overnight run"),
             lambda d: watched(d, count, "jobs", "the overview of jobs")]
    for part in parts:
        with Home() as dise:
            dise.answers({"match": "", "text": "an answer in words"})
            part(dise)


if __name__ == "__main__":
    main()
