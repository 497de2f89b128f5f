"""Property tests: what the task's words decide of every answer, tried on inputs that look like its examples.

Runs in the harness' third process, which never imports the program: inputs are made here, the calls go
through the pipes to the process that has the program. Hypothesis makes the inputs and shrinks one that a
property does not hold for; everything is seeded, so that the same program meets the same inputs. What is
given (`secret`):
    {"library": folder of hypothesis, "rules": [{"name", "args": [kinds of arguments], "sure": bool,
     "other": name of the other function | "for", "in", "that" of a written one}], "shapes": [type of each
     parameter, "" not known], "takes": number of parameters | -1, "made": calls of testdata_calls.py | null,
     "guessed": their types are the programs'}
"""

import ast
import math
import time

INPUTS, CALL_S, WAIT_S, SHRINK_S = 50, 2.0, 1.0, 1.0
SHOWN = 160
WORDS = ["a", "b", "ab", "ba", "hello", "world", "level", "python", "tree", "data"]


class Stuck(BaseException):
    """The program ended, or does not come back: nothing more can be asked."""


class Raised(Exception):
    pass


# ---- inputs that look like the examples ------------------------------------------------------------


def rows_of(examples, takes):
    """The arguments of the examples that are plain positional literals."""
    rows = []
    for example in examples:
        try:
            if example.get("call"):
                call = ast.parse(example["call"], mode="eval").body
                row = None if call.keywords else tuple(ast.literal_eval(a) for a in call.args)
            else:
                row = ast.literal_eval("(" + example["args"] + ",)")
        except (ValueError, TypeError, SyntaxError, AttributeError, RecursionError, MemoryError):
            continue
        if row and len(row) == 1 and isinstance(row[0], tuple) and takes > 1:
            row = row[0]
        if row and (takes <= 0 or len(row) == takes) and (not rows or len(row) == len(rows[0])):
            rows.append(row)
    return rows


def is_sorted(values):
    try:
        return all(a <= b for a, b in zip(values, values[1:]))
    except TypeError:
        return False


def is_unique(values):
    return all(v not in values[:i] for i, v in enumerate(values))


def numbers_like(st, values):
    low, high = min(values), max(values)
    if low == high:
        low = 1 if low > 1 else low
    return st.integers(low, high)


def texts_like(st, values):
    letters, sizes = sorted(set("".join(values))), [len(v) for v in values]
    if not letters:
        return st.sampled_from(values)
    made = st.lists(st.sampled_from(letters), min_size=min(sizes), max_size=max(sizes)).map("".join)
    return st.one_of(st.sampled_from(values), made)


def lists_like(st, values, free):
    """As long as those that are known or a little longer, of their elements or alike; sorted and
    without repetitions where all of them are."""
    elements = [e for v in values for e in v]
    if not elements:
        return st.sampled_from(values)
    kinds = {type(e) for e in elements}
    if kinds == {int}:
        element = numbers_like(st, elements)
    elif kinds == {str} and free:
        element = st.sampled_from(sorted(set(elements)))
    else:
        element = st.sampled_from(elements)
    sizes = [len(v) for v in values]
    long = [v for v in values if len(v) > 1]
    unique = bool(long) and all(map(is_unique, long)) and not free
    made = st.lists(element, min_size=min(min(sizes), 1), max_size=max(sizes) + 2,
                    unique_by=repr if unique else None)
    if min(sizes) > 0:
        made = made.filter(bool)
    if long and all(map(is_sorted, long)) and len(long) > 1 - (not free):
        made = made.map(sorted)
    return made.map(type(values[0])) if isinstance(values[0], tuple) else made


def like(st, values, free):
    """A strategy for values of the kind of these; `free`: the words say that any list or text will do."""
    kinds = {type(v) for v in values}
    if kinds == {bool}:
        return st.booleans()
    if kinds == {int}:
        return numbers_like(st, values)
    if kinds == {str} and free:
        return texts_like(st, values)
    if kinds == {list}:
        return lists_like(st, values, free)
    return st.sampled_from(values)


def of_shape(st, shape):
    if shape == "int":
        return st.integers(1, 30)
    if shape == "bool":
        return st.booleans()
    if shape == "str":
        return st.lists(st.sampled_from("abcab xyzAB"), min_size=1, max_size=8).map("".join)
    if shape == "list[int]":
        return st.lists(st.integers(1, 30), min_size=1, max_size=7)
    if shape == "list[str]":
        return st.lists(st.sampled_from(WORDS), min_size=1, max_size=6)
    return None


class Built:
    """An argument of a class that the program has: the text that makes it there."""

    def __init__(self, made):
        self.made = made

    def __repr__(self):
        return self.made

    def __eq__(self, other):
        return isinstance(other, Built) and self.made == other.made

    def __hash__(self):
        return hash(self.made)


def made_rows(secret, edge):
    """The arguments of the calls that were made of types, the shortest first."""
    rows = []
    for call in secret.get("made") or []:
        if call["edge"] != edge:
            continue
        if "args" in call:
            rows.append(ast.literal_eval("(" + call["args"] + ",)"))
        else:
            rows.append(tuple(map(value_or_built, ast.parse(call["call"], mode="eval").body.args)))
    return rows


def value_or_built(node):
    try:
        return ast.literal_eval(node)
    except ValueError:
        return Built(ast.unparse(node))


def arguments(st, secret, examples):
    """A strategy for all arguments; None: nothing is known of them. Where examples show little, those
    that were made come as well."""
    rows, made = rows_of(examples, secret.get("takes", -1)), made_rows(secret, False)
    if rows:
        made = [m for m in made if len(m) == len(rows[0])]
    known = arguments_like(st, secret, rows)
    if not made or (known is not None and not rows):
        return known
    return st.sampled_from(made) if known is None else st.one_of(known, st.sampled_from(made))


def arguments_like(st, secret, rows):
    """Of the examples, else of the shapes. Where there are several, those that only an example shows
    vary one at a time, because they may belong together."""
    shapes = secret.get("shapes") or []
    free = any(r.get("sure") and r["name"] != "written" for r in secret["rules"])
    if not rows:
        made = [of_shape(st, s) for s in shapes]
        return st.tuples(*made) if made and None not in made else None
    if len(rows[0]) == 1:
        return st.tuples(like(st, [r[0] for r in rows], free))
    if secret.get("loose") and all(isinstance(v, int) for r in rows for v in r):
        return st.tuples(*(like(st, list(column), free) for column in zip(*rows)))
    return st.one_of(st.sampled_from(rows), *varied(st, rows))


def varied(st, rows):
    """An example in which one number or list is another one of its kind."""
    for i, column in enumerate(zip(*rows)):
        if {type(v) for v in column} in ({int}, {list}):
            made = like(st, list(column), False)
            yield st.tuples(st.sampled_from(rows), made).map(lambda x, i=i: (*x[0][:i], x[1], *x[0][i + 1:]))


# ---- asking the program ------------------------------------------------------------------------


class Program:
    """Calls of the program, each asked once; `again` asks anew."""

    def __init__(self, candidate, name, source_of, limited, ended):
        self.name = name
        self.candidate, self.source_of, self.limited, self.ended = candidate, source_of, limited, ended
        self.known, self.waited, self.until = {}, 0.0, None

    def ask(self, args, name=None):
        import copy

        began, given = time.monotonic(), copy.deepcopy(args)
        try:
            value = self.limited(CALL_S, self.candidate.call, name, given)
            return ("value", value, given)
        except self.ended:
            raise Stuck(f"{self.shown(args)} ended the program") from None
        except Exception as error:  # noqa: BLE001 - whatever the program raises
            if type(error).__name__ == "TooLong":
                raise Stuck(f"{self.shown(args)} did not answer within {CALL_S:g} s") from None
            return ("raised", str(error)[:SHOWN], given)
        finally:
            self.waited += time.monotonic() - began

    def __call__(self, args, name=None):
        key = (name, self.text(args))
        if key not in self.known:
            self.known[key] = self.ask(args, name)
        return self.known[key]

    def value(self, *args, name=None):
        kind, value, _ = self(args, name)
        if kind == "raised":
            raise Raised(value)
        return value

    def text(self, args):
        texts = [a.made if isinstance(a, Built) else self.source_of(a) for a in args]
        return "(" + ", ".join(texts) + ("," if len(texts) == 1 else "") + ")"

    def shown(self, args):
        text = self.text(args)[1:-1]
        return f"{self.name}({text[:-1] if len(args) == 1 else text})"[:SHOWN]


def short(value):
    text = repr(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


# ---- the properties: None, or what is wrong ---------------------------------------------------------


def items(value):
    return isinstance(value, (list, tuple, str))


def comparable(values):
    """Numbers alone, or texts whose order does not depend on case: small letters, digits, blanks."""
    if all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
        return True
    return all(isinstance(v, str) and v == v.lower() and v.isascii() for v in values) and all(
        v.replace(" ", "").isalnum() for v in values)


def ascending(f, args, rule):
    got = f.value(*args)
    if isinstance(got, (list, tuple)) and comparable(got) and not is_sorted(got):
        return f"gave {short(got)}, which is not in ascending order"
    return None


def descending(f, args, rule):
    got = f.value(*args)
    if isinstance(got, (list, tuple)) and comparable(got) and not is_sorted(got[::-1]):
        return f"gave {short(got)}, which is not in descending order"
    return None


def permutation(f, args, rule):
    got, given = f.value(*args), args[0]
    if not items(given) or isinstance(given, str) != isinstance(got, str) or not items(got):
        return f"gave {short(got)}, which is of another type than the input" if rule.get("sure") else None
    if sorted(map(repr, got)) != sorted(map(repr, given)):
        return f"gave {short(got)}, which does not have the same elements as the input"
    return None


def unique(f, args, rule):
    got = f.value(*args)
    if isinstance(got, (list, tuple) if not rule.get("sure") else (list, tuple, str)) and not is_unique(got):
        return f"gave {short(got)}, which has an element twice"
    return None


def same_set(f, args, rule):
    got, given = f.value(*args), args[0]
    if not items(got) and not isinstance(got, (set, frozenset)):
        return f"gave {short(got)}, which has not the elements of the input"
    if items(given) and (any(v not in given for v in got) or any(v not in got for v in given)):
        return f"gave {short(got)}, which has other elements than the input"
    return None


def in_order(f, args, rule):
    """The elements of the answer stand in the input in the same order."""
    got, given = f.value(*args), args[0]
    if not items(got) or not items(given) or isinstance(got, str) != isinstance(given, str):
        return None
    rest = iter(given)
    if not all(any(v == w for w in rest) for v in got):
        return f"gave {short(got)}, which is no part of the input in its order"
    return None


def mirror(f, args, rule):
    got, given = f.value(*args), args[0]
    if not items(given):
        return None
    if not items(got) or list(got) != list(given)[::-1]:
        return f"gave {short(got)}, which is not the input from the end to the beginning"
    return None


def involution(f, args, rule):
    got = f.value(*args)
    twice = f.value(got, *args[1:])
    if items(twice) and items(args[0]) and list(twice) == list(args[0]):
        return None
    return f"gave {short(got)}, and that again {short(twice)}, which is not the first input"


def idempotent(f, args, rule):
    got = f.value(*args)
    if isinstance(got, (set, frozenset)):
        return None
    twice = f.value(got, *args[1:])
    if twice != got:
        return f"gave {short(got)}, and that again {short(twice)}, although nothing is left to be done"
    return None


def largest(f, args, rule):
    got = f.value(*args)
    if isinstance(args[0], (list, tuple)) and args[0] and comparable(args[0]) and got != max(args[0]):
        return f"gave {short(got)}, which is not the largest element"
    return None


def smallest(f, args, rule):
    got = f.value(*args)
    if isinstance(args[0], (list, tuple)) and args[0] and comparable(args[0]) and got != min(args[0]):
        return f"gave {short(got)}, which is not the smallest element"
    return None


def upper(f, args, rule):
    got = f.value(*args)
    return f"gave {short(got)}, which has small letters" if isinstance(got, str) and got != got.upper() else None


def lower(f, args, rule):
    got = f.value(*args)
    return f"gave {short(got)}, which has capital letters" if isinstance(got, str) and got != got.lower() else None


def every(what, holds):
    def check(f, args, rule):
        got = f.value(*args)
        if isinstance(got, (list, tuple)) and all(isinstance(v, (int, float)) for v in got):
            wrong = [v for v in got if not holds(v)]
            if wrong:
                return f"gave {short(got)}, and {wrong[0]!r} is not {what}"
        return None
    return check


def same_length(f, args, rule):
    got, given = f.value(*args), args[0]
    if items(got) and items(given) and len(got) != len(given):
        return f"gave {short(got)}, which is not as long as the input"
    return None


def not_negative(f, args, rule):
    got = f.value(*args)
    if isinstance(got, (int, float)) and got < 0:
        return f"gave {short(got)}, which counts less than nothing"
    return None


def symmetric(f, args, rule):
    if len(args) != 2:
        return None
    one, other = f.value(*args), f.value(*args[::-1])
    if one != other and not (isinstance(one, float) and math.isclose(one, other, rel_tol=1e-9)):
        return f"gave {short(one)}, and with the arguments swapped {short(other)}"
    return None


def steady(f, args, rule):
    first = f(args)
    for _ in range(2):
        again = f.ask(args)
        if again[0] != first[0] or (first[0] == "value" and repr(again[1]) != repr(first[1])):
            if isinstance(first[1], (set, frozenset)) and first[1] == again[1]:
                continue
            shown = [short(x[1]) if x[0] == "value" else f"raised {x[1]}" for x in (first, again)]
            return f"gave {shown[0]}, and when asked again {shown[1]}"
    return None


def untouched(f, args, rule):
    _, _, after = f(args)
    if repr(after) != repr(args):
        return f"changed its argument to {short(after[0] if len(after) == 1 else after)}"
    return None


def answers(f, args, rule):
    kind, text, _ = f(args)
    return f"raised {text}" if kind == "raised" else None


TYPES = {"int": (int, float), "float": (int, float), "bool": (bool, int), "str": (str,), "list": (list, tuple),
         "tuple": (tuple, list), "dict": (dict,), "set": (set, frozenset)}


def typed(f, args, rule):
    got = f.value(*args)
    if got is None and rule.get("none"):
        return None
    wrong = not isinstance(got, TYPES[rule["type"]])
    if rule["type"] == "int":
        wrong |= isinstance(got, float) and not got.is_integer()
    if rule["type"] == "bool":
        wrong |= got not in (0, 1)
    return f"gave {short(got)}, which is no {rule['type']}" if wrong else None


def round_trip(f, args, rule):
    """The two functions of the program undo each other; no second one: nothing to see."""
    coded = f.value(*args, name=rule["of"])
    back = f.value(coded, *args[1:], name=rule["other"])
    if back != args[0]:
        return f"became {short(coded)} by {rule['of']}, and that by {rule['other']} {short(back)}"
    return None


CHECKS = {"ascending": ascending, "descending": descending, "permutation": permutation, "unique": unique,
          "same_set": same_set, "in_order": in_order, "mirror": mirror, "involution": involution,
          "idempotent": idempotent, "largest": largest, "smallest": smallest, "upper": upper, "lower": lower,
          "even": every("even", lambda v: v % 2 == 0), "odd": every("odd", lambda v: v % 2 == 1),
          "positive": every("positive", lambda v: v > 0), "negative": every("negative", lambda v: v < 0),
          "same_length": same_length, "not_negative": not_negative, "symmetric": symmetric, "steady": steady,
          "untouched": untouched, "answers": answers, "typed": typed, "round_trip": round_trip}


# ---- properties that a model has written ----------------------------------------------------------

BUILTINS = {f.__name__: f for f in (len, sorted, set, sum, min, max, abs, all, any, list, str, int, range, zip, reversed,
                                    tuple, dict, bool, float, isinstance, enumerate)}
METHODS = {"count", "index", "lower", "upper", "strip", "split", "startswith", "endswith", "isdigit", "isalpha", "islower",
           "isupper", "replace", "items", "keys", "values", "get", "join"}
NODES = (ast.Expression, ast.Compare, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Call, ast.Name, ast.Constant, ast.List,
         ast.Tuple, ast.Dict, ast.Set, ast.Subscript, ast.Slice, ast.IfExp, ast.GeneratorExp, ast.ListComp, ast.SetComp,
         ast.comprehension, ast.Attribute, ast.expr_context, ast.cmpop, ast.boolop, ast.unaryop, ast.Add, ast.Sub, ast.Mult,
         ast.Div, ast.FloorDiv, ast.Mod)


def read_expression(rule, function):
    """The code of the expression; ValueError: it may do more than look at answers."""
    tree = ast.parse(rule["that"], mode="eval")
    known = {rule["for"], function, *BUILTINS}
    known |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for node in ast.walk(tree):
        if not isinstance(node, NODES):
            raise ValueError(f"{type(node).__name__} is not allowed")
        if isinstance(node, ast.Name) and node.id not in known:
            raise ValueError(f"{node.id} is not known")
        if isinstance(node, ast.Attribute) and node.attr not in METHODS:
            raise ValueError(f".{node.attr} is not allowed")
        if isinstance(node, ast.Constant) and isinstance(node.value, int) and abs(node.value) > 10**6:
            raise ValueError("too large a number")
    return compile(tree, "property", "eval")


def strategy_of(st, text):
    node = ast.parse(text, mode="eval").body
    name = node.id if isinstance(node, ast.Name) else node.func.id
    given = [] if isinstance(node, ast.Name) else node.args
    if name == "lists":
        return st.lists(strategy_of(st, ast.unparse(given[0])), max_size=6)
    if name == "integers":
        return st.integers(*sorted(ast.literal_eval(a) for a in given)) if given else st.integers(-20, 20)
    if name == "text":
        letters = ast.literal_eval(given[0]) if given else "abcAB x1"
        return st.lists(st.sampled_from(letters), max_size=8).map("".join)
    return st.booleans()


def written(f, args, rule):
    space = {"__builtins__": BUILTINS, rule["for"]: args[0], rule["function"]: f.value}
    if not eval(rule["code"], space):
        return f"for {rule['for']} = {short(args[0])} it is not true that {rule['that']}"
    return None


def judge_written(f, check, args, rule):
    try:
        return check(f, args, rule)
    except Raised as error:
        return f"for {rule['for']} = {short(args[0])} the program raised {error}"
    except Exception as error:  # noqa: BLE001 - of the expression
        return f"for {rule['for']} = {short(args[0])} {rule['that']} raised {type(error).__name__}: {error}"


def breaks_written(rule, known):
    """Whether an example contradicts it; what an example does not answer says nothing."""
    for row, _ in known.answers:
        try:
            if len(row) == 1 and not eval(rule["code"], {"__builtins__": BUILTINS, rule["for"]: row[0],
                                                         rule["function"]: known.value}):
                return True
        except Exception:  # noqa: BLE001
            continue
    return False


def try_written(hypothesis, f, known, rule):
    """(void, what is wrong)"""
    try:
        rule.update(code=read_expression(rule, f.name), function=f.name)
        strategy = hypothesis.strategies.tuples(strategy_of(hypothesis.strategies, rule["in"]))
    except (ValueError, SyntaxError, AttributeError, IndexError, RecursionError, MemoryError):
        return True, None
    if breaks_written(rule, known):
        return True, None
    for args in make_inputs(hypothesis, strategy):
        if f.waited > 2 * WAIT_S:
            break
        if judge_written(f, written, args, rule) is not None:
            args = shrink(hypothesis, strategy, f, lambda a: judge_written(f, written, a, rule), args)
            return False, judge_written(f, written, args, rule)
    return False, None


# ---- running them ------------------------------------------------------------------------------------


def judge_one(f, check, args, rule):
    try:
        return check(f, args, rule)
    except Raised as error:  # outside of what the words promise anything may happen
        return f"raised {error}" if rule.get("sure") else None


def settings_of(hypothesis, most):
    return hypothesis.settings(
        max_examples=most, database=None, deadline=None, derandomize=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink], verbosity=hypothesis.Verbosity.quiet)


def make_inputs(hypothesis, strategy):
    """The same ones for every program that is tried."""
    made = []

    @hypothesis.seed(20)
    @settings_of(hypothesis, INPUTS)
    @hypothesis.given(strategy)
    def collect(args):
        if len(made) < INPUTS and args not in made:
            made.append(args)

    collect()
    return made


def shrink(hypothesis, strategy, f, judge, first):
    """The simplest input that the property does not hold for. Its limit is processor time, so that the
    same program has the same one also on a busy machine."""
    import random

    until, waited = time.process_time() + SHRINK_S, f.waited + WAIT_S
    best = {"args": first}

    def wrong(args):
        if time.process_time() > until or f.waited > waited:
            return False
        found = judge(args) is not None
        if found:
            best["args"] = args
        return found

    try:
        hypothesis.find(strategy, wrong, settings=settings_of(hypothesis, 4 * INPUTS), random=random.Random(20))
    except Stuck:
        raise
    except Exception:  # noqa: BLE001 - it stays the one that was found
        pass
    return best["args"]


def try_rule(hypothesis, strategy, inputs, f, rule):
    """What is wrong, with the simplest input that shows it; None: nothing was found."""
    check = CHECKS[rule["name"]]
    for args in inputs:
        if f.waited > WAIT_S:
            break
        if judge_one(f, check, args, rule) is not None:
            args = shrink(hypothesis, strategy, f, lambda a: judge_one(f, check, a, rule), args)
            return f"{f.shown(args)} {judge_one(f, check, args, rule)}"
    return None


class Known:
    """The examples in the place of the program: a property that they break was none."""

    def __init__(self, examples, expected, takes):
        self.answers = []
        for example, answer in zip(examples, expected):
            for row in rows_of([example], takes):
                try:
                    self.answers.append((row, ast.literal_eval(answer)))
                except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                    continue

    def value(self, *args, name=None):
        for row, answer in self.answers:
            if not name and row == args:
                return answer
        raise Raised("not known")


NEED_A_PROGRAM = ("steady", "untouched", "answers", "round_trip")


def is_void(rule, known):
    if rule["name"] in NEED_A_PROGRAM:
        return False
    free = {**rule, "sure": False}
    return any(judge_one(known, CHECKS[rule["name"]], row, free) is not None for row, _ in known.answers)


def load_hypothesis(folder):
    import os
    import sys
    import warnings

    warnings.simplefilter("ignore")
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = "/tmp"
    sys.path.insert(0, folder)
    import hypothesis
    import hypothesis.strategies

    return hypothesis


def missing(why):
    return [{"kind": "properties", "missing": why}]


def run(secret, examples, expected, program, signature):
    """The records of all rules. A program that ends or hangs has failed the rule that asked it."""
    try:
        hypothesis = load_hypothesis(secret["library"])
    except Exception as error:  # noqa: BLE001 - whatever keeps it from being loaded
        return missing(f"hypothesis cannot be loaded: {error}"[:300])
    strategy = arguments(hypothesis.strategies, secret, examples)
    if strategy is None and not any(r["name"] == "written" for r in secret["rules"]):
        return missing("")
    inputs, found, stuck = make_inputs(hypothesis, strategy) if strategy else [], [], None
    known = Known(examples, expected, secret.get("takes", -1))
    guessed = secret.get("guessed") and secret.get("made")
    for rule in secret["rules"]:
        text = stuck if rule.get("sure") else None  # what was not tried speaks for nothing
        try:
            if rule["name"] == "written":
                void, text = (False, stuck) if stuck else try_written(hypothesis, program, known, rule)
            else:
                void = strategy is None or is_void(rule, known) or (guessed and rule["name"] == "answers")
                judged = {**rule, "sure": False} if guessed else rule  # whether such an input is one, nobody has said
                text = text if stuck or void else try_rule(hypothesis, strategy, inputs, program, judged)
        except Stuck as error:
            void, text = False, str(error)
            stuck = text
        found.append([rule, void, text])
    if not stuck:
        try_edges(hypothesis, made_rows(secret, True), program, found)
    answers_of = [signature(program.known.get((None, program.text(a)))) for a in inputs]
    return [{"kind": "properties", "inputs": len(inputs), "signature": ",".join(answers_of)},
            *(record(i, *x) for i, x in enumerate(found))]


def record(i, rule, void, text):
    said = {"void": True} if void else {"ok": text is None, "text": text or ""}
    return {"kind": "property", "i": i, "name": rule["name"], **said}


def try_edges(hypothesis, rows, program, found):
    """At the edges of the types as well, behind all others: an error there says nothing, and who comes to no
    end there has answered the others."""
    for entry in found if rows else ():
        rule, void, text = entry
        if void or text is not None or rule["name"] in ("written", "typed", "answers"):
            continue
        try:
            entry[2] = try_rule(hypothesis, hypothesis.strategies.sampled_from(rows), rows, program, {**rule, "sure": False})
        except Stuck:
            return
