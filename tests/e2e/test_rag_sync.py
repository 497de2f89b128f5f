"""Vectors in Qdrant, and dise rag sync either way, with a strict Qdrant (qdrant_server.py) that also fails."""

import json
import signal
import sqlite3
import time

import pytest
from fake_embedder import FakeEmbedder
from qdrant_server import Collection, QdrantServer
from test_rag_embed import await_status, keep, ring, status

KEY = "sesame-0f-the-qdrant"
COLLECTION = "dise_mine-e5-fake"


@pytest.fixture
def embedder():
    it = FakeEmbedder()
    yield it
    it.close()


@pytest.fixture
def server():
    with QdrantServer(key=KEY) as s:
        yield s


def configure(dise, embedder, server, store="file", rag="", more=""):
    url = server if isinstance(server, str) else server.url
    memory = f"rag: {{store: {store}, qdrant: {{url: \"{url}\"}}{rag}}}" if store else ""
    dise.env["QDRANT_API_KEY"] = KEY
    dise.run("stop")
    dise.config(f"""
llm:
  backend: mine
  backends:
    mine: {{type: openai, base_url: "{embedder.url}"}}
  model_roles: {{fast: none, embedding: e5-fake}}
{memory}
{more}""")


def sync(dise, *args):
    """The exit code, the last event and the result of the job."""
    code, lines = dise.json("rag", "sync", *args)
    end = lines[-1]
    assert end["type"] == "job_done" or code, lines
    if end["type"] != "job_done":
        return code, end, None
    result = end["result"]
    return code, end, json.loads(result) if isinstance(result, str) and result else result


def embedded(dise, n, kind="file"):
    it = await_status(dise, state="ready", embedded=n)
    end = time.monotonic() + 90
    while it["vectors"]["count"] != n or it["vectors"]["kind"] != kind:
        assert time.monotonic() < end, it
        time.sleep(0.1)
        it = status(dise)
    return it


def no_key_anywhere(dise):
    for path in dise.home.rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes(), path


def test_vectors_are_kept_in_qdrant(dise, embedder, server):
    configure(dise, embedder, server, "qdrant")
    keep(dise, 70)
    ring(dise)
    embedded(dise, 70, "qdrant")
    asked = len(embedder.asked)
    assert server.ids(COLLECTION) == list(range(1, 71))
    db = sqlite3.connect(dise.home / "dise.db")
    home, = db.execute("SELECT id FROM home").fetchone()
    db.execute("UPDATE artifact SET deleted=1 WHERE id=7")
    db.commit()
    db.close()
    assert {json.dumps(p[1]) for p in server.collections[COLLECTION].points.values()} == {
        json.dumps({"dise": f"{home}/mine/e5-fake"})}
    ring(dise)
    embedded(dise, 69, "qdrant")
    assert 7 not in server.ids(COLLECTION) and len(embedder.asked) == asked
    no_key_anywhere(dise)


def test_doctor_asks_how_it_is(dise, embedder, server):
    def check():
        return {c["name"]: c for c in dise.json("doctor")[1][0]["checks"]}.get("vectors")

    configure(dise, embedder, server)
    assert check() is None  # nobody asks for what is not used
    configure(dise, embedder, server, "qdrant")
    it = check()
    assert it["state"] == "ok" and it["detail"].startswith("Qdrant 1.15.4 at 127.0.0.1:"), it
    assert server.collections == {}
    server.key = "another"
    it = check()
    assert it["state"] == "warn" and "refuses the key" in it["detail"] and KEY not in json.dumps(it)
    configure(dise, embedder, "http://127.0.0.1:9", "qdrant")
    it = check()
    assert it["state"] == "warn" and "nothing answers there" in it["detail"] and "by words" in it["remedy"]


def test_old_keys_of_the_configuration_lead_there(dise, embedder, server):
    configure(dise, embedder, server, "", more=f"""
rag_memory: {{path: ./rag_memory, use_qdrant: true, qdrant_url: "{server.url}", collection_name: code_evolver}}""")
    server.collections["code_evolver"] = old = Collection(768)
    old.points[99] = ([1.0] + [0.0] * 767, {"artifact_id": "func_x", "artifact_type": "function"})
    keep(dise, 5)
    ring(dise)
    embedded(dise, 5, "qdrant")
    assert server.ids("code_evolver_mine-e5-fake") == [1, 2, 3, 4, 5] and list(old.points) == [99]


def test_there_and_back(dise, embedder, server):
    configure(dise, embedder, server)
    keep(dise, 300)
    ring(dise)
    embedded(dise, 300)
    code, end, result = sync(dise, "--to", "qdrant")
    assert code == 0 and end["status"] == "solved", end
    assert result["count"] == 300 and result["copied"] == 300 and result["removed"] == 0 and result["checked"] >= 32
    assert (result["from"], result["to"], result["model"]) == ("file", "qdrant", "mine/e5-fake")
    assert "300 vectors of mine/e5-fake are in qdrant as in file" in end["message"]
    assert server.ids(COLLECTION) == list(range(1, 301))
    requests = len(embedder.asked)
    configure(dise, embedder, server, "qdrant")  # and then it is searched there
    embedded(dise, 300, "qdrant")
    (dise.home / "vectors" / "mine_e5-fake.vec").unlink()
    done = dise.run("rag", "sync", "--to", "file")
    assert done.returncode == 0, done.stderr
    assert "300 vectors of mine/e5-fake are in file as in qdrant" in done.stderr.decode()
    configure(dise, embedder, server, "file")
    embedded(dise, 300)
    assert len(embedder.asked) == requests  # nothing was embedded again
    no_key_anywhere(dise)


def test_what_is_too_much_goes_and_what_others_changed_is_made_right(dise, embedder, server):
    configure(dise, embedder, server, "qdrant")
    keep(dise, 40)
    ring(dise)
    embedded(dise, 40, "qdrant")
    c = server.collections[COLLECTION]
    payload = c.points[1][1]
    right = dict(c.points)
    code, _, result = sync(dise, "--to", "file")
    assert code == 0 and result["count"] == 40
    c.points[500] = ([1.0] + [0.0] * 15, payload)  # somebody writes to it beside DiSE
    c.points[3] = ([1.0] + [0.0] * 15, payload)
    del c.points[5]
    code, _, result = sync(dise)  # without a word it goes to where vectors are searched
    assert code == 0 and result["to"] == "qdrant" and result["removed"] == 1 and result["count"] == 40, result
    for id_, (vector, _) in right.items():
        assert c.points[id_][0] == pytest.approx(vector, abs=1e-5), id_
    assert 500 not in c.points


def test_a_source_that_is_out_of_date_takes_nothing_away(dise, embedder, server):
    configure(dise, embedder, server, "qdrant")
    keep(dise, 30)
    ring(dise)
    embedded(dise, 30, "qdrant")
    assert sync(dise, "--to", "file")[0] == 0
    keep(dise, 10, start=30)
    ring(dise)
    embedded(dise, 40, "qdrant")
    code, _, result = sync(dise, "--to", "qdrant")  # the file does not know of the last ten
    assert code == 0 and result["removed"] == 10, result
    end = time.monotonic() + 90
    while len(server.ids(COLLECTION)) < 40 and time.monotonic() < end:
        time.sleep(0.1)
    assert server.ids(COLLECTION) == list(range(1, 41))  # the database does


def test_a_store_that_was_never_filled_empties_nothing(dise, embedder, server):
    configure(dise, embedder, server)
    keep(dise, 10)
    ring(dise)
    embedded(dise, 10)
    code, end, _ = sync(dise, "--to", "file")
    assert code != 0 and end["error"] == "INPUT"
    assert "no vectors in qdrant" in end["message"] and "nothing was changed" in end["message"]
    assert status(dise)["vectors"]["count"] == 10


def test_nothing_to_move(dise, embedder, server):
    configure(dise, embedder, server)
    code, end, _ = sync(dise, "--to", "qdrant")
    assert code != 0 and "there are no vectors that could be moved" in end["message"]
    assert server.collections == {}


@pytest.mark.parametrize("args, words", ((("--to", "moon"), "file or qdrant"), (("qdrant",), "--to qdrant")))
def test_wrong_words(dise, embedder, server, args, words):
    configure(dise, embedder, server)
    done = dise.run("rag", "sync", *args)
    assert done.returncode == 2 and words in done.stderr.decode(), done


def test_a_word_that_names_no_store(dise, embedder, server):
    configure(dise, embedder, server, "qdant")
    done = dise.run("rag", "status")
    assert done.returncode and b"rag.store must be file or qdrant" in done.stderr + done.stdout
    assert f"{dise.home}/config.yaml:".encode() in done.stderr + done.stdout


@pytest.mark.parametrize("trouble, code, words", (
    ("unreachable", "NET_CONNECT", ("nothing answers there", "rag.qdrant.url")),
    ("key", "HTTP_AUTH", ("refuses the key", "QDRANT_API_KEY")),
    ("dimension", "INPUT", ("vectors of 768 numbers", "makes them of 16", "rag.qdrant.collection")),
    ("old", "INPUT", ("written by the old system", "rag.qdrant.collection")),
    ("fails", "HTTP_SERVER", ("failed (500: Service internal error: No space left", "try again")),
    ("busy", "HTTP_RATE", ("asks to slow down",)),
    ("half", "NET_BROKEN", ("the connection broke",))))
def test_trouble_is_told_and_nothing_is_lost(dise, embedder, server, trouble, code, words):
    configure(dise, embedder, "http://127.0.0.1:9" if trouble == "unreachable" else server)
    keep(dise, 30)
    ring(dise)
    embedded(dise, 30)
    if trouble == "key":
        server.key = "another"
    if trouble in ("dimension", "old"):
        server.collections[COLLECTION] = c = Collection(768 if trouble == "dimension" else 16)
        c.points[9] = ([1.0] + [0.0] * 15, {"artifact_id": "x", "artifact_type": "plan"})
    server.fail(*{"fails": ["500"] * 5, "busy": ["429 long"], "half": ["half"] * 5}.get(trouble, []), path="/points?")
    exit_code, end, _ = sync(dise, "--to", "qdrant")
    assert exit_code != 0 and end["error"] == code, end
    assert all(w in end["message"] for w in words) and KEY not in end["message"], end
    assert status(dise)["vectors"] == {"kind": "file", "count": 30, "state": "ready", "problem": ""}
    if trouble in ("dimension", "old"):
        assert server.ids(COLLECTION) == [9]
        return
    server.key, server.faults = KEY, []  # and once it is well again, it goes
    configure(dise, embedder, server)
    assert sync(dise, "--to", "qdrant")[2]["count"] == 30


def test_a_searched_qdrant_that_is_away_leaves_the_rest_at_work(dise, embedder, server):
    configure(dise, embedder, server, "qdrant")
    keep(dise, 20)
    ring(dise)
    embedded(dise, 20, "qdrant")
    asked = len(embedder.asked)
    server.http.shutdown()
    server.http.server_close()
    ring(dise)
    end = time.monotonic() + 90
    while status(dise)["vectors"]["state"] != "failing":
        assert time.monotonic() < end, status(dise)
        time.sleep(0.2)
    it = status(dise)
    assert it["by"] == "words" and "nothing answers there" in it["vectors"]["problem"], it
    assert dise.run("rag", "list").returncode == 0
    code, end_, _ = sync(dise, "--to", "file")
    assert code != 0 and "nothing answers there" in end_["message"], end_
    with QdrantServer(key=KEY, port=server.port) as again:  # it comes back empty
        ring(dise)
        embedded(dise, 20, "qdrant")
        assert again.ids(COLLECTION) == list(range(1, 21)) and len(embedder.asked) == asked


def test_gc_drops_the_collections_of_models_that_were_replaced(dise, embedder, server):
    configure(dise, embedder, server, "qdrant")
    keep(dise, 5)
    ring(dise)
    embedded(dise, 5, "qdrant")
    ours = server.collections[COLLECTION].points[1][1]["dise"].split("/")[0]
    for name, marks in (("dise_mine-e5-theirs", ["theirs/mine/e5-theirs"]),  # another home's
                        ("dise_notes", [None]), ("dise_mine-e5-empty", []),
                        ("dise_mine-e5-mixed", [f"{ours}/mine/e5-mixed", None]),
                        ("dise_mine-e5-named", [f"{ours}/mine/e5-otherwise"]),
                        ("elsewhere_mine-e5-fake", [f"{ours}/mine/e5-fake"])):
        server.collections[name] = c = Collection(16)
        c.points = {i + 1: ([1.0] + [0.0] * 15, {"dise": mark} if mark else {}) for i, mark in enumerate(marks)}
    strangers = set(server.collections) - {COLLECTION}
    assert dise.json("rag", "gc")[1][0]["collections"] == [], "it is searched"
    configure(dise, embedder, server, "qdrant")
    dise.config((dise.home / "config.yaml").read_text().replace("e5-fake", "e5-other"))
    await_status(dise, searched="mine/e5-other", state="ready", embedded=5)
    assert dise.json("rag", "gc", "--dry-run")[1][0]["collections"] == [COLLECTION] and COLLECTION in server.collections
    with server.lock:
        server.requests.clear()
    server.fail("400", path=COLLECTION, method="DELETE")
    failed = dise.json("rag", "gc")
    assert failed[0] == 0 and failed[1][0]["collections"] == [] and "cannot know" in failed[1][0]["problem"], failed
    told = dise.run("rag", "gc")  # what was left is found again
    assert f"removed Qdrant's collection {COLLECTION}" in told.stdout.decode() and told.returncode == 0
    assert set(server.collections) == strangers | {"dise_mine-e5-other"}
    assert [(m, p) for m, p, _ in server.requests if m in ("PUT", "DELETE")] == [("DELETE", f"/collections/{COLLECTION}")]
    assert dise.json("rag", "gc")[1][0] | {"pruned": 0} == {"dry_run": False, "artifacts": 0, "contents": 0, "bytes": 0, "embeddings": 0,
                                                            "pruned": 0, "collections": [], "problem": ""}
    no_key_anywhere(dise)


def test_it_is_cancelled_also_while_qdrant_is_silent(dise, embedder, server):
    configure(dise, embedder, server)
    keep(dise, 300)
    ring(dise)
    embedded(dise, 300)
    server.fail("pass", "hang", path="/points?")
    client = dise.start("rag", "sync", "--to", "qdrant", "--json")
    end = time.monotonic() + 90
    while not server.faulty and time.monotonic() < end:
        time.sleep(0.02)
    client.send_signal(signal.SIGINT)
    out, _ = client.communicate(timeout=8)  # it would be silent for ten seconds
    last = json.loads(out.splitlines()[-1])
    assert last["status"] == "cancelled" and client.returncode == 130, last
    assert status(dise)["vectors"] == {"kind": "file", "count": 300, "state": "ready", "problem": ""}
    assert sync(dise, "--to", "qdrant")[2]["count"] == 300


def test_a_killed_engine_goes_on_with_it(dise, embedder, server):
    configure(dise, embedder, server)
    keep(dise, 300)
    ring(dise)
    embedded(dise, 300)
    server.fail("pass", "hang", path="/points?")
    client = dise.start("rag", "sync", "--to", "qdrant", "--json")
    end = time.monotonic() + 90
    while not server.faulty and time.monotonic() < end:
        time.sleep(0.02)
    assert server.faulty and len(server.ids(COLLECTION)) == 256
    dise.kill_engine()
    client.wait(90)
    end = time.monotonic() + 90
    while len(server.ids(COLLECTION)) < 300 and time.monotonic() < end:
        dise.run("rag", "status")
        time.sleep(0.2)
    assert server.ids(COLLECTION) == list(range(1, 301))
    assert sync(dise, "--to", "qdrant")[2]["count"] == 300
