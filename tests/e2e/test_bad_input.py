"""What is wrong is said in one sentence: what, where, what to do. Nothing hangs, nothing is lost."""

import os
import shutil
import subprocess

import pytest
from conftest import BINARY, ROOT

GOOD = {"match": "add", "text": "```python\ndef add(a, b):\n    return a + b\n```"}
TASK = "write a function that adds two numbers, add(2, 3) == 5"


def one_sentence(done, code):
    assert done.returncode == code, done
    assert done.stderr.count(b"\n") == 1 and done.stderr.startswith(b"dise: "), done.stderr
    return done.stderr.decode()


def test_without_a_terminal_the_dashboard_names_the_other_way(dise):
    assert "dise run" in one_sentence(dise.run(), 2)


def test_a_terminal_that_cannot_place_text(dise, tui):
    dise.env["TERM"] = "dumb"
    t = tui()
    assert t.wait_end() == 1
    assert "dise run" in t.text()


def test_an_unknown_terminal_is_tried(dise, tui):
    dise.env["TERM"] = "never-heard-of"
    tui().wait_for("1 Conversation")


def test_no_colour(dise, tui):
    dise.answers(GOOD)
    dise.env["NO_COLOR"] = "1"
    t = tui()
    t.wait_for("● engine")
    t.send(TASK + "\r")
    t.wait_for("✔ solved")
    cells = [cell for row in t.screen.buffer.values() for cell in row.values()]
    assert {cell.fg for cell in cells} == {"default"} == {cell.bg for cell in cells}
    assert any(cell.bold for cell in cells)


def test_a_home_that_cannot_be(dise):
    for home in ("/proc/x", "/dev/null/x", "x" * 1100):
        assert home[:60] in one_sentence(dise.run("--home", home, "run", TASK), 2 if len(home) < 1000 else 2)


def test_a_result_file_that_cannot_be_written_is_said_before_the_work(dise, tmp_path):
    dise.answers(GOOD)
    for out in ("/nonexistent/a.py", str(tmp_path)):
        assert out in one_sentence(dise.run("run", TASK, "--out", out), 2)
    assert dise.engine_pid() is None


def test_a_broken_configuration_in_the_dashboard(dise, tui):
    dise.config("llm:\n  backend: [\n")
    t = tui(columns=120, lines=30)
    t.wait_for("config.yaml:")
    t.wait_for("no engine")
    t.send("\x03\x03")


def test_a_paste_of_ten_megabytes(dise, tui):
    dise.answers(GOOD)
    t = tui(columns=100, lines=30)
    t.wait_for("● engine")
    t.send("before ")
    data = b"\x1b[200~" + b"x\xff\x1b]0;t\x07" * 1_300_000 + b"\x1b[201~"
    os.set_blocking(t.fd, False)
    while data:
        try:
            data = data[os.write(t.fd, data):]
        except BlockingIOError:
            t.read(0.01)
    os.set_blocking(t.fd, True)
    t.wait_for("paste was longer than 1 MB")
    t.send("\x15")
    t.send(TASK + "\r")
    t.wait_for("✔ solved")


def test_a_reply_that_is_no_text(dise):
    for text in ("\x00\x01\x02\x1b[2J\x7f", "", "I cannot do that.", "```python\n```"):
        dise.run("stop")
        dise.answers({"match": "", "text": text or " "})
        code, events = dise.json("run", TASK, "--fresh")
        assert code == 1 and events[-1]["status"] == "unsolved" and events[-1]["message"], text


MANIFEST = """server: {{package: dise-no-server, version: "1"}}
models:
  - name: small
    label: small
    file: small.gguf
    size: {size}
    sha256: {sha}
    licence: MIT
    context: 512
    sources:
      - url: {url}
"""


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
def test_no_space_for_a_model_is_said_before_the_download(dise, tmp_path):
    data = tmp_path / "data"
    for name in ("tools", "themes"):
        shutil.copytree(ROOT / name, data / name)
    shutil.copytree(ROOT / "src" / "runtime", data / "runtime")
    (data / "tools" / "models.yaml").write_text(MANIFEST.format(size=200_000_000, sha="a" * 64, url="http://127.0.0.1:9/x"))
    env = {**dise.env, "DISE_DATA": str(data)}
    script = 'mount -t tmpfs -o size=20m tmpfs "$DISE_HOME" && "$0" model install small; code=$?; ls "$DISE_HOME/models" >&2; "$0" stop >/dev/null; exit $code'
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script, BINARY], env=env, capture_output=True, timeout=60)
    if b"unshare failed" in done.stderr:
        pytest.skip("no user namespaces here")
    assert done.returncode == 1, done
    assert b"small needs" in done.stderr and b"are free; free some" in done.stderr, done.stderr
    assert b"small.gguf" not in done.stderr, "something was left half-installed"


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
def test_a_disk_that_is_full_is_said_and_waited_for(dise, tmp_path):
    dise.answers({**GOOD, "tokens_per_s": 4})
    shutil.copytree(dise.home, tmp_path / "home")
    (tmp_path / "home" / "config.yaml").write_text((dise.home / "config.yaml").read_text().replace(str(dise.home), str(tmp_path / "home")))
    script = ('mount -t tmpfs -o size=8m tmpfs "$DISE_HOME" && cp "$1/config.yaml" "$DISE_HOME" || exit 9\n'
              'said() { for i in $(seq 600); do grep -q "$2" "$1/said" && return; sleep 0.05; done; }\n'
              '"$0" run "$2" 2>"$1/said" & said "$1" writes; head -c 1G /dev/zero >"$DISE_HOME/fill" 2>/dev/null\n'
              '"$0" run "another $2"; echo "code $?"; said "$1" "cannot be stored"; rm "$DISE_HOME/fill"; wait $!; code=$?; "$0" stop >/dev/null; exit $code')
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script, BINARY, str(tmp_path / "home"), TASK], env=dise.env,
                          capture_output=True, timeout=60)
    if b"unshare failed" in done.stderr:
        pytest.skip("no user namespaces here")
    assert b"code 1" in done.stdout and b"could not be kept: no space left" in done.stderr, done
    said = (tmp_path / "home" / "said").read_text()
    assert done.returncode in (0, 1) and "cannot be stored: no space left" in said, (done, said)
    assert "✔ solved" in said or "the journal could not be written" in said
