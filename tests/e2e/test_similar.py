"""Programs that solved similar tasks are shown to the model, told, counted, and not used where memory is not."""

import json
import sqlite3
import time
from contextlib import closing

from test_memory import memory

VOWELS = "write a function that counts the vowels of a text, vowels('abe') == 2, vowels('x') == 0"
LETTERS = "write a function that counts the consonants of a text, consonants('abe') == 1, consonants('a') == 0"
FIRST = "```python\ndef vowels(s):\n    return sum(c in 'aeiou' for c in s)\n```"
SECOND = "```python\ndef consonants(s):\n    return sum(c not in 'aeiou' for c in s)\n```"
SEEN = "def vowels(s):\n    return sum"  # of the prompt that holds the first program


def notes(events):
    return [e["text"] for e in events if e["type"] == "job_note"]


def show(dise, artifact):
    return dise.json("artifact", "show", artifact)[1][0]


def prepare(dise, *more, **options):
    """The second task is only solved by a model that is shown the first one's program."""
    dise.answers({"match": SEEN, "text": SECOND}, {"match": "vowels('abe')", "text": FIRST}, *more,
                 extra="escalation: [{role: fast}]\n", **options)
    code, events = dise.json("run", VOWELS)
    assert code == 0 and not notes(events)
    return events[-1]["artifact"]


def test_a_similar_program_is_shown_and_told(dise):
    first = prepare(dise, similar=True)
    code, events = dise.json("run", LETTERS)
    assert code == 0
    assert notes(events) == [f"the model is shown what solved similar tasks: {first} (vowels)"]
    kept = show(dise, events[-1]["artifact"])
    assert kept["adapted_from"] == [{"id": first, "name": "vowels"}]
    used = show(dise, first)
    assert used["uses"] == 1 and [r["job"] for r in used["runs"]] == [kept["job"]]


def test_the_memory_pane_says_what_it_was_adapted_from(dise, tui):
    first = prepare(dise, similar=True)
    assert dise.json("run", LETTERS)[0] == 0
    t = tui(columns=120, lines=40)
    t.wait_for("● engine")
    memory(t)
    t.wait_for("✔ consonants")
    t.send("\r")
    t.wait_for("checked  parsed, ran")
    t.send("G")
    t.wait_for(f"adapted  {first} vowels")


def test_it_is_not_shown_when_that_is_switched_off(dise):
    prepare(dise, similar=False)
    code, events = dise.json("run", LETTERS)
    assert code != 0 and not notes(events)


def test_nor_when_the_task_is_to_be_solved_anew(dise):
    prepare(dise, similar=True)
    assert dise.json("run", LETTERS, "--fresh")[0] != 0


def test_a_tool_that_does_the_like_is_shown_as_source(dise):
    folder = dise.home / "tools" / "executable"
    folder.mkdir(parents=True)
    (folder / "vowel_counter.py").write_text("def count_vowels(s):\n    return sum(c in 'aeiou' for c in s)\n")
    (folder / "vowel_counter.yaml").write_text(
        "type: executable\nname: Vowels\ndescription: counts the vowels of a text\n"
        "executable: {command: python, args: ['{tool_dir}/vowel_counter.py']}\n")
    (folder / "secret.py").write_text("x = 1\n")
    (folder / "other.yaml").write_text(
        "type: executable\ndescription: counts the vowels of a text\n"
        "executable: {command: python, args: ['{tool_dir}/../../config.yaml']}\n")
    dise.answers({"match": "which cannot be called here; take over what helps: counts the vowels of a text\n```python\n"
                           "def count_vowels(s)", "text": FIRST}, extra="escalation: [{role: fast}]\n", similar=True)
    task = "count the vowels of a text: vowels('abe') == 2, vowels('x') == 0"
    code, events = dise.json("run", task)
    assert code == 0
    assert notes(events) == ["the model is shown what solved similar tasks: the tool vowel_counter (Vowels)"]
    assert show(dise, events[-1]["artifact"])["adapted_from"] == [{"id": "vowel_counter", "name": "Vowels", "tool": True}]
    uses = {t["id"]: t for t in dise.json("tool", "list")[1]}["vowel_counter"]["uses"]
    assert uses == 1


def test_another_kind_of_task_sees_nothing_of_it(dise):
    prepare(dise, {"match": "median", "text": "```python\ndef median(x):\n    return sorted(x)[len(x) // 2]\n```"}, similar=True)
    code, events = dise.json("run", "write the median of a list of floats, median([1.0, 3.0, 2.0]) == 2.0")
    assert code == 0 and not notes(events)
    assert "adapted_from" not in show(dise, events[-1]["artifact"])


def test_the_model_is_asked_as_ever_where_nothing_is_similar(dise, tmp_path):
    """A recorded pool of answers depends on it."""
    asked = []
    for similar in (True, False):
        record = tmp_path / f"{similar}.jsonl"
        dise.answers({"match": "", "text": FIRST}, extra="escalation: [{role: fast}]\n", similar=similar)
        assert dise.json("run", VOWELS, "--fresh", "--record", str(record))[0] == 0
        asked.append([json.loads(line)["key"] for line in record.read_text().splitlines()])
    assert asked[0] == asked[1] != []


def test_a_benchmark_sees_nothing_of_memory(dise):
    prepare(dise, similar=True)
    tasks = dise.home / "set.jsonl"
    tasks.write_text(json.dumps({"task_id": "t/consonants", "prompt": LETTERS, "entry_point": "consonants",
                                 "test": "def check(candidate):\n    assert candidate('bb') == 2\n"}) + "\n")
    dise.json("bench", str(tasks), timeout=120)
    with closing(sqlite3.connect(dise.home / "dise.db")) as db:
        assert db.execute("SELECT count(*) FROM step WHERE name='similar'").fetchone() == (1,)  # of the first task


def test_what_was_found_is_journaled(dise):
    """After a crash the model is asked the same, whatever has been kept or put aside since."""
    first = prepare(dise, similar=True)
    dise.answers({"match": SEEN, "text": SECOND, "tokens_per_s": 8}, similar=True, extra="escalation: [{role: fast}]\n")
    dise.run("stop")
    job = dise.start("run", LETTERS, "--json")
    for line in job.stdout:
        if json.loads(line)["type"] == "token_delta":  # it is asked
            break
    dise.kill_engine()
    job.communicate(timeout=90)
    with closing(sqlite3.connect(dise.home / "dise.db")) as db:
        assert db.execute("UPDATE artifact SET deleted=1 WHERE id=?", (int(first[1:]),)).rowcount == 1
        db.commit()
    dise.answers({"match": SEEN, "text": SECOND}, similar=True, extra="escalation: [{role: fast}]\n")
    assert dise.run("artifact", "list").returncode == 0  # starts the engine, which goes on with the job
    end = time.monotonic() + 90
    while time.monotonic() < end:
        with closing(sqlite3.connect(dise.home / "dise.db")) as db:
            if db.execute("SELECT status FROM job ORDER BY id DESC").fetchone()[0]:
                break
        time.sleep(0.1)
    with closing(sqlite3.connect(dise.home / "dise.db")) as db:
        assert db.execute("SELECT status FROM job WHERE kind='task' ORDER BY id DESC").fetchone()[0] == "solved"
