def check(f):
    assert f("2020-02-28", "2020-03-01") == 2


def load():
    return ("1980-01-01", "2030-12-31")


def first():
    return ("2024-01-01", "2024-01-02")
