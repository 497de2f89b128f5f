import random


def check(f):
    lines = ["2024-01-01 00:00:00 [ERROR] a", "2024-01-01 00:59:59 [ERROR] b", "-- end --", "2023-12-31 23:59:59 [WARN] c"]
    assert f(lines) == {"2023-12-31 23": 0, "2024-01-01 00": 2}


def load():
    rng = random.Random(2)
    levels = ["INFO", "INFO", "WARN", "ERROR", "DEBUG"]
    return ([f"2024-05-01 {rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02} [{rng.choice(levels)}] request {i}"
             for i in range(250)],)
