"""Reference solutions of the easier tasks of the class "programs": small programs: games, machines, receipts."""


def main(cart):
    total = sum(price * count for name, price, count in cart)
    return total * 0.9 if total > 100 else total


def guess_game(secret, guesses):
    answers = []
    for guess in guesses:
        if guess == secret:
            return answers + ["correct"]
        answers.append("higher" if secret > guess else "lower")
    return answers


def hand_winner(rounds):
    beats, lead = {"rock": "scissors", "scissors": "paper", "paper": "rock"}, 0
    for a, b in rounds:
        if beats[a] == b:
            lead += 1
        elif beats[b] == a:
            lead -= 1
    return "A" if lead > 0 else "B" if lead < 0 else "draw"


def light_after(seconds):
    place = seconds % 60
    if place < 30:
        return "green"
    return "yellow" if place < 35 else "red"


def report_card(points):
    grades = {}
    for name, number in points.items():
        grades[name] = "F"
        for grade, least in (("D", 45), ("C", 60), ("B", 75), ("A", 90)):
            if number >= least:
                grades[name] = grade
    return grades


def shopping_list(commands):
    things = []
    for command in commands:
        word, thing = command.split(" ", 1)
        if word == "add" and thing not in things:
            things.append(thing)
        elif word == "remove" and thing in things:
            things.remove(thing)
    return things


def cash_machine(balance, amounts):
    refused = 0
    for amount in amounts:
        if amount > balance:
            refused += 1
        else:
            balance -= amount
    return balance, refused


def waiting_room(events):
    queue, called = [], []
    for event in events:
        if event != "next":
            queue.append(event.split()[1])
        elif queue:
            called.append(queue.pop(0))
    return called


def give_change(amount):
    paid = []
    for note in (50, 20, 10, 5, 2, 1):
        while amount >= note:
            paid.append(note)
            amount -= note
    return paid


def stairs(n):
    return [("#" * step).rjust(n) for step in range(1, n + 1)]


def election(votes):
    if not votes:
        return "nobody"
    most = max(votes.count(name) for name in votes)
    best = {name for name in votes if votes.count(name) == most}
    return "tie" if len(best) > 1 else best.pop()


def log_in(password, attempts):
    for attempt in attempts[:3]:
        if attempt == password:
            return "welcome"
    return "locked" if len(attempts) >= 3 else "waiting"


def times_table(number, last):
    return [f"{count} x {number} = {count * number}" for count in range(1, last + 1)]


def convert_temperature(text):
    number = int(text[:-1])
    if text[-1] == "C":
        return f"{round(number * 9 / 5 + 32)}F"
    return f"{round((number - 32) * 5 / 9)}C"


def counter(presses):
    number = 0
    for press in presses:
        if press == "up":
            number += 1
        elif press == "down":
            number = max(0, number - 1)
        elif press == "double":
            number *= 2
        else:
            number = 0
    return number


def turn_points(rolls, goal):
    total = 0
    for roll in rolls:
        if roll == 1:
            return 0
        total += roll
        if total >= goal:
            break
    return total


def late_fee(days):
    return min(500, max(0, days - 3) * 20)


def most_on_bus(stops):
    most = now = 0
    for off, on in stops:
        now += on - off
        most = max(most, now)
    return most


def receipt(items):
    lines, total = [], 0
    for name, count, price in items:
        lines.append(f"{count} x {name}: {count * price / 100:.2f}")
        total += count * price
    return lines + [f"Total: {total / 100:.2f}"]


def show_word(word, guessed):
    return "".join(ch if ch in " -" or ch.lower() in guessed.lower() else "_" for ch in word)
