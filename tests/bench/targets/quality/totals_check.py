import random


def check(f):
    assert f([[5], [-5], [0, 1]]) == [5, 1]


def load():
    rng = random.Random(5)
    return ([[rng.randrange(-1, 90) for _ in range(50)] for _ in range(4000)],)
