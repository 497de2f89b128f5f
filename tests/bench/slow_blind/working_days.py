from datetime import date, timedelta


def parse_date(text):
    year, month, day = text.split("-")
    return date(int(year), int(month), int(day))


def is_holiday(day, holidays):
    return any(parse_date(holiday) == day for holiday in holidays)


def working_days(start, end, holidays):
    """Count the working days from start to end, both included."""
    day = parse_date(start)
    last = parse_date(end)
    count = 0
    while day <= last:
        if day.weekday() < 5 and not is_holiday(day, holidays):
            count += 1
        day += timedelta(days=1)
    return count
