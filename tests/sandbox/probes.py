"""Tries to get out of the sandbox: python3 tests/sandbox/probes.py BUILD_DIR [--control]

Each probe is a small program that runs behind the walls exactly as the engine runs one, as root and
as an ordinary user, and prints ESCAPED when it reached what it must not reach. Then bombs, which must
be bounded and leave nothing behind, and two runs beside each other. With --control the probes run
without walls, which shows which of them prove something: as an ordinary user only, because as root
they do what they try.
"""

import os
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

BUILD = Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
CONTROL = "--control" in sys.argv
LAUNCHER = str(BUILD / "dise-sandbox")
CANARY = "sk-canary-4711"
ORDINARY = 65534
MARK = f"probe-{os.getpid()}"  # in the command line of every process of this run
PRELUDE = f"""# {MARK}
import ctypes, os, socket, sys, errno
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *args):
    r = libc.syscall(number, *[ctypes.c_long(a) if isinstance(a, int) else a for a in args])
    return r if r >= 0 else -ctypes.get_errno()
def escaped(what=""):
    print("ESCAPED", what); sys.stdout.flush()
"""


class Run:
    """One run; what the engine's side (src/core/sandbox/sandbox.c) does: limits, wall time, output."""

    def __init__(self, code, options=(), uid=None, wall=10.0, files=None, keep_fds=(), memory=512, cpu=3000,
                 output=1 << 20, argv=None):
        self.files = os.memfd_create("files")
        for name, data in (files or {}).items():
            os.write(self.files, name.encode() + b"\0" + str(len(data)).encode() + b"\0" + data.encode())
        self.report, report = os.pipe()
        self.status_fd, status = os.pipe()
        self.wall, self.limit = wall, output
        command = [LAUNCHER, *(["--unsafe"] if CONTROL else []), "--cpu-ms", str(cpu), "--memory", str(memory << 20),
                   "--file", str(4 << 20), "--disk", str(8 << 20), "--processes", "16", *options, "--",
                   *(argv or ["/usr/bin/python3", "-I", "-S", "-c", PRELUDE + code])]

        def child():
            os.setpgid(0, 0)
            spare = [os.dup2(fd, 200 + i) for i, fd in enumerate((report, status, self.files))]
            for i, fd in enumerate(spare):
                os.dup2(fd, 3 + i, True)
            for fd in keep_fds:
                os.set_inheritable(fd, True)
            if uid is not None:
                os.setgroups([])
                os.setgid(uid)
                os.setuid(uid)

        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, close_fds=False, preexec_fn=child, env={})
        os.close(report)
        os.close(status)

    def finish(self):
        out = {self.process.stdout.fileno(): b"", self.process.stderr.fileno(): b"", self.status_fd: b""}
        end, ended = time.monotonic() + self.wall, "exited"
        open_fds = set(out)
        while open_fds:
            left = end - time.monotonic()
            ready = select.select(list(open_fds), [], [], max(left, 0))[0]
            if not ready:
                ended = "timeout"
                break
            for fd in ready:
                data = os.read(fd, 65536)
                out[fd] += data
                if not data:
                    open_fds.discard(fd)
            if sum(map(len, out.values())) > self.limit:
                ended = "output"
                break
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.out, self.err, status = (v.decode(errors="replace") for v in out.values())
        self.status = status if ended == "exited" else ended
        self.ended = ended
        for fd in (self.files, self.report, self.status_fd):
            os.close(fd)
        self.process.stdout.close()
        self.process.stderr.close()
        return self


def run(code, **options):
    return Run(code, **options).finish()


# ---- probes: name, program --------------------------------------------------------------------

def syscall_probe(number, args, what):
    return f"""
r = call({number}, {args})
if r >= 0: escaped({what!r})
"""


PROBES = {
    # network
    "tcp to the machine": "s = socket.socket(); s.settimeout(2)\nif s.connect_ex(('127.0.0.1', PORT)) == 0: escaped()",
    "tcp to another address": "s = socket.socket(); s.settimeout(1)\nr = s.connect_ex(('192.0.2.1', 80))\n"
                              "if r in (0, errno.ETIMEDOUT, errno.EAGAIN, errno.EHOSTUNREACH, errno.ECONNREFUSED): escaped(r)",
    "udp": "s = socket.socket(type=socket.SOCK_DGRAM)\ntry:\n s.sendto(b'x', ('127.0.0.1', PORT)); s.sendto(b'x', ('192.0.2.1', 53)); escaped()\n"
           "except OSError: pass",
    "tcp over IPv6": "s = socket.socket(socket.AF_INET6); s.settimeout(1)\nif s.connect_ex(('::1', PORT)) == 0: escaped()",
    "raw socket": "try:\n socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); escaped()\nexcept OSError: pass",
    "packet socket": "try:\n socket.socket(17, socket.SOCK_RAW, 3); escaped()\nexcept OSError: pass",
    "netlink": "try:\n socket.socket(16, socket.SOCK_RAW, 0); escaped()\nexcept OSError: pass",
    "vsock": "try:\n socket.socket(40, socket.SOCK_STREAM, 0); escaped()\nexcept OSError: pass",
    "kernel crypto socket": "try:\n socket.socket(38, 5, 0); escaped()\nexcept OSError: pass",
    "abstract socket of the machine": "s = socket.socket(socket.AF_UNIX)\nif s.connect_ex('\\0dise-probe') == 0: escaped()",
    "socket file of the machine": "s = socket.socket(socket.AF_UNIX)\nif s.connect_ex('SOCKET') == 0: escaped()",
    "network interfaces": "import os\nif len(socket.if_nameindex()) > 1: escaped(socket.if_nameindex())",
    # files
    "/etc/shadow": "try:\n open('/etc/shadow').read(); escaped()\nexcept OSError: pass",
    "/etc/passwd of the machine": "if 'root:' in open('/etc/passwd').read(): escaped()",
    "the home folder": "try:\n os.listdir('/root'); escaped()\nexcept OSError: pass\ntry:\n os.listdir('/home'); escaped()\nexcept OSError: pass",
    "a secret file": "try:\n print(open('SECRET').read()); escaped()\nexcept OSError: pass",
    "/proc": "if os.path.exists('/proc/self') or os.path.exists('/proc/1'): escaped()",
    "/sys": "if os.path.exists('/sys/kernel'): escaped()",
    "core_pattern": "try:\n open('/proc/sys/kernel/core_pattern', 'w'); escaped()\nexcept OSError: pass",
    "/var and /run": "if os.path.exists('/var/lib') or os.path.exists('/run'): escaped()",
    "writing to /usr": "try:\n open('/usr/probe', 'w'); escaped()\nexcept OSError: pass",
    "writing to the root": "try:\n open('/probe', 'w'); escaped()\nexcept OSError: pass",
    "writing to /etc": "try:\n open('/etc/hosts', 'a'); escaped()\nexcept OSError: pass",
    "making the root writable": syscall_probe(165, "0, b'/', 0, 32 | 4096, 0", "remount"),
    "out of the root by ..": "if sorted(os.listdir('/work/../../../../..')) != sorted(os.listdir('/')): escaped()\n"
                             "if 'root' in os.listdir('/work/../../..'): escaped()",
    "out by a link": "os.symlink('/etc/shadow', 'l')\ntry:\n open('l').read(); escaped()\nexcept OSError: pass",
    "devices": "for d in ('sda', 'vda', 'mem', 'kmsg', 'tty', 'ptmx', 'fuse', 'kvm', 'net/tun', 'console'):\n"
               " if os.path.exists('/dev/' + d): escaped(d)",
    "making a device": "try:\n os.mknod('d', 0o60666, os.makedev(8, 0)); open('d', 'rb').read(1); escaped()\nexcept OSError: pass",
    "a set-user-id program": "import subprocess\nfor p in ('/usr/bin/su', '/usr/bin/mount', '/usr/bin/passwd'):\n"
                             " if os.path.exists(p):\n  b = os.stat(p)\nimport os\n"
                             "r = os.fork()\nif r == 0:\n try:\n  os.setuid(0); escaped()\n except OSError: pass\n os._exit(0)\nos.wait()",
    # processes
    "processes of the machine": "n = 0\nfor p in range(2, 40000):\n try:\n  os.kill(p, 0)\n  if p != os.getpid() and p != os.getppid(): n += 1\n"
                                " except PermissionError: n += 1\n except OSError: pass\nif n > 1: escaped(n)",
    "killing the launcher": "try:\n os.kill(HOSTPID, 9); escaped()\nexcept OSError: pass",
    "killing everybody": "import signal\nsignal.signal(15, signal.SIG_IGN)\ntry:\n os.kill(-1, 15)\nexcept OSError: pass\n"
                         "if os.getppid() == 0: escaped()",
    "ptrace": syscall_probe(101, "16, os.getppid(), 0, 0", "attach"),
    "memory of another process": syscall_probe(310, "1, 0, 0, 0, 0, 0", "process_vm_readv"),
    "a limit of another process": "b = ctypes.create_string_buffer(16)\nif call(302, 1, 0, 0, b) >= 0: escaped()",
    # environment and descriptors
    "the engine's environment": f"if any({CANARY!r} in v for v in os.environ.values()): escaped()",
    "environment in /proc": f"try:\n d = open('/proc/1/environ').read() + open('/proc/self/environ').read()\n escaped()\nexcept OSError: pass",
    "only known variables": "k = set(os.environ) - {'PATH', 'HOME', 'TMPDIR', 'LANG', 'PYTHONDONTWRITEBYTECODE', 'PYTHONHASHSEED', 'LC_CTYPE', 'OPENBLAS_NUM_THREADS'}\nif k: escaped(k)",
    "inherited descriptors": "for fd in range(4, 256):\n try:\n  os.fstat(fd); escaped(fd)\n except OSError: pass",
    "the status channel": "try:\n os.write(4, b'exit=0\\n'); escaped()\nexcept OSError: pass",
    "the terminal": "try:\n os.open('/dev/tty', os.O_RDWR); escaped()\nexcept OSError: pass",
    # the kernel
    "mount": syscall_probe(165, "b'tmpfs', b'/work', b'tmpfs', 0, 0", "mount"),
    "umount": syscall_probe(166, "b'/work', 2", "umount"),
    "open_tree": syscall_probe(428, "-100, b'/', 1", "open_tree"),
    "move_mount": syscall_probe(429, "3, b'', -100, b'/work', 4", "move_mount"),
    "fsopen": syscall_probe(430, "b'tmpfs', 0", "fsopen"),
    "unshare": syscall_probe(272, "0x10000000", "user namespace"),
    "clone into a namespace": "r = call(56, 0x10000000 | 17, 0, 0, 0, 0)\nif r == 0: os._exit(0)\nif r > 0: escaped()",
    "clone3": "r = call(435, 0, 0)\nif r != -errno.ENOSYS: escaped(r)",
    "setns": syscall_probe(308, "0, 0x10000000", "setns"),
    "chroot": syscall_probe(161, "b'/work'", "chroot"),
    "pivot_root": syscall_probe(155, "b'.', b'.'", "pivot_root"),
    "bpf": syscall_probe(321, "5, 0, 0", "bpf"),
    "perf_event_open": syscall_probe(298, "0, 0, -1, -1, 0", "perf"),
    "keyctl": syscall_probe(250, "0, -3, 1", "keyctl"),
    "add_key": syscall_probe(248, "b'user', b'x', b'y', 1, -3", "add_key"),
    "io_uring": "b = ctypes.create_string_buffer(256)\nif call(425, 4, b) >= 0: escaped()",
    "userfaultfd": syscall_probe(323, "1", "userfaultfd"),
    "kexec": syscall_probe(246, "0, 0, 0, 0", "kexec"),
    "a kernel module": syscall_probe(175, "0, 0, b''", "init_module"),
    "swapon": syscall_probe(167, "b'/work/x', 0", "swapon"),
    "reboot": syscall_probe(169, "0xfee1dead, 672274793, 0, 0", "reboot"),
    "the clock": "b = (ctypes.c_long * 2)(0, 0)\nif call(227, 0, b) >= 0: escaped()",
    "the host name": syscall_probe(170, "b'x', 1", "sethostname"),
    "name_to_handle_at": "b = ctypes.create_string_buffer(256); b[0] = 128; i = ctypes.c_int()\nif call(303, -100, b'/', b, ctypes.byref(i), 0) >= 0: escaped()",
    "open_by_handle_at": "b = ctypes.create_string_buffer(256)\nif call(304, -100, b, 0) >= 0: escaped()",
    "personality": syscall_probe(135, "0x0040000", "personality"),
    "modify_ldt": "b = ctypes.create_string_buffer(64)\nif call(154, 1, b, 16) >= 0: escaped()",
    "iopl": syscall_probe(172, "3", "iopl"),
    "acct": syscall_probe(163, "b'/work/x'", "acct"),
    "quotactl": syscall_probe(179, "0, b'', 0, 0", "quotactl"),
    "syslog": "b = ctypes.create_string_buffer(64)\nif call(103, 3, b, 64) >= 0: escaped()",
    "fanotify": syscall_probe(300, "0, 0", "fanotify"),
    "memfd_secret": syscall_probe(447, "0", "memfd_secret"),
    "pidfd_open": syscall_probe(434, "os.getpid(), 0", "pidfd_open"),
    "pidfd_getfd": syscall_probe(438, "3, 0, 0", "pidfd_getfd"),
    "typing into the terminal": "c = ctypes.c_char(b'x')\nif call(16, 0, 0x5412, ctypes.byref(c)) >= 0: escaped()",
    "typing, with high bits": "c = ctypes.c_char(b'x')\nif call(16, 0, 0x5412 | 1 << 32, ctypes.byref(c)) >= 0: escaped()",
    "capabilities": "b = ctypes.create_string_buffer(24); h = (ctypes.c_uint32 * 2)(0x20080522, 0)\nif call(125, h, b) >= 0 and any(b.raw): escaped()",
    "another user": "for i in (0, 1, 65534):\n try:\n  os.setuid(i); escaped(i)\n except OSError: pass",
    "the group list": "try:\n os.setgroups([0]); escaped()\nexcept OSError: pass\nif 0 in os.getgroups(): escaped(os.getgroups())",
    "giving away privileges' lock": "if libc.prctl(38, 0, 0, 0, 0) == 0 or libc.prctl(8, 1, 0, 0, 0) == 0: escaped()",
    "Landlock holds as the second wall": "try:\n os.mkdir('/dev/x'); escaped()\nexcept OSError: pass",
    "a big file": "try:\n f = open('big', 'wb')\n for i in range(64): f.write(b'x' * (1 << 20))\n f.close(); escaped()\nexcept OSError: pass",
}

BOMBS = {
    "forks": ("import os\nwhile True:\n try: os.fork()\n except OSError: pass", {}),
    "threads": ("import threading, time\nwhile True:\n try: threading.Thread(target=time.sleep, args=(99,)).start()\n except RuntimeError: pass", {}),
    "memory in one process": ("a = []\nwhile True: a.append(bytearray(1 << 20))", {}),
    "memory in many processes": ("import os\nfor i in range(15):\n try:\n  if os.fork() == 0: break\n except OSError: break\na = []\ntry:\n"
                                 " while True: a.append(bytearray(b'x' * (1 << 20)))\nexcept MemoryError:\n import time; time.sleep(30)", {"memory": 128}),
    "processor": ("while True: pass", {"cpu": 1000}),
    "sleep": ("import time\ntime.sleep(1000)", {}),
    "output": ("import sys\nwhile True: sys.stdout.write('x' * 65536)", {}),
    "files": ("i = 0\nwhile True:\n i += 1\n try: open(f'f{i}', 'w').write('x' * 65536)\n except OSError: pass", {}),
    "inodes": ("import os\ni = 0\nwhile True:\n i += 1\n try: os.mkdir(f'd{i}')\n except OSError: pass", {}),
    "descriptors": ("import os\nwhile True:\n try: os.dup(0)\n except OSError: pass", {}),
    "ignored signals": ("import signal, os\nfor i in range(1, 32):\n try: signal.signal(i, signal.SIG_IGN)\n except (OSError, ValueError): pass\n"
                        "if os.fork() == 0: os.setsid()\nwhile True: pass", {}),
}

passed = failed = 0


def verdict(ok, name, detail=""):
    global passed, failed
    passed += ok
    failed += not ok
    if not ok:
        print(f"FAILED {name}: {detail}", flush=True)


def control(name, escaped, r):
    """Without walls: which probes do escape, so that the others are known to prove less."""
    verdict(escaped, name, f"does not escape without walls either: {(r.out + r.err).strip()[-100:]}")


def survivors():
    """Processes of the machine that descend from a launcher."""
    found = []
    for p in Path("/proc").iterdir():
        if p.name.isdigit():
            try:
                command = (p / "cmdline").read_bytes().replace(b"\0", b" ")
            except OSError:
                continue
            if MARK.encode() + b" " in command.replace(b"\n", b" "):
                found.append((int(p.name), command[:80]))
    return found


def wait_gone():
    for _ in range(100):
        if not survivors():
            return []
        time.sleep(0.02)
    return survivors()


class Neighbour:
    """What stands outside and must not be reached."""

    def __init__(self, folder):
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self.tcp.getsockname()[1]
        self.other = socket.create_server(("127.0.0.1", 0))
        self.other_port = self.other.getsockname()[1]
        self.udp = socket.socket(type=socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        self.path = str(folder / "socket")
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind(self.path)
        self.unix.listen()
        os.chmod(self.path, 0o777)
        self.abstract = socket.socket(socket.AF_UNIX)
        self.abstract.bind("\0dise-probe")
        self.abstract.listen()
        self.secret = folder / "secret"
        self.secret.write_text("secret")
        self.secret.chmod(0o644)
        threading.Thread(target=self.serve, args=(self.tcp,), daemon=True).start()
        threading.Thread(target=self.serve, args=(self.other,), daemon=True).start()

    @staticmethod
    def serve(listener):
        while True:
            connection, _ = listener.accept()
            connection.sendall(b"hello")
            connection.close()


def probe_all(neighbour, uid):
    who = "root" if uid is None and os.geteuid() == 0 else "user"
    extra = [os.open("/etc/hostname", os.O_RDONLY), neighbour.tcp.fileno()]
    for name, code in PROBES.items():
        code = (code.replace("PORT", str(neighbour.port)).replace("SOCKET", neighbour.path)
                .replace("SECRET", str(neighbour.secret)).replace("HOSTPID", str(os.getpid() if not CONTROL else 999999)))
        if CONTROL and name in ("killing everybody", "killing the launcher"):
            continue
        r = run(code, uid=uid, keep_fds=extra)
        began = "error=" not in r.status and r.ended == "exited"
        broken = any(e in r.err for e in ("NameError", "SyntaxError", "TypeError", "AttributeError"))
        if CONTROL:
            control(f"{name} ({who})", "ESCAPED" in r.out, r)
        else:
            verdict(began and not broken and "ESCAPED" not in r.out, f"{name} ({who})",
                    r.out.strip() or r.status.strip() or r.err[-200:])
    os.close(extra[0])


def bomb_all(uid):
    for name, (code, limits) in BOMBS.items():
        r = run(code, uid=uid, wall=3.0, **limits)
        left = wait_gone()
        verdict(not left, f"bomb: {name}", f"left behind {left}")
        verdict(r.ended in ("timeout", "output") or r.status.startswith(("exit=", "signal=")), f"bomb ends: {name}", r.status)


def concurrent():
    """Two runs see, starve and kill one another not at all."""
    forker = Run("import os, time\nn = 0\nfor i in range(12):\n try:\n  if os.fork() == 0: time.sleep(3); os._exit(0)\n  n += 1\n"
                 " except OSError: pass\nprint('forked', n); sys.stdout.flush()\nopen('/work/mark', 'w').write('a')\ntime.sleep(1)", wall=6)
    time.sleep(0.5)
    r = run("import os\nn = 0\nfor i in range(12):\n try:\n  if os.fork() == 0: os._exit(0)\n  n += 1\n except OSError: pass\nprint('forked', n)\n"
            "if os.path.exists('/work/mark'): escaped('file')\ntry:\n os.kill(-1, 9)\nexcept OSError: pass")
    first = forker.finish()
    verdict("forked 12" in first.out, "the first run has its processes", first.out + first.err)
    verdict("forked 12" in r.out or CONTROL, "the second run has its own", r.out + r.err)
    verdict("ESCAPED" not in r.out, "the second run does not see the first's files", r.out)
    verdict(first.ended == "exited" or first.status.startswith("exit=0"), "the second run could not kill the first", first.status)
    wait_gone()


def grants(neighbour, folder):
    """A grant opens what it names and nothing beside it."""
    connect = "s = socket.socket(); s.settimeout(3)\nr = s.connect_ex((HOST, PORT))\nif r == 0: print('GOT', s.recv(9))"
    r = run("for a in open('/etc/hosts'):\n if a.split()[1] == 'probe.test': ip = a.split()[0]\n" +
            connect.replace("HOST", "ip").replace("PORT", "1"), options=["--net", "probe.test:1"])
    verdict(r.out in ("", "GOT b''\n") and "Traceback" not in r.err, "a granted host that does not exist", r.out + r.err)
    name = "127.0.0.1"
    find = f"ip = [a.split()[0] for a in open('/etc/hosts') if a.split()[1] == {name!r}][0]\n"
    r = run(find + connect.replace("HOST", "ip").replace("PORT", str(neighbour.port)), options=["--net", f"{name}:{neighbour.port}"])
    verdict("GOT b'hello'" in r.out, "a granted host is reached", r.out + r.err + r.status)
    r = run(find + connect.replace("HOST", "ip").replace("PORT", str(neighbour.other_port)), options=["--net", f"{name}:{neighbour.port}"])
    verdict("GOT" not in r.out, "another port of it is not", r.out)
    (folder / "in").mkdir()
    (folder / "in" / "a").write_text("granted")
    (folder / "out").mkdir(mode=0o777)
    os.chmod(folder / "out", 0o777)
    r = run(f"print(open('{folder}/in/a').read())\ntry:\n open('{folder}/in/b', 'w'); escaped()\nexcept OSError: pass\n"
            f"try:\n open('{folder}/secret').read(); escaped()\nexcept OSError: pass", options=["--ro", str(folder / "in")])
    verdict("granted" in r.out and "ESCAPED" not in r.out, "a granted folder is read and not written", r.out + r.err + r.status)
    r = run(f"open('{folder}/out/x', 'w').write('y')\nprint('wrote')", options=["--rw", str(folder / "out")])
    verdict("wrote" in r.out and (folder / "out" / "x").read_text() == "y", "a writable grant is written", r.out + r.err + r.status)
    os.symlink("/etc/shadow", folder / "in" / "l")
    r = run(f"try:\n open('{folder}/in/l').read(); escaped()\nexcept OSError: pass", options=["--ro", str(folder / "in")])
    verdict("ESCAPED" not in r.out, "a link in a granted folder leads nowhere", r.out)


def killed_launcher():
    r = Run("import time, os\nos.fork()\ntime.sleep(60)", wall=30)
    time.sleep(0.4)
    os.kill(r.process.pid, signal.SIGKILL)
    left = wait_gone()
    verdict(not left, "killing the launcher ends everything", str(left))
    r.wall = 0.1
    r.finish()


def main():
    probe = "exec \"$0\" --probe 3>/dev/null 4>/dev/null 5</dev/null"
    if subprocess.run(["sh", "-c", probe, LAUNCHER]).returncode:
        print("skipped: no sandbox can be built here; dise doctor says why")
        return 77
    os.environ["OPENAI_API_KEY"] = CANARY
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chmod(folder, 0o755)
        neighbour = Neighbour(folder)
        users = [None, ORDINARY] if os.geteuid() == 0 else [None]
        for uid in users[-1:] if CONTROL else users:
            probe_all(neighbour, uid)
        if not CONTROL:
            bomb_all(None)
            if os.geteuid() == 0:
                bomb_all(ORDINARY)
            concurrent()
            grants(neighbour, folder)
            killed_launcher()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"{len(PROBES)} probes for each of {len(users)} users, {len(BOMBS)} bombs, {time.monotonic() - began:.0f} s, largest child {peak} MB")
    print(f"{passed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
