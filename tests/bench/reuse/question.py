"""How far a model can be believed that two tasks are the same: the yes/no question of memory.ask on pairs of which the rule is not sure.

    tests/bench/reuse/question.py HOME [--split tune|kept] [--pairs N]

Asks every model that is installed in HOME (through llama.cpp, as the engine starts it) with the prompt of tools/llm/same_task.yaml, and reads
how probable "yes" is after `{"same": "`, which is where the constrained answer decides. AUC is the chance that a pair that is the same gets
a higher one than a pair that is not; 0.5 is a coin.
"""

import argparse
import json
import math
import os
import random
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import measure

PROMPTS = measure.ROOT / "tools" / "llm" / "same_task.yaml"
SERVER = measure.ROOT / "src" / "runtime" / "model_server.py"


def block(name):
    """A literal block (`name: |`) of the tool's file."""
    lines, inside = [], None
    for line in PROMPTS.read_text(encoding="utf-8").splitlines():
        indent = len(line) - len(line.lstrip())
        if inside is not None and (not line.strip() or indent > inside):
            lines.append(line[inside + 2:])
        else:
            inside = indent if line.strip() == f"{name}: |" else None
    return "\n".join(lines).strip()


@contextmanager
def served(home, model):
    wanted = {"model": str(model), "alias": "m", "context": 2048, "parallel": 1, "threads": len(os.sched_getaffinity(0)), "api_key": "k"}
    server = subprocess.Popen([home / "venv" / "bin" / "python", "-I", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
    try:
        server.stdin.write(json.dumps(wanted) + "\n")
        server.stdin.flush()
        yield json.loads(server.stdout.readline())["address"]
    finally:
        server.kill()
        server.wait()


def yes(address, kept, task):
    """The logarithm of the odds of "yes"."""
    user = block("prompt_template").replace("{kept}", kept).replace("{task}", task)
    prompt = (f"<|im_start|>system\n{block('system_prompt')}<|im_end|>\n<|im_start|>user\n{user}<|im_end|>\n"
              '<|im_start|>assistant\n{"same": "')
    body = {"prompt": prompt, "n_predict": 1, "n_probs": 40, "temperature": 0, "cache_prompt": True}
    request = urllib.request.Request(address + "/completion", json.dumps(body).encode(),
                                     {"Authorization": "Bearer k", "Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        top = json.load(answer)["completion_probabilities"][0]["top_logprobs"]
    odds = {"yes": 1e-9, "no": 1e-9}
    for one in top:
        word = one["token"].strip().lower()
        if word in odds:
            odds[word] += math.exp(one["logprob"])
    return math.log(odds["yes"] / odds["no"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("--split", default="tune", choices=["tune", "kept"])
    parser.add_argument("--pairs", type=int, default=40, help="of each kind")
    options = parser.parse_args()
    pairs = [json.loads(line) for line in (measure.HERE / "pairs.jsonl").read_text().splitlines()]
    pairs = [p for p in pairs if p["split"] == options.split]
    unsure = [p for p, s in zip(pairs, measure.judge(pairs)) if measure.unsure(p, s) and not measure.reused(p, s)]
    random.Random(3).shuffle(unsure)
    same = [p for p in unsure if p["label"] == "same"][:options.pairs]
    other = [p for p in unsure if p["label"] != "same"][:options.pairs]
    print(f"{len(same)} pairs that are the same, {len(other)} that are not\n")
    print("| model | AUC | said to be the same: of the same | of the others |\n|---|---|---|---|")
    for model in sorted((options.home / "models").glob("*.gguf")):
        with served(options.home, model) as address:
            good = [yes(address, p["a"], p["b"]) for p in same]
            bad = [yes(address, p["a"], p["b"]) for p in other]
        auc = sum(g > b for g in good for b in bad) / (len(good) * len(bad))
        said = [sum(x > 0 for x in xs) / len(xs) for xs in (good, bad)]
        print(f"| {model.stem} | {auc:.2f} | {said[0]:.0%} | {said[1]:.0%} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
