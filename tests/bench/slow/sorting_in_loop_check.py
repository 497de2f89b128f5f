import random


def check(f):
    assert f([1, 1]) == 2 and f([2, 2, 2]) == 10 and f([8, 1]) == 9


def load():
    rng = random.Random(3)
    return ([rng.randrange(1, 100000) for _ in range(4000)],)
