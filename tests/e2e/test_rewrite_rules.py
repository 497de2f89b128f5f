"""The rules of src/runtime/rewrite_*.py: each where it applies, and where it would break something."""

import pytest
from test_rewrite import changed, run

# rule: (program, rows of f, what stands in the new one)
CASES = {
    "divisors": ("def f(n):\n    if n < 2:\n        return False\n    for d in range(2, n):\n        if n % d == 0:\n"
                 "            return False\n    return True\n", [[n] for n in range(-2, 40)], "math.isqrt(max(n, 0)) + 1"),
    "divisors in all()": ("def f(n):\n    return n > 1 and all(n % d for d in range(2, n))\n", [[n] for n in range(-2, 40)],
                          "math.isqrt"),
    "divisors counted": ("def f(n):\n    d = 2\n    while d < n:\n        if n % d == 0:\n            return False\n"
                         "        d += 1\n    return n > 1\n", [[n] for n in range(-2, 40)], "d * d <= n"),
    "repeated": ("def f(x, n):\n    r = 1\n    for _ in range(n):\n        r *= x\n    return r\n", [[3, 4], [2, 0], [5, -1]],
                 "x ** max(n, 0)"),
    "squaring": ("def mul(a, b):\n    return [a[0] * b[0] + a[1] * b[1], a[0] * b[1] + a[1] * b[0]]\n\n\ndef f(m, n):\n"
                 "    p = [1, 0]\n    for _ in range(n):\n        p = mul(p, m)\n    return p\n",
                 [[[2, 1], 7], [[2, 1], 0], [[1, 3], 1]], ">>= 1"),
    "slices": ("def f(a, k):\n    out = []\n    for i in range(len(a)):\n        w = []\n        for j in range(max(0, i - k), i):\n"
               "            w.append(a[j])\n        s = 0\n        for j in range(i, len(a)):\n            s += a[j]\n"
               "        out.append((w, s))\n    return out\n", [[[1, 2, 3, 4], 2], [[], 1]], "w = a[max(0, i - k):i]"),
    "extremes": ("def f(a, k):\n    out = []\n    for i in range(len(a)):\n        w = a[max(0, i - k):i + 1]\n"
                 "        out.append((max(w), min(a[i:])))\n    return out\n",
                 [[[3, 1, 4, 1, 5, 9, 2, 6], 3], [[2, 7], 1]], "extreme(a_max, max, a, max(0, i - k), i + 1)"),
    "sums of a named part": ("def f(a, k):\n    out = []\n    for i in range(len(a)):\n        w = a[i:i + k]\n"
                             "        out.append(sum(w) / len(w))\n    return out\n", [[[1, 2, 5], 2]], "between(a_sums, i, i + k)"),
    "memo with a list": ("def f(n, c):\n    if n == 0:\n        return 1\n    if n < 0 or not c:\n        return 0\n"
                         "    return f(n - c[0], c) + f(n, c[1:])\n", [[10, [5, 2]], [7, []]], "return f(n, tuple(c))"),
    "remember": ("def g(t):\n    h, m = t.split(':')\n    return int(h) * 60 + int(m)\n\n\ndef f(a):\n    \"\"\"Doc.\"\"\"\n    n = 0\n"
                 "    for x in range(3):\n        for s in a:\n            if g(s) > x:\n                n += 1\n    return n\n",
                 [[["0:01", "1:00", "0:01"]]], "    g.cache_clear()\n"),
    "seen": ("def f(a):\n    seen = []\n\n    def go(x):\n        if (x, 1) in seen:\n            return 0\n        seen.append((x, 1))\n"
             "        return 1\n\n    return [go(x) for x in a]\n", [[[1, 2, 1]]], "seen.add((x, 1))"),
    "membership of rows": ("def f(a, b):\n    n = 0\n    for x in a:\n        for d in (0, 1):\n            if [x, d] in b:\n"
                           "                n += 1\n    return n\n", [[[1, 2], [[1, 0], [2, 2]]]], "(x, d) in b_set"),
    "asked": ("def near(x, known):\n    return x - 1 in known or x + 1 in known\n\n\ndef f(a, b):\n    out = []\n    for x in a:\n"
              "        out.append(near(x, b))\n    return out\n", [[[1, 5], [2, 9]]], "near(x, b_set)"),
    "keys": ("def f(a, b):\n    out = []\n    for x in a:\n        out.append(any(y['id'] == x for y in b))\n    return out\n",
             [[[1, 2], [{"id": 2}]], [[], []]], "x in b_keys"),
    "keys that grow": ("def f(a):\n    out = []\n    for x in a:\n        if all(y['id'].lower() != x['id'].lower() for y in out):\n"
                       "            out.append(x)\n    return out\n", [[[{"id": "a"}, {"id": "A"}, {"id": "b"}]]],
                       "not in out_keys"),
    "keys with a flag": ("def f(a):\n    out = []\n    for x in a:\n        known = False\n        for y in out:\n"
                         "            if y[0] == x[0]:\n                known = True\n                break\n        if not known:\n"
                         "            out.append(x)\n    return out\n", [[[[1, 2], [1, 3], [2, 2]]]], "if x[0] in out_keys:"),
    "inline": ("def same(a, b):\n    return a.lower() == b.lower()\n\n\ndef f(a, b):\n    return [x for x in a if any(same(x, y) for y in b)]\n",
               [[["A", "c"], ["a", "b"]]], "x.lower() == y.lower()"),
    "grouped": ("def f(rows, names):\n    return {n: [r['v'] for r in rows if r['n'] == n and r['v'] > 1] for n in names}\n",
                [[[{"n": "a", "v": 1}, {"n": "b", "v": 2}, {"n": "a", "v": 3}], ["a", "b", "c"]]], "rows_by_key.get(n, ())"),
    "grouped by two": ("def f(rows, a, b):\n    out = []\n    for x in a:\n        for y in b:\n            t = 0\n"
                       "            for r in rows:\n                if r[0] == x and r[1] == y:\n                    t += r[2]\n"
                       "            out.append(t)\n    return out\n", [[[[1, 2, 3], [1, 2, 4], [2, 1, 9]], [1, 2], [2, 1]]],
                       ".get((x, y), ())"),
    "grouped by a given field": ("def f(a, b, key):\n    out = []\n    for x in a:\n        out += [{**y, **x} for y in b if y[key] == x[key]]\n"
                                 "    return out\n", [[[{"k": 1, "v": 2}], [{"k": 1, "w": 3}, {"k": 2, "w": 4}], "k"]],
                                 "b_by_key.get(x[key], ())"),
    "grouped pairs": ("def f(pairs, names):\n    return [[b for a, b in pairs if a == n] for n in names]\n",
                      [[[["x", 1], ["y", 2], ["x", 3]], ["x", "z"]]], "append((a, b))"),
    "find": ("class Box:\n    def __init__(self):\n        self.held = []\n\n    def get(self, k):\n        for x in self.held:\n"
             "            if x['k'] == k:\n                return x\n        return None\n\n\ndef f(a):\n    box = Box()\n    for k in a:\n"
             "        if box.get(k) is None:\n            box.held.append({'k': k, 'n': 0})\n        box.get(k)['n'] += 1\n"
             "    return box.held\n", [[[1, 2, 1, 1]]], "self.held_by_key[k]"),
    "find with a helper": ("def name_of(people, k):\n    for p in people:\n        if p['id'] == k:\n            return p['name']\n"
                           "    return '?'\n\n\ndef f(people, a):\n    return [name_of(people, k) for k in a]\n",
                           [[[{"id": 1, "name": "A"}, {"id": 1, "name": "B"}], [1, 2]]], "people_by_key.get(k, '?')"),
    "recent": ("class C:\n    def __init__(self):\n        self.kept = []\n\n    def ask(self, x):\n        hit = x in self.kept\n"
                            "        if hit:\n            self.kept.remove(x)\n        elif len(self.kept) > 1:\n            self.kept.pop(0)\n"
                            "        self.kept.append(x)\n        return hit\n\n\ndef f(a):\n    c = C()\n    return [c.ask(x) for x in a]\n",
                            [[[1, 2, 1, 3, 2, 1]]], "popitem(last=False)"),
    "heap by key": ("def f(a):\n    q = []\n    out = []\n    for x in a:\n        q.append(x)\n        if len(q) > 2:\n"
                             "            q.sort(key=lambda t: t[1])\n            out.append(q.pop(0))\n    return out, len(q)\n",
                             [[[[1, 5], [2, 3], [3, 5], [4, 3], [5, 3], [6, 1]]]], "heapq.heappop(q)[-1]"),
    "heap from a list": ("def f(a):\n    q = list(a)\n    s = 0\n    while len(q) > 1:\n        q.sort()\n        x = q.pop(0) + q.pop(0)\n"
                         "        s += x\n        q.append(x)\n    return s\n", [[[4, 1, 3]], [[]]], "heapq.heapify(q)"),
    "queue given": ("def first(t):\n    x = t.pop(0)\n    return x if not t or t[0] < x else first(t)\n\n\ndef f(s):\n"
                    "    return first(s.split())\n", [["1 2 1 4"]], "first(collections.deque(s.split()))"),
    "peel": ("def f(s):\n    out = []\n    while s:\n        if s[0] == ' ' and len(s) > 1 and s[1] == ' ':\n            s = s[2:]\n"
             "        elif not s.startswith('ab'):\n            out.append(s[0])\n            s = s[1:]\n        else:\n"
             "            s = s[2:]\n    return out\n", [["a  b ab c"], [""]], "s_at += 2"),
    "prepared": ("def f(text, words):\n    out = {}\n    for w in words:\n        out[w] = 0\n        for line in text.split('\\n'):\n"
                 "            found = []\n            for part in line.split():\n                found.append(part.lower())\n"
                 "            if w in found:\n                out[w] += len(line)\n    return out\n",
                 [["A b\nc a\n", ["a", "c"]], ["", []]], "zip(text.split('\\n'), line_prepared)"),
    "prefixes": ("def mid(v):\n    s = sorted(v)\n    return s[len(s) // 2]\n\n\ndef f(a):\n    out = []\n    for i in range(len(a)):\n"
                 "        out.append(mid(a[:i + 1]))\n    return out\n", [[[3, 1, 2, 2]], [[]]], "bisect.insort(a_sorted, a[i])"),
    "table of a helper": ("def g(t):\n    return int(t) * 2\n\n\ndef f(a):\n    n = 0\n    for x in range(4):\n        for s, e in a:\n"
                          "            if g(s) <= x < g(e):\n                n += 1\n    return n\n", [[[["0", "1"], ["1", "3"]]]],
                          "for (s, e), s_g, e_g in zip("),
}


@pytest.mark.parametrize("case", CASES)
def test_a_rule_applies_and_keeps_the_answers(case):
    text, rows, mark = CASES[case]
    made = changed(text, rows, "f")
    assert any(mark in x for x in made.values()), made
    for source in made.values():
        assert run(source, "f", rows) == run(text, "f", rows)
        assert run(source, "f", rows) == run(text, "f", rows)  # nothing is left from the first time


# why: (program, rows, what must not stand in any new one)
LEFT_ALONE = {
    "which divisor is asked": ("def f(n):\n    for d in range(2, n):\n        if n % d == 0:\n            return d\n    return n\n",
                               [[n] for n in range(20)], "isqrt"),
    "the divisor is read behind": ("def f(n):\n    d = 0\n    for d in range(2, n):\n        if n % d == 0:\n            break\n"
                                   "    return d\n", [[n] for n in range(20)], "isqrt"),
    "what is repeated changes": ("def f(n):\n    r = 1\n    for i in range(n):\n        r *= i + 1\n    return r\n", [[5]], "**"),
    "no product": ("def step(a, b):\n    return [x - y for x, y in zip(a, b)]\n\n\ndef f(m, n):\n    p = m\n    for _ in range(n):\n"
                   "        p = step(p, m)\n    return p\n", [[[1, 2], 5]], ">>="),
    "a part between changes of its ends": ("def f(a):\n    out, k = [], 2\n    for i in range(len(a)):\n        w = a[i:i + k]\n"
                                           "        k += 1\n        out.append(sum(w) + sum(a[i:i + k]))\n    return out\n",
                                           [[[1, 2, 3, 4]]], "w_sums"),
    "a helper that prints": ("def g(x):\n    print(x)\n    return x * 2\n\n\ndef f(a):\n    return [g(x) for x in a for y in a]\n", [[[1]]],
                             "cache"),
    "a helper that changes what it is given": ("def g(x, t):\n    t.append(x)\n    return len(t)\n\n\ndef f(a):\n    t = []\n"
                                               "    return [g(x, t) for y in a for x in a]\n", [[[1, 2]]], "cache"),
    "a helper with a clock": ("import datetime\n\n\ndef g(x):\n    return datetime.datetime.now() and x\n\n\ndef f(a):\n"
                              "    return [g(x) for y in a for x in a]\n", [[[1, 2]]], "cache"),
    "a helper that counts": ("n = 0\n\n\ndef g(x):\n    global n\n    n += 1\n    return x + n\n\n\ndef f(a):\n"
                             "    return [g(x) - n for y in a for x in a]\n", [[[1, 2]]], "cache"),
    "a helper whose answers may be changed": ("def g(x):\n    return [x]\n\n\ndef f(a):\n    out = []\n    for y in a:\n        for x in a:\n"
                                              "            r = g(x)\n            r.append(y)\n            out.append(r)\n    return out\n",
                                              [[[1, 2]]], "cache"),
    "a list that is gone through": ("def f(a):\n    seen = []\n    for x in a:\n        if x not in seen:\n            seen.append(x)\n"
                                    "    return seen\n", [[[2, 1, 2]]], "seen = set()"),
    "keys that are changed": ("def f(a):\n    out = []\n    for x in a:\n        if not any(y[0] == x[0] for y in out):\n            out.append(x)\n"
                              "        out[0][0] = 9\n    return out\n", [[[[1], [9], [1]]]], "out_keys"),
    "groups of what is changed": ("def f(rows, a):\n    out = []\n    for x in a:\n        for r in rows:\n            if r[0] == x:\n"
                                  "                out.append(r[1])\n        rows[0][0] = x\n    return out\n",
                                  [[[[1, 2], [3, 4]], [1, 3, 1]]], "by_key"),
    "groups by what changes": ("def f(rows, a):\n    out, key = [], 0\n    for x in a:\n        key = 1 - key\n"
                               "        out.append([r for r in rows if r[key] == x])\n    return out\n", [[[[1, 2], [2, 1]], [1, 2]]],
                               "by_key"),
    "an item is removed": ("class Box:\n    def __init__(self):\n        self.held = []\n\n    def get(self, k):\n        for x in self.held:\n"
                           "            if x['k'] == k:\n                return x\n        return None\n\n\ndef f(a):\n    box = Box()\n    for k in a:\n"
                           "        if box.get(k) is None:\n            box.held.append({'k': k})\n        else:\n            box.held.pop()\n"
                           "    return box.held\n", [[[1, 2, 1, 1]]], "by_key"),
    "a key is changed": ("class Box:\n    def __init__(self):\n        self.held = []\n\n    def get(self, k):\n        for x in self.held:\n"
                         "            if x['k'] == k:\n                return x\n        return None\n\n\ndef f(a):\n    box = Box()\n    for k in a:\n"
                         "        if box.get(k) is None:\n            box.held.append({'k': k})\n        box.get(k)['k'] = k + 1\n"
                         "    return box.held\n", [[[1, 2, 1, 1]]], "by_key"),
    "a heap that is gone through": ("def f(a):\n    q = []\n    out = []\n    for x in a:\n        q.append(x)\n        q.sort(key=abs)\n"
                                    "        out.append(list(q))\n        if len(q) > 2:\n            q.pop(0)\n    return out\n",
                                    [[[3, -1, 2]]], "heapq"),
    "the largest first": ("def f(a):\n    q = []\n    out = []\n    for x in a:\n        q.append(x)\n        q.sort(key=abs, reverse=True)\n"
                          "        out.append(q.pop(0))\n    return out\n", [[[3, -1, 2]]], "heapq"),
    "a text that is needed whole": ("def f(s):\n    out = []\n    while s:\n        out.append(s)\n        s = s[1:]\n    return out\n",
                                    [["abc"]], "s_at"),
    "statements that know the outer loop": ("def f(a, b):\n    out = []\n    for x in a:\n        for y in b:\n            z = sorted([x, y])\n"
                                            "            out.append(z)\n    return out\n", [[[2, 1], [1, 3]]], "prepared"),
    "what is made is changed": ("def f(a, b):\n    out = []\n    for x in a:\n        for y in b:\n            z = y.split()\n"
                                "            z.append(x)\n            out.append(z)\n    return out\n", [[["1", "2"], ["a b", "c"]]], "prepared"),
    "what has come is changed": ("def f(a):\n    out = []\n    for i in range(len(a)):\n        s = sorted(a[:i + 1])\n        s.append(0)\n"
                                 "        out.append(s)\n    return out\n", [[[2, 1]]], "insort"),
}


@pytest.mark.parametrize("why", LEFT_ALONE)
def test_what_a_rule_would_break_is_left_alone(why):
    text, rows, mark = LEFT_ALONE[why]
    for source in changed(text, rows, "f").values():
        assert mark not in source, source
        assert run(source, "f", rows) == run(text, "f", rows)


def test_what_is_remembered_needs_no_deeper_stack():
    text = ("def f(n):\n    \"\"\"Ways.\"\"\"\n    if n < 2:\n        return 1, 0\n    return f(n - 1)[0] + f(n - 2)[1], n\n")
    made = changed(text, [[5]], "f")["memo"]
    assert run(made, "f", [[0], [12]]) == run(text, "f", [[0], [12]])
    assert run(made, "f", [[800]])[0][1] == 800


def test_a_rule_that_stumbles_keeps_no_other_from_its_work(monkeypatch):
    import test_rewrite

    def stumble(code):
        raise AttributeError

    monkeypatch.setattr(test_rewrite.rewrite, "RULES", (("one", stumble), *test_rewrite.rewrite.RULES))
    text, rows, mark = CASES["divisors"]
    assert any(mark in x for x in changed(text, rows, "f").values())
