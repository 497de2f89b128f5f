import random


def check(f):
    assert f([[0, 1, "b", 1], [0, 1, "a", 1], [9, 0, "z", 2]]) == [["a", 1], ["b", 2], ["z", 11]]


def load():
    rng = random.Random(25)
    return ([[rng.randrange(1500), rng.randrange(10), f"task{i:04}", rng.randrange(1, 12)] for i in range(900)],)
