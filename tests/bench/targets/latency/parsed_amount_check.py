def check(f):
    assert f("1.01") == 101
    assert f("$0.10") == 10


def load():
    return ("123456.78",)


def first():
    return ("1.25",)
