def count_neighbours(cell, alive):
    r, c = cell
    count = 0
    for dr in [-1, 0, 1]:
        for dc in [-1, 0, 1]:
            if (dr != 0 or dc != 0) and [r + dr, c + dc] in alive:
                count += 1
    return count


def step(alive):
    candidates = []
    for r, c in alive:
        for dr in [-1, 0, 1]:
            for dc in [-1, 0, 1]:
                cell = [r + dr, c + dc]
                if cell not in candidates:
                    candidates.append(cell)
    following = []
    for cell in candidates:
        count = count_neighbours(cell, alive)
        if count == 3 or (count == 2 and cell in alive):
            following.append(cell)
    return following


def game_of_life(alive, generations):
    for _ in range(generations):
        alive = step(alive)
    return sorted(alive)
