import random


def check(f):
    assert f("a b\nb; c", ["B", "c"]) == {"B": [1, 2], "c": [2]} and f("", ["x"]) == {"x": []}


def load():
    rng = random.Random(20)
    vocabulary = ["".join(rng.choice("abcdefgh") for _ in range(rng.randrange(2, 6))) for _ in range(300)]
    lines = [" ".join(rng.choice(vocabulary) + rng.choice(["", "", ","]) for _ in range(9)) + "." for _ in range(120)]
    return ("\n".join(lines), sorted(set(rng.sample(vocabulary, 60))))
