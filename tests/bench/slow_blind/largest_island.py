def largest_island(grid):
    rows = len(grid)
    cols = len(grid[0]) if grid else 0
    visited = []
    best = 0

    def explore(row, col):
        size = 0
        stack = [(row, col)]
        while stack:
            r, c = stack.pop()
            if r < 0 or r >= rows or c < 0 or c >= cols:
                continue
            if grid[r][c] == 0 or (r, c) in visited:
                continue
            visited.append((r, c))
            size += 1
            stack.extend([(r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)])
        return size

    for row in range(rows):
        for col in range(cols):
            if grid[row][col] == 1 and (row, col) not in visited:
                best = max(best, explore(row, col))
    return best
