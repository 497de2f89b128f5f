"""Ways to find the hot line of a program: what each costs (processor time against the plain run) and which
line it names. Run it with the Python in question: python3 tests/bench/profile_ways.py. The figures stand in
docs/profile.md."""

import cProfile
import signal
import sys
import threading
import time

# name: (source, the line that takes the time; None: several do)
PROGRAMS = {
    "tight loop": ("""def f(n=200_000):
    s = 0
    for i in range(n):
        a = i * 3
        b = a ^ i
        if b & 1:
            s += b
    return s
""", None),
    "slow operation": ("""def f(n=1500):
    rows = list(range(n))
    seen = []
    for b in rows:
        if b not in seen:
            seen.append(b)
    return len(seen)
""", 5),
    "calls": ("""def g(x):
    return x + 1


def f(n=60_000):
    s = 0
    for i in range(n):
        s = g(s)
    return s
""", None),
    "library": ("""import re


def f(n=300):
    s = "ab12 " * 500
    t = 0
    for i in range(n):
        t += len(re.findall(r"[0-9]+", s))
        t += 1
    return t
""", 8),
}
clock, cpu = time.perf_counter_ns, time.process_time_ns


def own(frame):
    while frame and frame.f_code.co_filename != "program.py":
        frame = frame.f_back
    return frame.f_lineno or 0 if frame else 0


class Marks:
    """Time between two marks belongs to the line of the first."""

    def __init__(self):
        self.ns, stack = [0] * 50, []
        ns, last, then = self.ns, 0, clock()

        def line(number):
            nonlocal last, then
            now = clock()
            ns[last] += now - then
            last, then = number, clock()

        def enter():
            stack.append(last)

        def leave():
            line(stack.pop() if stack else 0)

        self.line, self.enter, self.leave = line, enter, leave


def with_settrace(f):
    marks = Marks()

    def local(frame, event, value):
        if event == "line":
            marks.line(frame.f_lineno)
        elif event == "return":
            marks.leave()
        return local

    def outer(frame, event, value):
        if frame.f_code.co_filename != "program.py":
            return None
        marks.enter()
        return local

    began = cpu()
    sys.settrace(outer)
    f()
    sys.settrace(None)
    return cpu() - began, marks.ns


def with_monitoring(f):
    m, marks = sys.monitoring, Marks()
    e = m.events
    codes = [x.__code__ for x in f.__globals__.values() if hasattr(x, "__code__")]
    m.use_tool_id(2, "bench")
    m.register_callback(2, e.LINE, lambda code, number: marks.line(number))
    m.register_callback(2, e.PY_START, lambda code, at: marks.enter())
    m.register_callback(2, e.PY_RETURN, lambda code, at, value: marks.leave())
    for code in codes:
        m.set_local_events(2, code, e.LINE | e.PY_START | e.PY_RETURN)
    began = cpu()
    f()
    took = cpu() - began
    for code in codes:
        m.set_local_events(2, code, 0)
    m.free_tool_id(2)
    return took, marks.ns


def with_signals(f):
    hits = [0] * 50

    def ring(number, frame):
        hits[own(frame)] += 1

    signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, 0.0005, 0.0005)
    began = cpu()
    for _ in range(5):
        f()
    took = (cpu() - began) / 5
    signal.setitimer(signal.ITIMER_PROF, 0)
    return took, hits


def with_thread(f):
    hits, me, stop = [0] * 50, threading.get_ident(), threading.Event()

    def look():
        while not stop.wait(0.0005):
            hits[own(sys._current_frames().get(me))] += 1

    thread = threading.Thread(target=look)
    was = sys.getswitchinterval()
    sys.setswitchinterval(0.0002)
    thread.start()
    began = cpu()
    for _ in range(5):
        f()
    took = (cpu() - began) / 5
    stop.set()
    thread.join()
    sys.setswitchinterval(was)
    return took, hits


def with_cprofile(f):
    began = cpu()
    cProfile.Profile().runcall(f)
    return cpu() - began, []


def plain(f):
    best = float("inf")
    for _ in range(5):
        began = cpu()
        f()
        best = min(best, cpu() - began)
    return best


def main():
    ways = [with_settrace, with_monitoring, with_signals, with_thread, with_cprofile]
    print(f"Python {sys.version.split()[0]}")
    for name, (source, hot) in PROGRAMS.items():
        space = {}
        exec(compile(source, "program.py", "exec"), space)
        f = space["f"]
        least = plain(f)
        print(f"{name}: {least / 1e6:.1f} ms" + (f", its hot line is {hot}" if hot else ""))
        for way in ways:
            if way is with_monitoring and not hasattr(sys, "monitoring"):
                continue
            took, found = way(f)
            total = sum(found[1:])
            line = max(range(1, len(found)), key=found.__getitem__) if total else 0
            named = f"line {line} with {100 * found[line] / total:.0f} %" if line else "names no line"
            print(f"    {way.__name__[5:]:12} {took / least:6.2f}-fold  {named}")


if __name__ == "__main__":
    main()
