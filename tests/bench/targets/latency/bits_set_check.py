import random


def check(f):
    assert f([0, 65535, 65536]) == [0, 16, 1]


def load():
    rng = random.Random(5)
    return ([rng.randrange(1 << 30) for _ in range(100000)],)


def first():
    return ([5, 6],)
