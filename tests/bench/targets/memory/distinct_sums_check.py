import random


def check(f):
    assert f([0, 0, 1]) == 2
    assert f([4]) == 0


def load():
    rng = random.Random(5)
    return ([rng.randrange(2000) for _ in range(1200)],)
