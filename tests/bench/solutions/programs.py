"""Reference solutions of the class "programs": small programs: simulators, interpreters, games."""

import re


def drive(commands, width, height):
    x, y, facing = 0, 0, 0
    for command in commands:
        if command == "R":
            facing = (facing + 1) % 4
        elif command == "L":
            facing = (facing - 1) % 4
        elif command in "FB":
            step = 1 if command == "F" else -1
            new_x = x + step * (0, 1, 0, -1)[facing]
            new_y = y + step * (1, 0, -1, 0)[facing]
            if 0 <= new_x < width and 0 <= new_y < height:
                x, y = new_x, new_y
    return x, y, "NESW"[facing]


def rpn(expression):
    stack = []
    for token in expression.split():
        if token.lstrip("-").isdigit():
            stack.append(int(token))
        elif token in ("dup", "drop") and stack:
            stack = stack + stack[-1:] if token == "dup" else stack[:-1]
        elif token in ("swap", "+", "-", "*", "/") and len(stack) > 1:
            b, a = stack.pop(), stack.pop()
            if token == "swap":
                stack += [b, a]
            elif token == "/" and b == 0:
                return None
            else:
                stack.append({"+": a + b, "-": a - b, "*": a * b, "/": a // (b or 1)}[token])
        else:
            return None
    return stack[0] if len(stack) == 1 else None


def calculate(text):
    tokens = re.findall(r"\d+|[-+*^()]", text) + ["end"]

    def total():
        value = product()
        while tokens[0] in "+-":
            value = value + product() if tokens.pop(0) == "+" else value - product()
        return value

    def product():
        value = signed()
        while tokens[0] == "*":
            tokens.pop(0)
            value *= signed()
        return value

    def signed():
        if tokens[0] == "-":
            tokens.pop(0)
            return -signed()
        value = total_in_brackets() if tokens[0] == "(" else int(tokens.pop(0))
        if tokens[0] == "^":
            tokens.pop(0)
            value **= signed()
        return value

    def total_in_brackets():
        tokens.pop(0)
        value = total()
        tokens.pop(0)
        return value
    return total()


def run_program(lines, limit):
    registers, at = {}, 0
    while limit > 0 and 0 <= at < len(lines):
        name, *args = lines[at].split()
        limit -= 1
        step = 1
        if name == "set":
            registers[args[0]] = int(args[1])
        elif name == "jump":
            step = int(args[0])
        elif name == "jzero":
            if registers.get(args[0], 0) == 0:
                step = int(args[1])
        else:
            mine, other = registers.get(args[0], 0), registers.get(args[1], 0)
            registers[args[0]] = {"copy": other, "add": mine + other, "sub": mine - other}[name]
        at += step
    return registers


def vend(prices, actions):
    money, outputs = 0, []
    for action in actions:
        if action.isdigit():
            if int(action) in (5, 10, 20, 50, 100, 200):
                money += int(action)
            else:
                outputs.append("rejected")
        elif action == "return":
            outputs.append(f"change {money}")
            money = 0
        elif action not in prices:
            outputs.append("unknown")
        elif money < prices[action]:
            outputs.append(f"add {prices[action] - money}")
        else:
            money -= prices[action]
            outputs.append(action)
    return outputs


def elevator_stops(start, calls):
    above = sorted({floor for floor in calls if floor > start})
    below = sorted({floor for floor in calls if floor < start}, reverse=True)
    first = [start] if start in calls else []
    if above and below and start - below[0] < above[0] - start:
        return first + below + above
    return first + above + below


def run_bank(commands):
    accounts, failed = {}, 0

    def do(name, *args):
        if name == "open":
            return args[0] not in accounts and accounts.setdefault(args[0], 0) == 0
        if args[0] not in accounts:
            return False
        if name == "close":
            return accounts[args[0]] == 0 and accounts.pop(args[0]) == 0
        amount = int(args[-1])
        if amount <= 0 or name == "transfer" and args[1] not in accounts:
            return False
        if name != "deposit":
            if accounts[args[0]] < amount:
                return False
            accounts[args[0]] -= amount
        if name != "withdraw":
            accounts[args[-2]] += amount
        return True
    for command in commands:
        if not do(*command.split()):
            failed += 1
    return {**accounts, "failed": failed}


def board_status(board):
    cells = "".join(board)
    lines = board + [cells[i::3] for i in range(3)] + [cells[::4], cells[2:7:2]]
    more = cells.count("X") - cells.count("O")
    won_x, won_o = "XXX" in lines, "OOO" in lines
    if more not in (0, 1) or won_x and more == 0 or won_o and more == 1:
        return "impossible"
    if won_x or won_o:
        return "X wins" if won_x else "O wins"
    if "." not in cells:
        return "draw"
    return "X to move" if more == 0 else "O to move"


def play(columns):
    board, moves = {}, 0
    for column in columns:
        row = sum((column, r) in board for r in range(6))
        if not 0 <= column <= 6 or row == 6:
            return "illegal", moves
        player = "RY"[moves % 2]
        board[column, row] = player
        moves += 1
        for dx, dy in ((1, 0), (0, 1), (1, 1), (1, -1)):
            line = "".join(board.get((column + i * dx, row + i * dy), ".") for i in range(-3, 4))
            if player * 4 in line:
                return player, moves
    return ("full" if moves == 42 else "open"), moves


def bowling_score(rolls):
    score, at = 0, 0
    for frame in range(10):
        if rolls[at:at + 1] == [10]:
            counted, used = rolls[at:at + 3], 1
            needed = 3
        else:
            used = 2
            needed = 3 if sum(rolls[at:at + 2]) == 10 else 2
            counted = rolls[at:at + needed]
        if len(counted) < needed:
            break
        score += sum(counted)
        at += used
    return score


def tennis_game(points):
    words, a, b = ["love", "15", "30", "40"], 0, 0
    for point in points:
        a, b = (a + 1, b) if point == "A" else (a, b + 1)
        if max(a, b) >= 4 and abs(a - b) >= 2:
            return "game A" if a > b else "game B"
    if a == b:
        return "deuce" if a >= 3 else words[a] + "-all"
    if a >= 3 and b >= 3:
        return "advantage A" if a > b else "advantage B"
    return words[a] + "-" + words[b]


def life_step(rows):
    height, width = len(rows), len(rows[0])
    result = []
    for r in range(height):
        line = ""
        for c in range(width):
            near = [rows[(r + dr) % height][(c + dc) % width] for dr in (-1, 0, 1) for dc in (-1, 0, 1)]
            alive = near.count("#")
            line += "#" if alive == 3 or alive == 4 and rows[r][c] == "#" else "."
        result.append(line)
    return result


def dice_hand(dice):
    counts = sorted(((dice.count(face), face) for face in set(dice)), reverse=True)
    shape = [count for count, face in counts]
    first = counts[0][0] * counts[0][1]
    if shape == [5]:
        return "five of a kind", 50
    if shape == [4, 1]:
        return "four of a kind", first
    if shape == [3, 2]:
        return "full house", 25
    if len(shape) == 5 and max(dice) - min(dice) == 4:
        return "straight", 40
    if shape[0] == 3:
        return "three of a kind", first
    if shape[0] == 2 and shape[1] == 2:
        return "two pairs", first + 2 * counts[1][1]
    return ("pair", first) if shape[0] == 2 else ("nothing", max(dice))


def blackjack_value(cards):
    total = sum(1 if card == "A" else 10 if card in "JQK" else int(card) for card in cards)
    if "A" in cards and total + 10 <= 21:
        total += 10
        if total == 21 and len(cards) == 2:
            return "blackjack"
    return total


def cache_run(size, requests):
    keys, hits = [], 0
    for key in requests:
        if key in keys:
            hits += 1
            keys.remove(key)
        keys = ([key] + keys)[:size]
    return hits, len(requests) - hits, keys


def round_robin(jobs, slice):
    coming, queue, done, time = list(jobs), [], [], 0
    while coming or queue:
        if not queue:
            time = max(time, coming[0][1])
        while coming and coming[0][1] <= time:
            queue.append((coming[0][0], coming[0][2]))
            coming.pop(0)
        name, work = queue.pop(0)
        ran = min(slice, work)
        time += ran
        while coming and coming[0][1] <= time:
            queue.append((coming[0][0], coming[0][2]))
            coming.pop(0)
        if work > ran:
            queue.append((name, work - ran))
        else:
            done.append((name, time))
    return done


def run_tape(rules, tape, limit):
    cells, state, at = dict(enumerate(tape)), "start", 0
    while limit > 0 and state != "stop" and (state, cells.get(at, "_")) in rules:
        cells[at], move, state = rules[state, cells.get(at, "_")]
        at += move
        limit -= 1
    return "".join(cells[place] for place in sorted(cells)).strip("_")


def edit(commands):
    text, past, future = "", [], []
    for command in commands:
        name, _, rest = command.partition(" ")
        if name == "undo":
            if past:
                future.append(text)
                text = past.pop()
        elif name == "redo":
            if future:
                past.append(text)
                text = future.pop()
        else:
            past.append(text)
            future = []
            text = text + rest if name == "type" else text[:max(0, len(text) - int(rest))]
    return text


def kv_run(commands):
    store, saved, outputs = {}, [], []
    for command in commands:
        name, *args = command.split()
        if name == "set":
            store[args[0]] = args[1]
        elif name == "del":
            store.pop(args[0], None)
        elif name == "get":
            outputs.append(store.get(args[0], "none"))
        elif name == "begin":
            saved.append(dict(store))
        elif not saved:
            outputs.append("no transaction")
        else:
            before = saved.pop()
            if name == "rollback":
                store = before
    return outputs


def snake(width, height, moves, food):
    body, score = [(0, 0)], 0
    for index, move in enumerate(moves):
        dx, dy = {"U": (0, -1), "D": (0, 1), "L": (-1, 0), "R": (1, 0)}[move]
        head = (body[-1][0] + dx, body[-1][1] + dy)
        if score < len(food) and food[score] == head:
            score += 1
        else:
            body.pop(0)
        if head in body or not (0 <= head[0] < width and 0 <= head[1] < height):
            return score, index
        body.append(head)
    return score


def minesweeper_open(board, row, column):
    height, width = len(board), len(board[0])
    if board[row][column] == "*":
        shown = {(row, column): "*"}
    else:
        shown, waiting = {}, [(row, column)]
        while waiting:
            r, c = waiting.pop()
            near = [(i, j) for i in range(max(0, r - 1), min(height, r + 2))
                    for j in range(max(0, c - 1), min(width, c + 2))]
            mines = sum(board[i][j] == "*" for i, j in near)
            shown[r, c] = str(mines)
            if mines == 0:
                waiting += [place for place in near if place not in shown]
    return ["".join(shown.get((r, c), "?") for c in range(width)) for r in range(height)]


def rate(secret, guess):
    black = sum(a == b for a, b in zip(secret, guess))
    shared = sum(min(secret.count(letter), guess.count(letter)) for letter in set(guess))
    return black, shared - black


def possible_words(words, guesses):
    def colours(solution, guess):
        left = [letter for letter, mine in zip(solution, guess) if letter != mine]
        result = ""
        for letter, mine in zip(solution, guess):
            if letter == mine:
                result += "g"
            elif mine in left:
                left.remove(mine)
                result += "y"
            else:
                result += "x"
        return result
    return [word for word in words if all(colours(word, guess) == given for guess, given in guesses)]


def evaluate(expression, values):
    tokens = expression.split() + ["end"]

    def either():
        value = both()
        while tokens[0] == "or":
            tokens.pop(0)
            value = both() or value
        return value

    def both():
        value = single()
        while tokens[0] == "and":
            tokens.pop(0)
            value = single() and value
        return value

    def single():
        token = tokens.pop(0)
        if token == "not":
            return not single()
        if token == "(":
            value = either()
            tokens.pop(0)
            return value
        return token == "true" or values.get(token, False)
    return either()


def parse_nested(text):
    at = 0

    def skip():
        nonlocal at
        while text[at:at + 1] == " ":
            at += 1

    def element():
        nonlocal at
        if text[at:at + 1] == "[":
            return bracketed()
        start = at
        at += text[at:at + 1] == "-"
        while text[at:at + 1].isdigit():
            at += 1
        return int(text[start:at])

    def bracketed():
        nonlocal at
        if text[at:at + 1] != "[":
            raise ValueError
        at += 1
        items = []
        skip()
        while text[at:at + 1] != "]":
            if items:
                if text[at:at + 1] != ",":
                    raise ValueError
                at += 1
                skip()
            items.append(element())
            skip()
        at += 1
        return items
    try:
        skip()
        result = bracketed()
        skip()
    except ValueError:
        return None
    return result if at == len(text) else None


def turtle(program):
    x, y, dx, dy = 0, 0, 0, 1
    lines, remembered = set(), []
    for token in program.split():
        if token == "R":
            dx, dy = dy, -dx
        elif token == "L":
            dx, dy = -dy, dx
        elif token == "[":
            remembered.append((x, y, dx, dy))
        elif token == "]":
            x, y, dx, dy = remembered.pop()
        else:
            for _ in range(int(token[1:])):
                lines.add(frozenset([(x, y), (x + dx, y + dy)]))
                x, y = x + dx, y + dy
    return len(lines)


def reversi_flips(board, row, column, player):
    if board[row][column] != ".":
        return 0
    total = 0
    for dr, dc in ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)):
        r, c, count = row + dr, column + dc, 0
        while 0 <= r < len(board) and 0 <= c < len(board[0]) and board[r][c] != ".":
            if board[r][c] == player:
                total += count
                break
            count += 1
            r, c = r + dr, c + dc
    return total


def shell(commands):
    root, outputs = {}, []
    way = [root]

    def size(folder):
        return sum(size(entry) if isinstance(entry, dict) else entry for entry in folder.values())
    for command in commands:
        name, *args = command.split()
        here = way[-1]
        if name == "ls":
            entries = [entry + ("/" if isinstance(here[entry], dict) else "") for entry in sorted(here)]
            outputs.append(" ".join(entries))
        elif name == "du":
            outputs.append(size(here))
        elif name == "cd":
            if args[0] == "/":
                way = [root]
            elif args[0] == "..":
                way = way[:-1] or [root]
            elif isinstance(here.get(args[0]), dict):
                way = way + [here[args[0]]]
            else:
                outputs.append("no such folder")
        elif isinstance(here.get(args[0]), dict) or name == "mkdir" and args[0] in here:
            outputs.append("exists")
        else:
            here[args[0]] = {} if name == "mkdir" else int(args[1])
    return outputs


def allowed_requests(times, limit, window):
    allowed, answers = [], []
    for time in times:
        recent = sum(before > time - window for before in allowed)
        answers.append(recent < limit)
        if answers[-1]:
            allowed.append(time)
    return answers


def heating(temperatures, target, width):
    on, times, run, longest = False, 0, 0, 0
    for temperature in temperatures:
        if temperature < target - width:
            times += not on
            on = True
        elif temperature > target + width:
            on = False
        run = run + 1 if on else 0
        longest = max(longest, run)
    return times, longest


def lisp(text):
    tokens = text.replace("(", " ( ").replace(")", " ) ").split()

    def read():
        token = tokens.pop(0)
        if token != "(":
            return token
        items = []
        while tokens[0] != ")":
            items.append(read())
        tokens.pop(0)
        return items

    def value(form, known):
        if isinstance(form, str):
            return known[form] if form in known else int(form)
        if form[0] == "if":
            return value(form[2] if value(form[1], known) != 0 else form[3], known)
        if form[0] == "let":
            return value(form[3], {**known, form[1]: value(form[2], known)})
        numbers = [value(part, known) for part in form[1:]]
        if form[0] == "+":
            return sum(numbers)
        if form[0] == "-":
            return numbers[0] - numbers[1]
        product = 1
        for number in numbers:
            product *= number
        return product
    return value(read(), {})


def sudoku_conflicts(grid):
    def peers(a, b):
        block = a[0] // 3 == b[0] // 3 and a[1] // 3 == b[1] // 3
        return a != b and (a[0] == b[0] or a[1] == b[1] or block)
    cells = [(r, c) for r in range(9) for c in range(9) if grid[r][c] != "."]
    return [a for a in cells if any(grid[a[0]][a[1]] == grid[b[0]][b[1]] and peers(a, b) for b in cells)]


def attacked(pieces, square):
    def place(name):
        return ord(name[0]) - ord("a"), int(name[1]) - 1

    def attacks(name, piece):
        (x, y), (to_x, to_y) = place(name), place(square)
        dx, dy = to_x - x, to_y - y
        far = max(abs(dx), abs(dy))
        if piece == "N":
            return sorted((abs(dx), abs(dy))) == [1, 2]
        if piece == "x" or far == 0:
            return False
        if piece == "K":
            return far == 1
        straight, diagonal = dx == 0 or dy == 0, abs(dx) == abs(dy)
        if not (straight and piece in "RQ" or diagonal and piece in "BQ"):
            return False
        between = {(x + dx // far * i, y + dy // far * i) for i in range(1, far)}
        return not any(place(other) in between for other in pieces)
    return sorted(name for name, piece in pieces.items() if attacks(name, piece))


def next_run(pattern, now):
    def fits(part, number):
        if part == "*":
            return True
        if part.startswith("*/"):
            return number % int(part[2:]) == 0
        return str(number) in part.split(",")
    minutes, hours = pattern.split()
    times = [f"{hour:02d}:{minute:02d}" for hour in range(24) for minute in range(60)
             if fits(hours, hour) and fits(minutes, minute)]
    later = [time for time in times if time > now]
    return later[0] if later else "+" + times[0]


def evolve(rule, cells, steps):
    for _ in range(steps):
        padded = "0" + cells + "0"
        cells = "".join(str(rule >> int(padded[i:i + 3], 2) & 1) for i in range(len(cells)))
    return cells


def todo(commands):
    tasks = []
    for command in commands:
        name, _, rest = command.partition(" ")
        if name == "add":
            tasks.append([rest, " "])
            continue
        if name == "clear":
            tasks = [task for task in tasks if task[1] == " "]
            continue
        at = int(rest) - 1
        if not 0 <= at < len(tasks):
            continue
        if name == "done":
            tasks[at][1] = "x"
        elif name == "remove":
            tasks.pop(at)
        elif at > 0:
            tasks[at - 1], tasks[at] = tasks[at], tasks[at - 1]
    return [f"{i}. [{mark}] {text}" for i, (text, mark) in enumerate(tasks, 1)]


def parking_fee(minutes, weekend, member):
    if minutes <= 15:
        return 0
    fee, rest = 0, minutes
    while rest > 0:
        hours = -(-min(rest, 1440) // 60)
        price = 100 * hours if weekend else 200 * min(hours, 3) + 150 * max(hours - 3, 0)
        fee += min(price, 1500)
        rest -= 1440
    return fee * 3 // 4 if member else fee


def mancala_move(pits, store, pit):
    pits, stones, places = list(pits), pits[pit], [0, 1, 2, 3, 4, 5, "store", 6, 7, 8, 9, 10, 11]
    pits[pit], at, last = 0, pit, None
    index = places.index(at)
    while stones:
        index = (index + 1) % 13
        last = places[index]
        if last == pit:
            continue
        stones -= 1
        if last == "store":
            store += 1
        else:
            pits[last] += 1
    again = last == "store"
    if not again and last < 6 and pits[last] == 1 and pits[11 - last]:
        store += 1 + pits[11 - last]
        pits[last] = pits[11 - last] = 0
    return pits, store, again


def ring_program(text):
    cells, at, output, count, i = [0] * 8, 0, "", "", 0
    matching, begun = {}, []
    for place, ch in enumerate(text):
        if ch == "(":
            begun.append(place)
        elif ch == ")":
            matching[begun[-1]] = place
            matching[place] = begun.pop()
    while i < len(text):
        ch, times = text[i], int(count or 1)
        count = count + ch if ch.isdigit() else ""
        if ch in "<>":
            at = (at + (times if ch == ">" else -times)) % 8
        elif ch in "+-":
            cells[at] = (cells[at] + (times if ch == "+" else -times)) % 256
        elif ch == ".":
            output += chr(cells[at]) * times
        elif ch == "(" and cells[at] == 0 or ch == ")" and cells[at] != 0:
            i = matching[i]
        i += 1
    return output


def auction(bids, items):
    best = {}
    for order, (name, amount) in enumerate(bids):
        if name not in best or amount > best[name][0]:
            best[name] = (amount, order)
    names = sorted(best, key=lambda name: (-best[name][0], best[name][1]))
    if not names or items == 0:
        return [], 0
    price = best[names[items]][0] if len(names) > items else 0
    return names[:items], price


def stale_targets(rules, changed):
    def stale(target):
        if target not in rules:
            return False
        if target not in changed:
            return True
        return any(stale(file) or changed[file] > changed[target] for file in rules[target])
    waiting, order = sorted(target for target in rules if stale(target)), []
    while waiting:
        ready = [target for target in waiting if not any(file in waiting for file in rules[target])]
        order.append(ready[0])
        waiting.remove(ready[0])
    return order


def hanoi_check(n, moves):
    pegs = [list(range(n, 0, -1)), [], []]
    for index, (source, target) in enumerate(moves):
        if not (0 <= source <= 2 and 0 <= target <= 2) or source == target or not pegs[source]:
            return index
        if pegs[target] and pegs[target][-1] < pegs[source][-1]:
            return index
        pegs[target].append(pegs[source].pop())
    return "solved" if len(pegs[2]) == n else "not solved"
