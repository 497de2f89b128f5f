def check(f):
    assert f(["x", "y"], ["y", "x"]) == [] and f(["k", "k"], ["z"]) == ["k"]


def load():
    return ([f"w{i * 7919 % 4000}" for i in range(4000)], [f"w{i}" for i in range(0, 4000, 2)])
