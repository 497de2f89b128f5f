"""Makes inputs like those of the examples: small ones to compare answers on, and larger ones that take measurable
time. What all examples have in common is kept: sorted lists stay sorted, lists without repetition stay so, lists of
equal lengths stay equally long, rectangles stay rectangles, numbers that are never negative stay so."""

import ast
import random
import re

ROWS_MAX = 40
SIZE_MAX = 50_000
LETTERS = "abcdefghijklmnopqrstuvwxyz"


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


def has_container(value):
    return isinstance(value, (list, tuple, dict, set, frozenset, str))


class Maker:
    """`rows`: the argument lists of the examples, all of one length."""

    def __init__(self, rows, seed):
        self.rows, self.random = rows, random.Random(seed)
        self.spread = 0  # how far new numbers may lie above the known ones

    # -- values like known ones, of their size

    def number(self, values, fresh):
        known = [v for v in values if type(v) is int]
        if not fresh:
            return self.random.choice(known)
        low, high = min(known), max(known)
        return self.random.randint(low, max(high, low + 1, low + self.spread if self.spread else high))

    def letters(self, text, fresh):
        """Digits for digits, letters for letters, the rest as it is."""
        if not fresh:
            return text
        made = []
        for c in text:
            if c.isdigit() and c.isascii():
                made.append(self.random.choice("0123456789"))
            elif c.isalpha() and c.isascii():
                x = self.random.choice(LETTERS)
                made.append(x.upper() if c.isupper() else x)
            else:
                made.append(c)
        return "".join(made)

    def like(self, values, fresh):
        value = self.random.choice(values)
        kind = type(value)
        same = [v for v in values if type(v) is kind]
        if kind is bool:
            return self.random.random() < 0.5 if fresh else value
        if kind is int:
            return self.number(same, fresh)
        if kind is float:
            return round(self.random.uniform(min(same), max(same)), 6) if fresh else value
        if kind is str:
            return self.letters(value, fresh)
        if kind in (list, tuple):
            columns = kind is tuple or all(len(v) == len(value) for v in same)
            made = [self.like([w[i] for w in same if len(w) > i] if columns else list(value), fresh)
                    for i in range(len(value))]
            return kind(sorted(made) if all(map(is_sorted, same)) and any(len(v) > 1 for v in same) and
                        is_comparable(made) else made)
        if kind in (set, frozenset):
            return kind(self.like(list(value), fresh) for _ in value) if value else value
        if kind is dict:
            return {k: self.like([w[k] for w in same if k in w], fresh) for k in value}
        return value

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
            made = [self.like(pool, fresh) for _ in range(n)] if pool else []
        self.spread = 0
        if unique and fresh:
            made = list(dict.fromkeys(made)) if all(map(is_hashable, made)) else made
        if is_comparable(made) and all(map(is_sorted, examples)) and any(len(x) > 2 for x in examples):
            made.sort()
        return made

    def rectangle(self, value, scale, pool, fresh):
        side = max(2, round((scale * len(value) * max(1, len(value[0]))) ** 0.5))
        side = min(side, 150)
        wide = side if len(value) == len(value[0]) else max(1, round(side * len(value[0]) / len(value)))
        cells = [c for rows in pool for row in rows for c in row]
        if not fresh:  # tiles of it: ways through it stay ways
            return [type(value[0])(value[r % len(value)][c % len(value[0])] for c in range(wide))
                    for r in range(side)] if cells else value
        return [type(value[0])(self.like(cells, fresh) for _ in range(wide)) for _ in range(side)] \
            if cells else value

    def text(self, value, scale, known, fresh):
        for mark in ("\n", ",", ";", " "):
            pieces = [p for v in known for p in v.split(mark) if p] if mark in value else []
            if pieces:
                n = min(max(2, len(value.split(mark))) * scale, SIZE_MAX)
                return mark.join(self.letters(self.random.choice(pieces), fresh) for _ in range(int(n)))
        n = int(min(max(2, len(value)) * scale, SIZE_MAX))
        if not fresh:
            return (value * (n // max(1, len(value)) + 1))[:max(n, len(value))] if value else value
        letters = sorted({c for v in known for c in v})
        return "".join(self.random.choice(letters) for _ in range(n)) if letters else value

    def mapping(self, value, scale, known, fresh):
        keys = set(value)
        inner = [a for v in value.values() for a in atoms(v)]
        if inner and all(is_hashable(a) and a in keys for a in inner) and any(map(has_container, value.values())):
            return self.copies(value, scale)
        kinds = {type(v) for v in value.values()}
        if len(kinds) == 1 and len({tuple(map(str, v)) for v in known}) > 1 or len(known) == 1 and len(value) > 1 and \
                len(kinds) == 1 and fresh:
            names, values = [k for v in known for k in v], [x for v in known for x in v.values()]
            self.spread = 4 * len(value) * int(scale)
            made = {}
            for _ in range(int(min(len(value) * scale, SIZE_MAX))):
                key = self.like(names, True)
                made[key + str(len(made)) if isinstance(key, str) else key] = self.like(values, fresh)
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
        last = list(value)[-1]
        for i in range(n - 1):
            held = made[name(last, i)]
            if isinstance(held, list):
                held.append(name(next(iter(value)), i + 1))
        return made

    def grow(self, value, scale, known, fresh, ints):
        """The value so many times as large; `known`: all that the examples have in its place."""
        kind = type(value)
        if kind is bool or value is None:
            return value
        if kind is int:
            return int(value * scale) if ints else self.like([v for v in known if type(v) is int], fresh)
        if kind is float:
            return value * scale if ints else value
        if kind is str:
            return self.text(value, scale, [v for v in known if type(v) is str and v] or [value], fresh)
        if kind is dict:
            return self.mapping(value, scale, [v for v in known if type(v) is dict and v] or [value], fresh) \
                if value else value
        examples = [v for v in known if isinstance(v, kind)]
        pool = [x for v in examples for x in v]
        if kind in (list, tuple) and value and isinstance(value[0], (list, str)) and is_rectangle(value) and \
                all(map(is_rectangle, examples)) and any(len(v) > 1 and len(v[0]) > 1 for v in examples) and \
                not isinstance(value[0], str):
            return kind(self.rectangle(value, scale, [v for v in examples if v], fresh))
        if kind is tuple and len({len(v) for v in examples}) == 1 and len({type(x) for x in value}) > 1:
            return tuple(self.grow(x, scale, [v[i] for v in examples], fresh, ints) for i, x in enumerate(value))
        n = int(max(len(value), 2) * scale)
        return kind(self.fill(n, pool, [v for v in map(list, examples)] if kind in (list, tuple) else [], fresh))

    def large(self, scale, fresh, ints):
        """One argument list, so many times as large as the largest example."""
        rows = sorted(self.rows, key=lambda r: len(repr(r)))
        row = rows[-1] if scale >= 1 else self.random.choice(rows)
        return [self.grow(v, scale, [r[i] for r in self.rows], fresh, ints) for i, v in enumerate(row)]

    # -- small ones, with edges

    def edge(self, value):
        kind, r = type(value), self.random
        if kind is bool:
            return not value
        if kind is int:
            return r.choice([0, 1, value + 1, value - 1, value * 2, value] if value > 0 else [0, 1, -value, value])
        if kind is float:
            return r.choice([0.0, value / 2, value * 3, -value if value < 0 else value])
        if kind is str:
            return r.choice(["", value[:1], value + value, value[::-1], "".join(r.sample(value, len(value))), value])
        if kind in (list, tuple) and value:
            return r.choice([value[:0], value[:1], value + value, value[::-1], kind(r.sample(value, len(value))),
                             kind(self.like(list(value), True) for _ in range(r.randint(1, 9))),
                             kind([value[0]] * r.randint(2, 5))])
        if kind is dict and value:
            return r.choice([{}, value, dict(list(value.items())[:1]), self.like([value], True)])
        if kind in (set, frozenset) and value:
            return r.choice([kind(), value, kind(list(value)[:1])])
        return value

    def sorted_places(self):
        """Of arguments that are sorted in all examples."""
        for i in range(len(self.rows[0])):
            given = [r[i] for r in self.rows]
            if all(isinstance(v, list) and is_sorted(v) for v in given) and any(len(v) > 1 for v in given):
                yield i

    def small(self, n, ordered):
        """`ordered`: the task speaks of sorted input. Where the examples only happen to be sorted, others are tried."""
        places = list(self.sorted_places()) if ordered else []
        made = [list(r) for r in self.rows]
        while len(made) < n:
            self.spread = self.random.choice([0, 5, 50])
            row, how = list(self.random.choice(self.rows)), self.random.random()
            if how < 0.3:
                i = self.random.randrange(len(row)) if row else 0
                row = [self.edge(v) if k == i else v for k, v in enumerate(row)]
            elif how < 0.75:
                row = [self.like([r[i] for r in self.rows], True) for i in range(len(row))]
            else:
                row = self.large(self.random.choice([1, 2, 4]), self.random.random() < 0.7, self.random.random() < 0.3)
            for i in places:
                row[i] = sorted(row[i]) if is_comparable(row[i]) else row[i]
            made.append(row)
        self.spread = 0
        return made


def is_hashable(x):
    try:
        hash(x)
    except TypeError:
        return False
    return True


def is_comparable(x):
    try:
        sorted(x[:50])
        return all(type(v) is type(x[0]) for v in x)
    except TypeError:
        return False


def is_rectangle(value):
    return isinstance(value, (list, tuple)) and (not value or all(
        isinstance(row, (list, tuple)) and len(row) == len(value[0]) and
        not any(isinstance(c, (list, dict, tuple)) for c in row) for row in value))


def variants(rows):
    """The ways to grow: (fresh values?, do the numbers grow as well?)"""
    contains = any(has_container(v) for r in rows for v in r)
    numbers = any(type(v) in (int, float) and not isinstance(v, bool) for r in rows for v in r)
    if not contains:
        return [(False, True)]
    return [(True, False), (False, False), *([(True, True), (False, True)] if numbers else [])]
