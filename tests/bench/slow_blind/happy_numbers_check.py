def check(f):
    assert f(50) == [1, 7, 10, 13, 19, 23, 28, 31, 32, 44, 49] and f(1) == [1]


def load():
    return (8000,)
