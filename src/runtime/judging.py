"""What the judge makes of an answer: whether it is the expected one, what it has in common with other answers, and
whether the program may hold nothing but the answers. harness.py loads this beside itself, before it loads the program,
and gives it its `source_of`, `value_of` and `short`."""

import ast
import math

# ---- comparing -------------------------------------------------------------------------------


def same(got, expected):
    """Equality of literals as a person means it: 1 is not True, [1] is not "1", a tuple that was
    written as a list counts, NaN equals nothing, floats within 1e-9."""
    if isinstance(expected, bool) or isinstance(got, bool):
        return isinstance(expected, bool) and isinstance(got, bool) and got == expected
    if isinstance(expected, (int, float)) and isinstance(got, (int, float)):
        if isinstance(expected, int) and isinstance(got, int):
            return got == expected
        return math.isclose(got, expected, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(expected, (list, tuple)) and isinstance(got, (list, tuple)):
        return len(got) == len(expected) and all(map(same, got, expected))
    if isinstance(expected, dict) and isinstance(got, dict):
        return got.keys() == expected.keys() and all(same(got[k], v) for k, v in expected.items())
    if isinstance(expected, (set, frozenset)) and isinstance(got, (set, frozenset)):
        return got == expected
    return type(got) is type(expected) and got == expected


# ---- what programs agree on ---------------------------------------------------------------------


def signature(record):
    """A few letters that are equal for equal answers: what candidates agree on is counted by it."""
    import zlib

    if record is None:
        return "-"
    if "error" in record:
        return "!" + str(record.get("raised"))
    known, value = value_of(record)
    return f"{zlib.crc32(source_of(rounded(value)).encode()):08x}" if known else "-"


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, (list, tuple)):
        return [rounded(v) for v in value]
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in sorted(value.items(), key=repr)}
    return value


# ---- examples ------------------------------------------------------------------------------------


def judge_example(expected, record):
    if record is None:
        return {"ok": False, "error": "the program ended before it answered"}
    if "error" in record:
        return {"ok": False, **{k: v for k, v in record.items() if k not in ("kind", "i")}}
    known, got = value_of(record)
    try:
        expected = ast.literal_eval(expected)
    except (ValueError, SyntaxError):
        return {"ok": False, "error": "the expected value is no literal"}
    return {"ok": known and same(got, expected), "got": short(record.get("value", ""))}


def literals_of(tree):
    """The plain values that the program's text holds, as canonical source."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Constant, ast.UnaryOp, ast.List, ast.Tuple, ast.Dict, ast.Set)):
            try:
                found.add(source_of(ast.literal_eval(node)))
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                continue
    return found


def arguments_of(example):
    """The example's arguments as canonical source; None: they are no literals."""
    try:
        if not example.get("call"):
            return [source_of(v) for v in ast.literal_eval("(" + example["args"] + ",)")]
        call = ast.parse(example["call"], mode="eval").body
        if not isinstance(call, ast.Call):
            return None
        values = [*call.args, *(k.value for k in call.keywords)]
        return [source_of(ast.literal_eval(v)) for v in values]
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def echoes(tree, job, expected):
    """Whether the text of the program holds every example with its answer: it may be a table of
    them, and then their being right says nothing. Answers that any program holds do not count."""
    found, ordinary = literals_of(tree), {"0", "1", "-1", "True", "False", "None", "''", "[]"}
    examples = job.get("examples") or []
    telling = 0
    for example, answer in zip(examples, expected):
        given = arguments_of(example)
        try:
            answer = source_of(ast.literal_eval(answer))
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            return False
        if not given or answer not in found or not all(g in found for g in given):
            return False
        telling += answer not in ordinary
    return telling > 0
