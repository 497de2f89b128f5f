import random


def check(f):
    assert f(2, ["a", "b", "c", "a"]) == 0 and f(3, list("abcabd") + ["a"]) == 3


def load():
    rng = random.Random(17)
    return (800, [f"/page/{min(int(rng.expovariate(1 / 500)), 3000)}" for _ in range(6000)])
