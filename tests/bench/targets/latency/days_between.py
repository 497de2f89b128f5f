import datetime


def days_between(first, second):
    one = datetime.date.fromisoformat(first)
    two = datetime.date.fromisoformat(second)
    return (two - one).days
