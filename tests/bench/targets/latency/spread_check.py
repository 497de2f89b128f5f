import random


def check(f):
    assert f([3, 1], False) == 2
    assert f([2, 2, 2], True) == 0.0


def load():
    rng = random.Random(5)
    return ([rng.randrange(1000) for _ in range(100000)], False)


def first():
    return ([3, 1, 8], False)
