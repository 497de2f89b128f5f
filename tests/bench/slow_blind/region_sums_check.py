import random


def check(f):
    assert f([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[0, 1, 2, 1], [1, 1, 2, 2], [2, 2, 2, 2]]) == [15, 28, 9]


def load():
    rng = random.Random(26)
    matrix = [[rng.randrange(-50, 50) for _ in range(60)] for _ in range(60)]
    queries = []
    for _ in range(1200):
        top, bottom = sorted(rng.randrange(60) for _ in range(2))
        left, right = sorted(rng.randrange(60) for _ in range(2))
        queries.append([top, left, bottom, right])
    return (matrix, queries)
