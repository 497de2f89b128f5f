"""What the optimizer's rules propose for slow programs, without DiSE's judgement: quick, and for those who write rules.

    bench_rules.py [FOLDER] [--only NAME] [--pairs N] [--show]

Of each program of FOLDER (slow_blind/ unless told) and each proposal: whether it passes the task's examples and the checks
and answers alike on load(), and how many times faster it is there: the median of N interleaved pairs of fresh processes,
of processor time. bench_optimize.py tells what DiSE makes of them."""

import argparse
import statistics
import sys
from pathlib import Path

from bench_optimize import CHECKER, HERE, TIMER, python

sys.path.insert(0, str(HERE.parents[1] / "src" / "runtime"))

import inputs  # noqa: E402
import rewrite  # noqa: E402


def proposals(folder, name):
    """(function, [(rules, source)])"""
    text = (folder / f"{name}.py").read_text()
    calls = [x.rsplit(" == ", 1) for x in (folder / f"{name}.task").read_text().splitlines() if " == " in x]
    function = calls[0][0].partition("(")[0]
    job = {"function": function, "examples": [{"call": call} for call, _ in calls]}
    made = rewrite.rewrites(text, inputs.rows_of(text, job), function)
    return function, calls, [(rule, source) for rule, _, source in made]


def examples_hold(source, calls):
    space = {}
    try:
        exec(source, space)
        return all(eval(call, space) == eval(want) for call, want in calls)  # the bench's own programs
    except Exception:
        return False


def speed_up(folder, name, new, function, pairs):
    """None: it answers otherwise."""
    check, old = folder / f"{name}_check.py", folder / f"{name}.py"
    if python(CHECKER, check, old, new, function) is None:
        return None
    ratios = []
    for i in range(pairs):
        order = [old, new] if i % 2 else [new, old]
        took = {p: float(python(TIMER, check, p, function)) for p in order}
        ratios.append(took[old] / max(took[new], 1e-3))
    return statistics.median(ratios)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("folder", nargs="?", type=Path, default=HERE / "slow_blind")
    p.add_argument("--only", default="")
    p.add_argument("--pairs", type=int, default=3)
    p.add_argument("--show", action="store_true")
    a = p.parse_args()
    import tempfile

    first, wrong, every = [], 0, 0
    names = sorted(x.stem for x in a.folder.glob("*.task") if a.only in x.stem)
    with tempfile.TemporaryDirectory() as place:
        new = Path(place) / "new.py"
        for name in names:
            function, calls, made = proposals(a.folder, name)
            for i, (rule, source) in enumerate(made):
                new.write_text(source)
                gain = speed_up(a.folder, name, new, function, a.pairs) if examples_hold(source, calls) else None
                print(f"{name:24} {rule:40} {'OTHER ANSWERS' if gain is None else f'{gain:.2f}x'}", flush=True)
                every, wrong = every + 1, wrong + (gain is None)
                if i == 0 and gain:
                    first.append(gain)
                if a.show:
                    print(source)
            if not made:
                print(f"{name:24} no rule applies", flush=True)
    fast = [g for g in first if g > 1.03]
    print(f"\nfaster by the first proposal: {len(fast)} of {len(names)}"
          + (f", median {statistics.median(fast):.2f}x" if fast else "") + f"; {wrong} of {every} proposals answer otherwise")


if __name__ == "__main__":
    main()
