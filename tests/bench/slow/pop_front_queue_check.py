import random


def check(f):
    assert f([[0, 0, 0]]) == 2 and f([[0, 1, 0]]) == -1 and f([[0], [0]]) == 1


def load():
    rng = random.Random(9)
    grid = [[int(rng.random() < 0.15) for _ in range(40)] for _ in range(40)]
    grid[0][0] = 0
    return (grid,)
