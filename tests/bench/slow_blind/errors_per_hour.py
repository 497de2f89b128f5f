import re
from datetime import datetime


def parse_line(line):
    pattern = re.compile(r"^(\S+ \S+) \[(\w+)\] (.*)$")
    match = pattern.match(line)
    if not match:
        return None
    when = datetime.strptime(match.group(1), "%Y-%m-%d %H:%M:%S")
    return when, match.group(2), match.group(3)


def errors_per_hour(lines):
    hours = sorted({parse_line(line)[0].strftime("%Y-%m-%d %H") for line in lines if parse_line(line)})
    summary = {}
    for hour in hours:
        count = 0
        for line in lines:
            parsed = parse_line(line)
            if parsed is None:
                continue
            when, level, _ = parsed
            if level == "ERROR" and when.strftime("%Y-%m-%d %H") == hour:
                count += 1
        summary[hour] = count
    return summary
