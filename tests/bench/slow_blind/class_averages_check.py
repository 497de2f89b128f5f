import random


def check(f):
    students = [{"class": "x", "marks": {"a": 1, "b": 2}}, {"class": "x", "marks": {"a": 2}}, {"class": "y", "marks": {}}]
    assert f(students) == {"x": {"a": 1.5, "b": 2.0}, "y": {}}


def load():
    rng = random.Random(14)
    subjects = ["art", "biology", "chemistry", "english", "french", "history", "maths", "music", "physics", "sport"]
    return ([{"class": f"{rng.randrange(5, 13)}{rng.choice('abcd')}",
              "marks": {s: rng.randrange(1, 7) for s in rng.sample(subjects, 7)}} for _ in range(1000)],)
