import random


def check(f):
    assert f([1, 2, 3]) == 2
    assert f([2, 1]) == 0


def load():
    rng = random.Random(5)
    return ([rng.randrange(1000) for _ in range(200000)],)
