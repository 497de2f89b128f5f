"""Whole sessions: the real program, the real engine, a real pseudo-terminal."""

import fcntl
import json
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

import pyte
import pytest

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("DISE_BINARY", str(ROOT / "build" / "dise"))
PROVIDER_KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT",
                 "QDRANT_API_KEY")


def pytest_configure(config):
    config.addinivalue_line("markers", "live: needs the real 0.5B model")
    config.addinivalue_line("markers", "long: a campaign of minutes")
    config.addinivalue_line("markers", "costly: nearly all of its time is Python's, so that sanitizers have little to look at")


class Dise:
    """One home with its engine."""

    def __init__(self, home):
        self.home = Path(home)
        self.env = {k: v for k, v in os.environ.items() if k not in PROVIDER_KEYS and
                    not k.startswith(("DISE_", "XDG_"))}
        self.env.update(DISE_HOME=str(self.home), LC_ALL="C.UTF-8", TERM="xterm-256color")
        # The gates of an accepted program are seconds of other programs: only their own tests want them.
        self.env["DISE_GATES_PROFILE"] = "quick"
        self.env.pop("NO_COLOR", None)
        # The gates' programs lie beside the tests' own Python, so that no home installs them.
        self.env["PATH"] = f"{self.env.get('PATH', '/usr/bin:/bin')}:{Path(sys.executable).parent}"

    def config(self, text):
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "config.yaml").write_text(text)

    def answers(self, *lines, extra="", tests=False, properties=False, plan="auto", similar=False, reuse=False):
        """The home's language model answers from these lines (docs/replay.md); it is asked for tests, properties are
        tried, and similar programs are shown to it, only when that is what is to be seen."""
        flags = {"tests": tests, "properties": properties, "similar": similar}
        extra += f"memory: {{reuse: {str(reuse).lower()}}}\n" if "memory:" not in extra else ""
        extra += "pipeline: {" + "".join(f"{k}: {str(v).lower()}, " for k, v in flags.items()) + f"plan: {plan}}}\n"
        path = self.home / "answers.jsonl"
        self.home.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        self.config(f"llm:\n  backend: replay\n  backends:\n    replay: {{file: {path}}}\n{extra}")

    def run(self, *args, input=None, timeout=180, env=None, cwd=None):
        return subprocess.run([BINARY, *args], input=input, capture_output=True, timeout=timeout,
                              env={**self.env, **(env or {})}, cwd=cwd)

    def start(self, *args, **options):
        return subprocess.Popen([BINARY, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=self.env, **options)

    def json(self, *args, **options):
        """Exit code and the JSON lines of a command."""
        done = self.run(*args, "--json", **options)
        return done.returncode, [json.loads(x) for x in done.stdout.splitlines()]

    def engine_pid(self):
        try:
            pid = int((self.home / "run" / "engine.lock").read_text())
            os.kill(pid, 0)
            return pid
        except (OSError, ValueError):
            return None

    def kill_engine(self):
        pid = self.engine_pid()
        assert pid, "no engine runs"
        os.kill(pid, signal.SIGKILL)
        return pid

    def log(self):
        path = self.home / "run" / "engine.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def close(self):
        try:
            self.run("stop", timeout=60)
        except subprocess.TimeoutExpired:
            pass
        pid = self.engine_pid()
        if pid:
            os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def python_env(tmp_path_factory):
    """A private Python environment as DiSE makes it, to be copied into homes: making one takes seconds of the processor, and
    those who run side by side share it."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if os.environ.get("PYTEST_XDIST_WORKER") else root
    env = root / "python-env"
    with open(root / "python-env.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not env.exists():
            python = next(x for x in ("/usr/bin/python3", "/usr/local/bin/python3") if os.access(x, os.X_OK))
            subprocess.run([python, "-m", "venv", root / "python-env.part"], check=True)
            (root / "python-env.part").rename(env)
    return env


def copy_env(env, folder):
    subprocess.run(["cp", "-a", env, folder], check=True)


@pytest.fixture
def dise():
    home = tempfile.mkdtemp(prefix="dise-e2e-")
    it = Dise(home)
    yield it
    it.close()
    log = it.log()
    shutil.rmtree(home, ignore_errors=True)
    for sign in ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:", "defect:"):
        assert sign not in log, log[-4000:]


class Screen(pyte.Screen):
    """pyte knows neither "scroll up" nor "scroll down" (SU, SD), which xterm and its kin have."""

    def scroll_up(self, count=None, **_):
        self._at_top(self.delete_lines, count or 1)

    def scroll_down(self, count=None, **_):
        self._at_top(self.insert_lines, count or 1)

    def _at_top(self, what, count):
        was = self.cursor.x, self.cursor.y
        self.cursor.y = self.margins.top if self.margins else 0
        what(count)
        self.cursor.x, self.cursor.y = was


class Stream(pyte.ByteStream):
    csi = pyte.ByteStream.csi | {"S": "scroll_up", "T": "scroll_down"}
    events = pyte.ByteStream.events | {"scroll_up", "scroll_down"}


class Tui:
    """The dashboard on a pseudo-terminal, its screen kept by pyte."""

    def __init__(self, dise, columns=80, lines=24, args=(), command=None):
        self.screen = Screen(columns, lines)
        self.stream = Stream(self.screen)
        self.bytes = 0
        self.fd, inside = pty.openpty()
        self.name = os.ttyname(inside)
        self.resize(columns, lines)  # a terminal has its size before a program begins in it
        self.pid = os.fork()
        if self.pid == 0:
            os.login_tty(inside)
            command = command or [BINARY, *args]
            os.execve(command[0], command, dise.env)
        os.close(inside)

    def resize(self, columns, lines):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.screen.resize(lines, columns)

    def read(self, seconds=0.05):
        """Takes what comes within the time; false when the program has gone."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            ready, _, _ = select.select([self.fd], [], [], max(left, 0))
            if not ready:
                return True
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return False
            if not data:
                return False
            self.bytes += len(data)
            self.stream.feed(data.replace(b"\x1b[?2026h", b"").replace(b"\x1b[?2026l", b""))

    def unread(self):
        """How many bytes of what was sent the program has not read yet."""
        inside = os.open(self.name, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            return struct.unpack("i", fcntl.ioctl(inside, termios.FIONREAD, bytes(4)))[0]
        finally:
            os.close(inside)

    def sleeps(self):
        with open(f"/proc/{self.pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] == "S"

    def settle(self, quiet=0.2, timeout=30):
        """Until the program has read what was sent, waits for something, and has written nothing for some frames and
        longer than it takes an Esc alone for the beginning of another key (50 ms each)."""
        end, since, seen = time.monotonic() + timeout, time.monotonic(), self.bytes
        while time.monotonic() < end and self.read(0.02):
            now = time.monotonic()
            if self.bytes != seen or self.unread() or not self.sleeps():
                since, seen = now, self.bytes
            elif now - since >= quiet:
                return

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def wait_for(self, text, timeout=60):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            alive = self.read()
            if text in self.text():
                return
            if not alive:
                break
        pytest.fail(f"never saw {text!r} on the screen:\n{self.text()}")

    def send(self, text):
        os.write(self.fd, text.encode() if isinstance(text, str) else text)

    def escape(self):
        """Esc alone: what follows at once would be taken for Alt and a key."""
        self.send("\x1b")
        self.settle(0.12)

    def wait_end(self, timeout=30):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            self.read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = None
                return os.waitstatus_to_exitcode(status)
        pytest.fail("the dashboard did not end")

    def close(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


@pytest.fixture
def tui(dise):
    opened = []

    def open_tui(**options):
        opened.append(Tui(dise, **options))
        return opened[-1]

    yield open_tui
    for it in opened:
        it.close()
