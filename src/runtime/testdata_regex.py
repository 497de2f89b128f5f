"""Regular expressions of JSON Schema (ECMA 262): parsed, written for Python's `re`, and strings made of them.

Strings are made from the tree, towards a wanted length; what a tree cannot guarantee (lookaround, word
boundaries, back references, a second pattern) is left to the caller, who tests and tries again: `exact` says
whether that is needed.
"""

import functools
import re
import unicodedata

TOP = 0x10FFFF
FAR = 1 << 30  # no upper bound
DIGITS = ((48, 57),)
WORDS = ((48, 57), (65, 90), (95, 95), (97, 122))
SPACES = ((9, 13), (32, 32), (160, 160), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F),
          (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF))
PLAIN_SPACES = ((32, 32), (9, 9))
BREAKS = ((10, 10), (13, 13), (0x2028, 0x2029))
SHOWN = ((32, 126),)
SETTLED = ((0xA0, 0x24F), (0x300, 0x52F))  # whose categories no version of Unicode has changed
CONTROLS = {"n": 10, "r": 13, "t": 9, "f": 12, "v": 11, "0": 0}


class PatternError(Exception):
    """What cannot be read; args: the sentence."""


def merged(ranges):
    out = []
    for low, high in sorted(ranges):
        if out and low <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return tuple(out)


def without(ranges, other):
    """The characters of `ranges` that are not in `other`."""
    out, other = [], merged(other)
    for low, high in merged(ranges):
        for a, b in other:
            if b < low or a > high:
                continue
            if a > low:
                out.append((low, a - 1))
            low = b + 1
            if low > high:
                break
        if low <= high:
            out.append((low, high))
    return tuple(out)


def common(ranges, other):
    return without(ranges, without(((0, TOP),), other))


ALL = ((0, 0xD7FF), (0xE000, TOP))
categories = {}


def of_category(name):
    """The characters of a general category ("L", "Lu", "Letter"); scanned once."""
    long = {"letter": "L", "lowercase_letter": "Ll", "uppercase_letter": "Lu", "number": "N", "punctuation": "P",
            "decimal_number": "Nd", "symbol": "S", "separator": "Z", "mark": "M", "digit": "Nd", "punct": "P",
            "alphabetic": "L", "alpha": "L", "lowercase": "Ll", "uppercase": "Lu", "other": "C"}
    for prefix in ("General_Category=", "gc="):
        name = name[len(prefix):] if name.startswith(prefix) else name
    short = long.get(name.lower(), name)
    if len(short) > 2 or short[:1] not in "LMNPSZC":
        raise PatternError(f"the character class \\p{{{name}}} is not known")
    if short not in categories:
        ranges, start = [], None
        for code in range(TOP + 2):
            inside = code <= TOP and not 0xD800 <= code < 0xE000 and unicodedata.category(chr(code)).startswith(short)
            if inside and start is None:
                start = code
            elif not inside and start is not None:
                ranges.append((start, code - 1))
                start = None
        categories[short] = tuple(ranges)
    return categories[short]


# ---- the tree ---------------------------------------------------------------------------------------
# Each node: (kind, shortest, longest, …)
#   ("set", 1, 1, ranges, pick)       one character; `pick`: the ranges to choose from
#   ("seq", lo, hi, nodes)            ("alt", lo, hi, nodes)
#   ("repeat", lo, hi, node, least, most)
#   ("group", lo, hi, node, number)   ("back", 0, far, number)
#   ("look", 0, 0, node, ahead, positive)
#   ("at", 0, 0, "^" | "$" | "b" | "B")


class Parser:
    def __init__(self, text):
        self.text, self.at, self.groups, self.names, self.exact = text, 0, 0, {}, True

    def fail(self, what):
        raise PatternError(f"{what} at character {self.at + 1} of the pattern {self.text!r}")

    def peek(self, n=1):
        return self.text[self.at:self.at + n]

    def take(self, token):
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def parse(self):
        tree = self.alternatives()
        if self.at < len(self.text):
            self.fail("an unexpected )")
        return tree

    def alternatives(self):
        parts = [self.sequence()]
        while self.take("|"):
            parts.append(self.sequence())
        if len(parts) == 1:
            return parts[0]
        return ("alt", min(p[1] for p in parts), max(p[2] for p in parts), parts)

    def sequence(self):
        parts = []
        while self.at < len(self.text) and self.peek() not in "|)":
            parts.append(self.quantified())
        if len(parts) == 1:
            return parts[0]
        return ("seq", sum(p[1] for p in parts), min(FAR, sum(p[2] for p in parts)), parts)

    def quantified(self):
        node = self.atom()
        while True:
            least, most = self.quantifier()
            if least is None:
                return node
            if self.take("?") or self.take("+"):
                pass  # lazy or possessive: the same strings, nearly
            if most < least:
                self.fail("a quantifier whose upper bound is below its lower one")
            node = ("repeat", node[1] * least, min(FAR, node[2] * most), node, least, most)

    def quantifier(self):
        for token, least, most in (("*", 0, FAR), ("+", 1, FAR), ("?", 0, 1)):
            if self.take(token):
                return least, most
        found = re.compile(r"\{(\d+)(,(\d*))?\}").match(self.text, self.at)
        if not found:
            return None, None
        self.at = found.end()
        least = int(found[1])
        return least, least if found[2] is None else int(found[3]) if found[3] else FAR

    def one(self, ranges, pick=None):
        ranges = common(merged(ranges), ALL)
        if not ranges:
            self.fail("an empty character class")
        return ("set", 1, 1, ranges, merged(pick) if pick else ranges)

    def most_plain(self, ranges):
        """Of an open class, what people expect; else what there is."""
        return self.one(ranges, common(ranges, SHOWN) or None)

    def atom(self):
        c = self.text[self.at]
        self.at += 1
        if c == "(":
            return self.group()
        if c == "[":
            return self.char_class()
        if c == ".":
            return self.most_plain(without(ALL, BREAKS))
        if c in "^$":
            return ("at", 0, 0, c)
        if c == "\\":
            return self.escape()
        if c in "*+?":
            self.fail(f"nothing that {c} could repeat")
        return self.one(((ord(c), ord(c)),))

    def group(self):
        number = 0
        if self.take("?:"):
            pass
        elif self.peek(2) in ("?=", "?!") or self.peek(3) in ("?<=", "?<!"):
            return self.look()
        elif self.take("?P="):
            return self.named()
        elif self.take("?<") or self.take("?P<"):
            end = self.text.find(">", self.at)
            if end < 0:
                self.fail("a group's name without >")
            self.groups += 1
            number = self.names[self.text[self.at:end]] = self.groups
            self.at = end + 1
        elif self.peek() == "?":
            self.fail("a kind of group that is not known")
        else:
            self.groups += 1
            number = self.groups
        node = self.alternatives()
        if not self.take(")"):
            self.fail("a missing )")
        return ("group", node[1], node[2], node, number)

    def named(self):
        """Python's (?P=name)."""
        end = self.text.find(")", self.at)
        number = self.names.get(self.text[self.at:end], 0)
        self.at, self.exact = end + 1, False
        return ("back", 0, FAR, number)

    def look(self):
        self.take("?")
        ahead = not self.take("<")
        positive = self.take("=")
        if not positive:
            self.take("!")
        node = self.alternatives()
        if not self.take(")"):
            self.fail("a missing )")
        self.exact = False
        return ("look", 0, 0, node, ahead, positive)

    def class_of(self, c):
        """The ranges of \\d, \\w … and what to choose of them; None: no class."""
        known = {"d": (DIGITS, DIGITS), "w": (WORDS, WORDS), "s": (SPACES, PLAIN_SPACES)}
        if c in known:
            return known[c]
        if c in ("D", "W", "S"):
            ranges = without(ALL, known[c.lower()][0])
            return ranges, common(ranges, SHOWN if c != "S" else ((33, 126),))
        if c in "pP" and self.take("{"):
            end = self.text.find("}", self.at)
            if end < 0:
                self.fail("a class \\p{ without }")
            ranges = of_category(self.text[self.at:end].removeprefix("Script="))
            self.at = end + 1
            ranges = ranges if c == "p" else without(ALL, ranges)
            return ranges, common(ranges, SHOWN) or common(ranges, SETTLED) or ranges
        return None

    def hexadecimal(self, digits):
        text = self.peek(digits)
        if len(text) < digits or not re.fullmatch("[0-9a-fA-F]+", text):
            return None
        self.at += digits
        return int(text, 16)

    def character(self, c):
        """The code of an escaped character."""
        if c in CONTROLS and not (c == "0" and self.peek().isdigit()):
            return CONTROLS[c]
        if c == "c" and self.peek().isalpha():
            self.at += 1
            return ord(self.text[self.at - 1].upper()) - 64
        code = None
        if c == "x":
            code = self.hexadecimal(2)
        elif c == "u" and self.peek() == "{":
            end = self.text.find("}", self.at)
            try:
                code = int(self.text[self.at + 1:end], 16)
            except ValueError:
                self.fail("no code in \\u{}")
            self.at = end + 1
        elif c == "u":
            code = self.hexadecimal(4)
            if code is not None and 0xD800 <= code < 0xDC00 and self.take("\\u"):
                low = self.hexadecimal(4) or 0xDC00
                code = 0x10000 + (code - 0xD800) * 1024 + low - 0xDC00
        if code is None and c in "xu":
            self.fail("no code after \\" + c)
        return ord(c) if code is None else code

    def escape(self):
        if self.at >= len(self.text):
            self.fail("a \\ with nothing behind it")
        c = self.text[self.at]
        self.at += 1
        if c in "bB":
            self.exact = False
            return ("at", 0, 0, c)
        if c in "AZ":
            return ("at", 0, 0, "^" if c == "A" else "$")
        ranges = self.class_of(c)
        if ranges:
            return self.one(*ranges)
        if c == "k" and self.take("<"):
            end = self.text.find(">", self.at)
            name = self.text[self.at:end]
            self.at = end + 1
            self.exact = False
            return ("back", 0, FAR, self.names.get(name, 0))
        if c in "123456789":
            self.exact = False
            return ("back", 0, FAR, int(c))
        code = self.character(c)
        return self.one(((code, code),))

    def class_item(self):
        """(ranges, picks) of one member of [...]; a single character's ranges have one code."""
        c = self.text[self.at]
        self.at += 1
        if c != "\\":
            return ((ord(c), ord(c)),), None
        if self.at >= len(self.text):
            self.fail("a \\ with nothing behind it")
        c = self.text[self.at]
        self.at += 1
        if c == "b":
            return ((8, 8),), None
        ranges = self.class_of(c)
        if ranges:
            return ranges
        code = self.character(c)
        return ((code, code),), None

    def char_class(self):
        negative = self.take("^")
        ranges, picks = [], []
        while self.peek() != "]":
            if self.at >= len(self.text):
                self.fail("a missing ]")
            item, pick = self.class_item()
            if pick is None and self.peek() == "-" and self.peek(2)[1:] not in ("]", ""):
                self.at += 1
                end, other = self.class_item()
                if other is not None or end[0][0] < item[0][0]:
                    self.fail("a range that runs backwards")
                item = ((item[0][0], end[0][1]),)
            ranges += item
            picks += pick or item
        self.at += 1
        if negative:
            return self.most_plain(without(ALL, ranges))
        return self.one(ranges, picks)


# ---- for Python's re ------------------------------------------------------------------------------------


def class_text(ranges):
    def code(n):
        return "\\U%08x" % n if n > 0xFFFF else "\\u%04x" % n
    return "[" + "".join(code(a) if a == b else code(a) + "-" + code(b) for a, b in ranges) + "]"


def python_text(node):
    kind = node[0]
    if kind == "set":
        return class_text(node[3])
    if kind == "seq":
        return "".join(python_text(n) for n in node[3])
    if kind == "alt":
        return "(?:" + "|".join(python_text(n) for n in node[3]) + ")"
    if kind == "repeat":
        most = "" if node[5] >= FAR else node[5]
        return "(?:%s){%d,%s}" % (python_text(node[3]), node[4], most)
    if kind == "group":
        return ("(%s)" if node[4] else "(?:%s)") % python_text(node[3])
    if kind == "back":
        return "(?:\\%d)" % node[3] if node[3] else ""
    if kind == "look":
        return "(?%s%s%s)" % ("" if node[4] else "<", "=" if node[5] else "!", python_text(node[3]))
    return {"^": "\\A", "$": "\\Z", "b": "(?a:\\b)", "B": "(?a:\\B)"}[node[3]]


# ---- strings ------------------------------------------------------------------------------------------


class Failed(Exception):
    """This way leads to no string; another may."""


def ends(node, which):
    """Whether the tree is fixed to the string's beginning ("^") or end ("$") in all its branches."""
    kind = node[0]
    if kind == "at":
        return node[3] == which
    if kind == "seq" and node[3]:
        parts = node[3] if which == "^" else reversed(node[3])
        for part in parts:
            if ends(part, which):
                return True
            if part[0] not in ("look", "at"):
                return False
    if kind == "alt":
        return all(ends(n, which) for n in node[3])
    return ends(node[3], which) if kind == "group" else False


def sure_anchors(node, first=True, last=True):
    """Whether anchors stand only where they always hold."""
    kind = node[0]
    if kind == "at":
        return (node[3] == "^" and first) or (node[3] == "$" and last)
    if kind == "seq":
        n = len(node[3])
        for i, part in enumerate(node[3]):
            before = all(p[2] == 0 for p in node[3][:i])
            after = all(p[2] == 0 for p in node[3][i + 1:n])
            if not sure_anchors(part, first and before, last and after):
                return False
        return True
    if kind == "alt":
        return all(sure_anchors(n, first, last) for n in node[3])
    if kind == "group":
        return sure_anchors(node[3], first, last)
    return sure_anchors(node[3], False, False) if kind == "repeat" else kind in ("set", "back", "look")


LISTED, OFTEN = 4096, 8  # characters of a class that are listed; repetitions beyond the least


def direct_of(node):
    """random -> string, built once for the tree; None where it would have to try."""
    kind = node[0]
    if kind == "set":
        count = sum(high - low + 1 for low, high in node[4])
        if count > LISTED:
            return lambda random: Pattern.one_of(node[4], random, None)
        letters = "".join(chr(c) for low, high in node[4] for c in range(low, high + 1))
        return lambda random: letters[int(random.random() * count)]
    if kind in ("seq", "alt"):
        parts = [direct_of(n) for n in node[3]]
        if None in parts:
            return None
        if kind == "alt":
            return lambda random: random.choice(parts)(random)
        return lambda random: "".join([part(random) for part in parts])
    if kind == "repeat":
        part, least, more = direct_of(node[3]), node[4], min(node[5] - node[4], OFTEN) + 1
        if part is None:
            return None
        return lambda random: "".join([part(random) for _ in range(least + int(random.random() * more))])
    if kind == "group":
        return direct_of(node[3])
    return (lambda random: "") if kind == "at" else None


class Pattern:
    """One pattern. `test` is what a validator asks; `make` makes a string of a length in [low, high]."""

    def __init__(self, text):
        parser = Parser(text)
        self.text, self.tree = text, parser.parse()
        try:
            self.test = re.compile(python_text(self.tree)).search
        except (re.error, OverflowError, RecursionError) as e:
            raise PatternError(f"the pattern {text!r} cannot be used: {e}") from None
        self.begins, self.stops = ends(self.tree, "^"), ends(self.tree, "$")
        self.least, self.most = self.tree[1], self.tree[2] if self.begins and self.stops else FAR
        self.alike = self.tree[0] != "alt" or all(
            ends(n, "^") == self.begins and ends(n, "$") == self.stops for n in self.tree[3])
        self.exact = parser.exact and sure_anchors(self.tree) and self.alike and self.simple(self.tree)

    @functools.cached_property
    def direct(self):
        """A function that makes a string without a wanted length; None: not of this pattern."""
        return direct_of(self.tree) if self.exact and self.begins and self.stops else None

    def simple(self, node):
        """Whether every length between the shortest and the longest can be made without trying."""
        kind = node[0]
        if kind == "repeat":
            return node[3][1] == node[3][2] == 1 or node[4] == node[5] and self.simple(node[3])
        if kind in ("seq", "alt"):
            return all(self.simple(n) for n in node[3])
        return self.simple(node[3]) if kind == "group" else kind in ("set", "at")

    def make(self, random, low, high, edge=None):
        """Raises Failed where no such length was met. `edge`: 0 takes first characters, 1 last ones."""
        low, high = max(low, self.least), min(high, self.most)
        if low > high:
            raise Failed
        if edge is None:
            length = low + random.below(min(high - low, max(6, 12 - low)) + 1)
        else:
            length = low if edge == 0 else min(high, max(low, self.least + 64))
        inner = length
        if not (self.begins and self.stops):
            inner = min(length, self.tree[2])
            spare = inner - self.tree[1]
            inner = self.tree[1] + (random.below(min(spare, 8) + 1) if spare > 0 else 0)
        groups, looks = {}, []
        text = self.text_of(self.tree, inner, random, edge, groups, looks)
        text = self.with_looks(text, looks, random)
        rest = max(0, length - len(text))
        before = 0 if self.begins else rest if self.stops else random.below(rest + 1)
        return self.filler(random, before) + text + self.filler(random, rest - before if not self.stops else 0)

    @staticmethod
    def filler(random, n):
        return "".join(random.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(n))

    def with_looks(self, text, looks, random):
        """Puts what lookaheads ask for over the text, so that few tries are needed."""
        for at, node in looks:
            if random.below(4) == 0:
                continue
            try:
                wanted = self.text_of(node, node[1] + random.below(4) if node[2] > node[1] else node[1],
                                      random, None, {}, [])
            except Failed:
                continue
            if node[2] >= FAR:
                wanted = wanted[-1:]  # (?=.*\d): the last is what is looked for
            room = len(text) - len(wanted) - at
            if room >= 0:
                put = at + random.below(room + 1) if node[2] >= FAR else at
                text = text[:put] + wanted + text[put + len(wanted):]
        return text

    def text_of(self, node, length, random, edge, groups, looks, at=0):
        kind = node[0]
        if not node[1] <= length <= node[2]:
            raise Failed
        if kind == "set":
            return self.one_of(node[4], random, edge)
        if kind == "seq":
            return self.sequence_of(node, length, random, edge, groups, looks, at)
        if kind == "alt":
            fitting = [n for n in node[3] if n[1] <= length <= n[2]]
            if not fitting:
                raise Failed
            return self.text_of(random.choice(fitting), length, random, edge, groups, looks, at)
        if kind == "repeat":
            return self.repeat_of(node, length, random, edge, groups, looks, at)
        if kind == "group":
            text = self.text_of(node[3], length, random, edge, groups, looks, at)
            groups[node[4]] = text
            return text
        if kind == "back":
            return groups.get(node[3], "")
        if kind == "look" and node[4] and node[5]:
            looks.append((at, node[3]))
        return ""

    @staticmethod
    def one_of(ranges, random, edge):
        if edge is not None and random.below(2):
            return chr(ranges[0][0] if edge == 0 else ranges[-1][1])
        total = 0
        for low, high in ranges:
            total += high - low + 1
        n = random.below(total)
        for low, high in ranges:
            if n <= high - low:
                return chr(low + n)
            n -= high - low + 1
        raise Failed

    def sequence_of(self, node, length, random, edge, groups, looks, at):
        spare, out = length - node[1], []
        room = [p[2] - p[1] for p in node[3]]
        for i, part in enumerate(node[3]):
            later = min(FAR, sum(room[i + 1:]))
            least = max(0, spare - later)
            most = min(spare, room[i])
            more = least + random.below(most - least + 1) if most > least else least
            if part[0] == "back":
                more = len(groups.get(part[3], ""))
            text = self.text_of(part, part[1] + more, random, edge, groups, looks, at)
            spare -= len(text) - part[1]
            at += len(text)
            out.append(text)
        return "".join(out)

    def repeat_of(self, node, length, random, edge, groups, looks, at):
        part, least, most = node[3], node[4], node[5]
        if part[2] == 0:
            return ""
        if part[1]:
            most = min(most, length // part[1])
        least = max(least, -(-length // part[2]))
        if least > most:
            raise Failed
        times = least + random.below(min(most - least, max(length, 3)) + 1)
        if length == 0 and part[1] == 0:
            times = least
        out, left = [], length
        for i in range(times):
            others = times - i - 1
            low = max(part[1], left - min(FAR, others * part[2]))
            high = min(part[2], left - others * part[1])
            if low > high:
                raise Failed
            text = self.text_of(part, low + random.below(min(high - low, 64) + 1), random, edge, groups, looks, at)
            left -= len(text)
            at += len(text)
            out.append(text)
        return "".join(out)
