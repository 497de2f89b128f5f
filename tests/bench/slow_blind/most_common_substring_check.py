import random


def check(f):
    assert f("banana", 3) == "ana" and f("", 1) == "" and f("q", 0) == "" and f("dcbaab", 2) == "aa"


def load():
    rng = random.Random(7)
    return ("".join(rng.choice("acgt") for _ in range(600)), 4)
