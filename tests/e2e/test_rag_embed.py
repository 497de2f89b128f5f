"""What is kept gets vectors in the background, whatever happens to the engine and to who embeds."""

import json
import sqlite3
import time

import pytest
from clocks import clock, morning  # noqa: F401 (fixtures)
from fake_embedder import FakeEmbedder


@pytest.fixture
def embedder():
    it = FakeEmbedder()
    yield it
    it.close()


def configure(dise, embedder, model="e5-fake", extra=""):
    dise.config(f"""
llm:
  backend: mine
  backends:
    mine: {{type: openai, base_url: "{embedder.url}"}}
  model_roles: {{fast: none, embedding: {model}}}
{extra}""")


def keep(dise, n, word="task", start=0):
    """Keeps n artifacts at once, as an import would."""
    assert dise.run("rag", "status").returncode == 0  # the database is there
    db = sqlite3.connect(dise.home / "dise.db", timeout=30)
    with db:
        for i in range(start, start + n):
            body = {"kind": "function", "name": f"f{i}", "task": f"{word} number {i}", "code": "def f(): pass"}
            db.execute("INSERT INTO artifact(kind,name,task,task_hash,solved,model,created,body) VALUES(?,?,?,?,1,'m',?,?)",
                       ("function", body["name"], body["task"], f"h{i}", i, json.dumps(body)))
    db.close()


def status(dise):
    code, lines = dise.json("rag", "status")
    assert code == 0, lines
    return lines[0]


def await_status(dise, seconds=90, **want):
    end = time.monotonic() + seconds
    while True:
        it = status(dise)
        if all(it[key] == value if not isinstance(value, tuple) else it[key] in value for key, value in want.items()):
            return it
        assert time.monotonic() < end, (want, it, dise.log()[-2000:])
        time.sleep(0.1)


def counted(n):
    return {"kind": "file", "count": n, "state": "ready", "problem": ""}


def ring(dise):
    """The engine notices what was put into its database from outside when it starts."""
    dise.run("stop")


def test_artifacts_get_vectors(dise, embedder):
    configure(dise, embedder)
    keep(dise, 70)
    ring(dise)
    it = await_status(dise, state="ready", embedded=70)
    assert it["by"] == "words and meaning" and it["embedder"] == "backend" and it["model"] == "e5-fake"
    assert it["vectors"] == {"kind": "file", "count": 70, "state": "ready", "problem": ""}
    batches = [texts for _, texts in embedder.asked]
    assert max(map(len, batches)) == 32 and batches[0][0].startswith("passage: f69: ")  # newest first
    assert (dise.home / "vectors" / "mine_e5-fake.vec").exists()
    text = dise.run("rag", "status").stdout.decode()
    assert "70 of 70 artifacts" in text and "by words and meaning" in text
    checks = {c["name"]: c for c in dise.json("doctor")[1][0]["checks"]}
    assert checks["memory search"]["state"] == "ok" and "70 of 70" in checks["memory search"]["detail"]


def test_a_killed_engine_loses_one_batch_at_most(dise, embedder):
    configure(dise, embedder)
    keep(dise, 150)
    ring(dise)
    embedder.pause = 0.2
    for round in range(3):
        dise.run("rag", "status")
        before = len(embedder.asked)
        end = time.monotonic() + 90
        while len(embedder.asked) < before + 1 and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.3 * round)
        dise.kill_engine()
    embedder.pause = 0
    await_status(dise, state="ready", embedded=150, vectors={"kind": "file", "count": 150, "state": "ready", "problem": ""})
    assert len(embedder.embedded) <= 150 + 3 * 32


def test_an_embedder_that_dies_in_the_middle_of_a_batch(dise, embedder):
    configure(dise, embedder)
    keep(dise, 50)
    ring(dise)
    embedder.plan = [None, "cut"]
    it = await_status(dise, state="ready", embedded=50, vectors=counted(50))  # the last batch is copied a moment later
    assert it["problem"] == ""
    embedder.close()  # and then it is gone for a while
    keep(dise, 10, start=50)
    ring(dise)
    it = await_status(dise, state="failing", by="words and meaning")
    assert it["embedded"] == 50 and it["problem"]
    checks = {c["name"]: c for c in dise.json("doctor")[1][0]["checks"]}
    assert checks["memory search"]["state"] == "warn" and "50 of 60" in checks["memory search"]["detail"]
    embedder.start()
    await_status(dise, state="ready", embedded=60, vectors=counted(60))


def test_a_text_that_is_refused_blocks_nobody(dise, embedder):
    configure(dise, embedder)
    embedder.refuses = "forbidden"  # before the engine looks for what it may embed, which may be any time from now on
    keep(dise, 20)
    keep(dise, 1, word="forbidden", start=20)
    keep(dise, 20, start=21)
    ring(dise)
    it = await_status(dise, state="ready", embedded=40)
    assert it["refused"] == 1 and "it does not take that" in it["refused_why"] and it["refused_why"].startswith("a21")
    dise.run("stop")
    embedder.asked.clear()
    await_status(dise, state="ready", embedded=40, refused=1)
    assert not embedder.asked  # nor is it asked again
    dise.run("stop")
    embedder.refuses = None  # another server that takes it
    embedder.url = embedder.url.replace("127.0.0.1", "localhost")
    configure(dise, embedder)
    await_status(dise, state="ready", embedded=41, refused=0, vectors=counted(41))
    assert [len(texts) for _, texts in embedder.asked] == [1]


def test_vectors_of_another_length(dise, embedder):
    configure(dise, embedder)
    keep(dise, 5)
    ring(dise)
    await_status(dise, state="ready", embedded=5)
    embedder.numbers = 24
    keep(dise, 5, start=5)
    ring(dise)
    it = await_status(dise, state="failing")
    assert "24 numbers now and gave such of 16 before" in it["problem"]
    assert it["embedded"] == 5 and it["vectors"]["count"] == 5 and it["by"] == "words and meaning"
    embedder.numbers = 16
    dise.run("stop")
    await_status(dise, state="ready", embedded=10)


def test_another_model(dise, embedder):
    configure(dise, embedder)
    keep(dise, 40)
    ring(dise)
    await_status(dise, state="ready", embedded=40)
    dise.run("stop")
    embedder.pause = 0.5
    configure(dise, embedder, model="e5-other")
    it = await_status(dise, model="e5-other", state=("embedding", "ready"), by="words and meaning")
    assert it["searched"] in ("mine/e5-fake", "mine/e5-other")
    it = await_status(dise, searched="mine/e5-other", vectors=counted(40))
    assert it["embedded"] == 40
    assert {m for m, _ in embedder.asked} == {"e5-fake", "e5-other"}
    # what the old one made goes with gc
    old = dise.home / "vectors" / "mine_e5-fake.vec"
    assert old.exists() and dise.json("rag", "gc", "--dry-run")[1][0]["embeddings"] == 40 and old.exists()
    assert dise.json("rag", "gc")[1][0]["embeddings"] == 40 and not old.exists()
    it = await_status(dise, state="ready", searched="mine/e5-other", vectors=counted(40))
    keep(dise, 3, start=40)
    dise.run("stop")
    await_status(dise, state="ready", embedded=43, vectors=counted(43))


def test_a_lost_or_damaged_file_of_vectors_is_filled_again(dise, embedder):
    configure(dise, embedder)
    keep(dise, 40)
    ring(dise)
    await_status(dise, state="ready", embedded=40)
    path = dise.home / "vectors" / "mine_e5-fake.vec"
    for damage in (lambda: path.unlink(), lambda: path.write_bytes(b"no vectors"),
                   lambda: path.write_bytes(path.read_bytes()[:4096])):
        dise.run("stop")
        damage()
        embedder.asked.clear()
        await_status(dise, state="ready", by="words and meaning",
                     vectors={"kind": "file", "count": 40, "state": "ready", "problem": ""})
        assert not embedder.asked


def test_damage_that_no_search_has_met_is_found_in_the_background(dise, embedder):
    configure(dise, embedder)
    keep(dise, 40)
    ring(dise)
    await_status(dise, state="ready", embedded=40, vectors=counted(40))
    dise.run("stop")
    path = dise.home / "vectors" / "mine_e5-fake.vec"
    db = sqlite3.connect(dise.home / "dise.db")
    vector = db.execute("SELECT vector FROM embedding WHERE artifact=17").fetchone()[0]
    db.close()
    bytes_ = bytearray(path.read_bytes())
    at = bytes_.find(vector[:16])
    assert at > 0
    bytes_[at + 2] ^= 64
    path.write_bytes(bytes_)
    embedder.asked.clear()
    dise.run("rag", "status")
    end = time.monotonic() + 90
    while not path.with_suffix(".vec.old").exists():
        assert time.monotonic() < end
        time.sleep(0.1)
    await_status(dise, state="ready", by="words and meaning", vectors=counted(40))
    assert "does not have its checksum" in dise.log() and not embedder.asked


def test_without_an_embedder_it_says_what_to_install(dise, embedder):
    dise.config(f'llm:\n  backend: mine\n  backends:\n    mine: {{type: openai, base_url: "{embedder.url}"}}\n'
                "  model_roles: {fast: none}\n")
    keep(dise, 3)
    ring(dise)
    it = await_status(dise, state="none", remedy="dise model install multilingual-e5-small")
    assert it["by"] == "words" and it["embedder"] == "none" and "no embedder is installed" in it["problem"]
    assert not embedder.asked
    configure(dise, embedder, extra="rag: {embedder: none}\n")
    dise.run("stop")
    it = await_status(dise, state="none", problem="rag.embedder is none")
    assert not embedder.asked


def test_a_wrong_choice_is_said(dise, embedder):
    configure(dise, embedder, extra="rag: {embedder: somebody}\n")
    done = dise.run("rag", "status")
    assert done.returncode != 0 and b"rag.embedder must be auto, local, backend or none" in done.stderr
    assert b"config.yaml:" in done.stderr


def test_what_is_paid_is_counted(dise, embedder, morning):
    configure(dise, embedder, extra="budget: {day_money: 1}\n")
    text = (dise.home / "config.yaml").read_text().replace("llm:\n", "llm:\n  prices: {e5-fake: {in: 10, out: 0}}\n")
    (dise.home / "config.yaml").write_text(text)
    keep(dise, 40)
    ring(dise)
    await_status(dise, state="ready", embedded=40)
    code, rows = dise.json("spend")
    row = next(r for r in rows[0]["rows"] if r["model"] == "e5-fake")
    assert row["tokens_in"] == 7 * 40 and abs(row["cost"] - 280 * 10 / 1e6) < 1e-9, row
