def check(f):
    assert f("[()]") is True
    assert f(")") is False


def load():
    return ("([x])" * 60000,)
