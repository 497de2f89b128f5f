"""The search in what was made: the command, the dashboard, with an embedder and without."""

import time

import pytest
from fake_embedder import FakeEmbedder
from test_memory import memory
from test_rag_embed import await_status, configure, keep, ring

TASKS = {
    "sort_list": "sort a list of numbers, smallest first",
    "romanToInt": "turn roman numerals into integers",
    "mail_letters": "write letters and mail them",
}


@pytest.fixture
def embedder():
    it = FakeEmbedder(numbers=64)
    yield it
    it.close()


def fill(dise):
    """Programs of the fake model, one a task."""
    for name, task in TASKS.items():
        dise.answers({"match": "", "text": f"```python\ndef {name}(a):\n    # it is about zebras\n    return a\n```"})
        assert dise.run("run", f"{task}, {name}(1) == 1").returncode == 0


def search(dise, *words):
    code, lines = dise.json("rag", "search", *words)
    assert code == 0, lines
    assert lines[-1]["type"] == "search"
    return [line["name"] for line in lines[:-1]], lines[-1]


def test_words_are_found(dise):
    fill(dise)
    found, told = search(dise, "sorting", "numbers")
    assert found[0] == "sort_list" and told["ranked"] and told["degraded"]
    assert search(dise, "roman_to_int")[0] == ["romanToInt"]
    assert set(search(dise, "zebra")[0]) == set(TASKS)  # a comment of each program
    assert search(dise, "zebra", "-roman", "--limit", "1")[0] == ["mail_letters"]
    assert search(dise, '"list of numbers"')[0] == ["sort_list"]
    assert search(dise, "zebra", "kind:text")[0] == []
    assert len(search(dise, "zebra", "--kind", "function", "--since", "1d", "--quality", ">0.1")[0]) == 3
    long = "a sentence of quite a few more words than eight that is on the roman numerals of old"
    assert search(dise, *long.split())[0][0] == "romanToInt"
    for wild in ('"', "NEAR(", "sort AND", "'; DROP TABLE artifact; --", "{name}: x", "*", "-\"", "a:b:c"):
        search(dise, wild)
    found, told = search(dise, "quality:much")
    assert "quality:>0.7" in told["notes"][0]


def test_the_text_says_why(dise):
    fill(dise)
    it = dise.run("rag", "search", "sort", "--explain")
    assert it.returncode == 0
    assert "sort_list" in it.stdout.decode()
    assert "place 1 by its words (BM25 " in it.stdout.decode()
    assert "by words alone: " in it.stdout.decode()
    it = dise.run("rag", "search", "nothingofthekind")
    assert it.returncode == 0 and "nothing is like that" in it.stdout.decode()
    assert dise.run("rag", "search", "sort", "--quality", "much").returncode == 2
    it = dise.run("rag", "search", "--similar-to", "a99")
    assert it.returncode == 2 and "there is no artifact a99" in it.stderr.decode()
    assert dise.run("rag", "show", "a", "b", "c").returncode == 2


def by_meaning(dise, *words):
    """The embedder has 300 ms, within which a busy machine need not come to it."""
    end = time.monotonic() + 60
    while True:
        code, lines = dise.json("rag", "search", *words)
        assert code == 0, lines
        if not lines[-1]["degraded"]:
            return lines
        assert "300 ms" in lines[-1]["degraded"] and time.monotonic() < end, lines[-1]


def test_by_meaning_too(dise, embedder):
    configure(dise, embedder)
    keep(dise, 5, "zebra")
    keep(dise, 2, "sort a list of words", start=5)
    ring(dise)
    await_status(dise, state="ready")
    lines = by_meaning(dise, "sort", "words", "--explain")
    assert {x["name"] for x in lines[:2]} == {"f5", "f6"}
    assert lines[0]["words"]["rank"] == 1 and lines[0]["vectors"]["cosine"] > 0.3
    assert "by its meaning (cosine" in lines[0]["explain"]
    found, told = search(dise, "--similar-to", lines[0]["id"])
    assert found[0] == lines[1]["name"]
    embedder.plan = ["hang"]
    found, told = search(dise, "sort", "letters")
    assert found[:2] and "300 ms" in told["degraded"]


def test_a_misspelt_word_is_mended_and_an_embedder_offered_where_it_would_help(dise, tui):
    fill(dise)
    it = dise.run("rag", "search", "numrals").stdout.decode().splitlines()
    assert "romanToInt" in it[0] and it[1:] == [
        'note: nothing has "numrals"; did you mean "numerals"? It is searched for instead',
        "by words alone: no embedder is installed: dise model install multilingual-e5-small"]
    assert search(dise, "numrals", "lettres")[1]["meant"] == {"numrals": "numerals", "lettres": "letters"}
    assert dise.run("rag", "search", "numerals").stdout.decode().count("\n") == 1, "nobody is told at each search"
    it = dise.run("rag", "search", "nothingofthekind").stdout.decode().splitlines()
    assert it == ["nothing is like that", "by words alone: no embedder is installed: dise model install multilingual-e5-small"]
    t = tui(columns=120, lines=40)
    t.wait_for("● engine")
    memory(t)
    t.send("/numrals")
    t.wait_for("1 found by words for numerals")


def test_the_dashboard_ranks(dise, tui):
    fill(dise)
    t = tui(columns=120, lines=40)
    t.wait_for("● engine")
    t.send("\x1b5")
    t.settle()
    t.send("z")
    t.wait_for("mail_letters")
    t.send("/sorti")
    t.wait_for("nothing is like that")  # the beginning of no word
    t.send("ng")
    t.wait_for("1 found by words")
    assert "sort_list" in t.text() and "romanToInt" not in t.text()
    t.escape()
    t.escape()
    t.escape()
    t.send("/rag search \"roman numerals\" -sort\r")
    t.wait_for("1 of 1")
    assert "romanToInt" in t.text()


def test_words_of_an_old_database_come_into_the_index_in_the_background(dise):
    keep(dise, 12000, word="ancient")
    dise.run("stop")
    found, told = search(dise, "f11999")
    assert found == ["f11999"]  # the newest are there when the engine is
    assert told["notes"] and "artifacts are still being indexed" in told["notes"][0]
    dise.answers({"match": "", "text": "```python\ndef fresh(a):\n    return a\n```"})
    dise.run("stop")  # in the middle; it goes on
    assert dise.run("run", "an inchworm, fresh(1) == 1").returncode == 0
    assert search(dise, "inchworm")[0] == ["fresh"]  # what is kept meanwhile is found at once
    end = time.monotonic() + 60
    while search(dise, "ancient")[1]["notes"]:
        assert time.monotonic() < end
        time.sleep(0.2)
    assert search(dise, "f17")[0][0] == "f17"
