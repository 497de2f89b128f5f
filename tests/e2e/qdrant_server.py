"""A strict Qdrant on loopback, written from its REST description: what DiSE may send, and nothing else.

    with QdrantServer(key="k") as server:
        ... server.url, server.collections["dise_m"].points, server.requests
        server.fail("500", "pass", "429", path="/points")     # the next and the one after the next to such a path

It refuses what the real one refuses (a wrong method, a missing key, a vector of another dimension) with the real
one's status and form, and also what the real one lets pass (unknown fields, another content type), as that is a
mistake of the client's."""

import json
import math
import re
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from ports import parked_port

BODY_MAX = 32 << 20
DISTANCES = ("Cosine", "Euclid", "Dot", "Manhattan")
VERSION = "1.15.4"


class Refused(Exception):
    def __init__(self, status, message, plain=False, headers=()):
        super().__init__(message)
        self.status, self.message, self.plain, self.headers = status, message, plain, headers


def bad(message):
    return Refused(400, message)


def f32(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def fields(o, where, required=(), optional=()):
    if not isinstance(o, dict):
        raise bad(f"Format error in JSON body: {where} must be an object")
    for name in required:
        if name not in o:
            raise bad(f"Format error in JSON body: missing field `{name}`")
    for name in o:
        if name not in required and name not in optional:
            raise bad(f"Format error in JSON body: unknown field `{name}` in {where}")
    return o


def point_id(x):
    if isinstance(x, int) and not isinstance(x, bool) and 0 <= x < 1 << 64:
        return x
    if isinstance(x, str):
        try:
            return str(UUID(x))
        except ValueError:
            pass
    raise bad(f"Format error in JSON body: value {x} is not a valid point ID, valid values are either an unsigned "
              "integer or a UUID")


def order(id_):
    return (isinstance(id_, str), id_)


def positive(x, name):
    if not isinstance(x, int) or isinstance(x, bool) or x < 1:
        raise Refused(422, f"Validation error in JSON body: [{name}: value {x} invalid, must be 1 or larger]")
    return x


class Collection:
    def __init__(self, size, distance="Cosine", named=False):
        self.size, self.distance, self.named = size, distance, named
        self.points = {}  # id -> (vector as it is kept, payload)
        self.strict = {}  # strict_mode_config
        self.schema = {}

    def info(self):
        vectors = {"size": self.size, "distance": self.distance}
        return {"status": "green", "optimizer_status": "ok", "indexed_vectors_count": 0,
                "points_count": len(self.points), "segments_count": 2,
                "config": {"params": {"vectors": {"text": vectors} if self.named else vectors, "shard_number": 1,
                                      "replication_factor": 1, "write_consistency_factor": 1,
                                      "on_disk_payload": True},
                           "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000},
                           "optimizer_config": {}, "wal_config": {}, "quantization_config": None,
                           **({"strict_mode_config": {"enabled": True, **self.strict}} if self.strict else {})},
                "payload_schema": {name: {"data_type": kind, "points": len(self.points)}
                                   for name, kind in self.schema.items()}}

    def vector(self, v):
        if not isinstance(v, list) or not v or not all(isinstance(x, (int, float)) and not isinstance(x, bool)
                                                       for x in v):
            raise bad("Format error in JSON body: data did not match any variant of untagged enum VectorStruct")
        if len(v) != self.size:
            raise bad(f"Wrong input: Vector dimension error: expected dim: {self.size}, got {len(v)}")
        if self.distance != "Cosine":
            return [f32(x) for x in v]
        length = math.sqrt(sum(x * x for x in v))
        return [f32(x / length) if length else 0.0 for x in v]

    def put(self, body):
        fields(body, "the body", ["points"], ["shard_key"])
        if not isinstance(body["points"], list) or not body["points"]:
            raise Refused(422, "Validation error in JSON body: [points: nothing to upsert]")
        self.within("upsert_max_batchsize", len(body["points"]), "upsert limit")
        taken = {}
        for p in body["points"]:
            fields(p, "a point", ["id", "vector"], ["payload"])
            payload = p.get("payload")
            if payload is not None and not isinstance(payload, dict):
                raise bad("Format error in JSON body: payload must be an object")
            taken[point_id(p["id"])] = (self.vector(p["vector"]), payload or {})
        self.points.update(taken)  # all or none

    def within(self, limit, n, name):
        most = self.strict.get(limit)
        if most is not None and n > most:
            raise bad(f"Wrong input: Limit exceeded {n} > {most} for \"{name}\". Help: Reduce the \"{name}\" parameter.")

    def matches(self, condition, id_, payload):
        if "has_id" in condition:
            fields(condition, "a condition", ["has_id"])
            ids = condition["has_id"]
            self.within("condition_max_size", len(ids), "condition size")
            if getattr(self, "last_ids", None) is not ids:
                self.last_ids, self.last_set = ids, {point_id(x) for x in ids}
            return id_ in self.last_set
        fields(condition, "a condition", ["key", "match"])
        fields(condition["match"], "match", ["value"])
        return payload.get(condition["key"]) == condition["match"]["value"]

    def select(self, filter_):
        if filter_ is not None:
            fields(filter_, "the filter", [], ["must", "must_not", "should"])
        for id_ in sorted(self.points, key=order):
            vector, payload = self.points[id_]
            f = filter_ or {}
            if (all(self.matches(c, id_, payload) for c in f.get("must", [])) and
                    not any(self.matches(c, id_, payload) for c in f.get("must_not", []))):
                yield id_, vector, payload

    def delete(self, body):
        fields(body, "the body", ["points"], ["shard_key"])
        for id_ in body["points"]:
            self.points.pop(point_id(id_), None)

    def query(self, body):
        fields(body, "the body", ["query"], ["limit", "filter", "params", "with_payload", "with_vector",
                                             "score_threshold", "offset", "using"])
        fields(body.get("params", {}), "params", [], ["exact", "hnsw_ef", "indexed_only", "quantization"])
        limit = positive(body.get("limit", 10), "limit")
        self.within("max_query_limit", limit, "limit")
        if body.get("params", {}).get("exact") and self.strict.get("search_allow_exact") is False:
            raise bad("Wrong input: Exact search disabled!. Help: Set exact=false.")
        q = self.vector(body["query"])
        hits = [(sum(a * b for a, b in zip(q, v)), id_, payload, v) for id_, v, payload in
                self.select(body.get("filter"))]
        hits.sort(key=lambda h: (-h[0], order(h[1])))
        return {"points": [{"id": id_, "version": 3, "score": f32(score),
                            **({"payload": payload} if body.get("with_payload") else {}),
                            **({"vector": v} if body.get("with_vector") else {})}
                           for score, id_, payload, v in hits[:limit]]}

    def scroll(self, body):
        fields(body, "the body", [], ["offset", "limit", "filter", "with_payload", "with_vector", "order_by"])
        limit = positive(body.get("limit", 10), "limit")
        self.within("max_query_limit", limit, "limit")
        rows = [r for r in self.select(body.get("filter"))
                if body.get("offset") is None or order(r[0]) >= order(point_id(body["offset"]))]
        points = [{"id": id_, **({"payload": payload} if body.get("with_payload", True) else {}),
                   **({"vector": v} if body.get("with_vector") else {})} for id_, v, payload in rows[:limit]]
        return {"points": points, "next_page_offset": rows[limit][0] if len(rows) > limit else None}

    def count(self, body):
        fields(body, "the body", [], ["filter", "exact"])
        return {"count": sum(1 for _ in self.select(body.get("filter")))}

    def index(self, body):
        fields(body, "the body", ["field_name"], ["field_schema"])
        if body.get("field_schema") not in ("keyword", "integer", "float", "bool", "text", "uuid", "datetime", "geo"):
            raise bad("Format error in JSON body: field_schema")
        self.schema[body["field_name"]] = body["field_schema"]


ROUTES = (  # method, path below the collection, what does it, writes
    ("PUT", "/points", "put", True), ("POST", "/points/delete", "delete", True), ("PUT", "/index", "index", True),
    ("POST", "/points/query", "query", False), ("POST", "/points/scroll", "scroll", False),
    ("POST", "/points/count", "count", False))
WRITE_PARAMETERS = {"wait": ("true", "false"), "ordering": ("weak", "medium", "strong")}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, body, type_="application/json", headers=()):
        self.send_response(status)
        self.send_header("Content-Type", type_)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        n = int(self.headers.get("Content-Length", 0))
        if n > BODY_MAX:
            self.close_connection = True
            raise Refused(413, f"JSON payload ({n} bytes) is larger than allowed (limit: {BODY_MAX} bytes).",
                          plain=True)
        text = self.rfile.read(n)
        if n > self.server.owner.body_max:
            raise Refused(413, "Payload Too Large", plain=True)
        if not n:
            return None
        if self.headers.get("Content-Type") != "application/json":
            raise bad("Content type error")
        try:
            return json.loads(text, parse_constant=lambda x: 1 / 0)
        except (ValueError, ZeroDivisionError) as e:
            raise bad(f"Format error in JSON body: {e}") from e

    def check_key(self):
        key, given = self.server.owner.key, self.headers.get("api-key")
        if key and not given:
            raise Refused(401, "Must provide an API key or an Authorization bearer token", plain=True)
        if key and given != key:
            raise Refused(401, f"Invalid API key or JWT: {given}", plain=True)
        if self.server.owner.read_only and self.command in ("PUT", "DELETE"):
            raise Refused(403, "Forbidden: Write access is required")

    def parameters(self, query, writes):
        for name, value in parse_qsl(query, keep_blank_values=True):
            if not writes or (name in WRITE_PARAMETERS and value not in WRITE_PARAMETERS[name]) or (
                    name not in WRITE_PARAMETERS and name != "timeout"):
                raise bad(f"Format error in query parameters: {name}={value}")

    def collection(self, name, path, body, query):
        owner = self.server.owner
        if path == "" and self.command == "PUT":
            fields(body, "the body", ["vectors"], ["on_disk_payload"])
            fields(body["vectors"], "vectors", ["size", "distance"], ["on_disk"])
            if body["vectors"]["distance"] not in DISTANCES:
                raise bad("Format error in JSON body: distance")
            size = positive(body["vectors"]["size"], "vectors.size")
            if name in owner.collections:
                raise Refused(409, f"Wrong input: Collection `{name}` already exists!")
            owner.collections[name] = Collection(size, body["vectors"]["distance"])
            return True
        if name not in owner.collections:
            raise Refused(404, f"Not found: Collection `{name}` doesn't exist!")
        c = owner.collections[name]
        if path == "" and self.command == "GET" and body is None:
            return c.info()
        if path == "" and self.command == "DELETE" and body is None:
            del owner.collections[name]
            return True
        for method, at, what, writes in ROUTES:
            if path == at and self.command == method:
                self.parameters(query, writes)
                result = getattr(c, what)(body if body is not None else {})
                done = dict(parse_qsl(query)).get("wait") == "true"
                return {"operation_id": next(owner.operations),
                        "status": "completed" if done else "acknowledged"} if writes else result
        if any(path == at for _, at, _, _ in ROUTES) or path == "":
            raise Refused(405, "", plain=True)
        raise Refused(404, "", plain=True)

    def answer(self):
        owner = self.server.owner
        url = urlsplit(self.path)
        if url.path == "/healthz" and self.command == "GET":
            return self.send(200, b"healthz check passed", "text/plain")
        self.check_key()
        if url.path == "/" and self.command == "GET":
            return self.send(200, json.dumps({"title": "qdrant - vector search engine",
                                              "version": VERSION}).encode())
        if url.path == "/collections" and self.command == "GET":
            with owner.lock:
                owner.requests.append((self.command, self.path, None))
                names = [{"name": name} for name in sorted(owner.collections)]
            return self.send(200, json.dumps({"result": {"collections": names}, "status": "ok", "time": 0.001}).encode())
        m = re.fullmatch(r"/collections/([^/?#]{1,255})(/.*)?", url.path)
        body = self.body()
        if not m:
            raise Refused(404, "", plain=True)
        with owner.lock:
            result = self.collection(m[1], m[2] or "", body, url.query)
            owner.requests.append((self.command, self.path, body))
        text = json.dumps({"result": result, "status": "ok", "time": 0.001}).encode()
        return self.send(200, text)

    def do(self):
        owner = self.server.owner
        fault = owner.next_fault(self.command, self.path)
        if fault:
            owner.faulty.append((self.command, self.path))
            return FAULTS[fault](self)
        try:
            return self.answer()
        except Refused as e:
            text = e.message.encode() if e.plain else json.dumps({"status": {"error": e.message},
                                                                 "time": 0.0001}).encode()
            return self.send(e.status, text, "text/plain" if e.plain else "application/json", e.headers)

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = do


# ---- failures ----

def status(code, message, headers=()):
    def fail(h):
        h.rfile.read(int(h.headers.get("Content-Length", 0)))
        h.send(code, json.dumps({"status": {"error": message}, "time": 0.0}).encode(), headers=headers)
    return fail


def half(h):
    """The answer breaks off in its middle; what was asked is done."""
    h.rfile.read(int(h.headers.get("Content-Length", 0)))
    h.send_response(200)
    h.send_header("Content-Type", "application/json")
    h.send_header("Content-Length", "1000")
    h.end_headers()
    h.wfile.write(b'{"result":{"points":[{"id":1,')
    h.close_connection = True


def done_but_lost(h):
    """It does what was asked, and the connection breaks before the answer."""
    plain, h.wfile = h.wfile, open("/dev/null", "wb")
    h.answer()
    h.wfile = plain
    reset(h)


def reset(h):
    h.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    h.connection.close()
    h.close_connection = True


def hang(h):
    for _ in range(200):
        if h.server.owner.closing:
            break
        time.sleep(0.05)
    h.close_connection = True


def text(body, type_="application/json"):
    def fail(h):
        h.rfile.read(int(h.headers.get("Content-Length", 0)))
        h.send(200, body, type_)
    return fail


def moved(h):
    h.rfile.read(int(h.headers.get("Content-Length", 0)))
    h.send(308, b"", headers=[("Location", "https://elsewhere.example/collections")])


FAULTS = {
    "500": status(500, "Service internal error: No space left on device (os error 28)"),
    "503": status(503, "Service unavailable"),
    "429": status(429, "Rate limiting exceeded: Write rate limit exceeded, retry later", [("Retry-After", "1")]),
    "429 long": status(429, "Rate limiting exceeded", [("Retry-After", "3600")]),
    "400": status(400, "Wrong input: something that DiSE cannot know"),
    "half": half, "reset": reset, "hang": hang, "lost": done_but_lost, "moved": moved,
    "web page": text(b"<html><title>login</title></html>", "text/html"),
    "no json": text(b"{\"result\":"),
    "no result": text(b"{\"hello\":1}"),
    "odd result": text(b"{\"result\":{\"points\":[{\"id\":\"x\"}]},\"status\":\"ok\"}"),
    "acknowledged": text(b"{\"result\":{\"operation_id\":1,\"status\":\"acknowledged\"},\"status\":\"ok\"}"),
}


class QdrantServer:
    def __init__(self, key=None, read_only=False, port=0):
        self.key, self.read_only = key, read_only
        self.collections, self.requests, self.faulty, self.faults = {}, [], [], []
        self.lock = threading.Lock()
        self.operations = iter(range(1 << 60))
        self.body_max = BODY_MAX
        self.closing = False
        self.parked = None if port else parked_port()  # where another one may come in its place
        self.port = port or self.parked.getsockname()[1]
        self.http = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.http.daemon_threads = True
        self.http.owner = self
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def fail(self, *faults, path="/", method=""):
        self.faults += [(f, path, method) for f in faults]

    def next_fault(self, method, path):
        with self.lock:
            for i, (fault, part, verb) in enumerate(self.faults):
                if part in path and verb in ("", method):
                    del self.faults[i]
                    return None if fault == "pass" else fault
        return None

    def ids(self, name):
        return sorted(self.collections[name].points)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.closing = True
        self.http.shutdown()
        self.http.server_close()
