"""What the quality gates of a program of 100 lines take, one by one and as a whole, by profile.

usage: bench_gates.py [RUNS]. The gates' programs are those beside this Python (tests/requirements.txt)."""

import os
import subprocess
import sys
import time

from measure import Home, head, percentile, show

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
TASK = "write a function that counts the words of a text by their first letter, count_words('a ab c') == {'a': 2, 'c': 1}, count_words('') == {}"
FUNCTION = '''def {name}(text: str) -> dict[str, int]:
    """Count the words of a text by {what}."""
    found: dict[str, int] = {{}}
    for word in text.split():
        key = {key}
        if not key:
            continue
        found[key] = found.get(key, 0) + 1
    return found
'''
KINDS = [("count_words", "their first letter", "word[0]")] + [
    (f"count_{n}", f"their first {n} letters", f"word[:{n}].strip().lower()") for n in range(2, 9)]
FORMATTED = '"""Counting words."""\n\n\n' + "\n\n".join(FUNCTION.format(name=n, what=w, key=k) for n, w, k in KINDS)
FORMATTED += "\n\n" + '''def main(text: str) -> int:
    """Count all words."""
    return sum(count_words(text).values())
'''
UNFORMATTED = FORMATTED.replace('"""Counting words."""\n\n\n', "import sys, os\nassert sys and os\n").replace(" = found.get", "= found.get")


def python_ms():
    times = []
    for _ in range(10):
        begin = time.perf_counter()
        subprocess.run(["/usr/bin/python3", "-I", "-c", "pass"], check=True)
        times.append(1000 * (time.perf_counter() - begin))
    return percentile(times, 50)


def measured(profile, code):
    """Milliseconds of each gate, of all on the candidate, and of what the accepted program goes through, with the processor's."""
    each, candidate, accepted, cpu = {}, [], [], []
    with Home() as home:
        home.env["DISE_GATES_PROFILE"] = profile
        home.answers({"match": "words", "text": f"```python\n{code}```"}, extra="escalation: [{role: fast}]\n")
        home.json("run", TASK)  # what starts with the engine
        for _ in range(RUNS):
            status, events = home.json("run", TASK, "--fresh", timeout=300)
            assert status == 0, events[-1]
            told = [e for e in events if e["type"] == "gates"]
            assert all(r["state"] in ("passed", "found") for r in told[-1]["results"]), told[-1]
            for r in told[-1]["results"]:
                each.setdefault(r["name"], []).append(r.get("ms", 0))  # 0: its fix has seen to it
            candidate.append(max(r.get("ms", 0) for r in told[0]["results"]))
            begin, end = (next(i for i, e in enumerate(events) if e["type"] == t) for t in ("candidate_end", "stage_end"))
            accepted.append(events[end]["time"] - events[begin]["time"])
            cpu.append(sum(e["cpu_ms"] for e in events[begin:end] if e["type"] == "sandbox_run"))
    return each, candidate, accepted, cpu


def main():
    floor = python_ms()
    print(f"{os.cpu_count()} processors, of which {len(os.sched_getaffinity(0))} may be used; a program of {FORMATTED.count(chr(10))} lines; medians of {RUNS}")
    head("Quality gates, each in a sandbox of its own, all side by side")
    each, candidate, _, _ = measured("strict", FORMATTED)
    for name, times in sorted(each.items(), key=lambda kv: percentile(kv[1], 50)):
        show(name, percentile(times, 50), "ms", "", floor, "a bare python3")
    head("All gates of a profile")
    show("on every candidate (the blocking ones among them)", percentile(candidate, 50), "ms", "< 150 ms", floor, "a bare python3")
    for profile in ("quick", "standard", "strict"):
        times, cpu = measured(profile, FORMATTED)[2:]
        show(f"{profile}: on the accepted program", percentile(times, 50), "ms", "< 3000 ms" if profile == "standard" else "", floor, "a bare python3")
        show(f"{profile}: processor time of that", percentile(cpu, 50), "ms")
    times, cpu = measured("standard", UNFORMATTED)[2:]
    show("standard: with two fixes, and examples run again", percentile(times, 50), "ms", "< 3000 ms", floor, "a bare python3")
    show("standard: processor time of that", percentile(cpu, 50), "ms")


main()
