import random


def check(f):
    assert f("ab abc  a") == 3


def load():
    rng = random.Random(5)
    return (" ".join("x" * rng.randrange(1, 12) for _ in range(200000)),)
