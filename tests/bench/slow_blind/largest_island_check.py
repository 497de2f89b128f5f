import random


def check(f):
    assert f([[1]]) == 1 and f([[1, 1], [1, 1]]) == 4 and f([[1, 0, 1, 1]]) == 2


def load():
    rng = random.Random(6)
    return ([[1 if rng.random() < 0.55 else 0 for _ in range(45)] for _ in range(45)],)
