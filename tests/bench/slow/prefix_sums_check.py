import random


def check(f):
    assert f([1, 2, 3], [(0, 3), (-2, 3), (2, 1), (0, 99)]) == [6, 5, 0, 6]


def load():
    rng = random.Random(4)
    return ([rng.randrange(-50, 50) for _ in range(4000)],
            [(rng.randrange(2000), rng.randrange(2000, 4000)) for _ in range(1500)])
