"""What makes the search better, tried on the split "dev" with baseline.py: which words, what is embedded, how the two
rankings become one. Prints nDCG@10 of each way; the kept split is never looked at here.

    python tests/bench/retrieval/tune.py [texts]      texts: also embeds other texts of the artifacts, which takes long"""

import re
import sys

import baseline
import metrics
from check import load

TEXTS = {"task": lambda a: a["task"],
         "name, task, tags as they are": lambda a: "\n".join([a["name"], a["task"], " ".join(a["tags"])]),
         "name in words: task (tags)": baseline.name_task_tags,
         "name, task, tags, 400 of the content": lambda a: "\n".join([a["name"], a["task"], " ".join(a["tags"]), a["content"][:400]])}


class Set:
    def __init__(self, artifacts):
        self.artifacts = artifacts
        self.queries = [q for q in load("queries.jsonl") if q["split"] == "dev"]
        self.texts = [q["query"] for q in self.queries]

    def ndcg(self, rankings):
        return metrics.mean([metrics.ndcg(r, q["relevant"]) for r, q in zip(rankings, self.queries)])

    def styles(self, rankings):
        style = {}
        for r, q in zip(rankings, self.queries):
            style.setdefault(q["style"], []).append(metrics.ndcg(r, q["relevant"]))
        return "  ".join(f"{s} {metrics.mean(v):.3f}" for s, v in style.items())


# ---- misspelt words ----


def apart(a, b):
    """Letters to change, add, leave out or swap with the neighbour (optimal string alignment)."""
    before, row = None, list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        new = [i]
        for j, y in enumerate(b, 1):
            best = min(row[j] + 1, new[-1] + 1, row[j - 1] + (x != y))
            swapped = before and i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]
            new.append(min(best, before[j - 2] + 1) if swapped else best)
        before, row = row, new
    return row[-1]


def vocabulary(artifacts):
    known = {}
    for a in artifacts:
        text = " ".join([a["name"].replace("_", " "), a["task"], *a["tags"]]).lower()
        for w in set(re.findall(r"[^\W\d_]{3,}", text)):
            known[w] = known.get(w, 0) + 1
    return known


def respell(word, known):
    """Up to three known words with the same first letter, one letter away; of long words two."""
    far = 0 if len(word) < 4 else 1 if len(word) < 7 else 2
    near = ((apart(word, w), -n, w) for w, n in known.items() if w[0] == word[0] and abs(len(w) - len(word)) <= far)
    return [w for d, _, w in sorted(near)[:3] if d <= far]


def respelt_terms(words, text, known):
    """A word that nothing has stands for those that it may have been meant as."""
    return [t if words.met(t, baseline.WEIGHTS) else respell(t, known) or t for t in words.terms(text)]


# ---- two rankings become one ----


def blend(found, cosines, ids, share=0.4, least=0.78, most=0.95):
    """Sum of scores: BM25 over the best's, times what the best covers; the cosine on a fixed scale."""
    score = {x: (1 - share) * min(1, max(0, (float(c) - least) / (most - least))) for x, c in zip(ids, cosines)}
    for x, s, _ in found:
        score[x] += share * s / found[0][1] * found[0][2]
    return sorted(score, key=lambda x: (-score[x], x))[:100]


def try_fusions(it, found, cosines):
    ids = [a["id"] for a in it.artifacts]
    near = [[ids[i] for i in (-row).argsort(kind="stable")[:100]] for row in cosines]
    by_words = [[x for x, _, _ in f[:100]] for f in found]
    show = lambda name, rankings: print(f"{it.ndcg(rankings):.4f}  {name}\n        {it.styles(rankings)}")
    show("words alone", by_words)
    show("vectors alone", near)
    for k in (5, 10, 20, 60):
        show(f"RRF, k={k}", [metrics.fuse(p, k) for p in zip(by_words, near)])
        for weight in (1.5, 2, 3):
            show(f"RRF, k={k}, vectors {weight}:1", [metrics.fuse(p, k, [1, weight]) for p in zip(by_words, near)])
        for weight in (0.65, 1, 1.5):
            for power in (0.5, 1, 2):
                show(f"RRF, k={k}, words by what they cover^{power}, vectors {weight}:1",
                     [metrics.fuse_covered(f, n, k, power, weight) for f, n in zip(found, near)])
    for depth in (10, 20, 50):
        show(f"RRF, k=60, depth {depth}", [metrics.fuse(p, 60, depth=depth) for p in zip(by_words, near)])
    for share in (0.2, 0.3, 0.4, 0.5):
        show(f"sum of scores, words {share}", [blend(f, c, ids, share) for f, c in zip(found, cosines)])


def main():
    baseline.in_venv()
    it = Set(load("artifacts.jsonl"))
    words, vectors, known = baseline.Words(it.artifacts), baseline.Vectors(), vocabulary(it.artifacts)
    for weights in ((1, 1, 1, 1), (1, 1, 0, 0), (2, 2, 1, 0.5), (3, 2, 2, 0.5), baseline.WEIGHTS):
        print(f"{it.ndcg([words.rank(t, weights) for t in it.texts]):.4f}  words, weights {weights}")
    for name, text in TEXTS.items() if "texts" in sys.argv else ():
        print(f"{it.ndcg(vectors.rankings(it.artifacts, it.texts, text)):.4f}  vectors of {name}", flush=True)
    text = TEXTS["name, task, tags as they are"] if "raw" in sys.argv else baseline.name_task_tags
    cosines = vectors.cosines(it.artifacts, it.texts, text)
    print("\nas typed")
    try_fusions(it, [words.scored(words.terms(t)) for t in it.texts], cosines)
    print("\nunknown words respelt")
    try_fusions(it, [words.scored(respelt_terms(words, t, known)) for t in it.texts], cosines)


if __name__ == "__main__":
    main()
