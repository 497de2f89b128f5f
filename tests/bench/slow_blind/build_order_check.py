import random


def check(f):
    assert f({"a": ["z"], "b": []}) == ["b", "z", "a"] and f({"q": ["q"]}) is None


def load():
    rng = random.Random(27)
    names = [f"pkg{i:03}" for i in range(180)]
    order = names[:]
    rng.shuffle(order)
    return ({name: [order[rng.randrange(i)] for _ in range(rng.randrange(0, 4))] if i else [] for i, name in enumerate(order)},)
