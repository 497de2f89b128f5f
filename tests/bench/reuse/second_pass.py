"""Fifty solved tasks come again in other words: what is answered from memory, how fast, at what cost, and whether it is right.

    tests/bench/reuse/second_pass.py [--model FILE | --installed HOME] [--embedder HOME] [--crowd] [--missed]

The first pass solves tasks of the dev split of tests/bench/tasks.jsonl; a recorded model gives the references of tests/bench/solutions
as its answers, so that what is kept is right. The second pass asks for the same in the words of reworded.jsonl. Without --model every
question of the second pass gets an answer that solves nothing, so nothing but memory can answer. With --model (a config.yaml with a
real model, of which only the llm block counts) or --installed (a home with an installed local model, which is lent) the one yes/no
question is allowed (memory.ask = auto), and what memory does not answer is generated. Wrong is what fails the task's hidden test.
--embedder lends the installed embedder of a home, so that meaning finds candidates besides words. --crowd keeps the programs of
pairs.jsonl (its tuning half) and the tasks of tests/bench/retrieval beside the fifty: many that share their words.
"""

import argparse
import ast
import json
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "e2e")]
from conftest import Dise  # noqa: E402
from solutions import data, easy_data, easy_functions, easy_programs, easy_text, functions, programs, text  # noqa: E402

MODULES = (functions, easy_functions, text, easy_text, data, easy_data, programs, easy_programs)
NOTHING = {"match": "", "text": "I do not know."}


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def reference(name):
    """The function with the imports and the other functions of its module that it needs."""
    for module in MODULES:
        tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
        own = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
        if name not in own:
            continue
        wanted, todo = [], [name]
        while todo:
            one = todo.pop()
            if one not in wanted:
                wanted.append(one)
                todo += [n.id for n in ast.walk(own[one]) if isinstance(n, ast.Name) and n.id in own]
        rest = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom, ast.Assign))]
        return "\n\n".join(ast.unparse(n) for n in rest + [own[w] for w in reversed(wanted)]) + "\n"
    raise SystemExit(f"no reference for {name}")


def right(program, entry, test):
    """Whether the program passes the hidden test."""
    code = f"{program}\n\n{test}\ncheck({entry})\n"
    return subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, timeout=60).returncode == 0


def llm_block(file):
    """The llm block of a configuration, as its lines."""
    lines, inside = [], False
    for line in Path(file).read_text(encoding="utf-8").splitlines():
        if line[:1].strip():
            inside = line.startswith("llm:")
        if inside:
            lines.append(line)
    if not lines:
        raise SystemExit(f"{file} has no llm block")
    return "\n".join(lines) + "\n"


class Memory(Dise):
    """A home whose models are first the recorded references, then whatever is to be measured."""

    def __init__(self):
        super().__init__(tempfile.mkdtemp(prefix="dise-bench-"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        shutil.rmtree(self.home, ignore_errors=True)

    def solving(self, answers):
        self.run("stop")
        self.answers(*answers, extra="escalation: [{role: fast}]\n", reuse=True, plan="never")

    def lend(self, other):
        for name in ("models", "packages", "venv"):
            if (Path(other) / name).exists():
                shutil.rmtree(self.home / name, ignore_errors=True)
                (self.home / name).symlink_to(Path(other).resolve() / name)

    def await_vectors(self):
        while (it := self.json("rag", "status")[1][0])["state"] != "ready" or it["vectors"]["count"] < it["embedded"] or it["todo"]:
            time.sleep(0.5)
        print(f"{it['embedded']} of {it['artifacts']} with vectors of {it['model']}, by {it['by']}", flush=True)

    def asking(self, model, ask):
        self.run("stop")
        if model and Path(model).is_dir():
            self.lend(model)
            self.config(f"memory: {{reuse: true, ask: {ask}}}\npipeline: {{similar: false, plan: never}}\n")
        elif model:
            self.config(llm_block(model) + f"memory: {{reuse: true, ask: {ask}}}\npipeline: {{similar: false, plan: never}}\n")
        else:
            self.answers(NOTHING, extra=f"escalation: [{{role: fast}}]\nmemory: {{reuse: true, ask: {ask}}}\n", plan="never")

    def task(self, prompt):
        """The end of a job, what its calls cost, and the seconds that the command took."""
        began = time.perf_counter()
        code, events = self.json("run", prompt, timeout=1800)
        return events[-1], time.perf_counter() - began

    def source(self, artifact):
        return self.json("artifact", "show", artifact)[1][0]["source"]

    def keep(self, task, program):
        """For measure.py: one artifact, as if a job had solved the task."""
        body = {"kind": "function", "name": "f", "task": task, "solved": True, "source": program, "class": "CODE", "grants": {}}
        names = [n.name for n in ast.parse(program).body if isinstance(n, ast.FunctionDef)]
        body["function"] = names[-1]
        with closing(sqlite3.connect(self.home / "dise.db")) as db:
            db.execute("INSERT INTO artifact(kind,name,task,task_hash,solved,model,created,body,job) VALUES('function','f',?,'',1,'',?,?,0)",
                       (task, int(time.time() * 1000), json.dumps(body)))
            db.commit()

    def crowd(self):
        kept = set()
        for pair in read(HERE / "pairs.jsonl"):
            if pair["split"] == "tune" and pair["a"] not in kept:
                kept.add(pair["a"])
                self.keep(pair["a"], pair["program"])
        for one in read(HERE.parent / "retrieval" / "artifacts.jsonl"):
            self.keep(one["task"], f"def f(*given):\n    raise ValueError({one['task']!r})\n")

    def forget(self):
        with closing(sqlite3.connect(self.home / "dise.db")) as db:
            db.execute("UPDATE artifact SET deleted=1")
            db.commit()


def was_reused(home, prompt):
    return "in other words" in home.task(prompt)[0]["message"]


@contextmanager
def home_with(answers, model=None, ask="never"):
    with Memory() as home:
        if answers:
            home.solving(answers)
        else:
            home.asking(model, ask)
            home.run("artifact", "list")
        yield home


def figures(name, ends):
    reused = [e for e in ends if "from memory" in e["message"]]
    quiet = [e["wall"] for e in reused if not e["llm_calls"]]
    kept = [e["seconds"] for e in reused if not e["llm_calls"]]
    wrong = [e["id"] for e in reused if not e["right"]]
    print(f"| {name} | {len(ends)} | {sum(e['status'] == 'solved' for e in ends)} | {len(reused)} ({len(reused) / len(ends):.0%}) |"
          f" {len(wrong)} | {sum(e['llm_calls'] for e in ends)} | {sum(e['tokens_in'] + e['tokens_out'] for e in ends)} |"
          f" {1000 * statistics.median(e['seconds'] for e in ends):.0f} |"
          f" {f'{1000 * statistics.median(kept):.0f}' if kept else '–'} | {f'{1000 * statistics.median(quiet):.0f}' if quiet else '–'} |", flush=True)
    for one in wrong:
        print(f"wrong: {one}")


def run(home, prompts):
    ends = []
    for task, prompt in prompts:
        end, wall = home.task(prompt)
        end["wall"], end["id"] = wall, task["task_id"]
        end["right"] = bool(end["artifact"]) and right(home.source(end["artifact"]), task["entry_point"], task["test"])
        ends.append(end)
    return ends


def main():
    parser = argparse.ArgumentParser()
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--model")
    which.add_argument("--installed", metavar="HOME")
    parser.add_argument("--embedder", metavar="HOME")
    parser.add_argument("--crowd", action="store_true")
    parser.add_argument("--missed", action="store_true")
    options = parser.parse_args()
    tasks = {t["task_id"]: t for t in read(HERE.parent / "tasks.jsonl")}
    reworded = [(tasks[r["task_id"]], r["prompt"]) for r in read(HERE / "reworded.jsonl")]
    answers = [{"match": t["prompt"][:200], "text": f"```python\n{reference(t['entry_point'])}```"} for t, _ in reworded]
    with home_with(answers) as home:
        first = run(home, [(t, t["prompt"]) for t, _ in reworded])
        model = options.model or options.installed
        home.run("stop")
        if options.embedder:
            home.lend(options.embedder)
        if options.crowd:
            home.crowd()
        home.asking(model, "auto" if model else "never")
        if options.embedder:
            home.await_vectors()
        second = run(home, reworded)
    print("| pass | tasks | solved | from memory | of them wrong | model calls | tokens | median of all, ms | median from memory without a"
          " question, ms | with the command's start, ms |\n|---|---|---|---|---|---|---|---|---|---|")
    figures("first", first)
    figures("second, in other words", second)
    if options.missed:
        for end in second:
            if "from memory" not in end["message"]:
                print(end["id"], end["status"], end["message"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
