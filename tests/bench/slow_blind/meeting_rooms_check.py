import random


def check(f):
    assert f([["00:00", "23:59"]]) == 1
    assert f([["08:00", "09:00"], ["08:30", "09:30"], ["09:00", "10:00"]]) == 2


def load():
    rng = random.Random(4)
    meetings = []
    for _ in range(60):
        start = rng.randrange(480, 1080)
        end = start + rng.choice([15, 30, 45, 60, 90])
        meetings.append([f"{start // 60:02}:{start % 60:02}", f"{end // 60:02}:{end % 60:02}"])
    return (meetings,)
