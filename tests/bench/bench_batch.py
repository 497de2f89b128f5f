"""An overnight run of 10,000 replayed texts, alone and with the dashboard looking on:
python tests/bench/bench_batch.py [COUNT]"""

import json
import sqlite3
import sys
import time

from measure import Home, durable_commit_ms, head, show

WIDTH = 16


def peak_mb(pid):
    status = open(f"/proc/{pid}/status").read()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    with Home() as dise:
        dise.answers({"match": "", "text": "an answer in words"})
        path = dise.home / "tasks.jsonl"
        path.write_text("".join(json.dumps({"task": f"tell me about {i}", "kind": "text"}) + "\n"
                                for i in range(count)))
        dise.run("status")
        floor = durable_commit_ms(dise.home)
        began = time.perf_counter()
        done = dise.run("batch", "run", str(path), "--width", str(WIDTH), "--wait", timeout=600)
        took = time.perf_counter() - began
        assert done.returncode == 0, done.stdout[-300:] + done.stderr
        memory = peak_mb(dise.engine_pid())
        began = time.perf_counter()
        report = json.loads(dise.run("batch", "report", "1", "--verify", "--json").stdout)
        reported = time.perf_counter() - began
        figures = report["figures"]
        assert figures["solved"] == figures["jobs"] == count and not report["differences"]
        db = sqlite3.connect(dise.home / "dise.db")
        assert db.execute("SELECT count(*) FROM job WHERE parent=1 AND state=2").fetchone()[0] == count
        head(f"A batch of {count:,} texts, {WIDTH} at once, a model that takes no time")
        show("jobs a second", count / took, "", "≥ 200", 1000 / floor, "single durable commits a second")
        show("engine's memory, most", memory, "MB", "< 60 MB")
        show("report with --verify", reported * 1000, "ms")


if __name__ == "__main__":
    main()
