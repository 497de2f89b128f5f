def check(f):
    assert f("z") == 1 and f("aaa") == 1 and f("book") == 3 and f("dcba") == 24


def load():
    return ("shoulder",)
