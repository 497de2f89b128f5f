def check(f):
    assert f(-5, 2) == [2] and f(10, 5) == [] and f(25, 29) == [29] and f(49, 49) == []


def load():
    return (2000, 6000)
