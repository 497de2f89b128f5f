import random


def check(f):
    assert f("7") == 7 and f("2*(3-(4-1))") == 0 and f("--5") == 5 and f(" 12 *12 ") == 144


def load():
    rng = random.Random(18)
    parts = [f"({rng.randrange(1000)} {rng.choice('+-*')} {rng.randrange(100)})" for _ in range(3000)]
    return (" + ".join(parts),)
