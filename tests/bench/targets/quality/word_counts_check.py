import random


def check(f):
    assert f("x x x") == {"x": 3}


def load():
    rng = random.Random(5)
    return (" ".join(f"w{rng.randrange(500)}" for _ in range(100000)),)
