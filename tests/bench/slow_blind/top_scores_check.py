import random


def check(f):
    assert f({"x": -1, "y": -2}, 1) == [["x", -1]] and f({"x": 1}, 0) == []


def load():
    rng = random.Random(21)
    return ({f"player{i}": rng.randrange(1000) for i in range(1500)}, 100)
