import random


def check(f):
    assert f("b a b; A b") == [["b", 3], ["a", 2]] and f("") == [] and f("it's its") == [["its", 2]]


def load():
    rng = random.Random(11)
    words = ["".join(rng.choice("aeioumnrstl") for _ in range(rng.randrange(2, 8))) for _ in range(700)]
    return (" ".join(rng.choice(words) + rng.choice(["", "", ",", "."]) for _ in range(2200)),)
