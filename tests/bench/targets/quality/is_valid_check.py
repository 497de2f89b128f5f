import random


def check(f):
    assert f("12345678") is True
    assert f("") is False


def load():
    rng = random.Random(5)
    return ("a" * 3000000 + "1",)
