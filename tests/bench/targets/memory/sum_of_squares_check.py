import random


def check(f):
    assert f([1, -2, 3, 9]) == 5
    assert f([]) == 0


def load():
    rng = random.Random(5)
    return ([rng.randrange(-500, 500) for _ in range(300000)],)
