"""Makes inputs like those of the examples: small ones to compare answers on, and larger ones that take measurable
time. What all examples have in common is kept: sorted lists stay sorted, lists without repetition stay so, lists of
equal lengths stay equally long, rectangles stay rectangles, numbers that are never negative stay so, dates and times
stay such, texts keep their separators, their first line where it is a heading, and their kinds of characters.

There are several ways to grow (ways_of), as nobody knows what a program likes:
    fresh   True: new values; "numbers": new numbers, but texts that the examples hold; False: theirs alone
    ints    whether numbers grow as well
    how     "wide": more items; "deep": as many of them, each one larger; "pump": a part of one argument again and
            again (at: which argument, from which token to which), which keeps nested and balanced things valid
"""

import ast
import json
import math
import random
import re

ROWS_MAX = 40
SIZE_MAX = 50_000
SIDE_MAX = 150
LETTERS = "abcdefghijklmnopqrstuvwxyz"
MARKS = ("\n", ",", ";", " ")
PLACED = re.compile(r"(\d{4}-\d\d-\d\d|\d{4}-\d\d|\b\d{1,2}:\d\d(?::\d\d)?\b)")  # dates and times
RUN = re.compile(r"[A-Za-z]+|[0-9]+")
TOKEN = re.compile(r"\w+|\s+|.", re.S)
PUMP_TOKENS, PUMP_LENGTH = 40, 6
FOREIGN = ("é", "Ä", "ß", "ñ", "İ", "中", "٣", "\u2028", "😀")  # letters, a digit, an end of line, beyond 16 bits


def row_of(example, places):
    """The arguments of one example, in the order of the parameters; None: they are no literals."""
    given = ast.parse(example["call"] if example.get("call") else f"f({example['args']})", mode="eval").body
    if not isinstance(given, ast.Call) or not isinstance(given.func, ast.Name):
        return None
    row = [ast.literal_eval(a) for a in given.args]
    if len(row) == 1 and isinstance(row[0], tuple) and len(places) > 1 and not example.get("call"):
        row = list(row[0])
    named = {k.arg: ast.literal_eval(k.value) for k in given.keywords}
    while len(row) < len(places) and places[len(row)] in named:
        row.append(named.pop(places[len(row)]))
    return None if named else row


def rows_of(source, job):
    """The argument lists of the examples and of the program's input: those of the commonest length."""
    f = next((n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef) and n.name == job["function"]), None)
    if f is None or f.args.vararg or f.args.kwonlyargs:
        return []
    places, found = [a.arg for a in [*f.args.posonlyargs, *f.args.args]], []
    for example in job.get("examples") or []:
        try:
            found.append(row_of(example, places))
        except (ValueError, SyntaxError, TypeError, RecursionError):
            continue
    given = job.get("input")
    if isinstance(given, dict) and given and list(given) == places[:len(given)]:
        found.append(list(given.values()))
    elif isinstance(given, dict) and set(given) == set(places):
        found.append([given[p] for p in places])
    found = [r for r in found if r and len(r) <= len(places)]
    lengths = [len(r) for r in found]
    rows = [r for r in found if len(r) == max(set(lengths), key=lengths.count)]
    return [r for i, r in enumerate(rows) if repr(r) not in map(repr, rows[:i])][:ROWS_MAX]


def is_sorted(x):
    try:
        return all(a <= b for a, b in zip(x, x[1:]))
    except TypeError:
        return False


def is_unique(x):
    try:
        return len(set(x)) == len(x)
    except TypeError:
        return False


def lists(values):
    return [v for v in values if isinstance(v, (list, tuple))]


def atoms(value):
    if isinstance(value, dict):
        for k, v in value.items():
            yield k
            yield from atoms(v)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for v in value:
            yield from atoms(v)
    else:
        yield value


def speaks_of_order(task):
    return re.search(r"\b(sorted|ascending|increasing|non-decreasing|ordered)\b", task, re.I) is not None


def speaks_of_sign(task):
    return re.search(r"\b(positive|non-?negative|natural|(?:not|never|no) negative|at least (?:0|1|zero|one))\b", task, re.I) is not None


def swap(value, kind, how):
    """With how(x) for each x of the type in it."""
    if type(value) is kind:
        return how(value)
    if isinstance(value, dict):
        return {k: swap(v, kind, how) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value)(swap(v, kind, how) for v in value)
    return value


def has_container(value):
    return isinstance(value, (list, tuple, dict, set, frozenset, str))


class Maker:
    """`rows`: the argument lists of the examples, all of one length."""

    def __init__(self, rows, seed):
        self.rows, self.random = rows, random.Random(seed)
        self.spread = 0  # how far new numbers may lie above the known ones, and how many words are wanted
        self.signed = False  # negative numbers are tried
        self.largest = max(rows, key=size_of, default=[])
        self.roles = {i: self.role_of(i) for i in range(len(rows[0])) if self.role_of(i)} if rows else {}

    # -- values like known ones, of their size

    def like(self, values, fresh):
        return self.drawer(values, fresh)()

    def drawer(self, values, fresh):
        """A function that makes values like these; it is cheap to call."""
        kinds, choice = {}, self.random.choice
        for v in values:
            kinds.setdefault(type(v), []).append(v)
        makers = {kind: self.drawer_of(kind, same, fresh) for kind, same in kinds.items()}
        if len(makers) == 1:
            return next(iter(makers.values()))
        return lambda: makers[type(choice(values))]()

    def drawer_of(self, kind, same, fresh):
        random, choice = self.random.random, self.random.choice
        if kind in (list, tuple):
            return self.sequences(kind, same, fresh)
        if kind in (set, frozenset):
            draw = self.drawer([x for v in same for x in v], fresh) if any(same) else None
            return lambda: kind(draw() for _ in choice(same))
        if kind is dict:
            draws = {k: self.drawer([w[k] for w in same if k in w], fresh) for v in same for k in v}
            return lambda: {k: draws[k]() for k in choice(same)}
        if kind is str and fresh is True:
            return lambda: self.letters(choice(same))
        if kind is bool and fresh:
            return lambda: random() < 0.5
        if kind is int and fresh:
            return self.numbers(same)
        if kind is float and fresh:
            low, wide = min(same), max(same) - min(same)
            return lambda: round(low + random() * wide, 6)
        return lambda: choice(same)

    def numbers(self, known):
        low, high = min(known), max(known)
        top = max(high, low + 1, low + self.spread if self.spread else high)
        if top - low > 1 << 50:
            return lambda: self.random.randint(low, top)
        random, wide = self.random.random, top - low + 1
        return lambda: low + int(random() * wide)

    def sequences(self, kind, same, fresh):
        """Tuples and lists of equal lengths have columns; of others each item is like one of its type."""
        choice, most = self.random.choice, max(map(len, same))
        ordered = all(map(is_sorted, same)) and any(len(v) > 1 for v in same)
        if kind is tuple or all(len(v) == most for v in same):
            columns = [self.drawer([w[i] for w in same if len(w) > i], fresh) for i in range(most)]

            def make():
                return [draw() for draw in columns[:len(choice(same))]]
        else:
            kinds = {}
            for v in same:
                for x in v:
                    kinds.setdefault(type(x), []).append(x)
            draws = {k: self.drawer_of(k, v, fresh) for k, v in kinds.items()}

            def make():
                return [draws[type(x)]() for x in choice(same)]
        if not ordered:
            return lambda: kind(make())

        def make_ordered():
            return kind(sorted_if(make()))

        return make_ordered

    def letters(self, text):
        """Digits for digits, letters for letters, dates for dates, the rest as it is."""
        parts = PLACED.split(text) if ("-" in text or ":" in text) else [text]
        if len(parts) > 1:
            return "".join(self.moment(p) if i % 2 else self.characters(p) for i, p in enumerate(parts))
        if self.spread and text.isascii() and text.isalpha():  # so many different ones are wanted
            more = math.ceil(math.log(self.spread + 1, 26)) - len(text)
            text = text + text[-1] * more if more > 0 else text
        return self.characters(text)

    def characters(self, text):
        made, choice, before = [], self.random.choice, ""
        for c in text:
            if not c.isascii():
                made.append(c)
            elif c.isdigit():
                begins = not before.isdigit() and c != "0"
                made.append(choice("123456789" if begins else "0123456789"))
            elif c.islower():
                made.append(choice(LETTERS))
            else:
                made.append(choice(LETTERS).upper() if c.isupper() else c)
            before = c
        return "".join(made)

    def moment(self, text):
        """Another date or time, as long as this is one."""
        numbers, pick = [int(x) for x in re.split("[-:]", text)], self.random.randint
        if ":" in text:
            if numbers[0] > 23 or max(numbers[1:]) > 59:
                return self.characters(text)
            return ":".join([f"{pick(0, 23):0{text.index(':')}d}", *(f"{pick(0, 59):02d}" for _ in numbers[1:])])
        if not 1 <= numbers[1] <= 12 or not 1 <= (numbers + [1])[2] <= 31 or not 1 <= numbers[0] <= 9000:
            return self.characters(text)
        year = numbers[0] + pick(0, max(1, min(500, self.spread // 365)))
        return "-".join([f"{year:04d}", f"{pick(1, 12):02d}", *(f"{pick(1, 28):02d}" for _ in numbers[2:])])

    # -- larger ones

    def fill(self, n, pool, examples, fresh):
        """n items; what the examples' lists have in common is kept."""
        n = min(n, SIZE_MAX)
        self.spread = 2 * n if fresh else 0
        unique = all(map(is_unique, examples)) and any(len(x) > 1 for x in examples)
        if unique and fresh and pool and all(type(x) is int for x in pool):
            low = min(pool)
            made = self.random.sample(range(low, low + 3 * n + 2), n)
        else:
            draw = self.drawer(pool, fresh) if pool else None
            made = [draw() for _ in range(n)] if pool else []
        self.spread = 0
        if unique and fresh:
            made = list(dict.fromkeys(made)) if all(map(is_hashable, made)) else made
        return sorted_if(made) if all(map(is_sorted, examples)) and any(len(x) > 2 for x in examples) else made

    def rectangle(self, value, scale, pool, fresh):
        side = max(2, round((scale * len(value) * max(1, len(value[0]))) ** 0.5))
        side = min(side, SIDE_MAX)
        wide = side if len(value) == len(value[0]) else max(1, round(side * len(value[0]) / len(value)))
        cells, kind = [c for rows in pool for row in rows for c in row], type(value[0])
        join = "".join if kind is str else kind
        if not cells or not value[0]:
            return value
        if not fresh:  # tiles of it: ways through it stay ways
            return [join([value[r % len(value)][c % len(value[0])] for c in range(wide)]) for r in range(side)]
        draw = self.drawer(cells, fresh if kind is not str else False)
        return [join([draw() for _ in range(wide)]) for _ in range(side)]

    def text(self, value, scale, known, fresh):
        data = [as_json(v) for v in known]
        if all(d is not None for d in data) and as_json(value) is not None:
            return json.dumps(self.grow(as_json(value), scale, data, fresh, False))
        for mark in MARKS:
            head, pieces = pieces_of(known, mark) if mark in value else ("", [])
            if pieces:
                n = int(min(max(2, len(value.split(mark))) * scale, SIZE_MAX))
                self.spread = n if fresh else 0
                draw = self.drawer(pieces, fresh)
                made = head + mark.join([draw() for _ in range(n)])
                self.spread = 0
                return made
        n = int(min(max(2, len(value)) * scale, SIZE_MAX))
        if fresh is not True:
            return (value * (n // max(1, len(value)) + 1))[:max(n, len(value))] if value else value
        letters = sorted({c for v in known for c in v})
        return "".join(self.random.choices(letters, k=n)) if letters else value

    def stretch(self, value, scale, fresh):
        """Each run of letters or digits so many times as long; the rest stays. Long numbers are none any more."""
        if PLACED.search(value):
            return value
        runs = RUN.findall(value)
        times = max(1, int(min(scale, SIZE_MAX / max(1, len(value)))))

        def longer(m):
            run = m.group()
            if run.isdigit() and len(runs) > 1 and len(run) * times > 9:
                return run
            return self.characters(run * times) if fresh is True else run * times

        return RUN.sub(longer, value)

    def mapping(self, value, scale, known, fresh):
        keys = set(value)
        inner = [a for v in value.values() for a in atoms(v)]
        if is_graph(keys, inner):
            return self.copies(value, scale)
        kinds = {type(v) for v in value.values()}
        if len(kinds) == 1 and len({tuple(map(str, v)) for v in known}) > 1 or len(known) == 1 and len(value) > 1 and \
                len(kinds) == 1 and fresh:
            names, values = [k for v in known for k in v], [x for v in known for x in v.values()]
            n = int(min(len(value) * scale, SIZE_MAX))
            self.spread = 4 * n
            key_of, value_of, made = self.drawer(names, True), self.drawer(values, fresh), {}
            for _ in range(n):
                key = key_of()
                made[key + str(len(made)) if isinstance(key, str) and not PLACED.search(key) else key] = value_of()
            self.spread = 0
            return made
        return {k: self.grow(v, scale, [w[k] for w in known if k in w], fresh, False) for k, v in value.items()}

    def copies(self, value, scale):
        """A graph: so many of it side by side, each linked to the next one."""
        def name(key, i):
            return f"{key}_{i}" if isinstance(key, str) and i else key + i * 1000 if type(key) is int else key

        def rename(v, i):
            if isinstance(v, dict):
                return {rename(k, i): rename(x, i) for k, x in v.items()}
            return type(v)(rename(x, i) for x in v) if isinstance(v, (list, tuple, set)) else name(v, i)

        n, made = int(min(scale, SIZE_MAX // max(1, len(value)))), {}
        for i in range(n):
            made.update({name(k, i): rename(v, i) for k, v in value.items()})
        last, first = list(value)[-1], next(iter(value))
        for i in range(n - 1):
            held = made[name(last, i)]
            if isinstance(held, list):
                held.append(name(first, i + 1))
            elif isinstance(held, set):
                held.add(name(first, i + 1))
            elif type(held) is type(first) and held not in made:
                made[name(last, i)] = name(first, i + 1)
        return made

    def deep(self, value, scale, known, fresh, ints):
        """As many items as before, each of them larger; None: there is nothing in it that could be."""
        kind = type(value)
        if kind is str:
            return self.stretch(value, scale, fresh)
        if kind is dict and any(map(has_container, value.values())):
            return {k: self.grow(v, scale, [w[k] for w in known if type(w) is dict and k in w], fresh, ints, "deep")
                    for k, v in value.items()}
        if kind not in (list, tuple) or not any(map(has_container, value)):
            return None
        texts = [v for v in known if isinstance(v, kind)]
        if is_picture(value) and all(map(is_picture, texts)):
            return kind(self.rectangle(value, scale, [v for v in texts if v], fresh))
        pool = [x for v in texts for x in v]
        return kind(self.grow(x, scale, pool, fresh, ints, "deep") for x in value)

    def grow(self, value, scale, known, fresh, ints, how="wide"):
        """The value so many times as large; `known`: all that the examples have in its place."""
        kind = type(value)
        if kind is bool or value is None:
            return value
        if kind is int:
            return int(value * scale) if ints else self.like([v for v in known if type(v) is int], fresh)
        if kind is float:
            return value * scale if ints else value
        if kind is str and PLACED.fullmatch(value):
            return self.letters(value) if fresh is True else value
        made = self.deep(value, scale, known, fresh, ints) if how == "deep" else None
        if made is not None:
            return made
        if kind is str:
            return self.text(value, scale, [v for v in known if type(v) is str and v] or [value], fresh)
        if kind is dict:
            return self.mapping(value, scale, [v for v in known if type(v) is dict and v] or [value], fresh) \
                if value else value
        if kind not in (list, tuple, set, frozenset):
            return value
        examples = [v for v in known if isinstance(v, kind)]
        pool = [x for v in examples for x in v]
        if kind in (list, tuple) and value and isinstance(value[0], list) and is_rectangle(value) and \
                all(map(is_rectangle, examples)) and any(len(v) > 1 and len(v[0]) > 1 for v in examples) and \
                not are_rows(examples):
            return kind(self.rectangle(value, scale, [v for v in examples if v], fresh))
        if kind is tuple and len({len(v) for v in examples}) == 1 and len({type(x) for x in value}) > 1:
            return tuple(self.grow(x, scale, [v[i] for v in examples], fresh, ints) for i, x in enumerate(value))
        n = int(max(len(value), 2) * scale)
        return kind(self.fill(n, pool, [v for v in map(list, examples)] if kind in (list, tuple) else [], fresh))

    def large(self, scale, fresh, ints, how="wide", at=None):
        """One argument list, so many times as large as the largest example."""
        row = self.largest
        if how == "pump":
            return [self.pump(v, at[1], at[2], scale) if i == at[0] else v for i, v in enumerate(row)]
        made = [v if i in self.roles else self.grow(v, scale, [r[i] for r in self.rows], fresh, ints, how)
                for i, v in enumerate(row)]
        held = None
        for i, role in self.roles.items():
            if role == "name" and fresh is True:
                held = held or [a for k, v in enumerate(made) if k not in self.roles for a in atoms(v) if type(a) is str]
                made[i] = self.random.choice(held or [made[i]])
        return made

    def role_of(self, i):
        """Texts that are no bulk to grow: a "key" of records, the "name" of something in another argument, a "word"."""
        given = [(r[i], [v for k, v in enumerate(r) if k != i and has_items(v)]) for r in self.rows]
        given = [(v, others) for v, others in given if others]
        if not given or any(type(r[i]) is not str for r in self.rows):
            return None
        if all(v in {k for o in others for k in keys_of(o)} for v, others in given):
            return "key"
        if all(v in {a for o in others for a in atoms(o) if type(a) is str} for v, others in given):
            return "name"
        return "word" if all(len(r[i]) <= 12 and re.fullmatch(r"\w*", r[i]) for r in self.rows) else None

    def pump(self, value, start, end, scale):
        tokens = tokens_of(value)
        times = 1 + int(min(scale, SIZE_MAX // max(1, end - start)))
        if isinstance(value, str):
            return "".join(tokens[:start]) + "".join(tokens[start:end]) * times + "".join(tokens[end:])
        made = tokens[:start] + tokens[start:end] * times + tokens[end:]
        return type(value)(ast.literal_eval(repr(x)) if has_container(x) else x for x in made)

    def pumps(self, n):
        """Places of parts that may be repeated: (argument, from, to)."""
        row, found = self.largest, []
        for i, v in enumerate(row):
            if isinstance(v, (str, list)) and i not in self.roles:
                tokens = len(tokens_of(v)[:PUMP_TOKENS])
                found += [(i, a, b) for a in range(tokens) for b in range(a + 1, min(tokens, a + PUMP_LENGTH) + 1)]
        return found if len(found) <= n else self.random.sample(found, n)

    # -- small ones, with edges

    def edge(self, value):
        kind, r = type(value), self.random
        if kind is bool:
            return not value
        if kind is int:
            return r.choice([0, 1, value + 1, value - 1, value * 2, value, *([-value, -1] if self.signed or value < 0 else [])])
        if kind is float:
            return r.choice([0.0, value / 2, value * 3, -value if self.signed or value < 0 else value])
        if kind is str:
            return self.edge_of_text(value)
        if kind in (list, tuple, dict) and value and r.random() < 0.3:
            return self.edge_within(value)
        if kind in (list, tuple) and value:
            return r.choice([value[:0], value[:1], value + value, value[::-1], kind(r.sample(value, len(value))),
                             kind(self.like(list(value), True) for _ in range(r.randint(1, 9))),
                             kind([value[0]] * r.randint(2, 5))])
        if kind is dict and value:
            return r.choice([{}, value, dict(list(value.items())[:1]), dict(reversed(value.items())),
                             self.like([value], True)])
        if kind in (set, frozenset) and value:
            return r.choice([kind(), value, kind(list(value)[:1])])
        return value

    def edge_of_text(self, value):
        r, at = self.random, self.random.randrange(len(value) + 1)
        return r.choice(["", value[:1], value + value, value[::-1], "".join(r.sample(value, len(value))), value,
                         f" {value} ", value.replace(" ", "  "), value.replace(" ", "\t"), value + "\n", value[:at] + "\n" + value[at:],
                         value.upper(), value.lower(), value.swapcase(), value[:at] + r.choice(FOREIGN) + value[at + 1:],
                         value[:at] + r.choice(FOREIGN) + value[at:]])

    def edge_within(self, value):
        """One of what it holds is an edge."""
        if isinstance(value, dict):
            at = self.random.choice(list(value))
            return {k: self.edge(v) if k == at else v for k, v in value.items()}
        at = self.random.randrange(len(value))
        return type(value)(self.edge(v) if i == at else v for i, v in enumerate(value))

    def sorted_places(self):
        """Of arguments that are sorted in all examples."""
        for i in range(len(self.rows[0])):
            given = [r[i] for r in self.rows]
            if all(isinstance(v, list) and is_sorted(v) for v in given) and any(len(v) > 1 for v in given):
                yield i

    def met(self, row):
        """One plain argument becomes something that stands in another one: what is looked for, a limit that is met."""
        places = [i for i, v in enumerate(row) if type(v) in (int, float, str)]
        if not places:
            return row
        i = self.random.choice(places)
        found = [a for k, v in enumerate(row) if k != i for a in atoms(v) if type(a) is type(row[i])]
        return [self.random.choice(found) if k == i and found else v for k, v in enumerate(row)]

    def special(self):
        """Numbers beyond what a float holds, whole ones where the examples have broken ones, all the same."""
        row, big, r = self.largest, (1 << 53) + 1, self.random
        inner = [v for v in row if has_container(v)]
        if any(type(a) is int for v in inner for a in atoms(v)):
            for sign in (1, -1) if self.signed else (1,):
                yield [swap(v, int, lambda x: sign * (big + x)) if has_container(v) else v for v in row]
        if any(type(a) is float for v in row for a in atoms(v)):
            yield [swap(v, float, round) for v in row]
            yield [swap(v, float, lambda x: float(round(x))) for v in row]
        yield [swap(v, int, lambda x, n=r.randint(0, 3): n) if has_container(v) else v for v in row]
        yield [swap(v, str, str.capitalize) for v in row]
        for i in range(3) if any(type(a) is str for v in row for a in atoms(v)) else ():
            yield [swap(v, str, lambda x, more="".join(FOREIGN[i::3]): x[:1] + more + x[1:]) for v in row]

    def small(self, n, ordered, signed=False):
        """`ordered`: the task speaks of sorted input. Where the examples only happen to be sorted, others are tried.
        `signed`: it does not say that numbers are never negative, so they are, even where those of the examples are not."""
        places = list(self.sorted_places()) if ordered else []
        self.signed = signed
        made = [list(r) for r in self.rows]
        special = list(self.special())
        while len(made) < n - len(special):
            self.spread = self.random.choice([0, 5, 50])
            row, how = list(self.random.choice(self.rows)), self.random.random()
            if how < 0.35:
                i = self.random.randrange(len(row)) if row else 0
                row = [self.edge(v) if k == i else v for k, v in enumerate(row)]
            elif how < 0.75:
                fresh = True if self.random.random() < 0.7 else "numbers"
                row = [self.like([r[i] for r in self.rows], fresh) for i in range(len(row))]
            else:
                row = self.large(self.random.choice([1, 2, 4]), self.random.choice([True, True, "numbers", False]),
                                 self.random.random() < 0.3)
            made.append(self.met(row) if self.random.random() < 0.25 else row)
        self.spread = 0
        return [self.in_order(row, places) for row in made + special]

    def in_order(self, row, places):
        return [sorted_if(v) if i in places else v for i, v in enumerate(row)]


def tokens_of(value):
    return TOKEN.findall(value) if isinstance(value, str) else list(value)


def as_json(text):
    """The list or object that the text holds; None: it holds none."""
    if text[:1] not in ("[", "{"):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def pieces_of(known, mark):
    """(a first line that is a heading, with its end; what stands between the marks)"""
    lines = [[p for p in v.split(mark) if p] for v in known]
    first = {v[0] for v in lines if v}
    rest = [p for v in lines for p in v[1:]]
    digits = any(c.isdigit() for p in first for c in p)
    heading = mark == "\n" and len(first) == 1 and rest and (
        sum(len(v) > 1 for v in lines) > 1 or not digits and all(any(c.isdigit() for c in p) for p in rest))
    if heading:
        return first.pop() + mark, rest
    return "", [p for v in lines for p in v]


def is_graph(keys, inner):
    """Whether what the mapping holds are names of its own keys, or at least of their kind."""
    if not inner or not all(map(is_hashable, inner)) or not {type(a) for a in inner} <= {type(k) for k in keys}:
        return False
    return all(type(k) in (str, int) for k in keys) and any(a in keys for a in inner) and \
        (all(a in keys for a in inner) or any(type(a) is str for a in inner))


def has_items(value):
    return isinstance(value, (list, tuple, dict, set, frozenset)) and len(value) > 0


def keys_of(value):
    """The keys of the records that it holds."""
    if isinstance(value, dict):
        yield from value
        value = value.values()
    for v in value:
        if isinstance(v, (dict, list, tuple)):
            yield from keys_of(v)


def are_rows(examples):
    """Pairs or triples in a list, however many: no grid."""
    widths = {len(row) for v in examples for row in v}
    return len(widths) == 1 and widths <= {2, 3} and any(len(v) not in widths and v for v in examples)


def is_picture(value):
    """Lines of equal lengths, drawn with a few characters."""
    return isinstance(value, (list, tuple)) and len(value) > 1 and all(
        isinstance(row, str) and len(row) == len(value[0]) > 1 for row in value) and \
        len(set("".join(value))) <= 8 and not any(map(PLACED.search, value))


def size_of(row):
    """Which of two examples is larger: how much there is to read, then how large the numbers are: [7], not [0]."""
    numbers = [abs(a) for v in row for a in atoms(v) if type(a) in (int, float)]
    return len(repr(row)), max((a for a in numbers if a == a), default=0)


def words_of_size(row):
    """How large an argument list is, for people."""
    said = []
    for v in row:
        if isinstance(v, str):
            said.append(f"{len(v):,} characters")
        elif isinstance(v, (list, tuple, set, frozenset, dict)):
            inner = sum(len(x) for x in v if has_container(x)) if not isinstance(v, dict) else 0
            said.append(f"{len(v):,} item{'' if len(v) == 1 else 's'}" + (f" that hold {inner:,}" if inner > 20 else ""))
        elif type(v) is int and len(str(v)) > 12:
            said.append(f"a number of {len(str(v))} digits")
        else:
            said.append(repr(v)[:20])
    return ", ".join(said)


def is_hashable(x):
    try:
        hash(x)
    except TypeError:
        return False
    return True


def sorted_if(x):
    """Sorted where its items are of one type that has an order."""
    try:
        return sorted(x) if all(type(v) is type(x[0]) for v in x) else x
    except TypeError:
        return x


def is_rectangle(value):
    return isinstance(value, (list, tuple)) and (not value or all(
        isinstance(row, (list, tuple)) and len(row) == len(value[0]) and
        not any(isinstance(c, (list, dict, tuple)) for c in row) for row in value))


def ways_of(rows):
    """The ways to grow, the most telling ones first."""
    atomic = [a for r in rows for v in r for a in atoms(v)]
    numbers = any(type(a) in (int, float) for r in rows for a in r)
    ways = [(False, True, "wide")]
    if any(has_container(v) for r in rows for v in r):
        ways = [(True, False, "wide"), (False, False, "wide")]
        if any(type(a) is str for a in atomic) and any(type(a) in (int, float) for a in atomic):
            ways.append(("numbers", False, "wide"))
        ways += [(True, True, "wide"), (False, True, "wide")] if numbers else []
        if any(has_container(x) for r in rows for v in r if has_container(v) for x in (
                v.values() if isinstance(v, dict) else v)):
            ways += [(True, False, "deep"), (False, False, "deep")]
    return [{"fresh": f, "ints": i, "how": h} for f, i, h in ways]
