import random


def check(f):
    customers = [{"id": 1, "name": "A"}, {"id": 2, "name": "B"}, {"id": 1, "name": "C"}]
    orders = [{"id": 10, "customer_id": 2, "total": 1}, {"id": 11, "customer_id": 1, "total": 2}]
    assert [x["customer"] for x in f(orders, customers)] == ["B", "A"]


def load():
    rng = random.Random(13)
    customers = [{"id": i, "name": f"Customer {i}"} for i in rng.sample(range(5000), 1200)]
    orders = [{"id": i, "customer_id": rng.randrange(5000), "total": rng.randrange(1, 900)} for i in range(1500)]
    return (orders, customers)
