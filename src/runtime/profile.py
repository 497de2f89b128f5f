"""Runs inside the sandbox: where a program spends its time and its memory.

Reads the program from `program.py` and one JSON object from `job.json` in the working folder:
    {"calls": ["f([3, 2])", …], "examples": [{"call": … | null, "args": … | null}], "function": name | null,
     "input": object | null, "packages": [folders to import from], "least_s": seconds that all runs of the
     workload should take together, "limit_s": seconds after which a pass is ended,
     "larger": [inputs that measure.py has found; none: it looks for them]; without it the workload is as it is,
     "tests": more examples, for the larger inputs alone}
and writes one JSON line to descriptor 3 (see measure). A program without a call is its own workload.

This process never imports the program; each pass is a child of its own:
    plain   runs it as it is, often enough to be measured: wall, processor, memory
    lines   the same under a tracer: hits and time of every line, the tree of calls
    level   under tracemalloc: how far each line lifts the memory, and where the peak is
    peak    the same up to the peak: what is alive there, by line
A tracer makes short lines look dearer than they are, so what it costs is taken off again: the same from
every mark that it sets, such that what is left is the time of the plain runs. Sampling would cost less,
but CPython only stops at certain instructions, so samples stand at lines beside those that take long.

A pass sends its findings through a pipe of its own behind a word that it alone was given. A program in
the same process can still spoil what is measured of it; that is noticed where it is easy, and nothing
but advice hangs on it.
"""

import ast
import json
import os
import re
import secrets
import select
import signal
import sys
import time

REPORT, LEAST_TRACED, AFTER_HANG_S, MEMORY_S = 3, 7, 1.0, 3.0
LINES_MAX, FUNCTIONS_MAX, NODES_MAX, ALLOCATIONS_MAX, DEPTH_MAX, RECORD_MAX = 400, 80, 200, 60, 24, 4 << 20
TEXT_MAX, COLD_NS, LOOK_S = 150, 200_000, 4.0
LARGER_TIMES = 3  # so many times as long a pass may take, as the program is known to come to an end
KEPT = 0.05  # of what was seen of a line is left in any case


def load(name):
    """A file beside this one, read before the program could change it."""
    import types

    module = types.ModuleType(name)
    with open(name + ".py", encoding="utf-8") as f:
        exec(compile(f.read(), name + ".py", "exec"), module.__dict__)
    return module


passes = load("profile_pass")
median, short = passes.median, passes.short


# ---- the judge -----------------------------------------------------------------------------------


def read_until(fd, word, until):
    """The one line that begins with the word; None: it did not come."""
    data = b""
    while len(data) < RECORD_MAX:
        ready, _, _ = select.select([fd], [], [], max(0, until - time.monotonic()))
        piece = os.read(fd, 1 << 16) if ready else b""
        if not piece:
            return None
        data += piece
        at = data.find(word)
        end = data.find(b"\n", at) if at >= 0 else -1
        if end >= 0:
            return data[at + len(word):end]
    return None


def stuck_at(fd):
    """The program's innermost line in what faulthandler wrote; 0: it wrote nothing."""
    os.set_blocking(fd, False)
    try:
        text = os.read(fd, 1 << 16).decode("utf-8", "replace")
    except OSError:
        return 0
    found = re.search(r'File "program\.py", line (\d+)', text)
    return int(found.group(1)) if found else 0


def run_pass(job, tree, harness, name, seconds):
    """What the pass found; {"gone": why, "line": n} when it told nothing."""
    inner, out = os.pipe()
    trail, trail_in = os.pipe()
    word = secrets.token_hex(16).encode()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(inner)
            os.close(trail)
            passes.child(job, tree, harness, name, seconds, out, trail_in, word)
        finally:
            os._exit(0)
    os.close(out)
    os.close(trail_in)
    data = read_until(inner, word, time.monotonic() + seconds + passes.HANG_S)
    done = os.waitpid(pid, os.WNOHANG if data is None else 0) if data is not None else give_up(pid)
    line = stuck_at(trail) if data is None else 0
    os.close(inner)
    os.close(trail)
    try:
        return json.loads(data)
    except (TypeError, ValueError):
        return {"gone": done, "line": line}


def give_up(pid):
    """Why a child sent nothing."""
    for _ in range(20):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return f"the program ended the process (exit code {code})" if code >= 0 else \
                f"the program was ended by signal {signal.Signals(-code).name}"
        time.sleep(0.001)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return "the program came to no end, and would not be ended"


def cost_of_mark(seen, wanted):
    """Nanoseconds that every mark has cost, such that [(ns, marks)] come to `wanted` together."""
    active, cost = list(seen), 0.0
    for _ in range(20):
        marks = sum(m for _, m in active)
        rest = wanted - sum(KEPT * ns for ns, m in seen if (ns, m) not in active)
        if not marks:
            break
        cost = max(0.0, (sum(ns for ns, _ in active) - rest) / marks)
        left = [(ns, m) for ns, m in active if ns - cost * m > KEPT * ns]
        if len(left) == len(active):
            break
        active = left
    return cost


def without_cost(seen, wanted):
    """What is left of each (ns, marks) of `seen`, in nanoseconds; together `wanted` (None: as seen)."""
    if wanted is None or not seen:
        return [ns for ns, _ in seen]
    cost = cost_of_mark(seen, wanted)
    left = [max(ns - cost * marks, KEPT * ns) for ns, marks in seen]
    total = sum(left)
    return [x * wanted / total for x in left] if total else left


def nodes_of(node):
    yield node
    for inner in node["kids"]:
        yield from nodes_of(inner)


def ms(ns):
    return round(ns / 1e6, 4)


def finish_tree(node, functions, runs):
    """{name, line, calls, self_ms, total_ms, children}, the dearest first."""
    kids = [finish_tree(k, functions, runs) for k in node["kids"]]
    kids.sort(key=lambda k: -k["total_ms"])
    name, line = functions[node["f"]] if node["f"] >= 0 else ("", 0)
    own = ms(node["ns"])
    return {"name": name, "line": line, "calls": per_run(node["calls"], runs), "self_ms": own,
            "total_ms": round(own + sum(k["total_ms"] for k in kids), 4), "children": kids}


def per_run(count, runs):
    return -(-count // runs) if runs else count


def trim(tree, left):
    """Keeps the dearest nodes of the tree: each of them has its parent, which is not cheaper."""
    every = sorted(walk(tree), key=lambda n: -n["total_ms"])
    keep = set(map(id, every[:left]))

    def cut(node, depth):
        node["children"] = [k for k in node["children"] if id(k) in keep and depth < DEPTH_MAX]
        for inner in node["children"]:
            cut(inner, depth + 1)

    cut(tree, 1)


def walk(node):
    yield node
    for inner in node["children"]:
        yield from walk(inner)


def functions_of(tree):
    """By total time; a function stands at most once on each way down, so its totals may be added."""
    found = {}
    for node in walk(tree):
        if not node["name"]:
            continue
        f = found.setdefault((node["name"], node["line"]), {
            "name": node["name"], "line": node["line"], "calls": 0, "self_ms": 0, "total_ms": 0})
        for key in ("calls", "self_ms", "total_ms"):
            f[key] = round(f[key] + node[key], 4)
    return sorted(found.values(), key=lambda f: (-f["total_ms"], f["line"]))


def share_out(tree, lines, spread):
    """The time of a function's lines goes to its nodes, in the relation in which they were seen."""
    own = {}
    for (_, _, _, _, function), left in zip(lines, spread):
        own[function] = own.get(function, 0) + left
    every = list(nodes_of(tree))
    for node in every:
        if node["f"] not in own:
            node["ns"] = 0
    for function, left in own.items():
        nodes = [n for n in every if n["f"] == function]
        total = sum(n["ns"] for n in nodes)
        for node in nodes:
            node["ns"] = left * (node["ns"] / total if total else 1 / len(nodes))
    tree["ns"] = 0


def add_times(found, wall, source, out):
    """Returns the nanoseconds of a run as they were seen."""
    runs, lines = max(1, found["runs"]), found["lines"]
    spread = without_cost([(ns, marks) for _, _, marks, ns, _ in lines], wall)
    share_out(found["tree"], lines, spread)
    tree = finish_tree(found["tree"], found["functions"], runs)
    out["functions"] = functions_of(tree)[:FUNCTIONS_MAX]
    trim(tree, NODES_MAX)
    out["tree"] = tree["children"][0] if len(tree["children"]) == 1 else {**tree, "name": "calls"}
    rows = [{"line": row[0], "hits": per_run(row[1], runs), "ms": ms(left), "in": found["functions"][row[4]][1],
             "text": text_of(source, row[0])} for row, left in zip(lines, spread) if row[1]]
    rows.sort(key=lambda r: -r["ms"])
    out["lines"] = sorted(rows[:LINES_MAX], key=lambda r: r["line"])
    return sum(row[3] for row in lines)


def text_of(source, line):
    text = source[line - 1].rstrip().expandtabs(4) if line <= len(source) else ""
    return text if len(text) <= TEXT_MAX else text[:TEXT_MAX] + "…"


def add_memory(level, peak, source, out):
    alive = {line: (size, count) for line, size, count in peak.get("alive") or []}
    rise = dict(map(tuple, level.get("rise") or []))
    rows = [{"line": line, "kb": round(alive.get(line, (0, 0))[0] / 1024, 1), "count": alive.get(line, (0, 0))[1],
             "rise_kb": round(rise.get(line, 0) / 1024, 1), "text": text_of(source, line)}
            for line in {*alive, *rise} if line > 0]
    rows = [r for r in rows if r["kb"] >= 1 or r["rise_kb"] >= 1]
    rows.sort(key=lambda r: (-max(r["kb"], r["rise_kb"]), r["line"]))
    out["allocations"] = rows[:ALLOCATIONS_MAX]
    out["traced_kb"] = round(level.get("top", 0) / 1024, 1)


def tell(out, found, what):
    if found.get("gone"):
        where = f" at line {found['line']}" if found.get("line") else ""
        out["notes"].append(f"{what}: {found['gone']}{where}")
    elif found.get("late"):
        out["notes"].append(f"{what}: ended after its time, so they are those of its beginning")


def add_plain(job, plain, out):
    """Nanoseconds of a run; None: it came to no end."""
    times = plain.get("times") or []
    hangs = out["hangs"] = not times
    first, later = times[0] if times else 0, median(times[1:])
    usual = sorted(times[1:])[:max(1, len(times) * 9 // 10)]  # a few meet what else the machine does
    job["cold"] = bool(usual) and first > 3 * max(usual) and first > COLD_NS
    wall = first if job["cold"] else min(times, default=0)
    ended = job["limit_s"] * 1e9 if hangs else 0
    out.update(error=plain.get("error", ""), error_line=plain.get("line", 0), runs=len(times),
               wall_ms=ms(wall or ended), ended_ms=ms(ended), first_ms=ms(first), cpu_ms=ms(plain.get("cpu_ns") or ended),
               peak_kb=plain.get("peak_kb", 0), base_kb=plain.get("base_kb", 0),
               import_ms=round(plain.get("import_ms", 0), 3))
    if job["cold"]:
        out["notes"].append(f"the first run took {first / 1e6:.3g} ms, later ones {later / 1e6:.3g} ms: the program "
                            "remembers its answers, so the first one is shown")
    if hangs:
        where = f"; it stood at line {plain['line']} then" if plain.get("gone") else ""
        out["notes"].append(f"it came to no end in {job['limit_s']:.3g} s{where}")
    return None if hangs else wall


def add_place(job, tree, line, out):
    """All that is known of a program that would not be ended: where it stood."""
    owner = passes.owners(compile(tree, "program.py", "exec"), job["lines"]).get(line)
    if owner is None:
        return
    out["lines"] = [{"line": line, "hits": 1, "ms": out["wall_ms"], "in": owner.co_firstlineno,
                     "text": text_of(job["source"], line)}]
    out["functions"] = [{"name": owner.co_qualname, "line": owner.co_firstlineno, "calls": 1,
                         "self_ms": out["wall_ms"], "total_ms": out["wall_ms"]}]
    out["tree"] = {**out["functions"][0], "children": []}


def add_lines_pass(job, tree, lines, wall, out):
    tell(out, lines, "times by line")
    if "lines" not in lines:
        return
    seen = add_times(lines, wall, job["source"], out)
    if wall is None:  # what was seen is the whole
        out["wall_ms"] = ms(seen)
    elif wall and not lines.get("late"):
        out["overhead"] = round(seen / wall, 2)
    if not lines.get("whole", True) and not lines.get("late"):
        who = "the recursion" if "RecursionError" in out["error"] else "the program"
        out["notes"].append(f"{who} has ended the tracer, so times and hits are not complete")
    if lines.get("threads", 1) > 1:
        out["notes"].append("it runs in several threads: the tree of calls is only roughly right")


def add_larger(job):
    """One larger input becomes the workload; returns how large it is, "" when there is none."""
    if "larger" not in job or not job.get("function"):
        return ""
    try:
        measures = load("measure")
        measures.WORK_S, measures.WORK_MAX, measures.report = LOOK_S, 1, lambda **_: None
        measures.WANTED_MS = measures.LEAST_MS  # a tracer makes thirty times that of it
        judge = measures.Judge({**job, "examples": [*job["examples"], *job["tests"]], "target": "performance"})
        work = (job["larger"] or (judge.work() if judge.rows else []))[:1]
        if work:
            job["row"] = judge.make(dict(work[0]))[0]
            job["limit_s"] *= LARGER_TIMES
            return judge.inputs.words_of_size(job["row"])
    except Exception:  # noqa: BLE001 - then the examples have to do
        job.pop("row", None)
    return ""


def measure(job, tree, harness):
    """The whole report."""
    out = {"notes": [], "failed": "", "error": "", "error_line": 0, "hangs": False, "runs": 0, "functions": [],
           "input": add_larger(job), "lines": [], "allocations": [], "tree": {}, "python": "%d.%d.%d" % sys.version_info[:3]}
    plain = run_pass(job, tree, harness, "plain", job["limit_s"])
    if plain.get("broken") or (plain.get("gone") and not plain.get("line")):
        out["failed"], out["error_line"] = plain.get("broken") or plain["gone"], plain.get("line", 0)
        return out
    wall = add_plain(job, plain, out)
    job["runs"] = 1 if job["cold"] or wall is None else max(out["runs"], LEAST_TRACED)
    if wall is None and plain.get("gone"):
        add_place(job, tree, plain["line"], out)
        return out
    lines = run_pass(job, tree, harness, "lines", min(AFTER_HANG_S, job["limit_s"]) if wall is None else job["limit_s"])
    add_lines_pass(job, tree, lines, wall, out)
    if wall is not None:
        measure_memory(job, tree, harness, out)
    if [f["name"] for f in out["functions"]] == ["<module>"] and job["defines"] and out["wall_ms"] < 1:
        out["notes"].append(f"the program only defines {job['defines']}: --call says what to run")
    return out


def measure_memory(job, tree, harness, out):
    seconds = min(job["limit_s"], MEMORY_S * (LARGER_TIMES if "row" in job else 1))
    level = run_pass(job, tree, harness, "level", seconds)
    tell(out, level, "allocations")
    if level.get("top_at"):
        peak = run_pass({**job, "peak_at": level["top_at"]}, tree, harness, "peak", seconds + MEMORY_S)
        add_memory(level, peak, job["source"], out)


def main():
    with open("job.json", encoding="utf-8") as f:
        job = json.load(f)
    harness = load("harness")
    with open("program.py", encoding="utf-8") as f:
        source = f.read()
    try:
        tree = ast.parse(source, "program.py")
        compile(tree, "program.py", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        report = {"failed": short(f"{type(error).__name__}: {getattr(error, 'msg', None) or error}"),
                  "error_line": getattr(error, "lineno", 0) or 0}
    else:
        job["source"] = source.split("\n")
        names = [n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))]
        job["defines"] = ", ".join(names[:5])
        job["lines"] = len(job["source"]) + 1
        report = measure(job, tree, harness)
    data = (json.dumps(report) + "\n").encode("utf-8", "replace")
    while data:
        data = data[os.write(REPORT, data):]


if __name__ == "__main__":
    main()
