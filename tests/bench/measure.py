"""What the benchmarks share: homes, processes, percentiles, and how a figure is printed."""

import os
import pty
import select
import shutil
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from conftest import BINARY, Dise, Tui  # noqa: E402,F401


class Home(Dise):
    def __init__(self):
        super().__init__(tempfile.mkdtemp(prefix="dise-bench-"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        shutil.rmtree(self.home, ignore_errors=True)


def percentile(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * p / 100))]


def show(name, value, unit, goal="", floor=None, floor_name=""):
    """One row of docs/performance.md; with a floor that was measured in the same run, the ratio to it."""
    ratio = f"{value / floor:.1f} × {floor_name} ({floor:.1f} {unit})" if floor else ""
    print(f"| {name} | {value:.1f} {unit} | {goal} | {ratio} |", flush=True)


def head(title):
    print(f"\n### {title}\n\n| figure | measured | goal | ratio to a floor of the same run |\n|---|---|---|---|", flush=True)


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def drain(t):
    while select.select([t.fd], [], [], 0)[0]:
        t.read(0)


def typed(t):
    """Letters in the input line; -1: no such line is to be seen."""
    line = [x for x in t.screen.display if "› " in x]
    inside = line[0].split("› ", 1)[1].split("│")[0].strip() if line else None
    return -1 if inside is None else 0 if inside.startswith("what should") else len(inside)


class Echo:
    """The floor of every key: `cat` on a pseudo-terminal of its own, under the same load."""

    def __init__(self):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvp("sh", ["sh", "-c", "stty raw -echo; printf ready; exec cat"])
        while b"ready" not in os.read(self.fd, 100):
            pass
        self.times = []

    def key(self):
        began = time.perf_counter()
        os.write(self.fd, b"x")
        os.read(self.fd, 1)
        self.times.append((time.perf_counter() - began) * 1000)

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def show_keys(times, echo, goal="< 16 ms"):
    show("key to screen, median", statistics.median(times), "ms", "", statistics.median(echo.times), "`cat` on a pty")
    show(f"key to screen, p99 of {len(times)}", percentile(times, 99), "ms", goal, percentile(echo.times, 99), "`cat` on a pty")
    show("key to screen, most", max(times), "ms", "", max(echo.times), "`cat` on a pty")


def key_times(t, keys, clear=40, echo=None):
    """Types so many letters; for each the ms until a terminal emulator shows it."""
    times = []
    for i in range(keys):
        if i % clear == 0:
            t.send("\x15")
            t.read(0.1)
        drain(t)
        if echo:
            echo.key()
        began = time.perf_counter()
        os.write(t.fd, b"abcdefghij"[i % 10:i % 10 + 1])
        while typed(t) != i % clear + 1:
            if time.perf_counter() - began > 2:
                raise SystemExit(f"a key never came:\n{t.text()}")
            select.select([t.fd], [], [], 1.0)
            t.read(0)
        times.append((time.perf_counter() - began) * 1000)
    return times


def durable_commit_ms(folder, n=20):
    """The floor of everything that must survive a crash: one commit of one row, synced."""
    db = sqlite3.connect(str(folder / "floor.db"), isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE t(x)")
    times = []
    for i in range(n):
        began = time.perf_counter()
        db.execute("INSERT INTO t VALUES(?)", (i,))
        times.append((time.perf_counter() - began) * 1000)
    db.close()
    return statistics.median(times)


def process_ms(*command, n=20, env=None):
    times = []
    for _ in range(n):
        began = time.perf_counter()
        subprocess.run(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def commits(wal):
    """Commits in a write-ahead log: frames that carry the database's size, of the current salt."""
    data = Path(wal).read_bytes()
    if len(data) < 32:
        return 0
    page, salt, n = struct.unpack(">I", data[8:12])[0], data[16:24], 0
    for at in range(32, len(data) - 24, 24 + page):
        if data[at + 8:at + 16] == salt and struct.unpack(">I", data[at + 4:at + 8])[0]:
            n += 1
    return n
