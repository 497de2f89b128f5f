import random


def check(f):
    got = f([{"name": "x", "email": "A@b"}, {"name": "y", "email": "c@d"}, {"name": "z", "email": " a@B"}])
    assert got == [{"name": "X", "email": "a@b"}, {"name": "Y", "email": "c@d"}]


def load():
    rng = random.Random(12)
    return ([{"name": f"user  {i}", "email": rng.choice(["", " "]) + f"User{rng.randrange(250)}@Example.org"} for i in range(500)],)
