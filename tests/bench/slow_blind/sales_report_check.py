import random


def check(f):
    assert f([["a", "x", -1]]) == "a\n  x: -1\n  total: -1\n"
    assert f([["b", "x", 1], ["a", "y", 2], ["b", "a", 3], ["b", "x", 5]]).startswith("a\n  y: 2\n  total: 2\nb\n  a: 3\n  x: 6\n")


def load():
    rng = random.Random(1)
    regions = ["north", "south", "east", "west", "centre", "islands"]
    products = [f"article {i}" for i in range(40)]
    return ([[rng.choice(regions), rng.choice(products), rng.randrange(1, 500)] for _ in range(4000)],)
