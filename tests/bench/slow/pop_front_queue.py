def shortest(grid):
    rows, columns = len(grid), len(grid[0])
    queue = [(0, 0, 0)]
    visited = [(0, 0)]
    while queue:
        row, column, length = queue.pop(0)
        if row == rows - 1 and column == columns - 1:
            return length
        for dr, dc in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            r, c = row + dr, column + dc
            if 0 <= r < rows and 0 <= c < columns and grid[r][c] == 0 and (r, c) not in visited:
                visited.append((r, c))
                queue.append((r, c, length + 1))
    return -1
