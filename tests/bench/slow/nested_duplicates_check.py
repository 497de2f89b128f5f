import random


def check(f):
    assert f([]) == [] and f([1, 1]) == [(0, 1)] and f([2, 1, 2]) == [(0, 2)]


def load():
    rng = random.Random(5)
    return ([rng.randrange(3000) for _ in range(2000)],)
