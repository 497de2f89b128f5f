"""Qdrant as a store of vectors, against a strict server written from its REST description: what is sent, what comes
back, and each way in which it can fail, told in one sentence with what to do; nothing lost."""

import json
import math
import random
import subprocess
from pathlib import Path

import pytest

from conftest import BINARY
from qdrant_server import Collection, QdrantServer

ASK = Path(BINARY).parent / "tests" / "ask_qdrant"
KEY = "sesame-0pen-the-door"


def ask(server, *lines, url=None, **options):
    """What opening gave, then what each line gave."""
    url = server.url if url is None else url
    done = subprocess.run([ASK, url, *(f"{k}={v}" for k, v in options.items())], timeout=60,
                          input="".join(json.dumps(line) + "\n" for line in lines).encode(), capture_output=True)
    assert done.returncode == 0, done.stderr
    assert KEY.encode() not in done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def well(rows):
    assert [r["code"] for r in rows] == ["OK"] * len(rows), rows
    return rows


def upsert(ids, vectors):
    return {"do": "upsert", "ids": ids, "vectors": vectors}


def unit(v):
    length = math.sqrt(sum(x * x for x in v))
    return [x / length for x in v]


def vectors(n, d=4, seed=1):
    r = random.Random(seed)
    return [[r.gauss(0, 1) for _ in range(d)] for _ in range(n)]


@pytest.fixture
def server():
    with QdrantServer() as s:
        yield s


# ---- what it does ----

def test_a_missing_collection_is_made_and_ready_for_use(server):
    well(ask(server))
    c = server.collections["dise_m"]
    assert (c.size, c.distance, c.schema) == (4, "Cosine", {"dise": "keyword"})
    server.requests.clear()
    well(ask(server, url=server.url + "/"))  # the second time it is only looked at
    assert [r[0] for r in server.requests] == ["GET", "POST"]


def test_what_goes_in_comes_out_and_is_found(server):
    rows = vectors(300)
    ids = list(range(1, 301))
    got = well(ask(server, upsert(ids, rows), {"do": "count"},
                   {"do": "search", "query": rows[41], "most": 3},
                   {"do": "search", "query": rows[41], "most": 3, "among": [7, 9, 200, 999]},
                   {"do": "search", "query": rows[41], "most": 3, "among": []},
                   {"do": "scan", "after": 0, "most": 1000, "vectors": True},
                   {"do": "scan", "after": 298, "most": 1000},
                   {"do": "remove", "ids": [42, 43, 5000]}, {"do": "count"},
                   {"do": "search", "query": rows[41], "most": 1}))
    _, _, count, near, among, none, scan, tail, _, fewer, next_ = got
    assert count["count"] == 300 and fewer["count"] == 298
    assert near["hits"][0][0] == 42 and near["hits"][0][1] == pytest.approx(1, abs=1e-6)
    q = unit(rows[41])
    exact = sorted(((sum(a * b for a, b in zip(q, unit(v))), -i) for i, v in zip(ids, rows)), reverse=True)
    assert [h[0] for h in near["hits"]] == [-i for _, i in exact[:3]]
    assert {h[0] for h in among["hits"]} == {7, 9, 200} and none["hits"] == []
    assert scan["ids"] == ids and tail["ids"] == [299, 300]
    for v, w in zip(scan["vectors"], rows):
        assert v == pytest.approx(unit(w), abs=1e-6)
    assert next_["hits"][0][0] not in (42, 43)
    sent = [len(body["points"]) for method, path, body in server.requests if method == "PUT" and "/points" in path]
    assert sent == [256, 44]
    assert all(body["params"] == {"exact": True} for _, path, body in server.requests if path.endswith("/query"))
    assert all(p[1] == {"dise": "h0me/m"} for p in server.collections["dise_m"].points.values())


def test_equal_ones_come_by_their_numbers(server):
    v = [1, 2, 3, 4]
    got = well(ask(server, upsert([9, 3, 5], [v, v, v]), {"do": "search", "query": v, "most": 3}))
    assert [h[0] for h in got[2]["hits"]] == [3, 5, 9]


def test_the_same_again_replaces_itself(server):
    well(ask(server, upsert([1, 2], vectors(2))))
    well(ask(server, upsert([2, 1], vectors(2, seed=9))))
    assert server.ids("dise_m") == [1, 2]
    assert server.collections["dise_m"].points[2][0] == pytest.approx(unit(vectors(2, seed=9)[0]))


def test_long_vectors_go_in_smaller_requests(server):
    well(ask(server, upsert(list(range(1, 101)), vectors(100, 3072)), dimensions=3072))
    sizes = [len(json.dumps(body)) for method, path, body in server.requests if "/points?" in path]
    assert len(sizes) > 1 and max(sizes) < 3 << 20
    assert len(server.ids("dise_m")) == 100


def test_what_a_proxy_finds_too_large_goes_in_halves(server):
    server.body_max = 3000
    well(ask(server, upsert(list(range(1, 201)), vectors(200))))
    assert len(server.ids("dise_m")) == 200
    server.body_max = 60
    got = ask(server)
    assert got[0]["code"] == "TOO_LARGE" and "service.max_request_size_mb" in got[0]["message"]


@pytest.mark.parametrize("bad", ([0, 0, 0, 0], [1e39, 0, 0, 0], [float("nan"), 0, 0, 1]))
def test_of_vectors_that_are_none_nothing_is_taken(server, bad):
    text = json.dumps(upsert([1, 2], [[1, 2, 3, 4], bad])).replace("NaN", "1e400")
    got = ask(server, json.loads(text))
    assert got[1]["code"] == "INPUT" and "a2" in got[1]["message"] and "model" in got[1]["message"]
    assert server.ids("dise_m") == []


def test_the_limits_of_a_strict_collection_are_kept(server):
    rows = vectors(90)
    ids = list(range(1, 91))
    well(ask(server))
    c = server.collections["dise_m"]
    c.strict = {"upsert_max_batchsize": 20, "max_query_limit": 25, "condition_max_size": 7, "search_allow_exact": False}
    got = well(ask(server, upsert(ids, rows), {"do": "scan", "most": 200, "vectors": True}, {"do": "scan", "most": 60},
                   {"do": "search", "query": rows[41], "most": 4, "among": ids[:60]},
                   {"do": "search", "query": rows[41], "most": 50}))
    assert got[2]["ids"] == ids and got[3]["ids"] == ids[:60]
    q = unit(rows[41])
    exact = sorted(((sum(a * b for a, b in zip(q, unit(v))), -i) for i, v in zip(ids[:60], rows)), reverse=True)
    assert [h[0] for h in got[4]["hits"]] == [-i for _, i in exact[:4]]
    assert len(got[5]["hits"]) == 25 and got[5]["hits"][0][0] == 42


def test_the_key_is_sent_and_never_shown():
    with QdrantServer(key=KEY) as server:
        well(ask(server, upsert([1], vectors(1)), {"do": "count"}, key=KEY))
        for options, words in (({}, ("wants a key (401)", "QDRANT_API_KEY")),
                               ({"key": "wrong-wrong-wrong"}, ("refuses the key (401)", "QDRANT_API_KEY"))):
            got = ask(server, **options)
            assert got[0]["code"] == "HTTP_AUTH" and all(w in got[0]["message"] for w in words), got
            assert "wrong-wrong" not in got[0]["message"]
        server.read_only = True
        got = ask(server, upsert([2], vectors(1)), key=KEY)
        assert got[1]["code"] == "HTTP_AUTH" and "read and write" in got[1]["message"]


# ---- collections that are not ours ----

def held(payload, size=4, distance="Cosine", named=False):
    c = Collection(size, distance, named)
    if payload is not None:
        c.points[5] = ([1.0, 0.0, 0.0, 0.0], payload)
    return c


@pytest.mark.parametrize("collection, words", (
    (held(None, size=768), ("vectors of 768 numbers", "makes them of 4", "rag.qdrant.collection")),
    (held(None, distance="Dot"), ("measures by Dot", "needs Cosine", "rag.qdrant.collection")),
    (held(None, named=True), ("named vectors", "rag.qdrant.collection")),
    (held({"artifact_id": "func_x", "artifact_type": "function", "name": "x"}),
     ("written by the old system", "rag.qdrant.collection", "dise rag import")),
    (held({"city": "Berlin"}), ("what DiSE has not written", "rag.qdrant.collection")),
    (held({}), ("what DiSE has not written", "rag.qdrant.collection")),
    (held({"dise": "other/m"}), ("another home of DiSE", "rag.qdrant.collection")),
    (held({"dise": "h0me/other-model"}), ("the model other-model", "those of m", "delete the collection"))))
def test_a_collection_that_is_not_ours_is_refused_and_left_alone(server, collection, words):
    server.collections["dise_m"] = collection
    before = dict(collection.points), dict(collection.schema)
    got = ask(server, upsert([1], vectors(1)))
    assert len(got) == 1 and got[0]["code"] == "INPUT", got
    assert all(w in got[0]["message"] for w in words), got
    assert (collection.points, collection.schema) == before
    assert not [r for r in server.requests if r[0] == "PUT"]


def test_a_stranger_among_many_is_found(server):
    c = server.collections["dise_m"] = held(None)
    for i in range(1, 500):
        c.points[i] = ([1.0, 0.0, 0.0, 0.0], {"dise": "h0me/m"})
    well(ask(server))
    c.points[321] = ([1.0, 0.0, 0.0, 0.0], {"dise": "theirs/m"})
    assert ask(server)[0]["code"] == "INPUT"


# ---- failures ----

WRITE, SEARCH = upsert([1, 2, 3], vectors(3)), {"do": "search", "query": [1, 0, 0, 0], "most": 2}


@pytest.mark.parametrize("fault", ("500", "503", "429", "half", "reset", "lost", "acknowledged"))
def test_what_passes_by_is_tried_again_and_nothing_is_lost(server, fault):
    well(ask(server))
    server.fail(fault, path="/points?")
    server.fail(fault, path="/points/delete")
    write, remove, count = {**WRITE}, {"do": "remove", "ids": [2]}, {"do": "count"}
    got = ask(server, write, write, remove, remove, count)
    if fault == "acknowledged":  # not made again by itself: it was taken
        assert [got[i]["code"] for i in (1, 3)] == ["TIMEOUT"] * 2 and "not applied" in got[1]["message"]
    else:
        well(got)
        assert len(server.faulty) == 2
    assert got[5]["count"] == 2 and server.ids("dise_m") == [1, 3]


@pytest.mark.parametrize("faults, code, words", (
    (["500"] * 5, "HTTP_SERVER", ("failed (500: Service internal error: No space left", "its disk", "try again")),
    (["429 long"], "HTTP_RATE", ("asks to slow down (429", "try again later")),
    (["400"], "HTTP_CLIENT", ("refused the request (400: Wrong input: something", "1.10 or newer")),
    (["half"] * 5, "NET_BROKEN", ("the connection broke", "try again")),
    (["moved"], "HTTP_CLIENT", ("sends elsewhere (308, to elsewhere.example)", "rag.qdrant.url")),
    (["web page"], "PROTOCOL", ("no JSON", "rag.qdrant.url", "REST API (port 6333)")),
    (["no json"], "PROTOCOL", ("no JSON", "rag.qdrant.url")),
    (["no result"], "PROTOCOL", ("without a result", "rag.qdrant.url"))))
@pytest.mark.parametrize("action", (WRITE, {"do": "count"}, {"do": "scan", "most": 5}, {"do": "remove", "ids": [1]}))
def test_a_failure_that_stays_is_told_in_one_sentence(server, faults, code, words, action):
    well(ask(server, upsert([9], vectors(1))))
    if action["do"] == "scan":  # the first scroll is that of opening
        faults = ["pass", *faults]
    server.fail(*faults, path={"upsert": "/points?", "count": "/count", "scan": "/scroll",
                               "remove": "/delete"}[action["do"]])
    got = ask(server, action)
    assert got[0]["code"] == "OK"
    assert got[1]["code"] == code and all(w in got[1]["message"] for w in words), got
    assert got[1]["message"].startswith("Qdrant at 127.0.0.1:") and "\n" not in got[1]["message"]
    assert server.faults == [] and server.ids("dise_m") == [9]


def test_a_search_waits_for_few_tries(server):
    well(ask(server))
    server.fail(*["500"] * 9, path="/query")
    assert ask(server, SEARCH)[1]["code"] == "HTTP_SERVER"
    assert len(server.faulty) == 2


@pytest.mark.parametrize("path, action", (("/query", SEARCH), ("/count", {"do": "count"})))
def test_odd_answers_are_refused(server, path, action):
    well(ask(server))
    server.fail("odd result", path=path)
    got = ask(server, action)
    assert got[1]["code"] == "PROTOCOL" and "REST API" in got[1]["message"]


def test_a_server_that_hangs_is_left(server):
    well(ask(server))
    server.fail(*["hang"] * 2, path="/query")
    got = ask(server, SEARCH, timeout=200)
    assert got[1]["code"] == "TIMEOUT" and "did not answer within 0.2" in got[1]["message"]


def test_nobody_there():
    with QdrantServer() as s:
        url = s.url
    got = ask(None, url=url)
    assert got[0]["code"] == "NET_CONNECT"
    assert "nothing answers there" in got[0]["message"] and "rag.qdrant.url" in got[0]["message"]
    for wrong in ("localhost:6333", "", "ftp://x"):
        got = ask(None, url=wrong)
        assert got[0]["code"] == "INPUT" and "http://127.0.0.1:6333" in got[0]["message"]


def test_a_collection_that_vanishes_is_named(server):
    well(ask(server))
    server.fail("vanish", path="/count")
    import qdrant_server

    def vanish(h):
        h.server.owner.collections.clear()
        try:
            h.answer()
        except qdrant_server.Refused as e:
            h.send(e.status, json.dumps({"status": {"error": e.message}}).encode())

    qdrant_server.FAULTS["vanish"] = vanish
    got = ask(server, {"do": "count"})
    assert got[1]["code"] == "NOT_FOUND" and "dise rag sync --to qdrant" in got[1]["message"]


def test_two_that_make_it_at_once_both_have_it(server):
    procs = [subprocess.Popen([ASK, server.url], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) for _ in range(4)]
    for p in procs:
        assert json.loads(p.communicate(timeout=90)[0])["code"] == "OK"


def test_an_old_qdrant_is_named(server):
    well(ask(server))
    import qdrant_server
    routes = qdrant_server.ROUTES
    qdrant_server.ROUTES = tuple(r for r in routes if r[1] != "/points/query")
    try:
        got = ask(server, SEARCH)
    finally:
        qdrant_server.ROUTES = routes
    assert got[1]["code"] == "HTTP_CLIENT" and "Qdrant 1.10 or newer" in got[1]["message"]
