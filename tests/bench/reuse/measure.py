"""How well the rule of reuse tells the same task from one that only looks like it: precision and recall over pairs.jsonl.

    tests/bench/reuse/measure.py [--split tune|kept|all] [--wrong] [--missed] [--curve] [--ask --model FILE|HOME]

The rule is asked through build/tests/bench_same_task. Where it says "the same", the kept program is run on the examples of the
new task, as DiSE does: a reuse is what passes them all. --ask also puts the one yes/no question to the fast model (through
`dise run`, with a home of its own and memory.ask = auto) for the pairs of which the rule is not sure.
"""

import argparse
import json
import random
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
DRIVER = ROOT / "build" / "tests" / "bench_same_task"


def judge(pairs):
    text = "".join(json.dumps({"a": p["a"], "b": p["b"]}) + "\n" for p in pairs)
    done = subprocess.run([DRIVER], input=text, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def passes(pair, said):
    """Whether the kept program passes the new task's examples; how many there are."""
    names = {}
    exec(pair["program"], names)  # written for this set, in the same repository
    function = [v for v in names.values() if callable(v)][-1]
    good = 0
    for example in said["examples"]:
        call = example.get("call") or f"f({example['args']})"
        name, arguments = call.split("(", 1)
        try:
            good += eval(f"__kept({arguments}", {"__kept": function}) == eval(example["expected"], {})
        except Exception:
            pass
    return good == len(said["examples"])


def reused(pair, said):
    return said["verdict"] == "same" and said["telling"] >= said["proof"] and passes(pair, said)


def unsure(pair, said):
    """The second class: nothing decisive differs, and no example speaks against it."""
    open_ = said["unsure"] or (said["verdict"] == "same" and said["telling"] < said["proof"])
    return open_ and passes(pair, said)


def wilson(good, n):
    """95 % interval of a share."""
    if not n:
        return 0.0, 1.0
    z, p = 1.96, good / n
    mid = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * ((p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5) / (1 + z * z / n)
    return mid - half, mid + half


def row(name, pairs, taken):
    same = sum(p["label"] == "same" for p in pairs)
    right = sum(p["label"] == "same" for p in taken)
    wrong = [p for p in taken if p["label"] != "same"]
    low, high = wilson(right, len(taken))
    print(f"| {name} | {len(pairs)} | {same} | {len(taken)} | {len(wrong)} | {sum(p['trap'] for p in wrong)} |"
          f" {right / max(1, len(taken)):.3f} ({low:.3f}–{high:.3f}) | {right / max(1, same):.3f} |")
    return wrong


def show(pairs):
    for pair, said in pairs:
        print(f"{pair['id']} [{pair['label']}{' trap' if pair['trap'] else ''}] {said['verdict']} proof {said['proof']}"
              f" telling {said['telling']}: {said['why']}\n    {pair['a']!r}\n    {pair['b']!r}")


def curve(pairs, judged):
    """Precision and recall as more is let through, from words alone to whatever the examples do not refute."""
    def level(said):
        return (0 if said["verdict"] == "same" and not said["proof"] else
                1 if said["verdict"] == "same" and said["proof"] == 1 else
                2 if said["verdict"] == "same" else 3 if said["unsure"] else 4)
    names = ["words alone", "and small words, one example", "and other order or words, two examples",
             "and what the rule is not sure of, unasked", "anything that the examples do not refute"]
    print("\n| let through | precision | recall | wrong |\n|---|---|---|---|")
    same = sum(p["label"] == "same" for p in pairs)
    for most, name in enumerate(names):
        taken = [p for p, s in zip(pairs, judged)
                 if level(s) <= most and passes(p, s) and (level(s) > 2 or s["telling"] >= s["proof"])]
        right = sum(p["label"] == "same" for p in taken)
        print(f"| {name} | {right / max(1, len(taken)):.3f} | {right / max(1, same):.3f} | {len(taken) - right} |")


def ask(pairs, model):
    """What the fast model says of each, through the product: the first task is kept, the second one asked for."""
    sys.path.insert(0, str(HERE))
    from second_pass import home_with, was_reused  # the real engine and model
    random.Random(7).shuffle(pairs)
    taken = []
    with home_with([], model=model, ask="auto") as home:
        for pair in pairs:
            home.keep(pair["a"], pair["program"])
            if was_reused(home, pair["b"]):
                taken.append(pair)
            home.forget()
    return taken


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--split", default="tune", choices=["tune", "kept", "all"])
    for flag in ("--wrong", "--missed", "--curve", "--ask"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--model", help="a config.yaml whose llm block is asked, or a home whose installed model is lent")
    options = parser.parse_args()
    pairs = [json.loads(line) for line in (HERE / "pairs.jsonl").read_text().splitlines()]
    pairs = [p for p in pairs if options.split in ("all", p["split"])]
    judged = judge(pairs)
    both = list(zip(pairs, judged))
    broken = [p["id"] for p, s in both if p["label"] == "same" and not passes(p, s)]
    if broken:
        print("examples that the program of the same task does not pass:", ", ".join(broken))
    print("| class | pairs | same | answered | wrong | of them traps | precision (95 %) | recall |\n|---|---|---|---|---|---|---|---|")
    taken = [p for p, s in both if reused(p, s)]
    wrong = row("no model at all", pairs, taken)
    open_ = [p for p, s in both if unsure(p, s) and not reused(p, s)]
    same = sum(p["label"] == "same" for p in open_)
    print(f"\nunsure: {len(open_)} pairs, {same} of them the same")
    if options.ask:
        row("one yes/no question", pairs, taken + ask(open_, options.model))
    if options.curve:
        curve(pairs, judged)
    if options.wrong:
        show([(p, s) for p, s in both if reused(p, s) and p["label"] != "same"])
    if options.missed:
        show([(p, s) for p, s in both if not reused(p, s) and p["label"] == "same"])
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
