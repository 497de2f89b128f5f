def check(f):
    assert f(4, [1, 2, 3]) == 4 and f(7, [10]) == 0 and f(6, [3]) == 1


def load():
    return (100, [50, 20, 10, 5, 2, 1])
