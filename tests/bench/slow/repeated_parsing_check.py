import random


def check(f):
    assert f(["a,1", "a,2", "b,-3"], ["b", "a"]) == [-3, 3]
    assert f(["a,1"], []) == []


def load():
    rng = random.Random(2)
    return ([f"n{rng.randrange(400)},{rng.randrange(1000)}" for _ in range(1500)], [f"n{i}" for i in range(400)])
