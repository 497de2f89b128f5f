import random


def check(f):
    assert f([{"order_id": 1, "customer_id": 2}], [{"customer_id": 2, "name": "x"}, {"customer_id": 2, "name": "y"}]) == [
        {"order_id": 1, "name": "x"}, {"order_id": 1, "name": "y"}]
    assert f([{"order_id": 1, "customer_id": 2}], []) == []


def load():
    rng = random.Random(1)
    return ([{"order_id": i, "customer_id": rng.randrange(1500)} for i in range(1500)],
            [{"customer_id": i, "name": f"n{i}"} for i in range(1500)])
