"""Numbers and strings of a shape: ordinary ones, and those at the edges."""

import json
import math
from fractions import Fraction

import testdata_formats
from testdata_check import exact, is_multiple
from testdata_regex import FAR, Failed
from testdata_schema import Unsatisfiable

SPAN = 1000  # of ordinary numbers without bounds
TRIES = 400
LONG_TEXT, EDGE_TEXT = 1 << 16, 4096  # longest that is made; longest that edges make of a wide range
LETTERS = "abcdefghijklmnopqrstuvwxyz"
WHOLES = (0, 1, -1, 2, 9, 10, 127, 128, 255, 256, -128, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**32, 2**53, 2**53 + 1,
          -2**53 - 1, 2**63 - 1, 2**63, -2**63, 2**64, 10**30, -10**30)
FRACTIONS = (0.0, -0.0, 0.1, -0.1, 0.5, 1.5, 1e-7, 0.30000000000000004, 1 / 3, 5e-324, 2.2250738585072014e-308,
             1.7976931348623157e308, -1.7976931348623157e308, 1e22, 123456789.123456789, 9007199254740993.5, -1e-300)
TEXTS = ("", " ", "a", "0", "  lead and trail  ", "null", "true", "-1", "NaN", "line\nbreak", "tab\tand \"quotes\" \\ /",
         "\x00", "\x7f", "e\u0301a\u0308", "\u00e9\u00df\u0130\u0131", "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
         "\u202eright to left\u202c", "\U0001f600\U0001f469\u200d\U0001f4bb", "\U00010400\U0010ffff", "\u6f22\u5b57",
         "\ufeffbom", "a\u200bb", "%s %d {0} ${x}", "'; DROP TABLE x; --", "<b>&amp;</b>", "../../etc/passwd",
         "\u0000\u0001\u001f", "\uff10\uff11", "\ufffd")


def steps_down(number):
    """Digits behind the point for a span of this size."""
    digits = 2
    while number < 1 and digits < 17:
        number, digits = number * 10, digits + 1
    return digits


class Numbers:
    """`whole`: integers are allowed; `fraction`: others."""

    def __init__(self, maker, shape, whole, fraction):
        self.random, self.shape, self.whole, self.fraction = maker.random, shape, whole, fraction
        self.low, self.high = shape.low, shape.high
        self.step = None
        if self.low and self.high and (self.low[0] > self.high[0] or
                                       self.low[0] == self.high[0] and (self.low[1] or self.high[1])):
            raise Unsatisfiable(f"no number is {'above' if self.low[1] else 'at least'} {self.low[0]} and "
                                f"{'below' if self.high[1] else 'at most'} {self.high[0]}", self.high[2])
        if shape.steps:
            self.set_step()
        elif not fraction:
            self.step = Fraction(1)
        if self.step is not None:
            self.set_range()

    def set_step(self):
        step = exact(self.shape.steps[0][0])
        for value, _ in self.shape.steps[1:]:
            step = lcm(step, exact(value))
        self.step = step if self.fraction else lcm(step, Fraction(1))

    def set_range(self):
        """The multiples that are allowed, as first and last factor (None: no bound)."""
        self.first = self.last = None
        if self.low:
            self.first = -((-exact(self.low[0])) // self.step)
            self.first += self.low[1] and self.first * self.step == exact(self.low[0])
        if self.high:
            self.last = exact(self.high[0]) // self.step
            self.last -= self.high[1] and self.last * self.step == exact(self.high[0])
        if self.low and self.high and self.first > self.last:
            what = f"multiple of {self.shape.steps[0][0]}" if self.shape.steps else "integer"
            raise Unsatisfiable(f"no {what} lies between {self.low[0]} and {self.high[0]}",
                                self.shape.steps[0][1] if self.shape.steps else self.high[2])

    def multiple(self, factor):
        value = factor * self.step
        if value.denominator == 1 and (self.whole or not self.fraction):
            return int(value)
        return float(value)

    def fits(self, value):
        """What the test of every validator needs: in bounds also after rounding to binary."""
        if isinstance(value, float) and (math.isinf(value) or math.isnan(value) or not self.fraction):
            return False
        if isinstance(value, int) and not self.whole and self.fraction:
            return False
        low, high = self.low, self.high
        if low and not (value > low[0] or value == low[0] and not low[1]):
            return False
        if high and not (value < high[0] or value == high[0] and not high[1]):
            return False
        return all(is_multiple(value, step) for step, _ in self.shape.steps)

    def factor(self):
        if self.first is None and self.last is None:
            return self.random.below(2 * SPAN + 1) - SPAN if self.random.below(8) else self.random.below(SPAN)
        if self.last is None:
            return self.first + self.random.below(SPAN + 1)
        if self.first is None:
            return self.last - self.random.below(SPAN + 1)
        return self.first + self.random.below(self.last - self.first + 1)

    def free_range(self):
        if self.low:
            low = self.low[0]
            return float(low), float(self.high[0] if self.high else low + SPAN)
        return (float(self.high[0] - SPAN), float(self.high[0])) if self.high else (-float(SPAN), float(SPAN))

    def free(self):
        low, high = self.free_range()
        part = self.random.random()
        return round(low * (1 - part) + high * part, steps_down(abs(high / 2 - low / 2) * 2))

    def make(self):
        if self.step is None and self.whole and self.random.below(4) == 0:
            value = round(self.free())
            if self.fits(value):
                return value
        for _ in range(TRIES):
            value = self.multiple(self.factor()) if self.step is not None else self.free()
            if self.fits(value):
                return value
        for value in self.edges():
            return value
        raise Failed

    def plain(self):
        """A closure for the most frequent kinds, else `make`."""
        if self.step is None:
            return self.plain_free()
        if self.first is None or self.last is None or self.last - self.first >= 1 << 52:
            return self.make
        first, count, chance = int(self.first), int(self.last - self.first) + 1, self.random.random
        if self.step == 1 and not self.shape.steps:
            return lambda: first + int(chance() * count)
        return self.plain_multiple(first, count, chance) if len(self.shape.steps) == 1 and self.whole else self.make

    def plain_free(self):
        low, high = self.free_range()
        if not (abs(low) < 1e15 and abs(high) < 1e15) or not self.whole:
            return self.make
        chance, digits, make = self.random.random, steps_down(high - low), self.make
        above, below = self.low and self.low[1], self.high and self.high[1]

        def one():
            part = chance()
            value = round(low * (1 - part) + high * part, digits)
            if low < value < high or value == low and not above or value == high and not below:
                return value
            return make()
        return one

    def plain_multiple(self, first, count, chance):
        """Quotients of whole numbers, which are as exact as their decimal text while that has few digits."""
        top, bottom, step, make = self.step.numerator, self.step.denominator, self.shape.steps[0][0], self.make
        if bottom == 1 or not isinstance(step, float) or max(abs(first), abs(first + count)) * top >= 10**14 or \
                bottom > 10**6:
            return make

        def one():
            number = (first + int(chance() * count)) * top
            value = number / bottom if number % bottom else number // bottom
            quotient = value / step
            return value if quotient == int(quotient) else make()
        return one

    def edges(self):
        out = []
        for bound in (self.low, self.high):
            if bound:
                out += self.near(bound[0])
        if self.step is not None:
            for k in (self.first, self.last):
                if k is not None:
                    out += [self.multiple(k), self.multiple(k + 1), self.multiple(k - 1)]
            out += [self.multiple(Fraction(k)) for k in (0, 1, -1, 3, 7, 1000)]
            if self.step.denominator == 1:
                out += [int(self.step) * (w // int(self.step)) for w in WHOLES]
        if self.fraction:
            out += FRACTIONS
        if self.whole or not self.fraction:
            out += WHOLES
        if self.low and self.high:
            middle = self.low[0] / 2 + self.high[0] / 2
            out += [middle, int(middle)]
        kept, known = [], set()
        for value in out:
            if repr(value) not in known and self.fits(value):
                known.add(repr(value))
                kept.append(value)
        return kept

    @staticmethod
    def near(value):
        out = [value]
        if isinstance(value, int) or abs(value) < 1e15:
            out += [int(value), int(value) + 1, int(value) - 1]
        if abs(value) < 1e300:
            as_float = float(value)
            out += [as_float, math.nextafter(as_float, math.inf), math.nextafter(as_float, -math.inf), as_float + 0.5,
                    as_float - 0.5]
        return out


def lcm(a, b):
    """The least number that is a whole multiple of both fractions."""
    return Fraction(math.lcm(a.numerator, b.numerator), math.gcd(a.denominator, b.denominator))


class Strings:
    def __init__(self, maker, shape):
        self.maker, self.random, self.shape = maker, maker.random, shape
        self.low, self.low_at = shape.sizes.get("minLength", (0, ""))
        self.high, self.high_at = shape.sizes.get("maxLength", (FAR, ""))
        if self.low > self.high:
            raise Unsatisfiable(f"no string has at least {self.low} and at most {self.high} characters", self.high_at)
        if self.low > LONG_TEXT:
            raise Unsatisfiable(f"minLength asks for more than {LONG_TEXT} characters, which is the most that is made",
                                self.low_at)
        self.patterns = [maker.schemas.pattern(text, at) for text, at in shape.patterns]
        self.formats = [name for name, _ in shape.formats if testdata_formats.is_simple(name)]
        for (_, at), pattern in zip(shape.patterns, self.patterns):
            if pattern.least > self.high or pattern.most < self.low:
                raise Unsatisfiable(f"pattern {pattern.text!r} fits no string of {self.low} to "
                                    f"{self.high if self.high < FAR else 'more'} characters", at)
        if (self.patterns or self.formats) and self.find() is None:
            at = (shape.patterns + shape.formats)[-1][1]
            what = " and ".join([f"pattern {p.text!r}" for p in self.patterns] + [f"format {f}" for f in self.formats])
            sizes = "" if self.high >= FAR and not self.low else " of the wanted length"
            raise Unsatisfiable(f"no string{sizes} was found that fits {what}", at)

    def find(self):
        for _ in range(5):
            try:
                return self.make()
            except Failed:
                pass
        return None

    def fits(self, text):
        return (self.low <= len(text) <= self.high and all(p.test(text) for p in self.patterns) and
                all(testdata_formats.holds(f, text) for f in self.formats))

    def plain(self):
        if self.patterns or self.formats or self.shape.encoding or self.shape.media:
            return self.make
        pool = [text for text in self.maker.pools.get(self.shape.pool, ()) if self.fits(text)]
        return (lambda: self.random.choice(pool)) if pool else self.words

    def make(self, edge=None):
        if not self.patterns and not self.formats:
            return self.content()
        exact = len(self.patterns) == 1 and not self.formats and self.patterns[0].exact
        if exact and edge is None and self.patterns[0].direct:
            text = self.patterns[0].direct(self.random)
            if self.low <= len(text) <= self.high:
                return text
        for attempt in range(TRIES):
            text = self.attempt(attempt, edge)
            if text is not None and (exact and self.low <= len(text) <= self.high or self.fits(text)):
                return text
        raise Failed

    def attempt(self, attempt, edge=None):
        ways = len(self.formats) + len(self.patterns)
        way = attempt % ways
        try:
            if way < len(self.formats):
                return self.formatted(self.formats[way], attempt)
            high = self.high if attempt % 3 or self.high < self.low + 32 else self.low + 32
            return self.patterns[way - len(self.formats)].make(self.random, self.low, min(high, LONG_TEXT), edge)
        except Failed:
            return None

    def formatted(self, name, attempt):
        make, edges, _ = testdata_formats.FORMATS[name]
        if attempt > TRIES // 2 and edges:
            return self.random.choice(edges)
        text = make(self.random)
        lack = self.low - len(text)
        if lack <= 0:
            return text
        for old, new in (("example.", "example" + "a" * min(lack, 50) + "."), (":/", ":/")):  # a longer name
            if old in text:
                text = text.replace(old, new, 1)
        return text + "/" + "a" * (self.low - len(text) - 1) if "://" in text and "#" not in text else text

    def content(self):
        if self.shape.media == "application/json":
            text = json.dumps(self.random.choice([None, 1, "a", [1, 2], {"a": True}]))
            if self.low <= len(text) <= self.high and not self.shape.encoding:
                return text
        if self.shape.encoding in ("base64", "base64url"):
            text = testdata_formats.FORMATS["byte" if self.shape.encoding == "base64" else "base64url"][0](self.random)
            if self.low <= len(text) <= self.high:
                return text
        return self.words()

    def words(self):
        random = self.random
        if self.shape.wild and random.below(4):
            return self.sized(random.choice(TEXTS) if random.below(2) else str(random.below(10**6)))
        if self.low == 0 and self.high >= 12:
            return random.choice(testdata_formats.WORDS) if random.random() < 0.6 else self.letters(1 + random.below(12))
        return self.letters(self.low + random.below(min(self.high - self.low, 12) + 1))

    def letters(self, n):
        chance = self.random.random
        return "".join([LETTERS[int(chance() * 26)] for _ in range(n)])

    def edges(self):
        out = []
        if self.patterns or self.formats:
            for name in self.formats:
                out += testdata_formats.FORMATS[name][1]
            for i in range(8):
                try:
                    out.append(self.make(edge=i % 2 if self.patterns else None))
                except Failed:
                    pass
        else:
            most = self.high if self.high <= LONG_TEXT else max(self.low, EDGE_TEXT if self.high >= FAR else 256)
            for n in dict.fromkeys((self.low, self.low + 1, most - 1, most)):
                if self.low <= n <= most:
                    out.append(self.letters(n))
            for text in TEXTS:
                out.append(self.sized(text))
        return [text for text in dict.fromkeys(out) if self.fits(text)]

    def sized(self, text):
        if len(text) < self.low:
            text = (text or "x") * (self.low // max(1, len(text)) + 1)
        return text[:max(self.low, min(len(text), self.high))] if len(text) > self.high or len(text) > self.low > 0 else text
