"""Compares a program with a changed one in the sandbox: the same answers, and what each of them costs.

Reads `old.py`, `new.py` and `job.json` in the working folder:
    {"mode": "rewrite" | "work" | "compare" | "pairs", "function": name,
     "examples": [{"call": "f(3)"} | {"args": "3, 4"}], "input": object | null,
     "task": its words, "seed": n, "target": "performance" | "latency" | "memory" | "quality" | "all",
     "packages": [folders],
     of compare and pairs: "work": as it was found; of pairs: "pairs": how many, "first": number of the first}
Writes JSON lines to descriptor 3:
    {"kind": "compare", "ok", "why", "inputs", "skipped"}            whether they answer alike
    {"kind": "work", "of": [{"fresh", "ints", "how", "at", "scale", "calls", "seed", "ms", "size"}]}
                                                                     inputs that take measurable time (inputs.py)
    {"kind": "no work", "why"}                                       before it, where there are none
    {"kind": "size", "old": {"nodes", "branches", "nesting"}, "new"} of the text of both
    {"kind": "pair", "old": [ms of each work], "new", "old_start": ms, "new_start", "old_load": [ms], "new_load",
     "old_kb", "new_kb", "old_peak": [kb], "new_peak"}               start: to load it and answer an example

This process never runs a program: each answer and each measurement comes from a fresh interpreter that runs one of
them, which finds nothing remembered from before. Time is that of the processor, so that what else the machine does
counts as little as can be.
"""

import json
import marshal
import math
import os
import sys

REPORT = 3
INPUTS = 100
CALL_S, ANSWERS_S, FIND_S, MEASURE_S = 0.05, 0.7, 0.4, 5.0  # of the processor's time
WANTED_MS, LEAST_MS, SMALL_MS = 30.0, 8.0, 1.0
CALLS_MAX, WORK_MAX, STARTS_MAX, TRACED = 300, 2, 4, 3
MAKE_S, FIND_ALL_S, WORK_S = 0.7, 2.0, 9.0  # to make the inputs; to find one kind of input, with making it; all kinds
ORDERS, SEEDS, PUMPS, PUMPED, PUMP_SCALE = 12, 3, 60, 3, 40.0
BYTES_MAX = 8 << 20  # of all calls
SAID_MAX, ITEMS_MAX, PARTS_MAX = 4000, 100_000, 20_000  # characters that it prints; of an iterator; looked at
AGAIN = 5  # so many inputs are given a second time
LITERAL_MAX = 8 << 20
SMALL_S, LOAD_S = 1.5, 3  # to answer all small inputs; to load a program with its packages


def load(name):
    import types

    module = types.ModuleType(name)
    with open(name + ".py", encoding="utf-8") as f:
        exec(compile(f.read(), name + ".py", "exec"), module.__dict__)
    return module


def report(**record):
    data = (json.dumps(record) + "\n").encode()
    while data:
        data = data[os.write(REPORT, data):]


# ---- the child: a fresh interpreter with one program ---------------------------------------------


class TooLong(BaseException):
    pass


def limited(seconds, call, *args):
    """call(*args), ended after so many seconds of the processor's time."""
    import signal

    def ring(*_):
        raise TooLong

    signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return call(*args)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def end_for_sure(seconds):
    """limited() waits for the end of an operation, and sum(range(10 ** 12)) is a single one."""
    import resource

    seconds = math.ceil(seconds) + LOAD_S
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    seconds = seconds if hard == resource.RLIM_INFINITY else min(seconds, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def load_program(name):
    import types

    with open(name + ".py", encoding="utf-8") as f:
        source = f.read()
    module = types.ModuleType("program")
    module.__file__ = "/work/program.py"
    sys.modules["program"] = module
    exec(compile(source, "program.py", "exec"), module.__dict__)
    return module.__dict__


def clock_of():
    """Seconds of the processor that this process and its children have had. (The process clock moves in ticks while
    a timer of ITIMER_PROF runs.)"""
    import resource

    usage, own, children = resource.getrusage, resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN

    def clock():
        a, b = usage(own), usage(children)
        return a.ru_utime + a.ru_stime + b.ru_utime + b.ru_stime

    return clock, lambda: usage(own).ru_maxrss


def child(name):
    (clock, peak), write, dumps = clock_of(), os.write, json.dumps
    out = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    task = marshal.loads(sys.stdin.buffer.read())
    sys.path[:0] = task["packages"]
    end_for_sure(task["limit"] + (task["all"] if task["what"] == "answers" else 0))

    def send(**record):
        data = (dumps(record) + "\n").encode("utf-8", "replace")
        while data:
            data = data[write(out, data):]

    if task["what"] == "answers":
        return answer(task, name, send, clock)
    begun = clock()
    function = load_program(name)[task["function"]]
    load_ms = (clock() - begun) * 1e3
    if task["what"] != "latency":
        begun = None
    traced = trace() if task["what"] == "memory" else None

    def run():
        start = clock() if begun is None else begun
        for row in task["calls"]:
            function(*row)
        return max(clock() - start, 1e-6) * 1e3

    try:
        spent = limited(task["limit"], run)
    except BaseException as error:  # noqa: BLE001 - it is told, and is no measurement
        return send(failed=type(error).__name__)
    return send(ms=spent, load=load_ms, kb=peak(), peak=traced()[1] / 1024 if traced else 0)


def trace():
    import gc
    import tracemalloc

    gc.collect()
    tracemalloc.start()
    return tracemalloc.get_traced_memory


def answer(task, name, send, clock):
    """What it answers to each call, until its time is over."""
    import io

    harness, parts = load("harness"), Parts()
    harness.LITERAL_MAX = LITERAL_MAX
    function, until = load_program(name)[task["function"]], clock() + task["all"]
    for i, data in enumerate(task["calls"]):
        row, said = marshal.loads(data), io.StringIO()
        sys.stdout, begun = said, clock()
        try:
            kind, value = limited(task["limit"], lambda x: listed(function(*x)), row)
        except BaseException as error:  # noqa: BLE001 - whatever it raises is its answer
            send(i=i, raised=type(error).__name__, said=said.getvalue()[:SAID_MAX])
        else:
            spent = (clock() - begun) * 1e3
            try:
                send(i=i, type=kind, value=harness.literal(value), after=harness.literal(row), ms=spent,
                     said=said.getvalue()[:SAID_MAX], **parts.of(value, row))
            except Exception as error:  # noqa: BLE001 - it cannot be compared
                send(i=i, raised="nothing", unplain=kind if isinstance(error, TypeError) else "")
        if clock() > until:
            return


def listed(value):
    """(type, value); of an iterator what it gives."""
    import itertools

    if hasattr(value, "__next__"):
        return "iterator", list(itertools.islice(value, ITEMS_MAX))
    return type(value).__name__, value


class Parts:
    """What equal answers may differ in: whether parts that can be changed are also parts of something else."""

    def __init__(self):
        self.earlier = {}  # id: part of an answer before; held, so that no id comes twice

    def walk(self, value, found, again):
        """Adds the parts that can be changed to `found`; calls again(part) for those that are there already. Returns the
        names of all containers' types."""
        todo, kinds = [value], set()
        while todo and len(found) < PARTS_MAX:
            x = todo.pop()
            if isinstance(x, (list, dict, set, tuple, frozenset)):
                kinds.add(type(x).__name__)
            if isinstance(x, (list, dict, set)):
                if id(x) in found:
                    again(x)
                    continue
                found[id(x)] = x
            if isinstance(x, dict):
                todo += x.values()
            elif isinstance(x, (list, tuple)):
                todo += x
        return kinds

    def of(self, value, row):
        given, found, twice = {}, {}, []
        self.walk(row, given, lambda x: None)
        kinds = self.walk(value, found, twice.append)
        said = {"kinds": sorted(kinds), "shared": [
            len(twice), sum(i in given for i in found), sum(i in self.earlier for i in found)]}
        if len(self.earlier) < PARTS_MAX:
            self.earlier.update(found)
        return said


# ---- this process --------------------------------------------------------------------------------


class Judge:
    def __init__(self, job):
        import ast

        self.job, self.made, self.clock = job, {}, clock_of()[0]
        self.failed, self.largest, self.ordered = "", None, True
        self.inputs, self.read = load("inputs"), ast.literal_eval
        with open("old.py", encoding="utf-8") as f:
            self.rows = self.inputs.rows_of(f.read(), job)

    def run(self, name, what, calls, limit, all_s=ANSWERS_S):
        """The records of a fresh interpreter; what it did not end to say is missing."""
        import subprocess

        task = {"what": what, "calls": calls, "limit": limit, "packages": self.job.get("packages") or [],
                "function": self.job["function"], "all": all_s}
        try:
            done = subprocess.run([sys.executable, "-I", "-S", "measure.py", name], input=marshal.dumps(task),
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120)
        except subprocess.TimeoutExpired:
            return []
        records = []
        for line in done.stdout.splitlines():
            try:
                records.append(json.loads(line))
            except ValueError:
                break
        self.failed = next((r["failed"] for r in records if "failed" in r), "")
        return [r for r in records if "failed" not in r]

    # -- the same answers

    def answers(self, name, calls, limit, all_s):
        found = {r["i"]: r for r in self.run(name, "answers", list(map(marshal.dumps, calls)), limit, all_s)}
        return [found.get(i, {"raised": "nothing"}) for i in range(len(calls))]

    def differs(self, old, new, ordered=True):
        """Why the second answer is another one; None: it is not."""
        if new.get("unplain"):
            return f"a {new['unplain']} instead of {old.get('raised') or 'a ' + old['type']}"
        if old.get("raised") or new.get("raised"):
            if old.get("raised") != new.get("raised"):
                return f"{new.get('raised') or 'an answer'} instead of {old.get('raised') or 'an answer'}"
            return None if old.get("said") == new.get("said") else "other words on the screen"
        for key in ("type", "kinds"):
            if old[key] != new[key]:
                return f"a {named(new[key])} instead of a {named(old[key])}"
        if old["value"] != new["value"] and not self.same(old["value"], new["value"], ordered):
            return f"{new['value'][:80]} instead of {old['value'][:80]}"
        if old["after"] != new["after"] and not self.same(old["after"], new["after"], ordered):
            return "its arguments are left otherwise"
        if old["said"] != new["said"]:
            return "other words on the screen"
        return "parts that belong to something else, too: who changes one changes both" \
            if any(b > a for a, b in zip(old["shared"], new["shared"])) else None

    def same(self, a, b, ordered):
        return exact(self.read(a), self.read(b), ordered)

    def compare(self, calls, limit=CALL_S, all_s=ANSWERS_S):
        """(why not or None, inputs compared, inputs that say nothing)"""
        calls = calls + calls[:AGAIN]
        old = self.answers("old", calls, limit, all_s)
        if any(x.get("unplain") for x in old):
            kind = next(x["unplain"] for x in old if x.get("unplain"))
            return f"the program's answers, a {kind}, are no plain values that can be compared", 0, len(calls)
        skip = ("TooLong", "RecursionError", "MemoryError", "nothing")
        good = [i for i, x in enumerate(old) if x.get("raised") not in skip]
        asked = [calls[i] for i in good]
        if not self.alike([old[i] for i in good], asked, limit, all_s):
            return "the program itself does not answer alike each time", 0, len(calls)
        new = self.answers("new", asked, limit * 10, all_s * 4)
        for i, x in zip(good, new):
            if self.differs(old[i], x, self.ordered) and not self.differs(old[i], x, False):
                for _ in range(ORDERS):  # one more time says little where there are few items
                    self.alike([old[i]], [calls[i]], limit, all_s)
                    if not self.ordered:
                        break
            why = self.differs(old[i], x, self.ordered)
            if why:
                given = ", ".join(map(repr, calls[i]))
                return f"for {given[:120]} it gives {why}", len(good), len(calls) - len(good)
        return None, len(good), len(calls) - len(good)

    def alike(self, old, calls, limit, all_s):
        """The old program answers as it did, in a fresh interpreter, where the order of what is hashed is another one. Where
        its mappings come in another order, none is wanted from now on."""
        again = self.answers("old", calls, limit * 4, all_s * 4)
        for a, b in zip(old, again):
            if b.get("raised") != "nothing" and self.differs(a, b, self.ordered):
                self.ordered = False
                if self.differs(a, b, False):
                    return False
        return True

    # -- inputs that take measurable time

    def make(self, work):
        key = json.dumps([work.get(k) for k in ("fresh", "ints", "how", "at", "seed", "scale", "calls")])
        if key not in self.made:
            kept = list(self.made.items())[-1:]  # they are large: no more than are measured side by side
            self.made = {**dict(kept), key: self.make_anew(work)}
        return self.made[key]

    def make_anew(self, work):
        """Calls that all differ, so that nothing is gained by remembering answers."""
        maker, wanted, scale = self.inputs.Maker(self.rows, work.get("seed", 1)), work["calls"], work["scale"]
        made, seen, size, until = [], set(), 0, self.clock() + MAKE_S
        for i in range(2 * wanted):
            if len(made) == wanted or (made and (size > BYTES_MAX or self.clock() > until)):
                break
            row = maker.large(scale * (1 - 0.25 * i / wanted), work["fresh"], work["ints"], work.get("how", "wide"),
                              work.get("at"))
            data = marshal.dumps(row)
            if data not in seen:
                made.append(marshal.loads(data))
                size += len(data)
            seen.add(data)
        work["calls"] = len(made)
        return made

    def cost(self, work):
        """ms of the old program; None: it fails or takes too long."""
        try:
            calls = self.make(work)
        except Exception:  # noqa: BLE001 - what cannot be made is no input
            return None
        found = self.run("old", "time", calls, FIND_S)
        if not found:
            return None
        work["ms"], work["size"] = found[0]["ms"], self.inputs.words_of_size(calls[0])
        if self.largest is None or len(repr(calls[0])) > self.largest[0]:
            self.largest = len(repr(calls[0])), work["size"], work["ms"] / work["calls"]
        return work["ms"]

    def find(self, way):
        """Grows until the old program takes WANTED_MS, or as far as it goes; None: it takes no such input."""
        best, scale, failed, until = None, 1.0, None, self.clock() + FIND_ALL_S
        seed, numbers_only = 1, way["ints"] and way["how"] == "wide" and len(self.inputs.ways_of(self.rows)) == 1
        for _ in range(18):
            if self.clock() > until:
                break
            work = {**way, "seed": seed, "scale": scale, "calls": 1}
            ms = self.cost(work)
            if ms is None and best is None:
                seed += 1
                if seed > SEEDS:
                    return None
                continue
            if ms is None:
                failed = scale
            else:
                best = work
                if ms >= WANTED_MS:
                    break
            low = best["scale"]
            if failed:
                if failed / low < 1.15:
                    break
                scale = (low * failed) ** 0.5
            else:
                quick = best["ms"] < 2 and (numbers_only or not way["ints"])
                scale = low * (4.0 if quick else 2.0 if best["ms"] < 15 else 1.5)
            if scale > (1e12 if numbers_only else 60_000):
                break
        return best

    def repeat(self, best):
        """Several calls, as one takes too little: large ones where these count, else small ones."""
        for scale in (best["scale"], min(best["scale"], 16.0)):
            n = min(CALLS_MAX, math.ceil(WANTED_MS / max(best["ms"] / best["calls"], 0.02)))
            more = {**best, "calls": n, "scale": scale}
            if self.cost(more) is not None and more["ms"] > best["ms"]:
                best = more
            if best["ms"] >= LEAST_MS:
                break
        return best

    def pumped(self):
        """Ways that say one part of an argument again and again: those that take the program longest."""
        maker = self.inputs.Maker(self.rows, 1)
        places = maker.pumps(PUMPS)
        calls = [maker.large(PUMP_SCALE, False, False, "pump", at) for at in places]
        found = self.answers("old", calls, CALL_S, ANSWERS_S)
        took = sorted((-r["ms"], i) for i, r in enumerate(found) if "ms" in r)
        return [{"fresh": False, "ints": False, "how": "pump", "at": places[i]} for _, i in took[:PUMPED]]

    def search(self, ways, until):
        """Of these ways the first ones that take the program time with a single call, else with several of them."""
        found, heavy = [], []
        for way in ways:
            if len(heavy) < WORK_MAX and self.clock() < until:
                best = self.find(way)
                found += [best] if best else []
                heavy = list(filter(is_heavy, found))
        if not heavy:
            found = [self.repeat(w) for w in sorted(found, key=lambda w: -w["ms"])[:WORK_MAX]]
        return heavy or list(filter(is_heavy, found)) or [w for w in found if w["ms"] >= SMALL_MS]

    def work(self):
        """As inputs.py makes them; ms: what the calls took; size: how large the first one is, for people."""
        until = self.clock() + WORK_S
        found = self.search(self.inputs.ways_of(self.rows), until)
        if not any(map(is_heavy, found)):
            pumped = self.search(self.pumped(), until)
            found = pumped if any(map(is_heavy, pumped)) else found or pumped
        elif self.job["target"] != "performance":
            found += self.search(self.pumped(), until)[:1]  # what is clearer may be slower where it has to look at all
        if not found:
            report(kind="no work", why=self.why_none())
        return found

    def why_none(self):
        if self.largest is None:
            return "it takes none of the larger inputs that were made for it" + (f" ({self.failed})" if self.failed else "")
        _, size, ms = self.largest
        return f"the largest one that was made ({size}) takes it {ms:.2g} ms"

    # -- measuring

    def starts(self):
        """The examples that a program is started for: one is enough to see that it does not get worse."""
        found = self.answers("old", self.rows, FIND_S, FIND_S * 4)
        rows = [row for row, x in zip(self.rows, found) if not x.get("raised")]
        n = STARTS_MAX if self.job["target"] in ("latency", "all") else 1
        return rows[::max(1, len(rows) // n)][:n]

    def one(self, number, name, work, rows):
        """What one program takes for all of the work, each in a fresh interpreter; None: it fails. What it allocates is
        much the same each time, and dear to trace: the first pairs tell it."""
        times, loads, starts, peaks, kb = [], [], [], [], 0
        for row in rows:
            found = self.run(name, "latency", [row], MEASURE_S)
            if not found:
                return None
            starts.append(found[0]["ms"])
            kb = max(kb, found[0]["kb"])
        for w in work:
            found = self.run(name, "time", self.make(w), MEASURE_S)
            if not found:
                return None
            times.append(found[0]["ms"])
            loads.append(found[0]["load"])
            kb = max(kb, found[0]["kb"])
            if self.job["target"] in ("memory", "all") and number < TRACED:
                traced = self.run(name, "memory", self.make(w), MEASURE_S * 5)
                if not traced:
                    return None
                peaks.append(traced[0]["peak"])
        return {"": times, "_start": sum(starts) / max(1, len(starts)), "_load": loads, "_kb": kb, "_peak": peaks}

    def pair(self, number, work, rows):
        both = {}
        for name in ("old", "new") if number % 2 == 0 else ("new", "old"):
            both[name] = self.one(number, name, work, rows)
            if both[name] is None:
                return report(kind="pair", failed=name)
        return report(kind="pair", **{name + what: x for name in both for what, x in both[name].items()})

    def judge(self):
        if self.job["mode"] == "work":
            return report(kind="work", of=self.work() if self.rows else [])
        if self.job["mode"] == "pairs":
            rows = self.starts()
            for i in range(self.job["pairs"]):
                self.pair(self.job["first"] + i, self.job["work"], rows)
            return None
        report(kind="size", old=size("old"), new=size("new"))
        if not self.rows:
            return report(kind="compare", ok=False, inputs=0, skipped=0,
                          why="there is no example to make inputs from")
        maker = self.inputs.Maker(self.rows, self.job["seed"])
        task = self.job["task"]
        why, inputs, skipped = self.compare(maker.small(INPUTS, self.inputs.speaks_of_order(task),
                                                        not self.inputs.speaks_of_sign(task)), CALL_S, SMALL_S)
        if why or inputs < 1:
            return report(kind="compare", ok=False, why=why or "no input can be made that the program answers",
                          inputs=inputs, skipped=skipped)
        for w in self.job["work"]:
            if why is None:
                why, n, _ = self.compare(self.make(w)[:20], FIND_S, FIND_S * 2)
                inputs += n
        return report(kind="compare", ok=why is None, why=why or "", inputs=inputs, skipped=skipped)


def is_heavy(work):
    return work["ms"] >= LEAST_MS


def named(kinds):
    return kinds if isinstance(kinds, str) else " or ".join(kinds) or "plain value"


def exact(a, b, ordered=True):
    """Equal with their types and, of mappings, their order; the last digits of floats may differ."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return a == b or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(exact(x, y, ordered) for x, y in zip(a, b))
    if isinstance(a, dict):
        same = list(a) == list(b) if ordered else a.keys() == b.keys()
        return same and all(exact(a[k], b[k], ordered) for k in a)
    return a == b


def size(name):
    with open(name + ".py", encoding="utf-8") as f:
        return load("clarity").size(f.read())


def main():
    sys.setrecursionlimit(20000)
    if len(sys.argv) > 1:
        sys.setrecursionlimit(1000)
        return child(sys.argv[1])
    with open("job.json", encoding="utf-8") as f:
        return Judge(json.load(f)).judge()


if __name__ == "__main__":
    main()
