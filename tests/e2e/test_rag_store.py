"""The memory's artifacts: versions, lineage, tombstones and their end, writers side by side, kill -9."""

import json
import multiprocessing
import os
import random
import signal
import socket
import sqlite3
import subprocess
import threading
import time

import pytest

from conftest import BINARY

ADD = "```python\ndef add(a, b):\n    return a + b\n```"
OTHER = "```python\ndef add(a, b):\n    return b + a\n```"
MORE = "```python\ndef add(a, b, c=0):\n    return a + b + c\n```"
TASK = "a function add(a, b) that adds two numbers, so that add(1, 2) == 3"


class Rpc:
    """A client of the socket, without the program."""

    def __init__(self, home, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(str(home / "run" / "engine.sock"))
        self.file = self.socket.makefile("rwb")
        self.number = 0

    def __call__(self, method, **params):
        self.number += 1
        self.file.write(json.dumps({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}).encode() + b"\n")
        self.file.flush()
        while True:
            line = self.file.readline()
            if not line:
                raise OSError("the engine has gone")
            m = json.loads(line)
            if m.get("id") == self.number:
                return m["result"] if "result" in m else m["error"]


def ids(rows):
    return [r["id"] for r in rows]


def solve(dise, *more, answer=None):
    """Solves the task, anew when there is an answer for it; gives the artifact."""
    if answer:
        dise.run("stop")
        dise.answers({"text": answer})
        more += ("--fresh",)
    code, events = dise.json("run", TASK, "--no-cache", *more)
    assert code == 0, events
    return events[-1]["artifact"]


def test_versions_are_listed_compared_and_rolled_back(dise):
    first, second, third = (solve(dise, answer=x) for x in (ADD, OTHER, MORE))
    code, versions = dise.json("rag", "versions", first)
    assert code == 0 and ids(versions) == [third, second, first]
    assert [v["version"] for v in versions] == ["1.1.0", "1.0.1", "1.0.0"]
    assert versions[0]["reason"] == "the optional input c is new"
    assert [v["old"] for v in versions] == [False, True, True]
    # lists and reuse take the newest; each stays under its name
    assert ids(dise.json("rag", "list", "--kind", "function")[1]) == [third]
    assert ids(dise.json("artifact", "list")[1]) == [third]
    assert solve(dise) == third
    assert b"return a + b\n" in dise.run("artifact", "show", first).stdout
    code, run = dise.json("artifact", "run", first, "--input", '{"a": 5, "b": 6}')
    assert code == 0 and run[-1]["result"] == {"result": 11}
    # its workflow is the version after the earlier job's
    flows = dise.json("rag", "list", "--kind", "workflow", "--versions")[1]
    assert len({f["chain"] for f in flows}) == 1 and sum(not f["old"] for f in flows) == 1
    code, (diff,) = dise.json("rag", "diff", first, third)
    assert code == 0 and diff["bump"] == "minor" and "\n-def add(a, b):\n" in diff["diff"] and "\n+def add(a, b, c=0):\n" in diff["diff"]
    assert b"+    return b + a" in dise.run("rag", "diff", first, second).stdout
    assert dise.run("rag", "diff", first, "a99").returncode == 2
    code, (back,) = dise.json("rag", "rollback", third, "--to", "1.0.0")
    assert code == 0 and back["version"] == "2.0.0" and back["breaking"] == "the input c is gone"
    assert solve(dise) == back["id"]
    code, (lineage,) = dise.json("rag", "lineage", back["id"])
    assert {(e["id"], e["how"]) for e in lineage["derived_from"]} == {(first, "rolled back"), (third, "version")}
    code, (lineage,) = dise.json("rag", "lineage", third)
    assert lineage["job"] == 3 and lineage["step"] and lineage["stage"] == 1
    assert {e["how"] for e in lineage["derivatives"]} == {"version", "program"}
    assert b"has no version 9.0.0" in dise.run("rag", "rollback", first, "--to", "9.0.0").stderr
    # code that stands in several versions is kept once
    with sqlite3.connect(dise.home / "dise.db") as db:
        assert db.execute("SELECT count(*) FROM content WHERE bytes=?",
                          (b"def add(a, b):\n    return a + b\n",)).fetchone() == (1,)


def test_an_edited_program_that_passes_its_examples_counts_as_solved(dise, tmp_path):
    first = solve(dise, answer=ADD)
    file = tmp_path / "new.py"
    file.write_text("def add(a, b):\n    return a - b\n")
    wrong = dise.json("rag", "edit", first, str(file))[1][0]["id"]
    assert dise.json("rag", "verify", "--wait")[0] == 1  # it does not pass
    assert not dise.json("rag", "show", wrong)[1][0]["solved"] and solve(dise) == first
    file.write_text("def add(a, b):\n    return b + a\n")
    made = dise.json("rag", "edit", first, str(file))[1][0]["id"]
    assert solve(dise) == first
    code, lines = dise.json("rag", "verify", "--wait")
    assert code == 0 and lines[0]["programs"] == 1
    shown = dise.json("rag", "show", made)[1][0]
    assert shown["solved"] and shown["checked"] == {"text": "edited by hand; its 1 example passed since", "examples_passed": 1}
    assert solve(dise) == made  # it is the answer now
    assert dise.json("rag", "verify")[1][0]["programs"] == 0


def test_an_edit_is_a_version_that_is_run_but_answers_nothing(dise, tui, tmp_path):
    first = solve(dise, answer=ADD)
    file = tmp_path / "new.py"
    file.write_text("def add(a, b, c):\n    return a + b + c\n")
    code, (made,) = dise.json("rag", "edit", first, str(file), "--reason", "three of them")
    assert code == 0 and made["version"] == "2.0.0" and made["reason"] == "three of them"
    assert made["breaking"] == "the input c is new and needed"
    shown = dise.run("artifact", "show", made["id"]).stdout
    assert b"def add(a, b, c)" in shown and b"nothing has checked it" in shown and b"__main__" in shown
    code, run = dise.json("artifact", "run", made["id"], "--input", '{"a": 5, "b": 6, "c": 7}')
    assert code == 0 and run[-1]["result"] == {"result": 18}
    assert solve(dise) == first
    # what an editor leaves
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i 's/add/plus/; s/+ c/+ 2 * c/' \"$1\"\n")
    editor.chmod(0o755)
    dise.env["VISUAL"] = str(editor)
    at_terminal = tui(command=[BINARY, "rag", "edit", made["id"]])
    at_terminal.wait_for("breaks callers: the function add is called plus now")
    third = dise.json("rag", "versions", first)[1][0]
    assert third["version"] == "3.0.0"
    code, run = dise.json("artifact", "run", third["id"], "--input", '{"a": 1, "b": 1, "c": 1}')
    assert code == 0 and run[-1]["result"] == {"result": 4}
    # refused in one sentence
    file.write_text("add = 3\n")
    done = dise.run("rag", "edit", first, str(file))
    assert done.returncode == 2 and b"no function any more" in done.stderr
    done = dise.run("rag", "edit", first, "/nowhere")
    assert done.returncode == 2 and b"/nowhere" in done.stderr
    flow = dise.json("rag", "list", "--kind", "workflow")[1][0]["id"]
    done = dise.run("rag", "edit", flow, "-", input=b'{"workflow_id": "x", "steps": []}')
    assert done.returncode == 2 and b"the workflow:" in done.stderr


def add(rpc, *rows):
    return rpc("rag.add", artifacts=list(rows))["ids"]


def test_tombstones_are_undone_until_they_are_collected(dise):
    assert dise.run("rag", "list").returncode == 0
    rpc = Rpc(dise.home)
    large = "x" * 5000
    made = add(rpc, {"kind": "pattern", "name": "one", "content": large, "tags": ["t"]},
               {"kind": "prompt", "name": "two", "content": large},
               {"kind": "conversation", "name": "three", "content": {"messages": ["y" * 5000]}, "metadata": {"topic": "z"}})
    assert made == ["a1", "a2", "a3"]
    code, (show,) = dise.json("rag", "show", "a3")
    assert show["content"] == {"messages": ["y" * 5000]} and show["metadata"] == {"topic": "z"}
    assert rpc("rag.add", artifacts=[{"kind": "function", "name": "f", "content": "x"}])["data"]["code"] == "INPUT"
    assert ids(dise.json("rag", "list", "--tag", "t")[1]) == ["a1"]
    assert ids(dise.json("rag", "list", "--kind", "prompt")[1]) == ["a2"]
    assert ids(dise.json("rag", "list", "--limit", "2")[1]) == ["a3", "a2"]
    assert ids(dise.json("rag", "list", "--since", "1h")[1]) == ["a3", "a2", "a1"]
    assert ids(dise.json("rag", "list", "--since", "2031-01-01")[1]) == []
    assert dise.run("rag", "list", "--since", "soon").returncode == 2
    assert dise.run("rag", "list", "--quality", "7").returncode == 2
    quality = dise.json("rag", "show", "a1")[1][0]["quality"]
    assert ids(dise.json("rag", "list", "--quality", str(quality - 0.01), "--tag", "t")[1]) == ["a1"]
    assert ids(dise.json("rag", "list", "--quality", str(quality + 0.01))[1]) == []
    # all or none
    assert b"nothing was done" in dise.run("rag", "delete", "a1", "a9").stderr
    assert ids(dise.json("rag", "list", "--deleted")[1]) == []
    assert dise.run("rag", "delete", "a1", "a3").returncode == 0
    assert ids(dise.json("rag", "list")[1]) == ["a2"]
    assert ids(dise.json("rag", "list", "--deleted")[1]) == ["a3", "a1"]
    assert dise.run("rag", "restore").returncode == 2
    assert dise.run("rag", "restore", "--all").returncode == 0
    assert ids(dise.json("rag", "list")[1]) == ["a3", "a2", "a1"]
    dise.run("rag", "delete", "a1", "a3")
    assert dise.json("rag", "gc", "--older-than", "1")[1][0]["artifacts"] == 0
    _, (dry,) = dise.json("rag", "gc", "--dry-run")
    assert (dry["artifacts"], dry["contents"], dry["bytes"]) == (2, 1, len(json.dumps({"messages": ["y" * 5000]}, separators=(",", ":"))))
    assert ids(dise.json("rag", "list", "--deleted")[1]) == ["a3", "a1"]
    _, (real,) = dise.json("rag", "gc")
    assert (real["artifacts"], real["contents"], real["bytes"]) == (2, 1, dry["bytes"])
    assert dise.run("rag", "restore", "a1").returncode == 2
    assert dise.json("rag", "show", "a2")[1][0]["content"] == large
    assert add(rpc, {"kind": "plan", "name": "four", "content": "p"}) == ["a4"]


def test_a_version_put_aside_gives_way_to_the_one_before(dise):
    first, second = solve(dise, answer=ADD), solve(dise, answer=OTHER)
    done = dise.run("rag", "delete", second)
    assert done.returncode == 0 and f"{first} is the version that counts now".encode() in done.stdout
    assert solve(dise) == first
    assert dise.run("rag", "restore", second).returncode == 0
    assert solve(dise) == second
    dise.run("rag", "delete", first, "--versions")
    assert ids(dise.json("rag", "list", "--kind", "function")[1]) == []
    assert ids(dise.json("rag", "list", "--kind", "function", "--deleted")[1]) == [second, first]


def test_many_are_put_aside_and_collected_in_pieces(dise):
    dise.run("rag", "list")
    rpc = Rpc(dise.home)
    for k in range(5):
        add(rpc, *[{"kind": "pattern", "name": f"p{k}-{i}", "content": f"c{k}-{i}"} for i in range(1000)])
    _, lines = dise.json("rag", "list", "--limit", "2500")
    assert len(lines) == 2500 and len({x["id"] for x in lines}) == 2500
    assert rpc("rag.delete", all=True)["count"] == 5000
    assert ids(dise.json("rag", "list")[1]) == []
    assert dise.run("rag", "gc").returncode == 0
    with sqlite3.connect(dise.home / "dise.db") as db:
        for table in ("artifact", "artifact_part", "content", "artifact_tag"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*) FROM artifact_text_docsize").fetchone() == (0,)


# ---- durability ----


def write(home, name, count, out):
    """One client: each row is told to `out` once it was acknowledged."""
    rpc, made = Rpc(home), []
    for i in range(count):
        (made_id,) = add(rpc, {"kind": "pattern", "name": f"{name}-{i}", "content": f"content of {name} {i} " * 20,
                               "tags": [name]})
        made.append((made_id, f"{name}-{i}", f"content of {name} {i} " * 20))
        if i % 10 == 9:  # and versions of it
            revised = rpc("rag.revise", id=made_id, content=f"revised by {name} {i}")
            assert revised["version"] == "1.0.1", revised
            made.append((revised["id"], f"{name}-{i}", f"revised by {name} {i}"))
    out.put(made)


def contents(home):
    """What the database holds, by id: name and content."""
    with sqlite3.connect(home / "dise.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {f"a{i}": (name, data.decode()) for i, name, data in db.execute(
            "SELECT a.id, a.name, c.bytes FROM artifact a JOIN artifact_part p ON p.artifact=a.id AND p.part='content'"
            " JOIN content c ON c.id=p.content")}


def test_eight_writers_lose_nothing(dise):
    assert dise.run("rag", "list").returncode == 0
    context = multiprocessing.get_context("spawn")
    out = context.Queue()
    writers = [context.Process(target=write, args=(dise.home, f"w{k}", 60, out)) for k in range(8)]
    for w in writers:
        w.start()
    told = [row for _ in writers for row in out.get(timeout=120)]
    for w in writers:
        w.join(timeout=90)
        assert w.exitcode == 0
    assert len({i for i, _, _ in told}) == len(told) == 8 * 66
    held = contents(dise.home)
    assert {i: (n, c) for i, n, c in told} == held
    assert len(dise.json("rag", "list", "--tag", "w3", "--limit", "1000")[1]) == 60  # a revised one stands once


def test_a_second_engine_is_refused_and_clients_attach(dise):
    assert dise.run("rag", "list").returncode == 0
    pid = dise.engine_pid()
    second = subprocess.run([BINARY, "engine"], env=dise.env, capture_output=True, timeout=90)
    assert second.returncode == 1 and b"an engine is at work for this home already" in second.stderr
    starts = [dise.start("rag", "list", "--json") for _ in range(4)]
    assert [s.wait(timeout=90) for s in starts] == [0] * 4
    assert dise.engine_pid() == pid
    # several at once on a home without one: one starts, the others attach to it
    dise.run("stop")
    starts = [dise.start("rag", "list", "--json") for _ in range(6)]
    for s in starts:
        out, err = s.communicate(timeout=90)
        assert s.returncode == 0, err
    assert dise.engine_pid()


class Writer(threading.Thread):
    """Adds rows, in small batches, until the engine has gone."""

    def __init__(self, home, name):
        super().__init__()
        self.home, self.name_, self.told, self.n = home, name, [], 0

    def run(self):
        try:
            rpc = Rpc(self.home, timeout=20)
            while True:
                self.n += 1
                rows = [{"kind": "pattern", "name": f"{self.name_}-{self.n}-{k}", "content": f"{self.name_} {self.n} {k} " * 30}
                        for k in range(3)]
                made = add(rpc, *rows)
                self.told += [(i, r["name"], r["content"]) for i, r in zip(made, rows)]
                if self.n % 7 == 0:
                    revised = rpc("rag.revise", id=made[0], content=f"revised {self.name_} {self.n}")
                    self.told.append((revised["id"], rows[0]["name"], f"revised {self.name_} {self.n}"))
        except (OSError, KeyError, ValueError):
            pass


def campaign(dise, kills):
    rand = random.Random(int(os.environ.get("DISE_SEED", 11)))
    told = {}
    for kill in range(kills):
        assert dise.run("rag", "list", "--limit", "1").returncode == 0
        writers = [Writer(dise.home, f"k{kill}w{w}") for w in range(3)]
        for w in writers:
            w.start()
        time.sleep(rand.uniform(0.01, 0.25))
        dise.kill_engine()
        for w in writers:
            w.join(timeout=60)
            told.update({i: (n, c) for i, n, c in w.told})
        held = contents(dise.home)
        lost = {i: x for i, x in told.items() if held.get(i) != x}
        assert not lost, f"after kill {kill + 1}: {sorted(lost)[:5]} of {len(told)}"
    assert len(told) > kills
    code, lines = dise.json("rag", "list", "--limit", "1000000", "--versions")
    assert code == 0 and {x["id"] for x in lines} >= set(told)


def test_kills_lose_no_acknowledged_row(dise):
    campaign(dise, 20)


@pytest.mark.long
def test_two_hundred_kills_lose_no_acknowledged_row(dise):
    campaign(dise, int(os.environ.get("DISE_KILLS", 200)))
