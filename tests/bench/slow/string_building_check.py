def check(f):
    assert f("x") == "X" and f("aB c") == "C bA"


def load():
    return ("Lorem Ipsum dolor " * 4000,)
