"""`dise gates`: what the quality gates say of a file or of what is kept."""

import json

from test_measures import BIG, SIZE, answer, put_gates

SHOWN = '''import os


def size(n):
    """A word.

    >>> size(3)
    'small'
    >>> size(101)
    'big'
    """
    if n > 100:
        return 'big'
    return 'small'
'''


def told(dise, *args):
    """Exit code and name -> object."""
    done = dise.run("gates", *args, "--json")
    return done.returncode, {o["name"]: o for o in map(json.loads, done.stdout.splitlines())}


def test_a_file_is_judged_on_the_calls_that_it_shows_and_stays_as_it_is(dise, tmp_path):
    put_gates(dise)
    file = tmp_path / "size.py"
    file.write_text(SHOWN)
    code, gates = told(dise, str(file))
    assert code == 0 and file.read_text() == SHOWN
    assert gates["ruff_bugs"]["state"] == "passed" and gates["ruff_bugs"]["severity"] == "block"
    assert gates["ruff_unused"]["findings"] == [{"line": 1, "code": "F401", "text": "`os` imported but unused"}]
    assert gates["coverage"]["value"] == 1 and gates["annotations"]["value"] == 0
    done = dise.run("gates", str(file))
    lines = done.stdout.decode().splitlines()
    assert lines[0].split() == ["gate", "severity", "result", "score", "says"]
    assert any(x.startswith("ruff_unused") and "line 1: F401 `os` imported" in x for x in lines)
    assert any(x.startswith("coverage") and x.endswith("1.00  1 of lines and branches reached") for x in lines)
    assert lines[-1].startswith("together 0.")


def test_a_gate_that_blocks_is_the_exit_code_and_nothing_runs_of_what_does_not_parse(dise, tmp_path):
    put_gates(dise)
    bug, broken = tmp_path / "bug.py", tmp_path / "broken.py"
    bug.write_text("def f(a):\n    return b\n")
    code, gates = told(dise, str(bug))
    assert code == 1 and gates["ruff_bugs"]["state"] == "found"
    assert gates["coverage"]["why"] == "there are no examples or tests"
    broken.write_text("def f(a:\n")
    code, gates = told(dise, str(broken))
    assert code == 1 and gates["coverage"]["why"] == "the program does not parse"


def test_what_is_kept_is_judged_by_its_own_examples(dise):
    put_gates(dise, annotations=0)
    dise.answers({"match": "size", "text": answer(BIG)})
    code, events = dise.json("run", SIZE)
    kept = dise.json("artifact", "show", events[-1]["artifact"])[1][0]
    code, gates = told(dise, events[-1]["artifact"])
    before = {g["name"]: g.get("value") for g in kept["gates"]}
    assert code == 0 and {n: g.get("value") for n, g in gates.items()} == before
    assert len(dise.json("artifact", "list")[1]) == 1, "nothing is kept"


def test_one_sentence_says_what_cannot_be_judged(dise, tmp_path):
    (tmp_path / "empty.py").write_text(" \n")
    (tmp_path / "bytes.py").write_bytes(b"x = 1\n\xff\n")
    for word, sentence in ((tmp_path / "none.py", "No such file"), (tmp_path / "empty.py", "is empty"),
                           (tmp_path / "bytes.py", "bytes.py:2:1: the program is not valid UTF-8 text"),
                           ("a99", "there is no artifact a99")):
        done = dise.run("gates", str(word))
        assert done.returncode in (1, 2) and sentence in done.stderr.decode()
    (tmp_path / "x.py").write_text("x = 1\n")
    done = dise.run("gates", str(tmp_path / "x.py"), "--profile", "wild")
    assert done.returncode and "quick, standard or strict" in done.stderr.decode()
    done = dise.run("gates", str(tmp_path / "x.py"), "--set", "gates.enabled=false")
    assert done.returncode and "gates.enabled is false" in done.stderr.decode()
