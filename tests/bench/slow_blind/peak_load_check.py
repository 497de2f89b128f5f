import random


def check(f):
    assert f([9, 8, 7, 6], 3) == [9, 8] and f([], 1) == [] and f([1, 3, 2, 3, 1], 5) == [3]


def load():
    rng = random.Random(16)
    return ([rng.randrange(10000) for _ in range(6000)], 500)
