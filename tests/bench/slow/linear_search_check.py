import random


def check(f):
    assert f([1, 2, 3], [0, 2, 5]) == [0, 1, 3] and f([1], []) == []


def load():
    rng = random.Random(8)
    return (sorted(rng.randrange(100000) for _ in range(3000)), [rng.randrange(100000) for _ in range(600)])
