"""Reference solutions of the easier tasks of the class "data": records, statistics, dates."""

from datetime import date


def total_of(rows, field):
    return sum(row.get(field, 0) for row in rows)


def average_marks(marks):
    groups = {}
    for name, mark in marks:
        groups.setdefault(name, []).append(mark)
    return {name: sum(group) / len(group) for name, group in groups.items()}


def top_sellers(sales, n):
    return sorted(sales, key=lambda name: (-sales[name], name))[:n]


def by_first_letter(words):
    index = {}
    for word in sorted(set(words)):
        index.setdefault(word[0].upper(), []).append(word)
    return index


def parse_pairs(text):
    pairs = {}
    for part in text.split(";"):
        if part:
            key, value = part.split("=")
            pairs[key.strip()] = value.strip()
    return pairs


def rolling_mean(values, size):
    return [sum(values[i:i + size]) / size for i in range(len(values) - size + 1)]


def median_of(values):
    order, middle = sorted(values), len(values) // 2
    if not order:
        return None
    return order[middle] if len(order) % 2 else (order[middle - 1] + order[middle]) / 2


def swap_keys(table):
    turned = {}
    for key in sorted(table, reverse=True):
        turned[table[key]] = key
    return turned


def count_by(rows, key):
    counts = {}
    for row in rows:
        if key in row:
            counts[row[key]] = counts.get(row[key], 0) + 1
    return counts


def old_enough(people, age):
    return sorted(person["name"] for person in people if person["age"] >= age)


def sort_people(people):
    return sorted(people, key=lambda person: (-person[1], person[0]))


def drop_duplicates(rows, key):
    seen, kept = set(), []
    for row in rows:
        if row[key] not in seen:
            seen.add(row[key])
            kept.append(row)
    return kept


def csv_rows(text):
    lines = [line for line in text.split("\n") if line]
    names = lines[0].split(",")
    return [dict(zip(names, line.split(","))) for line in lines[1:]]


def most_common(numbers):
    if not numbers:
        return None
    return min(numbers, key=lambda number: (-numbers.count(number), number))


def minutes_worked(start, end):
    begun, ended = (int(time[:2]) * 60 + int(time[3:]) for time in (start, end))
    return (ended - begun) % (24 * 60)


def days_between(first, second):
    return abs((date.fromisoformat(first) - date.fromisoformat(second)).days)


def percent_changes(values):
    return [round((b - a) / a * 100, 1) for a, b in zip(values, values[1:])]


def get_column(table, name):
    if name not in table[0]:
        return []
    place = table[0].index(name)
    return [row[place] for row in table[1:]]


def scale_to_one(values):
    low, high = min(values, default=0), max(values, default=0)
    return [(value - low) / (high - low) if high != low else 0 for value in values]


def clock_time(seconds):
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
