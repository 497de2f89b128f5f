import random


def check(f):
    assert f(["one two", "three"], ["three", "two"]) == 2 and f(["abc"], []) == 0


def load():
    rng = random.Random(7)
    words = ["".join(rng.choice("abcdefghij") for _ in range(5)) for _ in range(60)]
    return ([" ".join(rng.choice(words) for _ in range(12)) for _ in range(120)], [w + "x" for w in words])
