"""Reference solutions of the class "functions": algorithms and data structures."""


def bridge_gaps(spans, gap):
    joined = []
    for start, end in sorted(spans):
        if joined and start - joined[-1][1] <= gap:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    return joined


def first_plateau(readings, tolerance, length):
    for i in range(len(readings) - length + 1):
        window = readings[i:i + length]
        if max(window) - min(window) <= tolerance:
            return i
    return -1


def ring_sums(grid):
    if not grid:
        return []
    rows, columns = len(grid), len(grid[0])
    sums = [0] * ((min(rows, columns) + 1) // 2)
    for r in range(rows):
        for c in range(columns):
            sums[min(r, c, rows - 1 - r, columns - 1 - c)] += grid[r][c]
    return sums


def fewest_coins(amount, drawer):
    best = {0: 0}
    for value, count in drawer.items():
        reached = dict(best)
        for paid, coins in best.items():
            for extra in range(1, count + 1):
                total = paid + extra * value
                if total <= amount and coins + extra < reached.get(total, amount + 1):
                    reached[total] = coins + extra
        best = reached
    return best.get(amount, -1)


def free_ranges(taken, lo, hi):
    blocked = set(taken)
    found = []
    for i in range(lo, hi + 1):
        if i in blocked:
            continue
        if found and found[-1][1] == i - 1:
            found[-1] = (found[-1][0], i)
        else:
            found.append((i, i))
    return found


def digits_in_base(number, alphabet):
    if number == 0:
        return alphabet[0]
    rest, digits = abs(number), ""
    while rest:
        rest, digit = divmod(rest, len(alphabet))
        digits = alphabet[digit] + digits
    return "-" + digits if number < 0 else digits


def build_order(needs):
    open_needs = {name: set(before) for name, before in needs.items()}
    for before in needs.values():
        for name in before:
            open_needs.setdefault(name, set())
    order = []
    while open_needs:
        ready = sorted(name for name, before in open_needs.items() if not before)
        if not ready:
            return None
        order.append(ready[0])
        del open_needs[ready[0]]
        for before in open_needs.values():
            before.discard(ready[0])
    return order


def steps_to_exit(maze):
    cells = {(r, c): cell for r, row in enumerate(maze) for c, cell in enumerate(row) if cell != "#"}
    border = [place for place, cell in cells.items() if cell == "S"]
    seen, steps = set(border), 0
    while border:
        if any(cells[place] == "E" for place in border):
            return steps
        steps += 1
        near = {(r + dr, c + dc) for r, c in border for dr, dc in ((0, 1), (1, 0), (0, -1), (-1, 0))}
        border = [place for place in near if place in cells and place not in seen]
        seen.update(border)
    return -1


def island_sizes(rows):
    land = {(r, c) for r, row in enumerate(rows) for c, cell in enumerate(row) if cell == "o"}
    sizes = []
    while land:
        stack, size = [land.pop()], 0
        while stack:
            r, c = stack.pop()
            size += 1
            for near in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
                if near in land:
                    land.remove(near)
                    stack.append(near)
        sizes.append(size)
    return sorted(sizes, reverse=True)


def sliding_median(values, size):
    medians = []
    for i in range(len(values) - size + 1):
        window = sorted(values[i:i + size])
        middle = size // 2
        if size % 2:
            medians.append(window[middle])
        else:
            medians.append((window[middle - 1] + window[middle]) / 2)
    return medians


def multiply_polynomials(a, b):
    product = [0] * (len(a) + len(b))
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            product[i + j] += x * y
    while product and product[-1] == 0:
        product.pop()
    return product


def determinant(matrix):
    if not matrix:
        return 1
    total = 0
    for i, value in enumerate(matrix[0]):
        rest = [row[:i] + row[i + 1:] for row in matrix[1:]]
        total += (-1) ** i * value * determinant(rest)
    return total


def continued_fraction(p, q):
    parts = []
    while q:
        parts.append(p // q)
        p, q = q, p % q
    return parts


def unit_fractions(numerator, denominator):
    taken = []
    while numerator:
        n = -(-denominator // numerator)
        taken.append(n)
        numerator, denominator = numerator * n - denominator, denominator * n
    return taken


def last_seated(names, k):
    circle, gone, at = list(names), [], 0
    while len(circle) > 1:
        at = (at + k - 1) % len(circle)
        gone.append(circle.pop(at))
    return gone, circle[0] if circle else None


def even_chunks(items, n):
    size, longer = divmod(len(items), n)
    parts, at = [], 0
    for i in range(n):
        end = at + size + (1 if i < longer else 0)
        parts.append(items[at:end])
        at = end
    return parts


def weighted_median(values, weights):
    total, below = sum(weights), 0
    for value, weight in sorted(zip(values, weights)):
        below += weight
        if below * 2 >= total:
            return value
    return None


def flatten_to_depth(nested, depth):
    flat = []
    for item in nested:
        if isinstance(item, list) and depth > 0:
            flat.extend(flatten_to_depth(item, depth - 1))
        else:
            flat.append(item)
    return flat


def heaviest_path(tree):
    if not tree:
        return []
    best = None
    for child in tree[1:]:
        path = heaviest_path(child)
        if best is None or sum(path) > sum(best):
            best = path
    return [tree[0]] + (best or [])


def balanced_ternary(n):
    digits = ""
    while n:
        digits = "0+-"[n % 3] + digits
        n = (n + 1) // 3
    return digits or "0"


def fibonacci_parts(n):
    numbers = [1, 2]
    while numbers[-1] <= n:
        numbers.append(numbers[-1] + numbers[-2])
    parts = []
    for number in reversed(numbers):
        if number <= n:
            parts.append(number)
            n -= number
    return parts


def towers_seen(heights):
    def seen(row):
        count, highest = 0, None
        for height in row:
            if highest is None or height > highest:
                count, highest = count + 1, height
        return count
    return seen(heights), seen(heights[::-1])


def pour_steps(a, b, goal):
    border, seen, steps = {(0, 0)}, {(0, 0)}, 0
    while border:
        if any(goal in state for state in border):
            return steps
        reached = set()
        for x, y in border:
            right, left = min(x, b - y), min(y, a - x)
            reached |= {(a, y), (x, b), (0, y), (x, 0), (x - right, y + right), (x + left, y - left)}
        border = reached - seen
        seen |= border
        steps += 1
    return -1


def most_meetings(meetings):
    count, free = 0, None
    for start, end in sorted(meetings, key=lambda meeting: meeting[1]):
        if free is None or start >= free:
            count, free = count + 1, end
    return count


def longest_bit_run(n, bit):
    longest = run = 0
    for digit in format(n, "b"):
        run = run + 1 if digit == str(bit) else 0
        longest = max(longest, run)
    return longest


def top_with_ties(scores, k):
    order = sorted(scores, key=lambda name: (-scores[name], name))
    if len(order) <= k:
        return order
    limit = scores[order[k - 1]]
    return [name for name in order if scores[name] >= limit]


def same_group(pairs, questions):
    leader = {}

    def find(person):
        while leader.get(person, person) != person:
            person = leader[person]
        return person
    for a, b in pairs:
        leader[find(a)] = find(b)
    return [find(x) == find(y) for x, y in questions]


def ways_up(n, broken):
    ways = [1]
    for stair in range(1, n + 1):
        ways.append(0 if stair in broken else sum(ways[-3:]))
    return ways[n]


def nim_move(heaps):
    total = 0
    for heap in heaps:
        total ^= heap
    for index, heap in enumerate(heaps):
        if heap ^ total < heap:
            return index, heap - (heap ^ total)
    return None


def take_turns(lists):
    longest = max((len(part) for part in lists), default=0)
    return [part[i] for i in range(longest) for part in lists if i < len(part)]


def nearest_multiple(n, step):
    multiple = (2 * abs(n) + step) // (2 * step) * step
    return multiple if n >= 0 else -multiple


def smallest_difference(strengths):
    total, sums = sum(strengths), {0}
    for strength in strengths:
        sums |= {reached + strength for reached in sums}
    return min(abs(total - 2 * reached) for reached in sums)


def rotate_border(grid, steps):
    rows, columns = len(grid), len(grid[0])
    ring = [(0, j) for j in range(columns)]
    ring += [(i, columns - 1) for i in range(1, rows)]
    ring += [(rows - 1, j) for j in range(columns - 2, -1, -1)]
    ring += [(i, 0) for i in range(rows - 2, 0, -1)]
    turned = [list(row) for row in grid]
    for at, (i, j) in enumerate(ring):
        to_i, to_j = ring[(at + steps) % len(ring)]
        turned[to_i][to_j] = grid[i][j]
    return turned


def digit_cycle(n):
    seen = []
    while n not in seen:
        seen.append(n)
        n = sum(int(digit) ** 2 for digit in str(n))
    return seen


def move_item(items, start, end):
    moved, size = list(items), len(items)
    if not (-size <= start < size and -size <= end < size):
        return moved
    moved.insert(end % size, moved.pop(start))
    return moved


def cheapest_route(roads, start, goal):
    best, waiting = {}, [(0, [start])]
    while waiting:
        waiting.sort()
        cost, way = waiting.pop(0)
        here = way[-1]
        if here == goal:
            return cost, way
        if here in best:
            continue
        best[here] = cost
        for a, b, price in roads:
            if here in (a, b):
                waiting.append((cost + price, way + [b if here == a else a]))
    return None


def swaps_to_sort(numbers):
    row, target, swaps = list(numbers), sorted(numbers), 0
    for i in range(len(row)):
        if row[i] != target[i]:
            j = row.index(target[i])
            row[i], row[j] = row[j], row[i]
            swaps += 1
    return swaps


def sparse_sum(a, b):
    total = {}
    for index in set(a) | set(b):
        value = a.get(index, 0) + b.get(index, 0)
        if value != 0:
            total[index] = value
    return total


def shuffles_until_sorted(n):
    start = list(range(2 * n))
    deck, count = start, 0
    while count == 0 or deck != start:
        deck = [deck[i // 2 + n * (i % 2)] for i in range(2 * n)]
        count += 1
    return count


def widest_gap(numbers):
    best = None
    order = sorted(set(numbers))
    for a, b in zip(order, order[1:]):
        if best is None or b - a > best[1] - best[0]:
            best = (a, b)
    return best


def best_playlist(songs, minutes):
    best = [(0, [])] * (minutes + 1)
    for title, length, rating in songs:
        for room in range(minutes, length - 1, -1):
            points, titles = best[room - length]
            if points + rating > best[room][0]:
                best[room] = (points + rating, titles + [title])
    return best[minutes][1]


def shortest_block(items):
    for size in range(1, len(items) + 1):
        if len(items) % size == 0 and items[:size] * (len(items) // size) == items:
            return items[:size]
    return []
