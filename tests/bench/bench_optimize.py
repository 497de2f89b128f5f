"""How much `dise optimize` gains on known-slow programs: each is kept as somebody's answer to its task, then
optimized. Reported as it is: how many were improved, the median of what was accepted, and each accepted change measured
again in fresh processes, 15 interleaved pairs, on inputs that DiSE has never seen (load() of NAME_check.py), by what the
target asks for: time, memory (the peak that tracemalloc sees), latency (loading it and answering first()), quality (tokens
of the text). Time is measured again for every target: what was gained must not have made it slower.

    bench_optimize.py [FOLDER] [--binary DISE] [--only NAME] [--target performance] [--installed HOME] [--iterations N]
                      [--out FILE]

FOLDER holds NAME.task, NAME.py and NAME_check.py of each program: slow/ (the default) has those that the rules were made
with, slow_blind/ those of an author who had read none of the rules, targets/TARGET those for --target TARGET.

Without --installed no model is asked: the rules alone. With it the model of that home is asked as well."""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAIRS = 15
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT")

# A fresh interpreter that checks a program, then measures it: milliseconds of the processor.
TIMER = """
import sys, time
check, program, function, what = sys.argv[1:]
space, made = {}, {}
exec(open(check).read(), space)
given = space["load" if what != "latency" or "first" not in space else "first"]()
begun = time.process_time()
exec(compile(open(program).read(), "program", "exec"), made)
if what == "memory":
    import tracemalloc
    tracemalloc.start()
start = begun if what == "latency" else time.process_time()
made[function](*given)
print(tracemalloc.get_traced_memory()[1] / 1024 if what == "memory" else (time.process_time() - start) * 1e3)
"""

TOKENS = """
import io, sys, tokenize
skip = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
text = open(sys.argv[2]).read()
print(sum(t.type not in skip for t in tokenize.generate_tokens(io.StringIO(text).readline)))
"""

CHECKER = """
import sys
check, old, new, function = sys.argv[1:]
space, one, two = {}, {}, {}
exec(open(check).read(), space)
exec(compile(open(old).read(), "old", "exec"), one)
exec(compile(open(new).read(), "new", "exec"), two)
space["check"](two[function])
assert one[function](*space["load"]()) == two[function](*space["load"]())
"""


def python(source, *args):
    done = subprocess.run([sys.executable, "-I", "-c", source, *map(str, args)], capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else None


class Home:
    def __init__(self, binary, folder, names):
        self.binary, self.folder, self.path = binary, folder, Path(tempfile.mkdtemp(prefix="dise-optimize-"))
        self.env = {k: v for k, v in os.environ.items() if k not in KEYS and not k.startswith("DISE_")}
        self.env["DISE_HOME"] = str(self.path)
        self.env["PATH"] += f":{Path(sys.executable).parent}"
        lines = [{"match": (folder / f"{n}.task").read_text().strip()[:60],
                  "text": f"```python\n{(folder / f'{n}.py').read_text()}```"} for n in names]
        (self.path / "answers.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
        self.config(f"llm:\n  backend: replay\n  backends:\n    replay: {{file: {self.path}/answers.jsonl}}\n")

    def config(self, text):
        (self.path / "config.yaml").write_text(text + "pipeline: {tests: false, properties: false, similar: false, "
                                               "plan: never}\nmemory: {reuse: false}\n")

    def lend(self, installed):
        """The models of another home from now on."""
        self.run("stop")
        for entry in Path(installed).iterdir():
            if entry.name in ("models", "venv", "python", "wheels"):
                shutil.rmtree(self.path / entry.name, ignore_errors=True)
                (self.path / entry.name).symlink_to(entry.resolve())
        self.config((Path(installed) / "config.yaml").read_text() if (Path(installed) / "config.yaml").exists() else "")

    def run(self, *args):
        done = subprocess.run([self.binary, *args, "--json"], env=self.env, capture_output=True, text=True)
        return done.returncode, [json.loads(x) for x in done.stdout.splitlines() if x.startswith("{")]

    def close(self):
        self.run("stop")
        shutil.rmtree(self.path, ignore_errors=True)


def end_of(lines):
    return next((x for x in reversed(lines) if x.get("type") == "job_done"), {})


def measure_again(check, old, new, function, what="performance"):
    """(gains of the pairs, the same answers)"""
    ratios, rng = [], random.Random(check.stem)
    same = python(CHECKER, check, old, new, function) is not None
    for _ in range((1 if what == "quality" else PAIRS) if same else 0):
        order = ["old", "new"] if rng.random() < 0.5 else ["new", "old"]
        took = {k: python(TOKENS if what == "quality" else TIMER, check, old if k == "old" else new, function, what)
                for k in order}
        ratios.append(float(took["old"]) / max(float(took["new"]), 1e-3))
    return ratios, same


def one(home, name, target, iterations, artifact):
    code, lines = home.run("optimize", artifact, target, "--iterations", str(iterations))
    done = end_of(lines)
    told = [x for x in lines if x.get("type") == "optimized"]
    row = {"name": name, "tried": len(told), "kept": sum(x["kept"] for x in told), "message": done.get("message", ""),
           "how": "; ".join(x["how"] for x in told if x["kept"]), "ratios": [], "times": [], "same": True,
           "refused": [x["why"] for x in told if not x["kept"]],
           "gain": 1.0, "seconds": done.get("seconds", 0), "tokens": done.get("tokens_out", 0)}
    for x in told:
        row["gain"] *= x["ratio"] if x["kept"] else 1
    if row["kept"]:
        _, shown = home.run("artifact", "show", done["artifact"])
        new = home.path / f"{name}.new.py"
        new.write_text(shown[0]["source"])
        both = home.folder / f"{name}_check.py", home.folder / f"{name}.py", new, shown[0]["function"]
        row["ratios"], row["same"] = measure_again(*both, "performance" if target == "all" else target)
        row["times"] = row["ratios"] if target in ("performance", "all") else measure_again(*both)[0]
    return row


def tell(row):
    again = ""
    if row["ratios"]:
        again = f"  again: median {statistics.median(row['ratios']):.2f}, least {min(row['ratios']):.2f}, " \
                f"time {statistics.median(row['times']):.2f}"
    print(f"{row['name']:20} {'kept' if row['kept'] else '-':5} {row['gain']:8.2f}x{again}"
          f"{'' if row['same'] else '  OTHER ANSWERS'}  {row['how'] or row['message'][:90]}  "
          f"({row['tried']} tried, {row['tokens']} tokens, {row['seconds']:.0f} s)", flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("folder", nargs="?", type=Path, default=HERE / "slow")
    p.add_argument("--binary", default=os.environ.get("DISE_BINARY", str(HERE.parents[1] / "build" / "dise")))
    p.add_argument("--only")
    p.add_argument("--target", default="performance")
    p.add_argument("--installed")
    p.add_argument("--iterations", type=int)
    p.add_argument("--out")
    a = p.parse_args()
    names = sorted(x.stem for x in a.folder.glob("*.task") if not a.only or a.only in x.stem)
    iterations = a.iterations if a.iterations is not None else 3 if a.installed else 0
    home, rows, made = Home(a.binary, a.folder.resolve(), names), [], {}
    try:
        for name in names:
            _, lines = home.run("run", (home.folder / f"{name}.task").read_text(), "--as", "code")
            made[name] = end_of(lines).get("artifact", "")
            if end_of(lines).get("status") != "solved":
                sys.exit(f"{name} is not solved by its own program: {end_of(lines).get('message')}")
        if a.installed:
            home.lend(a.installed)
        for name in names:
            rows.append(one(home, name, a.target, iterations, made[name]))
            tell(rows[-1])
    finally:
        home.close()
    kept = [r for r in rows if r["kept"]]
    again = [statistics.median(r["ratios"]) for r in kept if r["ratios"]]
    print(f"\nimproved: {len(kept)} of {len(rows)}")
    if again:
        print(f"median gain of what was accepted: {statistics.median(again):.2f}x (measured again, {PAIRS} pairs), "
              f"{statistics.median([r['gain'] for r in kept]):.2f}x (as DiSE measured it)")
        print(f"largest gain: {max(again):.2f}x; proposals refused: {sum(len(r['refused']) for r in rows)}")
    worse = [r["name"] for r in kept if r["ratios"] and statistics.median(r["ratios"]) < 1]
    print(f"accepted and no gain when measured again: {len(worse)} {' '.join(worse)}")
    slower = [r["name"] for r in kept if r["times"] and statistics.median(r["times"]) < 0.85]
    print(f"accepted and slower when measured again: {len(slower)} {' '.join(slower)}")
    print(f"accepted with other answers: {sum(not r['same'] for r in kept)}")
    if a.out:
        Path(a.out).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
