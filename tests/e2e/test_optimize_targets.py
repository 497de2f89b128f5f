"""`dise optimize ID memory|latency|quality|all`: what is better at that, and worse at nothing, becomes the next version."""

import json
import re

import pytest
from test_optimize import block, kept, told, versions

ASKED = {"memory": "needs less memory on large inputs", "latency": "answers one small call as soon as possible",
         "quality": "shorter and easier to read", "performance": "much faster on large inputs"}


def answers(target, *codes):
    return [{"match": ASKED[target], "text": block(c)} for c in codes]


def optimized(dise, target, task, code, *codes):
    """(the job's end, what was told of each proposal, the newest version's JSON): model answers alone."""
    artifact = kept(dise, task, code, *answers(target, *codes))
    status, events = dise.json("optimize", artifact, target, "--iterations", str(len(codes)), timeout=600)
    assert (status == 0) == (events[-1]["status"] == "solved"), events[-1]
    newest = versions(dise, artifact)[0]["id"]
    assert (newest != artifact) == (status == 0)
    return events[-1], told(events), json.loads(dise.run("artifact", "show", newest, "--json").stdout)


# ---- memory

SUMS = "Give how many different sums two of the numbers have: sums([1, 2, 3]) == 3, sums([1, 2, 3, 4]) == 5, sums([5, 5, 5]) == 1, sums([]) == 0"
LISTS = """def sums(numbers):
    found = []
    for i, a in enumerate(numbers):
        for b in numbers[:i]:
            found.append(a + b)
    return len(set(found))
"""
EVERY = LISTS.replace("found", "every")


@pytest.mark.long
def test_memory_what_needs_less_is_kept_and_what_needs_more_is_not(dise):
    end, (rule, more), shown = optimized(dise, "memory", SUMS, LISTS, EVERY)
    assert rule["kept"] and rule["target"] == "memory" and "sets" in rule["how"] and rule["low"] > 5, rule
    assert re.fullmatch(r"[\d.]+× less memory \[[\d.]+, [\d.]+\]", rule["gain"]), rule
    assert not more["kept"] and re.fullmatch(r"it needs [\d.]+ times the memory on large inputs", more["why"]), more
    assert "found = set()" in shown["source"] and shown["reason"] == "optimized: " + rule["gain"]
    f = shown["optimized"]
    assert f["target"] == "memory" and f["old_peak_kb"] > 5 * f["new_peak_kb"] > 0 and f["old_score"] <= f["new_score"]
    assert "less memory" in end["message"] and "faster" not in end["message"]


# ---- latency

MEDIANS = ("For each number give the upper median of those up to it and, when exact is true, behind them the median of all: "
           "medians([3, 1, 2], False) == [3, 3, 2], medians([1], False) == [1], medians([4, 2], False) == [4, 4], "
           "medians([3, 1, 2], True) == [3, 3, 2, 2]")
HEAVY = """import statistics


def medians(numbers, exact):
    found = []
    for i in range(len(numbers)):
        part = sorted(numbers[: i + 1])
        found.append(part[len(part) // 2])
    if exact and found:
        found.append(statistics.median(numbers))
    return found
"""
OWN = HEAVY[HEAVY.index("def"):].replace("sorted(numbers[: i + 1])", "sorted(sorted(numbers[: i + 1], key=str))").replace(
    "found.append(statistics.median(numbers))",
    "low = sorted(numbers)[(len(numbers) - 1) // 2]\n        found.append(found[-1] if len(numbers) % 2 else (low + found[-1]) / 2)")
LATER = OWN.replace("sorted(sorted(numbers[: i + 1], key=str))", "sorted(numbers[: i + 1])") + """

TABLE = [str(i) for i in range(100000)]
"""


@pytest.mark.long
def test_latency_what_answers_sooner_is_kept_and_not_later_or_where_large_inputs_pay_for_it(dise):
    end, (rule, slow, later), shown = optimized(dise, "latency", MEDIANS, HEAVY, OWN, LATER)
    assert rule["kept"] and rule["how"] == "rules: imports" and rule["low"] > 1.5, rule
    assert re.fullmatch(r"[\d.]+× sooner \[.*\]", rule["gain"]), rule
    assert not slow["kept"] and re.fullmatch(
        r"on (some )?large inputs it takes [\d.]+ times as long|it answers 0\.\d+ ms sooner: too little to matter", slow["why"]), slow  # on fast machines
    assert not later["kept"] and re.fullmatch(r"its first answer takes [\d.]+ times as long", later["why"]), later
    assert shown["source"].startswith("def") and shown["reason"] == "optimized: " + rule["gain"] and "sooner" in end["message"]
    assert shown["optimized"]["old_start_ms"] > 1.5 * shown["optimized"]["new_start_ms"] > 0


# ---- quality

ZERO = ("Count the pairs of the numbers, at two places, that add up to zero: zeros([1, -1, 2]) == 1, zeros([3]) == 0, "
        "zeros([]) == 0, zeros([0, 0, 0, 5]) == 3")
NESTED = """def zeros(numbers):
    count = 0
    for i in range(len(numbers)):
        for j in range(len(numbers)):
            if j > i:
                if numbers[i] + numbers[j] == 0:
                    count = count + 1
                else:
                    count = count + 0
    return count
"""
HARDER = NESTED.replace("if j > i:", "if j > i and i >= 0 and j < len(numbers):")
CLEAR = """from itertools import combinations


def zeros(numbers):
    return sum(a + b == 0 for a, b in combinations(numbers, 2))
"""


def test_quality_what_is_clearer_is_kept_and_what_is_harder_to_read_is_not(dise):
    end, (harder, clear), shown = optimized(dise, "quality", ZERO, NESTED, HARDER, CLEAR)
    assert not harder["kept"] and re.fullmatch(r"it is harder to read: clarity 0\.\d+ instead of 0\.\d+", harder["why"]), harder
    assert clear["kept"] and re.fullmatch(r"1\.\d+× clearer \(0\.\d+ → 0\.\d+\)", clear["gain"]), clear
    assert shown["source"] == CLEAR and shown["reason"] == "optimized: " + clear["gain"] and "clearer" in end["message"]
    old, new = shown["optimized"]["clarity"]["old"], shown["optimized"]["clarity"]["new"]
    assert old["clarity"] < new["clarity"] and old["branches"] > new["branches"] and old["nesting"] > new["nesting"]
    assert shown["optimized"]["old_score"] < shown["optimized"]["new_score"]
    text = dise.run("rag", "show", shown["id"]).stdout.decode()
    assert f"optimized for quality: score {shown['optimized']['old_score']:.2f} → " in text
    assert f"clarity {old['clarity']:.2f} → {new['clarity']:.2f}: gates 1.00 → 1.00, nodes {old['nodes']:.0f} → " in text


# ---- all of them in turn

COMMON = ("Give the numbers of a that are in b and, when middle is true, their median behind them: "
          "common([1, 2, 3], [3, 1], False) == [1, 3], common([], [1], False) == [], common([7, 7], [7], False) == [7, 7], "
          "common([5, 1, 9], [9, 1, 5], True) == [5, 1, 9, 5]")
POOR = """import statistics


def common(a, b, middle):
    found = []
    for x in a:
        if x in b:
            found.append(x)
    if middle == True:
        if len(found) > 0:
            found.append(statistics.median(found))
    result = []
    for i in range(len(found)):
        result.append(found[i])
    if len(result) == 0:
        return []
    else:
        answer = result
        return answer
"""
LARGE = POOR.replace("    found = []", "    known = set(b)\n    spare = list(range(1000000))\n    found = spare[:0]").replace("in b:", "in known:")


@pytest.mark.long
def test_all_tries_each_target_and_lets_none_pay_for_another(dise):
    same = [{"match": ASKED[t], "text": "there is nothing to be gained"} for t in ("memory", "latency", "quality")]
    artifact = kept(dise, COMMON, POOR, *answers("performance", LARGE), *same)
    status, events = dise.json("optimize", artifact, "all", "--iterations", "1", timeout=600)
    end, tried = events[-1], told(events)
    assert status == 0 and end["llm_calls"] == 4 and end["result"]["target"] == "all", end
    assert [t["target"] for t in end["result"]["targets"]] == ["performance", "memory", "latency", "quality"]
    by = {t["target"]: t for t in end["result"]["targets"]}
    assert by["performance"]["kept"] == by["latency"]["kept"] == by["quality"]["kept"] == 1 and by["memory"]["kept"] == 0
    words = {t["target"]: t["gain"] for t in tried if t["kept"]}
    assert "faster" in words["performance"] and "sooner" in words["latency"] and "clearer" in words["quality"], words
    large = next(t for t in tried if t["target"] == "performance" and t["how"].startswith("model"))
    assert not large["kept"] and re.search("no gain|times the memory|times as long", large["why"]), large
    assert all(f"{t}: " in end["message"] for t in by) and "there is no program in the answer" in by["memory"]["text"]
    shown = json.loads(dise.run("artifact", "show", end["artifact"], "--json").stdout)
    source = shown["source"]
    assert "b_set" in source and "        import statistics" in source and "== True" not in source
    assert len(versions(dise, artifact)) == 4 and shown["optimized"]["target"] == "quality"


def test_all_is_a_target_everywhere(dise):
    done = dise.run("batch", "improve", "all", "--dry-run")
    assert done.returncode != 0 and b"nothing is used so much" in done.stderr, done.stderr
    done = dise.run("batch", "improve", "everything", "--dry-run")
    assert b"everything is no target: performance, quality, memory, latency or all" in done.stderr
    assert b"ID [performance|quality|memory|latency|all]" in dise.run("help", "optimize").stdout + dise.run("--help").stdout
