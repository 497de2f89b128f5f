import random


def check(f):
    assert f([0, 0, 1], [-3, 4]) == [9, 16] and f([1, -1], []) == []


def load():
    rng = random.Random(24)
    return ([rng.randrange(-9, 10) for _ in range(80)], [rng.randrange(-20, 21) for _ in range(300)])
