import random


def check(f):
    assert f([1, 2, 3, 4]) == [1, 1.5, 2, 2.5] and f([-1]) == [-1]


def load():
    rng = random.Random(15)
    return ([rng.randrange(100000) for _ in range(1500)],)
