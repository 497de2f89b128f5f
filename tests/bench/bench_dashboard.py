"""What a person feels: python tests/bench/bench_dashboard.py"""

import json
import os
import select
import socket
import sqlite3
import statistics
import sys
import threading
import time

from measure import BINARY, Echo, Home, Tui, cpu_seconds, drain, head, key_times, process_ms, rss_mb, show, show_keys

GOOD = {"match": "", "text": "```python\ndef add(a, b):\n    return a + b\n```"}
STREAMS, SPEED, KEYS, IDLE_S, JOBS = 8, 500, 200, 20, 100
FLOOD, FLOOD_JOBS = 200, 10000
ARTIFACTS, STEPS = 100000, 500
TYPES = {"step_end": 23, "fork_begin": 24, "fork_end": 25}


def first_frame(dise):
    """From the start of the process until the whole frame has been written."""
    began = time.perf_counter()
    t = Tui(dise, columns=120, lines=40)
    data = b""
    while "─╯".encode() not in data:
        data += os.read(t.fd, 65536)
    took = (time.perf_counter() - began) * 1000
    t.read(0.3)
    t.send("\x03\x03")
    t.close()
    return took


def frames(dise):
    floor = process_ms("/usr/bin/python3", "-I", "-S", "-c", "pass")
    start = process_ms(BINARY, "--version", env=dise.env)
    head("First frame, 120 × 40")
    dise.run("status")
    dise.run("run", "warm up, add(1, 1) == 2")
    warm = [first_frame(dise) for _ in range(20)]
    show("with a running engine, median", statistics.median(warm), "ms", "< 30 ms", start, "`dise --version`")
    show("with a running engine, most", max(warm), "ms", "", floor, "a bare python3")
    cold = []
    for _ in range(8):
        dise.run("stop")
        cold.append(first_frame(dise))
    show("without an engine, median", statistics.median(cold), "ms", "< 150 ms", start, "`dise --version`")


def key_to_paint(dise):
    """Eight jobs stream at once; each key must be on the screen within a frame."""
    long = "```python\ndef add(a, b):\n" + "".join(f"    x{i} = a + b * {i}  # counting on and on\n" for i in range(900)) + "    return a + b\n```"
    dise.run("stop")
    dise.answers({"match": "", "text": long, "tokens_per_s": SPEED}, extra=f"execution: {{width: {STREAMS}}}\n")
    t = Tui(dise, columns=120, lines=40)
    t.wait_for("● engine")
    for i in range(STREAMS):
        t.send(f"write a long function number {i}, add({i}, 1) == {i + 1}\r")
        t.read(0.1)
    t.wait_for(f"▶ {STREAMS}")
    t.read(1.0)
    type_and_measure(t, f"From key to screen while {STREAMS} jobs stream {SPEED} tokens/s each (as seen through a terminal emulator)")
    print(f"\nStill streaming at the end: {'yes' if '▶' in t.screen.display[0] else 'NO'}")
    t.send("\x03")
    t.close()
    dise.run("stop")


def type_and_measure(t, title):
    seen = t.bytes
    began = time.perf_counter()
    echo = Echo()
    times = key_times(t, KEYS, echo=echo)
    seconds = time.perf_counter() - began
    head(title)
    show_keys(times, echo)
    echo.close()
    show("written to the terminal", (t.bytes - seen) / 1024 / seconds, "KB/s")


class Flood(threading.Thread):
    """Tasks that are answered from memory, FLOOD a second, until stopped."""

    def __init__(self, dise):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(dise.home / "run" / "engine.sock"))
        self.sent, self.going = 0, True

    def run(self):
        line = {"jsonrpc": "2.0", "method": "job.submit", "params": {"task": "add two numbers, add(2, 3) == 5"}}
        began = time.perf_counter()
        while self.going:
            due = int((time.perf_counter() - began) * FLOOD)
            while self.sent < due:
                self.sent += 1
                self.socket.sendall(json.dumps({**line, "id": self.sent}).encode() + b"\n")
            while select.select([self.socket], [], [], 0)[0]:
                self.socket.recv(65536)
            time.sleep(0.02)


def flood(dise):
    """Jobs come and end by the hundred a second while the overview of jobs is on the screen."""
    dise.run("stop")
    dise.answers(GOOD)
    dise.run("run", "add two numbers, add(2, 3) == 5")
    t = Tui(dise, columns=120, lines=40)
    t.wait_for("● engine")
    t.send("/jobs\r")
    t.read(0.5)
    t.send("\x1b")
    t.read(0.5)
    source = Flood(dise)
    source.start()
    t.read(2.0)
    used, began = cpu_seconds(t.pid), time.perf_counter()
    type_and_measure(t, f"From key to screen while {FLOOD} jobs a second are answered from memory, the overview of jobs open")
    show("dashboard's processor", 100 * (cpu_seconds(t.pid) - used) / (time.perf_counter() - began), "%")
    while source.sent < FLOOD_JOBS:
        t.read(0.5)
    source.going = False
    t.read(2.0)
    before = t.bytes, cpu_seconds(t.pid)
    t.read(5.0)
    show(f"memory after {source.sent} jobs", rss_mb(t.pid), "MB")
    show("written in the 5 s after", t.bytes - before[0], "bytes")
    show("processor in the 5 s after", 100 * (cpu_seconds(t.pid) - before[1]) / 5, "%")
    t.close()
    dise.run("stop")


def stream(dise, speed, goal):
    """One job in focus."""
    long = "```python\n" + "".join(f"def add_{i}(a, b):\n    return a + b * {i}  # counting on\n\n" for i in range(900)) + "```"
    dise.answers({"match": "", "text": long, "tokens_per_s": speed})
    t = Tui(dise, columns=120, lines=40)
    t.wait_for("● engine")
    t.send("write a long function, add(1, 1) == 2\r")
    t.wait_for("▶ 1")
    t.read(1.0)
    while speed < 100 and "return a + b * 20" not in t.text():
        t.read(0.5)
    before, began = t.bytes, time.perf_counter()
    t.read(10)
    show(f"{speed} tokens/s", (t.bytes - before) / 1024 / (time.perf_counter() - began), "KB/s", goal)
    if "▶" not in t.screen.display[0]:
        print("the stream ended too early")
    t.send("\x03")
    t.close()


def streams(dise):
    head("Written to the terminal while one job in focus streams")
    for speed, goal in ((30, "< 4 KB/s"), (500, "< 32 KB/s")):
        with Home() as own:  # a job that was left would go on
            stream(own, speed, goal)


def idle(dise):
    dise.answers(GOOD)
    t = Tui(dise, columns=120, lines=40)
    t.wait_for("● engine")
    t.send("write a function that adds two numbers, add(2, 3) == 5\r")
    t.wait_for("✔ solved")
    t.read(9.0)  # until the last token has left the graph of tokens a second
    while time.localtime().tm_sec > 55 - IDLE_S:  # the clock in the title changes with the minute
        t.read(0.5)
    engine = dise.engine_pid()
    used = cpu_seconds(engine), cpu_seconds(t.pid)
    before = t.bytes
    t.read(IDLE_S)
    head(f"Idle for {IDLE_S} s with a finished job on the screen, all panes shown and the metrics watching")
    show("written to the terminal", t.bytes - before, "bytes", "0")
    show("engine's processor", 100 * (cpu_seconds(engine) - used[0]) / IDLE_S, "%", "< 0.5 %")
    show("dashboard's processor", 100 * (cpu_seconds(t.pid) - used[1]) / IDLE_S, "%", "< 0.5 %")
    for i in range(JOBS):
        t.send(f"write a function that adds numbers, add({i}, 3) == {i + 3}\r")
        t.read(0.12)
    t.read(5.0)
    head(f"Memory after {JOBS} jobs given in the dashboard")
    show("dashboard", rss_mb(t.pid), "MB", "< 12 MB")
    show("engine", rss_mb(engine), "MB", "< 25 MB")
    t.send("\x03")
    t.close()


def fill(dise, artifacts, steps):
    """A home in which much was done: rows like those that a real job wrote, and a workflow of many steps (job 2)."""
    dise.run("run", "add two numbers, add(2, 3) == 5")
    dise.run("stop")
    db = sqlite3.connect(dise.home / "dise.db")
    words = "sort merge parse roman numerals dates words lines colours primes matrix graph queue stack text table".split()
    db.executemany("INSERT INTO artifact(kind,name,task,task_hash,solved,model,created,body,job)"
                   " SELECT kind,?1,?2,?3,?4,model,created-?5,json_set(body,'$.name',?1,'$.task',?2),0 FROM artifact WHERE id=1",
                   ((f"{words[i % 16]}_{words[i // 16 % 16]}", f"{words[i % 16]} the {words[i // 16 % 16]} number {i}", f"{i:064d}", i % 7 > 0, i * 1000)
                    for i in range(artifacts)))
    db.execute("INSERT INTO job(id,kind,version,title,input,state,epoch,status,result,created,ended)"
               " SELECT 2,kind,version,'many steps',input,2,1,'solved','null',created,ended FROM job WHERE id=1")
    rows = [("0", 0, 1, {"kind": "task", "title": "many steps", "task": "many steps", "parent": 0}), ("0", 1, 2, {"epoch": 1})]
    for f in range(1, steps // 10 + 1):
        rows.append((f"{f}", 99998, TYPES["fork_begin"], {"path": f"{f}", "name": "trial", "width": 10, "labels": ""}))
        rows += [(f"{f}.{b}.1", 99999, TYPES["step_end"], {"path": f"{f}.{b}.1", "name": "llm", "label": f"code {b}", "outcome": "done", "why": "", "ms": 900})
                 for b in range(1, 11)]
        rows.append((f"{f}", 99999, TYPES["fork_end"], {"path": f"{f}", "outcome": "done", "won": 0, "ms": 900}))
    rows.append(("end", 0, 6, {"status": "solved", "artifact": "", "result": None, "llm_calls": 500, "tokens_in": 1, "tokens_out": 1, "seconds": 9}))
    db.executemany("INSERT INTO event(job,path,n,type,time,body) VALUES(2,?,?,?,1700000000000,?)", ((p, n, k, json.dumps(b)) for p, n, k, b in rows))
    db.commit()
    db.close()


def press_times(t, keys, rounds, echo):
    """For each key the ms until the change that it makes (a row is lit) is on the screen."""
    times = []
    for i in range(rounds):
        t.read(0.04)
        drain(t)
        echo.key()
        seen, began = t.bytes, time.perf_counter()
        t.send(keys[i % len(keys)])
        while t.bytes == seen:
            if time.perf_counter() - began > 2:
                raise SystemExit(f"{keys[i % len(keys)]!r} changed nothing:\n{t.text()}")
            select.select([t.fd], [], [], 1.0)
            t.read(0)
        times.append((time.perf_counter() - began) * 1000)
    return times


def browse(dise):
    """Much is kept, and somebody leafs through it."""
    fill(dise, ARTIFACTS, STEPS)
    t = Tui(dise, columns=120, lines=40)
    t.wait_for("● engine")
    t.send("\x1b5")
    t.wait_for("table_primes")
    for title, keys in ((f"{ARTIFACTS:,} artifacts, from row to row", ["j"] * 12 + ["k"] * 6), ("the same, page by page", ["\x1b[6~"] * 9 + ["\x1b[5~"] * 5)):
        echo = Echo()
        times = press_times(t, keys, KEYS, echo)
        head(f"Browsing {title}")
        show_keys(times, echo)
        echo.close()
    t.send("/")
    t.read(0.5)
    echo = Echo()
    times = press_times(t, list("primes the") + ["\x7f"] * 10, 100, echo)
    head("Searching them, a letter at a time (until the screen first changes)")
    show_keys(times, echo)
    t.escape()
    t.escape()
    t.send("\x1b6")
    t.read(0.5)
    t.send("\r")
    t.read(1.0)
    t.send("\x1b2")
    t.read(0.5)
    times = press_times(t, ["h"] * 8 + ["l"] * 8, KEYS, echo)
    head(f"A workflow of {STEPS} steps, from step to step")
    show_keys(times, echo)
    print(f"\n```\n{t.text()}\n```" if os.environ.get("SHOW") else "")
    show("dashboard's memory", rss_mb(t.pid), "MB")
    echo.close()
    t.close()


def main():
    """All of it, or what is named: frames key_to_paint flood streams idle browse."""
    parts = {f.__name__: f for f in (frames, key_to_paint, flood, streams, idle, browse)}
    for name in sys.argv[1:] or parts:
        with Home() as dise:
            dise.answers(GOOD)
            parts[name](dise)


if __name__ == "__main__":
    main()
