import random


def check(f):
    assert f({"b": 1}, {"b": 1}) == {"b": 2}


def load():
    rng = random.Random(5)
    return tuple({f"w{rng.randrange(90000)}": rng.randrange(9) for _ in range(60000)} for _ in range(2))


def first():
    return ({"a": 1}, {"a": 1})
