def check(f):
    assert f(3) == 4 and f(10) == 274 and f(2) == 2


def load():
    return (21,)
