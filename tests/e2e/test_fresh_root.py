"""A new user on a fresh Debian 12: a root of its own, a clone, the README's command, a real task."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT, Tui

pytestmark = pytest.mark.long
HERE = ROOT / "build" / "fresh-root"
ROOT_FILES = ("/etc/resolv.conf", "/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt")
TASK = "write a function add(a, b) that adds two numbers, add(2, 3) == 5"


def tool(name):
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if not path:
        pytest.skip(f"needs {name}: apt install {name if name != 'bwrap' else 'bubblewrap'}")
    return path


def mirror():
    """Where this machine gets its own packages."""
    for path in [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]:
        if path.suffix not in (".list", ".sources") or not path.exists():
            continue
        for line in path.read_text().splitlines():
            words = line.split()
            if words and words[0] in ("URIs:", "deb") and "debian" in words[-1 if words[0] == "URIs:" else 1]:
                return next(w for w in words if "://" in w)
    return "http://deb.debian.org/debian"


@pytest.fixture(scope="module")
def fresh():
    """The root's folder, with a clone of this repository in /root/dise."""
    if os.geteuid() != 0:
        pytest.skip("needs root, for debootstrap")
    tool("bwrap")
    base, root = HERE / "base", HERE / "root"
    if not (base / "root").exists():
        shutil.rmtree(base, ignore_errors=True)
        part = HERE / "base.part"
        shutil.rmtree(part, ignore_errors=True)
        HERE.mkdir(parents=True, exist_ok=True)
        subprocess.run([tool("debootstrap"), "--variant=minbase", "bookworm", str(part), mirror()], check=True)
        part.rename(base)
    shutil.rmtree(root, ignore_errors=True)
    subprocess.run(["cp", "-a", str(base), str(root)], check=True)
    for name in ROOT_FILES:  # the root reaches what this machine reaches
        if Path(name).exists():
            (root / name[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(name, root / name[1:])
    own = Path("/usr/local/share/ca-certificates")  # Debian's place for what this machine trusts besides
    for cert in own.glob("*.crt"):
        (root / str(own)[1:]).mkdir(parents=True, exist_ok=True)
        shutil.copy(cert, root / str(cert)[1:])
    subprocess.run(["git", "clone", "-q", "--no-local", str(ROOT), str(root / "root" / "dise")], check=True)
    yield root
    shutil.rmtree(root, ignore_errors=True)


class FreshDise:
    """As much of conftest.Dise as its terminal needs."""

    def __init__(self, root):
        kept = ("PIP_", "SSL_CERT", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
        self.env = {k: v for k, v in os.environ.items() if k.startswith(kept) and k != "PIP_FIND_LINKS"}
        self.env.update(PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME="/root", TERM="xterm-256color")
        self.inside = [tool("bwrap"), "--bind", str(root), "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp",
                       "--unshare-pid", "--die-with-parent", "--cap-add", "ALL", "--chdir", "/root"]

    def run(self, *command, timeout=600):
        return subprocess.run([*self.inside, *command], env=self.env, capture_output=True, timeout=timeout)


def test_a_new_user_gets_from_the_clone_to_a_solved_task(fresh):
    it = FreshDise(fresh)
    t = Tui(it, columns=110, lines=32, command=[*it.inside, "/root/dise/run", "--yes"])
    try:
        t.wait_for("It needs a language model", timeout=900)
        t.wait_for("Install Qwen2.5-Coder 0.5B only")
        while "› Install Qwen2.5-Coder 0.5B only" not in t.text() and "▸ Install Qwen2.5-Coder 0.5B only" not in t.text():
            t.send("\x1b[B")
            t.read(0.3)
        t.send("\r")
        t.wait_for("what should the program do?", timeout=900)
        t.send(TASK + "\r")
        t.wait_for("✔ solved", timeout=600)
    finally:
        t.close()
    # Without the dashboard: a task, and what is kept. (The engine ended with the first container.)
    done = it.run("/root/dise/run", "--yes", "--", "run", "--json", "--fresh", TASK)
    last = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 0 and last["type"] == "job_done" and last["status"] == "solved", done.stderr[-2000:]
    assert last["checked"]["examples_passed"] == 1
    assert b"a1" in it.run("/root/dise/build/dise", "artifact", "list").stdout
    plain_chroot_runs_nothing(fresh, it)


def plain_chroot_runs_nothing(root, it):
    """A chroot forbids user namespaces: doctor says so, and nothing is run."""
    def inside(*command):
        script = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
        return subprocess.run(["unshare", "-m", "sh", "-c", script, str(root), "/root/dise/build/dise", *command],
                              env=it.env, capture_output=True, timeout=120)

    try:
        report = inside("doctor", "--json")
        sandbox = [x for x in json.loads(report.stdout)["checks"] if x["name"] == "sandbox"][0]
        assert sandbox["state"] != "ok" and "chroot" in sandbox["remedy"]
        run = inside("artifact", "run", "a1", "--input", '{"a": 1, "b": 2}')
        assert run.returncode not in (0, 130) and b"not run here" in run.stderr, run.stderr
        assert b'"result": 3' not in run.stdout
    finally:
        inside("stop")
