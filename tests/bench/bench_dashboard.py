"""What a person feels: python tests/bench/bench_dashboard.py"""

import os
import select
import statistics
import time

from measure import BINARY, Home, Tui, cpu_seconds, head, percentile, process_ms, rss_mb, show

GOOD = {"match": "", "text": "```python\ndef add(a, b):\n    return a + b\n```"}
STREAMS, SPEED, KEYS, IDLE_S, JOBS = 8, 500, 200, 20, 100


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
    times = []
    seen = t.bytes
    began_stream = time.perf_counter()
    for i in range(KEYS):
        letter = "abcdefghij"[i % 10]
        if i % 40 == 0:
            t.send("\x15")
            t.read(0.1)
        drain(t)
        began = time.perf_counter()
        os.write(t.fd, letter.encode())
        want = (t.text().count(letter), letter)
        while True:
            select.select([t.fd], [], [], 1.0)
            t.read(0)
            line = [x for x in t.screen.display if "› " in x]
            if line and typed(line[0]) == i % 40 + 1:
                break
            if time.perf_counter() - began > 2:
                raise SystemExit(f"a key never came: {want} {line}")
        times.append((time.perf_counter() - began) * 1000)
    seconds = time.perf_counter() - began_stream
    active = "▶" in t.screen.display[0]
    head(f"From key to screen while {STREAMS} jobs stream {SPEED} tokens/s each (as seen through a terminal emulator)")
    show("median", statistics.median(times), "ms")
    show("p99", percentile(times, 99), "ms", "< 16 ms")
    show("most", max(times), "ms")
    show("written to the terminal", (t.bytes - seen) / 1024 / seconds, "KB/s")
    print(f"\nStill streaming at the end: {'yes' if active else 'NO'}")
    t.send("\x03")
    t.close()
    dise.run("stop")


def typed(line):
    inside = line.split("› ", 1)[1].split("│")[0].strip()
    return 0 if inside.startswith("what should") else len(inside)


def drain(t):
    while select.select([t.fd], [], [], 0)[0]:
        t.read(0)


def idle(dise):
    dise.answers(GOOD)
    t = Tui(dise, columns=120, lines=40)
    t.wait_for("● engine")
    t.send("write a function that adds two numbers, add(2, 3) == 5\r")
    t.wait_for("✔ solved")
    t.read(3.0)
    while time.localtime().tm_sec > 55 - IDLE_S:  # the clock in the title changes with the minute
        t.read(0.5)
    engine = dise.engine_pid()
    used = cpu_seconds(engine), cpu_seconds(t.pid)
    before = t.bytes
    t.read(IDLE_S)
    head(f"Idle for {IDLE_S} s with a finished job on the screen")
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


def main():
    with Home() as dise:
        dise.answers(GOOD)
        frames(dise)
        key_to_paint(dise)
        idle(dise)


if __name__ == "__main__":
    main()
