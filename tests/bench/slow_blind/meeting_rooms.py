def to_minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def meeting_rooms(meetings: list) -> int:
    """Return the smallest number of rooms in which all the meetings can take place."""
    if not meetings:
        return 0
    rooms = 0
    for minute in range(24 * 60):
        busy = 0
        for start, end in meetings:
            if to_minutes(start) <= minute < to_minutes(end):
                busy += 1
        rooms = max(rooms, busy)
    return rooms
