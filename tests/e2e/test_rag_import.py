"""The memory of the system before this one, and archives: taken once, told what was not, back as it went."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import tempfile
import time
from pathlib import Path

import pytest

from conftest import Dise
from test_store import Rpc

OLD = Path(__file__).resolve().parents[1] / "data" / "old_memory"
TASK = "a function add(a, b) that adds two numbers, so that add(1, 2) == 3"
ADD = "```python\ndef add(a: int, b: int = 2) -> int:\n    return a + b\n```"


@pytest.fixture
def other():
    home = tempfile.mkdtemp(prefix="dise-e2e-")
    it = Dise(home)
    yield it
    it.close()
    shutil.rmtree(home, ignore_errors=True)


def last(lines):
    return lines[-1]


def skipped(lines):
    return {f"{x['file']}:{x['line']}:{x['column']}" if "line" in x else x["file"]: x["why"]
            for x in lines if x["type"] == "skipped"}


def archive(dise, path, *options):
    done = dise.run("rag", "export", str(path), *options)
    assert done.returncode == 0, done.stderr
    return [json.loads(x) for x in path.read_text().splitlines()]


def nodes(folder, count, size=0):
    for i in range(count):
        node = folder / "nodes" / f"node_{i:05}"
        node.mkdir(parents=True)
        (node / "main.py").write_text(f"print({i})\n" + "# filled\n" * size)
        (node / "interface.json").write_text(json.dumps({"inputs": [], "description": f"prints {i}"}))


def test_an_old_folder_is_taken_once(dise, tmp_path):
    code, lines = dise.json("rag", "import", str(OLD), "--dry-run")
    assert code == 0 and last(lines)["taken"] == 21 and last(lines)["dry_run"]
    assert dise.json("rag", "list")[1] == []
    code, lines = dise.json("rag", "import", str(OLD))
    assert code == 0
    assert {k: v.get("taken", 0) for k, v in last(lines)["kinds"].items()} == {
        "function": 4, "workflow": 1, "plan": 3, "tool": 1, "conversation": 3, "performance": 2, "mood": 1,
        "pattern": 4, "bug_report": 1, "code_fix": 1}
    assert last(lines)["changed"] == 1  # mood_board is in the index twice
    told = skipped(lines)
    assert told["rag_memory/index.json:16:20"] == "an artifact is an object"
    assert "not valid JSON" in told["rag_memory/index.json:17:63"]
    assert "not valid JSON" in told["fix_templates/broken.json:2:18"]
    assert "rows do not tell" in told["rag_memory/embeddings.npy"]
    remarks = [x["text"] for x in lines if x["type"] == "remark"]
    assert any('kind "mood" is unknown' in x for x in remarks)
    assert any("nodes/count_the_words_of_a_text/interface.json:4:3" in x for x in remarks)
    assert any("2 artifacts carry an embedding (8 numbers)" in x for x in remarks)
    before = archive(dise, tmp_path / "a.jsonl")
    code, lines = dise.json("rag", "import", str(OLD))
    assert code == 0 and last(lines)["taken"] == last(lines)["changed"] == 0 and last(lines)["known"] == 22
    assert archive(dise, tmp_path / "b.jsonl") == before
    done = dise.run("rag", "import", str(OLD))
    assert b"22 were here already" in done.stdout


def test_a_node_is_one_program_with_all_that_belongs_to_it(dise, tmp_path):
    dise.run("rag", "import", str(OLD))
    lines = archive(dise, tmp_path / "a.jsonl")
    node = next(x for x in lines if x.get("body", {}).get("imported", {}).get("source") ==
                "nodes/convert_celsius_to_fahrenheit")
    body = node["body"]
    assert body["source"].startswith("import json\nimport sys\n") and "\r" not in json.dumps(body)
    assert body["tests"].startswith("import json") and body["specification"].startswith("# Convert")
    assert body["interface"]["operation_type"] == "transformer" and body["feature"].startswith("Feature")
    assert body["metrics"]["latency_ms"] == 41 and body["metrics"]["rps"] is None
    assert body["task"] == "Convert degrees Celsius to Fahrenheit"  # the index knows what was asked
    assert body["solved"] is False and body["quality_score"] == 0.91
    assert node["version"] == "1.1.0"  # of node.json
    assert node["uses"] == 7 and node["tags"] == ["math", "unit-conversion", "generated"]
    words = next(x for x in lines if x.get("body", {}).get("imported", {}).get("source") ==
                 "nodes/count_the_words_of_a_text")
    assert node["links"] == [{"how": "derived", "id": words["id"]}, {"how": "parent", "id": words["id"]}]
    mood = [x for x in lines if x.get("kind") == "mood"]
    assert [x["version"] for x in mood] == ["1.0.0", "1.0.1"] and mood[0]["chain"] == mood[1]["chain"]
    flow = next(x for x in lines if x.get("kind") == "workflow")
    assert [s["step_id"] for s in flow["body"]["workflow"]["steps"]] == ["s1", "s2"]


def test_a_program_from_elsewhere_answers_nothing_unseen(dise, other, tmp_path):
    dise.answers({"text": ADD}, {"text": ADD})
    assert dise.run("run", TASK).returncode == 0
    archive(dise, tmp_path / "a.jsonl")
    other.answers({"text": ADD}, {"text": ADD})
    done = other.run("rag", "import", str(tmp_path / "a.jsonl"))
    assert done.returncode == 0 and b"programs count as unverified" in done.stdout
    code, events = other.json("run", TASK)
    assert code == 0 and any(e["type"] == "llm_call" for e in events)  # the model was asked
    code, events = dise.json("run", TASK)
    assert code == 0 and not any(e["type"] == "llm_call" for e in events)


def test_what_has_passed_its_examples_here_is_used_here(dise, other, tmp_path):
    dise.answers({"text": ADD}, {"text": ADD})
    assert dise.run("run", TASK).returncode == 0
    archive(dise, tmp_path / "a.jsonl")
    other.answers({"text": ADD})
    other.run("rag", "import", str(tmp_path / "a.jsonl"))
    rpc = Rpc(other)
    before = rpc("artifact.show", id="a1")
    assert not before["solved"]
    rpc("subscribe", job=0, after=-1)
    batch = rpc("batch.submit", artifacts=["a1"], key="verify")["job"]
    while rpc.wait_event("job_done")["job"] != batch:
        pass
    after = rpc("artifact.show", id="a1")
    assert after["solved"] and after["quality"] > before["quality"] > 0.5 and after["ok"] == 1
    code, events = other.json("run", TASK)
    assert code == 0 and not any(e["type"] == "llm_call" for e in events)
    bodies = [[x["body"] for x in archive(home, tmp_path / "b.jsonl")[1:-1]] for home in (dise, other)]
    assert bodies[0] == bodies[1]


def test_an_old_program_is_verified_by_the_tests_that_came_with_it(dise, tmp_path):
    old = tmp_path / "old"
    shutil.copytree(OLD, old)
    for name, main, tests in (("wrong", "def f(): return 1", "from main import f\nassert f() == 2\n"),
                              ("leaves", "import os\nos._exit(0)", "import main\nassert main.f() == 2\n"),
                              ("goes", "import sys\nsys.exit(0)", "import main\nassert main.f() == 2\n"),
                              ("right", "import node_runtime\ndef f(): return node_runtime.call_tool('writer', 'x')",
                               "import unittest\nfrom main import f\nclass T(unittest.TestCase):\n"
                               "    def test_f(self): self.assertIn('Mock', f())\nunittest.main()\n")):
        (old / "nodes" / name).mkdir()
        (old / "nodes" / name / "main.py").write_text(main + "\n")
        (old / "nodes" / name / "test_main.py").write_text(tests)
    dise.run("rag", "import", str(old))
    rpc = Rpc(dise)
    ids = {x["name"]: x["id"] for x in rpc("artifact.list", kind="function")["artifacts"]}
    names = ["convert_celsius_to_fahrenheit", "right", "wrong", "leaves", "goes"]
    assert not any(rpc("artifact.show", id=ids[x])["solved"] for x in names)
    code, lines = dise.json("rag", "verify", "--wait")
    batch = lines[0]["batch"]
    assert lines[0]["programs"] == 8 and code == 1  # not all of them passed
    solved = [x for x in names if rpc("artifact.show", id=ids[x])["solved"]]
    causes = {t["title"].split(": ")[1]: t["cause"] for t in rpc("batch.show", id=batch)["tasks"]}
    assert solved == ["convert_celsius_to_fahrenheit", "right"]
    assert [causes[x] for x in names] == ["", ""] + 3 * ["the tests that came with it fail"]
    assert dise.json("rag", "verify")[1][0]["programs"] == 6
    assert dise.json("rag", "verify", ids["right"], "--wait")[0] == 0


def test_what_cannot_be_read_is_told_and_not_followed(dise, tmp_path):
    old = tmp_path / "old"
    secret = tmp_path / "secret.py"
    secret.write_text("TOKEN = 'not to be read'\n")
    for name in ("out", "inside", "folder", "pipe", "latin", "fine", "empty", "nul"):
        (old / "nodes" / name).mkdir(parents=True)
    (old / "nodes" / "fine" / "main.py").write_text("print(1)\n")
    (old / "nodes" / "out" / "main.py").symlink_to(secret)
    (old / "nodes" / "inside" / "main.py").symlink_to("../fine/main.py")
    (old / "nodes" / "folder" / "main.py").mkdir()
    os.mkfifo(old / "nodes" / "pipe" / "main.py")
    (old / "nodes" / "latin" / "main.py").write_bytes(b"x = 1\ny = '\xe4'\n")
    (old / "nodes" / "nul" / "main.py").write_bytes(b"x = 1\n\0")
    (old / "nodes" / "elsewhere").symlink_to(tmp_path)
    (old / "nodes" / "a_file").write_text("x")
    (old / "nodes" / "fine" / "extra.bin").write_bytes(b"\0")
    (old / "rag_memory").mkdir()
    (old / "rag_memory" / "index.json").mkdir()
    (old / "perf_data").mkdir()
    (old / "perf_data" / "gone.jsonl").symlink_to("nowhere")
    (old / "perf_data" / "none.jsonl").write_text("")
    os.makedirs(os.fsencode(old / "nodes") + b"/b\xffd")
    code, lines = dise.json("rag", "import", str(old), timeout=30)
    assert code == 0 and last(lines)["taken"] == 2  # fine and inside
    told = skipped(lines)
    assert told["nodes/out/main.py"] == "a link that leads out of the folder"
    assert told["nodes/elsewhere"] == "a link that leads out of the folder"
    assert told["nodes/folder/main.py"] == "a folder, where a file is expected"
    assert told["rag_memory/index.json"] == "a folder, where a file is expected"
    assert told["nodes/pipe/main.py"] == "not a regular file"
    assert told["nodes/latin/main.py:2:6"] == told["nodes/nul/main.py:2:1"] == "not UTF-8 text"
    assert told["nodes/a_file"] == "a folder is expected"
    assert told["nodes/fine/extra.bin"] == "not a file that a node has"
    assert told["perf_data/gone.jsonl"] == "a link that leads nowhere"
    assert told["perf_data/none.jsonl"] == "it is empty"
    assert told["nodes"] == "a file in it has a name that is not UTF-8"
    assert "not to be read" not in dise.run("rag", "export", "-").stdout.decode()


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_told(dise, tmp_path):
    nodes(tmp_path, 2)
    (tmp_path / "nodes" / "node_00000" / "main.py").chmod(0)
    (tmp_path / "nodes" / "node_00000" / "interface.json").unlink()
    code, lines = dise.json("rag", "import", str(tmp_path))
    assert code == 0 and skipped(lines) == {"nodes/node_00000/main.py": "Permission denied"}
    assert last(lines)["taken"] == 1


def test_an_index_may_be_a_list_and_may_be_cut(dise, tmp_path):
    folder = tmp_path / "rag_memory"
    folder.mkdir()
    entries = [{"artifact_id": f"p{i}", "artifact_type": "pattern", "content": f"c{i}"} for i in range(5)]
    text = json.dumps(entries)
    (folder / "index.json").write_text(text[:-30])  # a writer was killed
    code, lines = dise.json("rag", "import", str(folder))  # the folder itself
    assert code == 0 and last(lines)["taken"] == 4
    assert [x for x in skipped(lines).values()] == ["not valid JSON: the text ends too early"]
    (folder / "index.json").write_text(text)
    code, lines = dise.json("rag", "import", str(tmp_path))
    assert (last(lines)["taken"], last(lines)["known"]) == (1, 4)


def test_wrong_paths_are_told(dise, tmp_path):
    (tmp_path / "file").write_text("{}")
    for path, sentence in ((tmp_path, "there is none of rag_memory"), (tmp_path / "file", "no archive of dise rag"),
                           (tmp_path / "gone", "No such file"), (Path("/dev/null"), "neither a folder nor a file")):
        done = dise.run("rag", "import", str(path))
        assert done.returncode == 2 and sentence in done.stderr.decode(), done.stderr
    done = dise.run("rag", "export", str(tmp_path / "no" / "a.jsonl"))
    assert done.returncode == 2 and "No such file" in done.stderr.decode()


def test_an_archive_comes_back_as_it_went(dise, other, tmp_path):
    dise.answers({"text": ADD}, {"text": ADD})
    dise.run("run", TASK)
    dise.run("rag", "import", str(OLD))
    first = archive(dise, tmp_path / "a.jsonl", "--deleted")
    assert first[0] == {"format": "dise-memory", "version": 1}
    text = (tmp_path / "a.jsonl").read_bytes()
    end = text.rstrip(b"\n").rfind(b"\n") + 1
    assert first[-1] == {"artifacts": len(first) - 2, "sha256": hashlib.sha256(text[:end]).hexdigest()}
    code, lines = other.json("rag", "import", str(tmp_path / "a.jsonl"), "--dry-run")
    assert last(lines)["taken"] == len(first) - 2 and other.json("rag", "list")[1] == []
    code, lines = other.json("rag", "import", str(tmp_path / "a.jsonl"))
    assert code == 0 and last(lines)["taken"] == len(first) - 2
    archive(other, tmp_path / "b.jsonl", "--deleted")
    assert (tmp_path / "b.jsonl").read_bytes() == text
    for home in (dise, other):
        code, lines = home.json("rag", "import", str(tmp_path / "a.jsonl"))
        assert code == 0 and last(lines)["known"] == len(first) - 2 and last(lines)["taken"] == 0
    kinds = archive(dise, tmp_path / "c.jsonl", "--kind", "code_fix")
    assert [x["kind"] for x in kinds[1:-1]] == ["code_fix"]
    (tmp_path / "cut.jsonl").write_bytes(text[:len(text) // 2])
    done = other.run("rag", "import", str(tmp_path / "cut.jsonl"))
    assert done.returncode == 2 and b"the archive is cut" in done.stderr
    (tmp_path / "changed.jsonl").write_bytes(text.replace(b"adds two", b"eats two", 1))
    done = other.run("rag", "import", str(tmp_path / "changed.jsonl"))
    assert done.returncode == 2 and b"SHA-256" in done.stderr


def kept(dise):
    """How much is in the database, which the engine makes meanwhile."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{dise.home}/dise.db?mode=ro", uri=True)) as db:
            return db.execute("SELECT count(*) FROM artifact").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


@pytest.mark.parametrize("victim", ["engine", "client"])
def test_a_killed_import_is_completed_by_another(dise, tmp_path, victim):
    nodes(tmp_path / "old", 3000, size=200)
    client = dise.start("rag", "import", str(tmp_path / "old"), "--json")
    end = time.monotonic() + 90
    while kept(dise) < 100:  # until some of it is there
        assert time.monotonic() < end
        time.sleep(0.005)
    assert client.poll() is None, "the import was too quick to be killed"
    if victim == "engine":
        dise.kill_engine()  # the client starts another one and goes on
        out, _ = client.communicate(timeout=90)
        assert client.returncode == 0
        total = json.loads(out.splitlines()[-1])
        assert total["taken"] + total["known"] == 3000
    else:
        client.send_signal(signal.SIGKILL)
        client.communicate(timeout=90)
    code, lines = dise.json("rag", "import", str(tmp_path / "old"), timeout=120)
    assert code == 0 and last(lines)["taken"] + last(lines)["known"] == 3000 and last(lines)["known"] > 0
    if victim == "engine":
        assert last(lines)["taken"] == 0
    sources = [x["body"]["imported"]["source"] for x in archive(dise, tmp_path / "a.jsonl")[1:-1]]
    assert sorted(sources) == [f"nodes/node_{i:05}" for i in range(3000)]


def test_a_large_file_of_measurements_stays_one_small_artifact(dise, tmp_path):
    (tmp_path / "perf_data").mkdir()
    with open(tmp_path / "perf_data" / "calls.jsonl", "w") as f:
        for i in range(200_000):
            f.write(f'{{"timestamp": {i}, "latency_ms": {i % 100}, "note": "{"x" * 60}"}}\n')
    code, lines = dise.json("rag", "import", str(tmp_path))
    assert code == 0 and last(lines)["taken"] == 1
    body = archive(dise, tmp_path / "a.jsonl")[1]["body"]["content"]
    assert body["measurements"] == 200_000 and body["fields"]["latency_ms"] == {
        "n": 200_000, "min": 0.0, "max": 99.0, "mean": pytest.approx(49.5)}
    assert len(body["last"]) == 100 and len(json.dumps(body)) < 20_000
