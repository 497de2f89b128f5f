"""Reference solutions of the class "data": records, statistics, dates."""

import re
from calendar import monthrange
from datetime import date, timedelta
from math import sqrt


def total_by(records, key, field):
    totals = {}
    for record in records:
        group = record.get(key, "unknown")
        totals[group] = totals.get(group, 0) + (record.get(field) or 0)
    return totals


def left_join(left, right, key):
    joined = []
    for record in left:
        partners = [{**other, **record} for other in right if other[key] == record[key]]
        joined += partners or [dict(record)]
    return joined


def pivot(records):
    sums = {}
    for row, column, amount in records:
        sums[row, column] = sums.get((row, column), 0) + amount
    columns = sorted({column for row, column in sums})
    table = [[""] + columns]
    for row in sorted({row for row, column in sums}):
        table.append([row] + [sums.get((row, column), 0) for column in columns])
    return table


def percentile(values, p):
    if not values:
        return None
    rank = max(1, -(-p * len(values) // 100))
    return sorted(values)[rank - 1]


def lowest_balance(opening, bookings):
    days = {}
    for date, amount in bookings:
        days[date] = days.get(date, 0) + amount
    lowest = None
    for date in sorted(days):
        opening += days[date]
        if lowest is None or opening < lowest[1]:
            lowest = (date, opening)
    return lowest


def histogram(values, start, width, bins):
    counts = [0] * bins
    for value in values:
        bin = int((value - start) // width)
        if value == start + width * bins:
            bin = bins - 1
        if 0 <= bin < bins:
            counts[bin] += 1
    return counts


def count_weekday(start, end, weekday):
    first, last = date.fromisoformat(start).toordinal(), date.fromisoformat(end).toordinal()
    return sum((day - 1) % 7 == weekday for day in range(first, last + 1))


def add_workdays(start, days, holidays):
    day = date.fromisoformat(start)
    while days > 0:
        day += timedelta(days=1)
        if day.weekday() < 5 and day.isoformat() not in holidays:
            days -= 1
    return day.isoformat()


def age_on(birth, day):
    if day < birth:
        return -1
    return int(day[:4]) - int(birth[:4]) - (day[5:] < birth[5:])


def ranks(scores):
    return [1 + sum(other > score for other in scores) for score in scores]


def fill_gaps(series, limit):
    filled, last = list(series), None
    for i, value in enumerate(series):
        if value is None:
            continue
        if last is not None and 0 < i - last - 1 <= limit:
            step = (value - series[last]) / (i - last)
            for j in range(last + 1, i):
                filled[j] = series[last] + step * (j - last)
        last = i
    return filled


def newest(records):
    kept = {}
    for record in records:
        email = record["email"].strip().lower()
        if email not in kept or record["updated"] >= kept[email]["updated"]:
            kept[email] = record
    return list(kept.values())


def get_path(data, path, default=None):
    for part in path.split(".") if path else []:
        if isinstance(data, dict) and part in data:
            data = data[part]
        elif isinstance(data, list):
            try:
                data = data[int(part)]
            except (ValueError, IndexError):
                return default
        else:
            return default
    return data


def flat_keys(data):
    flat = {}

    def visit(value, name):
        if not isinstance(value, (dict, list)) or not value:
            flat[name] = value
            return
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in pairs:
            visit(part, f"{name}.{key}")
    for key, value in data.items():
        visit(value, key)
    return flat


def settings_diff(old, new):
    lines = []
    for key in sorted(old.keys() | new.keys()):
        if key not in old:
            lines.append(f"+ {key}={new[key]}")
        elif key not in new:
            lines.append(f"- {key}")
        elif old[key] != new[key]:
            lines.append(f"~ {key}: {old[key]} -> {new[key]}")
    return lines


def deep_merge(base, extra):
    merged = dict(base)
    for key, value in extra.items():
        mine = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(mine, dict) and isinstance(value, dict):
            merged[key] = deep_merge(mine, value)
        elif isinstance(mine, list) and isinstance(value, list):
            merged[key] = mine + [item for item in value if item not in mine]
        else:
            merged[key] = value
    return merged


def process(stock, events):
    new, failed = dict(stock), []
    for index, (kind, item, count) in enumerate(events):
        have = new.get(item, 0)
        if kind == "in":
            new[item] = have + count
        elif kind == "set":
            new[item] = count
        elif kind == "out" and have >= count:
            new[item] = have - count
        else:
            failed.append(index)
    return {item: count for item, count in new.items() if count}, failed


def invoice_total(lines, discount):
    sums = {}
    for count, price, rate in lines:
        sums[rate] = sums.get(rate, 0) + count * price
    net = tax = 0
    for rate, amount in sums.items():
        amount = (amount * (100 - discount) + 50) // 100
        net += amount
        tax += (amount * rate + 50) // 100
    return {"net": net, "tax": tax, "gross": net + tax}


def settle(paid):
    if not paid:
        return {}
    share, rest = divmod(sum(paid.values()), len(paid))
    return {name: paid[name] - share - (1 if i < rest else 0) for i, name in enumerate(sorted(paid))}


def sessions(events, pause):
    times, lengths = {}, {}
    for user, second in events:
        times.setdefault(user, []).append(second)
    for user, seconds in times.items():
        seconds.sort()
        start, lengths[user] = seconds[0], []
        for before, after in zip(seconds, seconds[1:]):
            if after - before > pause:
                lengths[user].append(before - start)
                start = after
        lengths[user].append(seconds[-1] - start)
    return lengths


def duration_seconds(text):
    text = text.strip().lower()
    if re.fullmatch(r"\d+", text):
        return int(text) * 60
    match = re.fullmatch(r"(?:(\d+)d)? *(?:(\d+)h)? *(?:(\d+)m)? *(?:(\d+)s)?", text)
    if not text or not match:
        return None
    days, hours, minutes, seconds = (int(part or "0") for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def final_grade(marks, drop):
    kept = sorted(marks)[drop:]
    if not kept:
        return None
    return round(sum(points * weight for points, weight in kept) / sum(weight for _, weight in kept), 1)


def league(matches):
    table = {}

    def count(team, scored, conceded):
        points, difference, goals = table.get(team, (0, 0, 0))
        points += 3 if scored > conceded else 1 if scored == conceded else 0
        table[team] = points, difference + scored - conceded, goals + scored
    for home, away, home_goals, away_goals in matches:
        count(home, home_goals, away_goals)
        count(away, away_goals, home_goals)
    order = sorted(table, key=lambda team: tuple(-figure for figure in table[team]) + (team,))
    return [(team, table[team][0], table[team][1]) for team in order]


def build_tree(rows):
    def below(parent):
        found = sorted((name, number) for number, above, name in rows if above == parent)
        return [{"name": name, "children": below(number)} for name, number in found]
    return below(None)


def longest_streak(days):
    best, run, last = None, [], None
    for day in sorted(set(days)):
        number = date.fromisoformat(day).toordinal()
        run = run + [day] if last is not None and number == last + 1 else [day]
        last = number
        if best is None or len(run) >= best[1]:
            best = (run[0], len(run))
    return best


def profit_fifo(trades):
    held, profit = [], 0
    for kind, count, price in trades:
        if kind == "buy":
            held.append([count, price])
            continue
        while count and held:
            sold = min(count, held[0][0])
            profit += sold * (price - held[0][1])
            count -= sold
            held[0][0] -= sold
            if held[0][0] == 0:
                held.pop(0)
    return profit


def column_stats(csv, column):
    lines = [line for line in csv.split("\n") if line.strip()]
    names = [name.strip() for name in lines[0].split(";")] if lines else []
    if column not in names:
        return None
    numbers = []
    for line in lines[1:]:
        fields = line.split(";")
        try:
            numbers.append(float(fields[names.index(column)].strip().replace(",", ".")))
        except (IndexError, ValueError):
            pass
    if not numbers:
        return None
    return {"count": len(numbers), "min": min(numbers), "max": max(numbers), "mean": sum(numbers) / len(numbers)}


def pearson(xs, ys):
    if len(xs) < 2 or len(set(xs)) == 1 or len(set(ys)) == 1:
        return None
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    shared = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys))
    spread_x = sum((x - mean_x) ** 2 for x in xs)
    spread_y = sum((y - mean_y) ** 2 for y in ys)
    return shared / sqrt(spread_x * spread_y)


def minutes_covered(shifts, opening, closing):
    def minute(time):
        return int(time[:2]) * 60 + int(time[3:])
    covered = set()
    for start, end in shifts:
        covered.update(range(max(minute(start), minute(opening)), min(minute(end), minute(closing))))
    return len(covered)


def check_record(record, schema):
    types = {"int": int, "str": str, "bool": bool, "list": list}
    problems = []
    for name, rule in schema.items():
        if name not in record:
            if rule.get("required", True):
                problems.append(f"{name}: missing")
            continue
        value = record[name]
        if type(value) is not types[rule["type"]]:
            problems.append(f"{name}: wrong type")
            continue
        size = len(value) if isinstance(value, (str, list)) else value
        if "min" in rule and size < rule["min"]:
            problems.append(f"{name}: too small")
        elif "max" in rule and size > rule["max"]:
            problems.append(f"{name}: too large")
    return problems + [f"{name}: unknown" for name in sorted(record) if name not in schema]


def quarter_totals(months):
    sums, counts = {}, {}
    for month, amount in months.items():
        year, number = month.split("-")
        quarter = f"{year}-Q{(int(number) + 2) // 3}"
        sums[quarter] = sums.get(quarter, 0) + amount
        counts[quarter] = counts.get(quarter, 0) + 1
    return {quarter + ("*" if counts[quarter] == 3 else ""): total for quarter, total in sums.items()}


def moving_average(values, size):
    smooth = []
    for i in range(len(values)):
        part = values[max(0, i - size):i + size + 1]
        smooth.append(round(sum(part) / len(part), 2))
    return smooth


def convert(amount, start, goal, rates):
    factors = {}
    for (a, b), rate in rates.items():
        factors.setdefault(a, {})[b] = rate
        factors.setdefault(b, {}).setdefault(a, 1 / rate)
    waiting, seen = [(start, amount)], {start}
    while waiting:
        currency, value = waiting.pop(0)
        if currency == goal:
            return value
        for other, rate in factors.get(currency, {}).items():
            if other not in seen:
                seen.add(other)
                waiting.append((other, value * rate))
    return None


def log_summary(lines):
    summary = {}
    for line in lines:
        words = line.split()
        if len(words) < 3:
            continue
        time, level = words[0] + " " + words[1], words[2].upper()
        count, last = summary.get(level, (0, ""))
        summary[level] = (count + 1, max(last, time))
    return summary


def retention(visits):
    first, result = {}, {}
    for customer, month in visits:
        first[customer] = min(month, first.get(customer, month))
    for customer, month in first.items():
        new, again = result.get(month, (0, 0))
        result[month] = (new + 1, again + ((customer, month + 1) in visits))
    return result


def abc_classes(revenue):
    total, before, classes = sum(revenue.values()), 0, {}
    for product in sorted(revenue, key=lambda name: (-revenue[name], name)):
        if before * 100 < total * 80:
            classes[product] = "A"
        elif before * 100 < total * 95:
            classes[product] = "B"
        else:
            classes[product] = "C"
        before += revenue[product]
    return classes


def next_due(day, months):
    year, month, date = (int(part) for part in day.split("-"))
    year, month = year + (month - 1 + months) // 12, (month - 1 + months) % 12 + 1
    return f"{year:04d}-{month:02d}-{min(date, monthrange(year, month)[1]):02d}"


def best_per_group(rows, k):
    groups = {}
    for group, name, points in sorted(rows, key=lambda row: -row[2]):
        names = groups.setdefault(group, [])
        if name not in names:
            names.append(name)
    return {group: names[:k] for group, names in groups.items()}


def month_lines(year, month):
    first, days = monthrange(year, month)
    cells = ["  "] * first + [f"{day:2d}" for day in range(1, days + 1)]
    lines = ["Mo Tu We Th Fr Sa Su"]
    for i in range(0, len(cells), 7):
        lines.append(" ".join(cells[i:i + 7]).rstrip())
    return lines


def split_outliers(values):
    def median(row):
        middle = len(row) // 2
        return row[middle] if len(row) % 2 else (row[middle - 1] + row[middle]) / 2
    if len(values) < 4:
        return list(values), []
    order, half = sorted(values), len(values) // 2
    low, high = median(order[:half]), median(order[-half:])
    reach = 1.5 * (high - low)
    others = [value for value in values if low - reach <= value <= high + reach]
    return others, [value for value in values if value not in others]


def by_number(book):
    persons = {}
    for person in sorted(book):
        for number in book[person]:
            if person not in persons.setdefault(number, []):
                persons[number].append(person)
    return persons


def reporting_line(managers, person):
    line = [person]
    while managers.get(line[-1]) is not None and managers[line[-1]] not in line:
        line.append(managers[line[-1]])
    return line[1:]
