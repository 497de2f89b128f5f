"""What is kept: steps of a job, artifacts with tags and tombstones, workflows, tools, samples."""

import json
import socket
import time

import pytest

ADD = "```python\ndef add(a: int, b: int = 2) -> int:\n    return a + b\n```"
WRONG = "```python\ndef add(a, b):\n    return a - b\n```"
TASK = "a function add(a, b) that adds two numbers, so that add(1, 2) == 3"


class Rpc:
    """A client of the socket, without the program."""

    def __init__(self, dise):
        dise.run("status")
        self.socket = socket.socket(socket.AF_UNIX)
        for _ in range(100):
            try:
                self.socket.connect(str(dise.home / "run" / "engine.sock"))
                break
            except OSError:
                dise.run("artifact", "list")
                time.sleep(0.05)
        self.file = self.socket.makefile("rwb")
        self.number = 0
        self.events = []

    def message(self, timeout=90):
        self.socket.settimeout(timeout)
        return json.loads(self.file.readline())

    def __call__(self, method, **params):
        self.number += 1
        self.file.write(json.dumps({"jsonrpc": "2.0", "id": self.number, "method": method,
                                    "params": params}).encode() + b"\n")
        self.file.flush()
        while True:
            m = self.message()
            if m.get("id") == self.number:
                return m["result"] if "result" in m else m["error"]
            self.events.append(m["params"])

    def wait_event(self, kind, timeout=90):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            for e in self.events:
                if e["type"] == kind:
                    self.events.remove(e)
                    return e
            self.events.append(self.message()["params"])
        pytest.fail(f"no event {kind}")


def test_steps_of_a_job_are_told_and_looked_up(dise):
    dise.answers({"text": WRONG}, *[{"text": ADD}] * 8)
    code, events = dise.json("run", TASK)
    assert code == 0
    begun = [e["path"] for e in events if e["type"] in ("step_begin", "fork_begin")]
    ended = [e["path"] for e in events if e["type"] in ("step_end", "fork_end")]
    assert len(set(begun)) == len(begun) and len(set(ended)) == len(ended)
    assert set(begun) <= set(ended)
    rpc = Rpc(dise)
    steps = rpc("job.steps", job=1)["steps"]
    names = [s["name"] for s in steps]
    assert names[:3] == ["classify", "recall", "prompts"] and names[-1] == "store"
    assert "candidates" in names and "choose" in names
    assert {s["path"] for s in steps} == set(ended)
    runs = [s["outcome"] for s in steps if s["name"] == "run"]
    assert runs[0] == "failed" and "done" in runs  # the first program is wrong
    assert all(s["outcome"] in ("done", "cancelled") for s in steps if s["name"] != "run"), steps
    model = next(s for s in steps if s["name"] == "llm")
    assert model["label"].startswith("code")
    step = rpc("job.step", job=1, path=model["path"])
    assert TASK in step["input"] and "def add" in step["output"]
    assert any(e["type"] == "llm_call" for e in step["log"])
    assert rpc("job.step", job=1, path="77")["data"]["code"] == "NOT_FOUND"
    assert rpc("job.steps", job=9)["data"]["code"] == "NOT_FOUND"


def test_artifacts_are_tagged_rated_put_aside_and_taken_back(dise):
    dise.answers(*[{"text": ADD}] * 3)
    assert dise.run("run", TASK, "--input", '{"a": 1, "b": 2}').returncode == 0
    rpc = Rpc(dise)
    rpc("subscribe", ephemeral=True)
    functions = rpc("artifact.list", kind="function")["artifacts"]
    assert [a["id"] for a in functions] == ["a1"]
    assert rpc("artifact.tag", id="a1", tags=["math", "small"]) == {}
    assert rpc.wait_event("artifact_changed")["change"] == "tagged"
    assert rpc("artifact.tag", id="a1", tags=["two words"])["data"]["code"] == "INPUT"
    assert rpc("artifact.rate", id="a1", rating=4) == {}
    assert rpc("artifact.rate", id="a1", rating=6)["data"]["code"] == "INPUT"
    assert rpc("artifact.rate", id="a9", rating=1)["data"]["code"] == "NOT_FOUND"
    assert rpc("artifact.list", tag="math", query="adds numb")["artifacts"][0]["rating"] == 4
    # a run and an answer from memory are uses
    assert dise.run("artifact", "run", "a1", "--input", '{"a": 5, "b": 6}').returncode == 0
    code, events = dise.json("run", TASK, "--input", '{"a": 1, "b": 2}')
    assert code == 0 and events[-1]["llm_calls"] == 0 and events[-1]["artifact"] == "a1"
    whole = rpc("artifact.show", id="a1")
    assert whole["uses"] == 2 and whole["last_use"] > 0
    assert [(r["kind"], r["status"]) for r in whole["runs"]] == \
        [("task", "solved"), ("artifact_run", "solved")]
    assert whole["runs"][1]["result"] == {"result": 11}
    assert whole["runs"][1]["input"] == {"a": 5, "b": 6}
    assert whole["candidate"] == 1 and whole["stage"] == 1
    # put aside: not recalled, asked again
    assert rpc("artifact.delete", id="a1") == {}
    assert [a["id"] for a in rpc("artifact.list", deleted=True)["artifacts"]] == ["a1"]
    assert "a1" not in [a["id"] for a in rpc("artifact.list")["artifacts"]]
    code, events = dise.json("run", TASK, "--input", '{"a": 1, "b": 2}')
    assert code == 0 and events[-1]["llm_calls"] == 1
    assert rpc("artifact.restore", id="a1") == {}
    # it is back, as a version older than what was made since
    assert [a["id"] for a in rpc("artifact.list")["artifacts"]] == ["a3"]
    assert [(a["id"], a["old"]) for a in rpc("artifact.list", versions=True)["artifacts"]] == [("a3", False), ("a1", True)]


def test_a_finished_task_is_a_workflow_that_runs_again(dise, tmp_path):
    dise.answers({"text": WRONG}, *[{"text": ADD}] * 8)
    assert dise.run("run", TASK).returncode == 0
    rpc = Rpc(dise)
    listed = rpc("artifact.list", kind="workflow")["artifacts"]
    assert len(listed) == 1
    flow = rpc("artifact.show", id=listed[0]["id"])["workflow"]
    assert rpc("artifact.show", id="a1")["workflow_artifact"] == listed[0]["id"]
    assert flow["inputs"]["a"] == {"type": "number", "required": True}
    assert flow["inputs"]["b"]["required"] is False
    assert flow["portable"] and "def add" in flow["tools"]["add"]["source_code"]
    ids = {s["step_id"] for s in flow["steps"]}
    assert {d for s in flow["steps"] for d in s["depends_on"]} <= ids
    assert {s["type"] for s in flow["steps"]} == {"existing_tool", "llm_call", "python_tool"}
    assert any(s["parallel_group"] for s in flow["steps"])
    # again with other input, on its program alone
    code, events = dise.json("workflow", "run", listed[0]["id"], "--input", '{"a": 40}')
    assert code == 0 and events[-1]["result"] == {"result": 42} and events[-1]["llm_calls"] == 0
    done = dise.run("workflow", "run", listed[0]["id"])
    assert done.returncode == 2 and b'needs the input "a"' in done.stdout + done.stderr
    # out to a file and in again, elsewhere
    file = tmp_path / "flow.json"
    assert dise.run("workflow", "save", listed[0]["id"], str(file)).returncode == 0
    loaded = dise.run("workflow", "load", str(file))
    assert loaded.returncode == 0, loaded.stderr
    new = loaded.stdout.decode().split()[-1]
    assert rpc("artifact.show", id=new)["workflow"] == flow
    code, events = dise.json("workflow", "run", new, "--input", '{"a": 1, "b": 1}')
    assert code == 0 and events[-1]["result"] == {"result": 2}
    assert new in dise.run("workflow", "list").stdout.decode()
    assert "program" in dise.run("workflow", "show", new).stdout.decode()
    # an exact repeat keeps no other
    dise.run("run", TASK)
    assert len(rpc("artifact.list", kind="workflow")["artifacts"]) == 2


def test_a_loaded_workflow_asks_models_and_runs_programs(dise, tmp_path):
    dise.answers({"text": "a poem of the sea"})
    flow = {"workflow_id": "poem", "inputs": [{"name": "topic", "type": "string"}],
            "outputs": [{"name": "text", "source_reference": "steps.count.output"}],
            "steps": [{"step_id": "write", "step_type": "LLM_CALL", "tool_name": "poet",
                       "prompt_template": "Write of {topic}",
                       "input_mapping": {"topic": "the ${inputs.topic}"}},
                      {"step_id": "count", "step_type": "python_tool", "tool_name": "words",
                       "input_mapping": {"text": "${steps.write.output}"}}],
            "tools": {"words": {"type": "python",
                                "source_code": "def words(text):\n    return len(text.split())\n"}}}
    file = tmp_path / "flow.json"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(flow, indent=1).encode())
    new = dise.run("workflow", "load", str(file)).stdout.decode().split()[-1]
    code, events = dise.json("workflow", "run", new, "--input", '{"topic": "sea"}')
    assert code == 0 and events[-1]["result"] == {"text": 5} and events[-1]["llm_calls"] == 1
    # a model's tool of one's own, named only
    poet = tmp_path / "poet.yaml"
    poet.write_text("type: llm\nname: Poet\nllm:\n  system_prompt: You rhyme.\n"
                    "  prompt_template: \"Sing of {topic}\"\n")
    assert dise.run("tool", "save", "poet", str(poet)).returncode == 0
    named = {**flow, "steps": [{"step_id": "write", "type": "existing_tool", "tool": "poet",
                                "input_mapping": {"topic": "inputs.topic"}}, flow["steps"][1]]}
    file.write_text(json.dumps(named))
    new = dise.run("workflow", "load", str(file)).stdout.decode().split()[-1]
    dise.answers({"text": "o sea"})
    dise.run("restart")
    code, events = dise.json("workflow", "run", new, "--input", '{"topic": "sea"}')
    assert code == 0 and events[-1]["result"] == {"text": 2}
    path = next(e["path"] for e in events if e["type"] == "step_end" and e["name"] == "llm")
    asked = Rpc(dise)("job.step", job=events[-1]["job"], path=path)["input"]
    assert "You rhyme." in asked and "Sing of sea" in asked
    flow["steps"][1]["input_mapping"]["text"] = "${steps.combine.output}"
    file.write_text(json.dumps(flow, indent=1))
    done = dise.run("workflow", "load", str(file))
    line = 1 + file.read_text().split("combine")[0].count("\n")
    assert done.returncode == 2
    assert f"flow.json:{line}:" in done.stderr.decode() and "no step \"combine\"" in done.stderr.decode()
    flow["steps"][1] = {"step_id": "count", "type": "sub_workflow", "tool": "other"}
    file.write_text(json.dumps(flow))
    new = dise.run("workflow", "load", str(file)).stdout.decode().split()[-1]
    done = dise.run("workflow", "run", new, "--input", '{"topic": "sea"}')
    assert done.returncode == 1 and b"not available here" in done.stdout + done.stderr


def test_a_saved_tool_is_used_by_the_next_job(dise, tmp_path):
    dise.answers(*[{"text": ADD}] * 3)
    rpc = Rpc(dise)
    rpc("subscribe", ephemeral=True)
    tools = {t["id"]: t for t in rpc("tool.list")["tools"]}
    assert tools["coder"]["origin"] == "shipped" and tools["coder"]["uses"] == 0
    assert "models" not in tools and tools["repairer"]["role"] == "powerful"
    text = rpc("tool.show", id="coder")["text"]
    file = tmp_path / "coder.yaml"
    file.write_text(text.replace("    {task}{similar}", "    {oops}{task}{similar}"))
    done = dise.run("tool", "save", "coder", str(file))
    assert done.returncode == 2 and "coder.yaml:" in done.stderr.decode()
    assert "{oops}" in done.stderr.decode()
    file.write_text(text.replace("    {task}{similar}", "    Be brief. {task}{similar}"))
    assert dise.run("tool", "save", "coder", str(file)).returncode == 0
    assert rpc.wait_event("tool_changed")["change"] == "saved"
    code, events = dise.json("run", TASK)
    job = events[-1]["job"]
    path = next(e["path"] for e in events if e["type"] == "step_end" and e["name"] == "llm")
    assert code == 0 and "Be brief. a function" in rpc("job.step", job=job, path=path)["input"]
    coder = rpc("tool.show", id="coder")
    assert coder["origin"] == "yours" and coder["uses"] == 1 and coder["last_use"] > 0
    assert dise.run("tool", "reset", "coder").returncode == 0
    assert rpc("tool.show", id="coder")["origin"] == "shipped"
    assert "coder" in dise.run("tool", "list").stdout.decode()


def test_samples_are_sent_while_somebody_looks(dise):
    dise.answers(*[{"text": ADD}] * 3)
    rpc = Rpc(dise)
    rpc("subscribe", ephemeral=True)
    assert dise.run("run", TASK).returncode == 0
    while rpc("hello", protocol=1, build="", client="test")["running"]:
        time.sleep(0.01)
    rpc.events.clear()
    time.sleep(1.2)
    rpc("engine.status")
    assert not [e for e in rpc.events if e["type"] == "engine_sample"]
    assert rpc("engine.watch", on=True) == {}
    sample = rpc.wait_event("engine_sample")
    assert sample["calls"] == 1 and sample["tasks"] == 1 and sample["sandbox_runs"] == 3  # the gates, the examples, the changes
    assert sample["rss_kb"] > 1000 and sample["sandbox_p50"] > 0 and sample["lag_ms"] >= 0
    assert rpc("engine.watch", on=False) == {}
    rpc.events.clear()
    time.sleep(1.5)
    rpc("engine.status")
    assert not [e for e in rpc.events if e["type"] == "engine_sample"]


def kept(dise, n):
    """So many artifacts, and jobs that solved something; the engine has ended in order."""
    from test_rag_embed import keep
    dise.answers({"match": "", "text": "```python\ndef add(a, b):\n    return a + b\n```"})
    assert dise.run("run", "write a function that adds two numbers, add(2, 3) == 5").returncode == 0
    keep(dise, n, word="x" * 1500)
    assert dise.run("rag", "search", "add").returncode == 0
    dise.run("stop")
    return dise.home / "dise.db"


def test_what_can_be_read_of_a_truncated_database_is_taken_over(dise):
    path = kept(dise, 400)
    size = path.stat().st_size
    with open(path, "r+b") as f:
        f.truncate(size * 6 // 10 // 4096 * 4096)
    done = dise.run("rag", "list", "--limit", "1000")
    said = done.stderr.decode()
    assert "the database was damaged" in said and "artifacts and 1 ended job were taken over from it" in said, said
    n = int(said.split("a new one begun: ")[1].split()[0])
    assert 150 < n < 402 and done.stdout.decode().count("\n") == n  # a part of the newest is lost
    assert list(dise.home.glob("dise.db.corrupt-*"))
    assert dise.run("rag", "show", "a1").stdout.decode().count("return a + b") == 1
    code, events = dise.json("run", "write a function that adds two numbers, add(2, 3) == 5")
    assert code == 0 and events[-1]["llm_calls"] == 0 and events[-1]["job"] > 1  # its answer is still known
    assert dise.json("rag", "search", "adds")[1][0]["id"] == "a1"


def test_damage_that_is_met_is_said_and_mended_at_the_next_start(dise):
    path = kept(dise, 400)
    data = bytearray(path.read_bytes())
    at = data.find(b"x" * 1400, len(data) // 3) // 4096 * 4096
    data[at:at + 4096] = b"\xa5" * 4096
    path.write_bytes(data)
    done = dise.run("rag", "export", str(dise.home / "all.jsonl"))
    assert done.returncode != 0 and b"the database is damaged; `dise restart`" in done.stderr
    assert not (dise.home / "all.jsonl").exists()  # no half of it
    dise.run("restart")
    done = dise.run("rag", "export", str(dise.home / "all.jsonl"))
    assert done.returncode == 0 and b"artifacts and 1 ended job were taken over" in done.stderr
    assert 395 <= json.loads((dise.home / "all.jsonl").read_text().splitlines()[-1])["artifacts"] <= 402
    assert not (dise.home / "dise.db.damaged").exists()
