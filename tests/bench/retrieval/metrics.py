"""What a ranking is worth, for graded relevance {id: 1..3}. check.py holds the arithmetic against examples done by hand."""

import math
import random

CUT = 10
USEFUL, EXACT = 2, 3


def gain(grade):
    """2^grade - 1: an exact hit is worth seven related ones."""
    return 2**grade - 1


def ndcg(ranking, relevant, cut=CUT):
    """Discounted gain of the first `cut` over that of the best possible order (Järvelin and Kekäläinen, log2)."""
    got = sum(gain(relevant.get(x, 0)) / math.log2(i + 2) for i, x in enumerate(ranking[:cut]))
    best = sorted(relevant.values(), reverse=True)[:cut]
    return got / sum(gain(g) / math.log2(i + 2) for i, g in enumerate(best))


def recall(ranking, relevant, cut=CUT):
    """Share of the useful ones (grade 2 and 3) that are among the first `cut`."""
    useful = {x for x, g in relevant.items() if g >= USEFUL}
    return len(useful & set(ranking[:cut])) / min(cut, len(useful))


def reciprocal_rank(ranking, relevant):
    """1 / place of the first exact one; 0: there is none."""
    return next((1 / (i + 1) for i, x in enumerate(ranking) if relevant.get(x, 0) == EXACT), 0.0)


def mean(values):
    return sum(values) / len(values)


def fuse(rankings, k=60, weights=None, depth=100):
    """Reciprocal rank fusion (Cormack, Clarke and Büttcher): the sum of weight / (k + place), places from 1."""
    score = {}
    for ranking, weight in zip(rankings, weights or [1] * len(rankings)):
        for i, x in enumerate(ranking[:depth]):
            score[x] = score.get(x, 0) + weight / (k + i + 1)
    return sorted(score, key=lambda x: (-score[x], x))


def fuse_covered(found, near, k=60, power=1.0, vectors=1.0, depth=100):
    """RRF of [(id, score, coverage)] by words and ids by vectors, in which a place by words counts as much as the hit
    covers of the query: an unknown language or a misspelt word gives its places to the vectors."""
    score = {x: cover**power / (k + i + 1) for i, (x, _, cover) in enumerate(found[:depth])}
    for i, x in enumerate(near[:depth]):
        score[x] = score.get(x, 0) + vectors / (k + i + 1)
    return sorted(score, key=lambda x: (-score[x], x))


def paired_bootstrap(a, b, rounds=10000, seed=1):
    """95 % interval of mean(a - b) over queries drawn with replacement, and the share of draws at 0 and below."""
    d, draw = [x - y for x, y in zip(a, b)], random.Random(seed)
    means = sorted(mean(draw.choices(d, k=len(d))) for _ in range(rounds))
    return means[int(rounds * 0.025)], means[int(rounds * 0.975)], sum(m <= 0 for m in means) / rounds
