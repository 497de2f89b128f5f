def neighbours(roads, town):
    found = []
    for a, b in roads:
        if a == town:
            found.append(b)
        elif b == town:
            found.append(a)
    return sorted(found)


def shortest_route(roads, start, goal):
    if start == goal:
        return [start]
    visited = [start]
    queue = [[start]]
    while queue:
        path = queue.pop(0)
        for town in neighbours(roads, path[-1]):
            if town in visited:
                continue
            if town == goal:
                return path + [town]
            visited.append(town)
            queue.append(path + [town])
    return []
