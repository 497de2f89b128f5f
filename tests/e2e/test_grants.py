"""What a program may reach beyond its walls: files, hosts and packages, each only when granted."""

import base64
import hashlib
import http.server
import json
import threading
import zipfile

import pytest
from conftest import copy_env

TASK = "write a function that shouts a word, shout('hi') == 'HI!'"
PROGRAM = "```python\nimport loudly\n\ndef shout(word):\n    return loudly.upper(word) + '!'\n```"
ANSWER = {"match": "shout", "text": PROGRAM}
TRUSTED = 'trusted_packages:\n  - {name: dise-loudly, versions: [">=1.0", "<2"], purpose: loud words, modules: [loudly]}\n'


@pytest.fixture
def index(tmp_path):
    """A package index on this machine with one package; yields what it was asked for."""
    folder = tmp_path / "simple" / "dise-loudly"
    folder.mkdir(parents=True)
    meta = "dise_loudly-1.0.dist-info"
    files = {"loudly.py": "def upper(text):\n    return text.upper()\n",
             f"{meta}/METADATA": "Metadata-Version: 2.1\nName: dise-loudly\nVersion: 1.0\n",
             f"{meta}/WHEEL": "Wheel-Version: 1.0\nGenerator: dise\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
    record = "".join(f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},{len(text)}\n"
                     for name, text in files.items()) + f"{meta}/RECORD,,\n"
    with zipfile.ZipFile(folder / "dise_loudly-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in {**files, f"{meta}/RECORD": record}.items():
            wheel.writestr(name, text)
    (folder / "index.html").write_text('<a href="dise_loudly-1.0-py3-none-any.whl">dise_loudly-1.0-py3-none-any.whl</a>')
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(tmp_path))

        def log_message(self, *args):
            asked.append(self.path)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    asked.insert(0, f"http://127.0.0.1:{server.server_port}/simple")
    yield asked
    server.shutdown()


@pytest.fixture
def shop(dise, index):
    dise.env.update(PIP_INDEX_URL=index[0], PIP_NO_CACHE_DIR="1", PIP_CONFIG_FILE="/dev/null",
                    PIP_TRUSTED_HOST="127.0.0.1")
    dise.answers(ANSWER)
    (dise.home / "tools").mkdir()
    (dise.home / "tools" / "trusted_packages.yaml").write_text(TRUSTED)
    return dise


@pytest.fixture
def python(dise, python_env):
    copy_env(python_env, dise.home / "venv")


def test_a_package_is_installed_only_when_allowed_and_recorded(shop, python, index):
    code, events = shop.json("run", TASK)
    assert code == 1 and "--allow-package dise-loudly" in events[-1]["message"]
    assert len(index) == 1, "asked the index without consent"
    code, events = shop.json("run", TASK, "--allow-package", "dise-loudly")
    assert code == 0 and events[-1]["checked"]["examples_passed"] == 1
    asked = len(index)
    code, shown = shop.json("artifact", "show", events[-1]["artifact"])
    assert shown[0]["grants"]["packages"] == ["dise-loudly"]
    # It is there now: neither a question nor the index is needed again.
    code, run = shop.json("artifact", "run", events[-1]["artifact"], "--input", '{"word": "ho"}')
    assert code == 0 and run[-1]["result"] == {"result": "HO!"}
    assert len(index) == asked


def test_a_package_that_nobody_trusts_is_named_and_not_installed(shop, index):
    (shop.home / "tools" / "trusted_packages.yaml").unlink()
    code, events = shop.json("run", TASK, "--allow-package", "dise-loudly")
    assert code == 1 and "loudly is not on the list of trusted packages" in events[-1]["message"]
    assert len(index) == 1


def test_a_broken_list_names_its_place(shop):
    (shop.home / "tools" / "trusted_packages.yaml").write_text('trusted_packages:\n  - {name: "--index-url=evil"}\n')
    code, events = shop.json("run", TASK)
    assert code == 1 and "trusted_packages.yaml:2:" in events[-1]["message"]


def test_candidates_that_want_the_same_ask_once(shop, python, tui, index):
    shop.answers({"match": "shout", "text": PROGRAM},
                 extra="escalation:\n  - {role: fast, candidates: 4, temperature: 0.7}\n")
    t = tui(columns=100, lines=30)
    t.wait_for("what should")
    t.send(TASK + "\r")
    t.wait_for("[i] install")
    t.settle(0.5)
    assert t.text().count("[i] install") == 1
    t.send("i")
    t.wait_for("solved", 180)
    assert "dise-loudly" in t.text()


def test_a_wall_asks_for_the_path_and_the_grant_holds_for_the_task(dise, tui):
    dise.answers({"match": "read", "text": "```python\ndef head(path):\n    return open(path).read()\n```"})
    secret = dise.home / "note.txt"
    secret.write_text("hello there")
    dise.home.chmod(0o755)
    secret.chmod(0o644)
    t = tui(columns=100, lines=30)
    t.wait_for("what should")
    t.send(f"read a file, head('{secret}') == 'hello there'\r")
    t.wait_for("[o] once")
    t.send("o")
    t.wait_for("kept as a1", 90)
    code, events = dise.json("artifact", "show", "a1")
    assert events[0]["grants"]["read"] == [str(secret)]


def test_questions_at_the_terminal_of_run(shop, python):
    import pty
    import os
    import select
    pid, fd = pty.fork()
    if pid == 0:
        from conftest import BINARY
        os.execve(BINARY, [BINARY, "run", TASK], shop.env)
    seen, answered = b"", False
    while True:
        if not select.select([fd], [], [], 180)[0]:
            break
        try:
            data = os.read(fd, 65536)
        except OSError:
            break
        seen += data
        if not data:
            break
        if b"install|no" in seen and not answered:
            answered = True
            os.write(fd, b"install\n")
    assert answered and os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, seen.decode(errors="replace")
    os.close(fd)
    code, events = shop.json("artifact", "show", "a1")
    assert json.dumps(events[0]["grants"]["packages"]) == '["dise-loudly"]'
