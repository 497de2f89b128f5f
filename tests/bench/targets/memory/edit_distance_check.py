import random


def check(f):
    assert f("abc", "b") == 2


def load():
    rng = random.Random(5)
    return tuple("".join(rng.choice("abcd") for _ in range(700)) for _ in range(2))
