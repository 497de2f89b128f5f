def check(f):
    assert f([[3]], 4, 50) == [[31]] and f([[0, 1], [1, 0]], 3, 9) == [[0, 1], [1, 0]]


def load():
    return ([[(i * 7 + j * 3 + 1) % 11 for j in range(6)] for i in range(6)], 1500, 1000003)
