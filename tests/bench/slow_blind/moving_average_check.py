import random


def check(f):
    assert f([1, 1, 2], 3) == [1.0, 1.0, 1.33] and f([7, 3], 1) == [7.0, 3.0]


def load():
    rng = random.Random(28)
    return ([rng.randrange(1000, 9000) for _ in range(4000)], 200)
