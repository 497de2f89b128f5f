"""The command line's contract: scripts rely on it."""

import json
import signal
import socket
import subprocess
import threading
import time

from conftest import BINARY

GOOD = {"match": "add", "text": "```python\ndef add(a, b):\n    return a + b\n```"}
BAD = {"match": "add", "text": "```python\ndef add(a, b):\n    return a - b\n```"}
TASK = "write a function that adds two numbers, add(2, 3) == 5"
DONE = {"type", "status", "artifact", "result", "checked", "llm_calls", "tokens_in", "tokens_out", "seconds"}


def test_help_and_version_need_no_engine(dise):
    shown = dise.run("--help").stdout.decode()
    assert "dise run" in shown and "export FILE [ID…] | verify [ID]\n" in shown, "usages are whole"
    assert dise.run("--version").stdout.startswith(b"dise ")
    assert b"--out" in dise.run("run", "--help").stdout
    assert dise.engine_pid() is None


def test_wrong_usage_is_one_sentence_and_exit_code_2(dise):
    for args in (["nonsense"], ["run"], ["run", "x", "--nonsense"], ["model", "--out", "x"], ["run", "a", "b"]):
        done = dise.run(*args)
        assert done.returncode == 2
        assert done.stderr.count(b"\n") == 1


def test_a_task_is_solved_and_answered_from_memory_the_second_time(dise):
    dise.answers(GOOD)
    code, events = dise.json("run", TASK)
    assert code == 0 and DONE <= set(events[-1])
    assert events[-1]["type"] == "job_done" and events[-1]["status"] == "solved"
    assert events[-1]["llm_calls"] == 1
    assert events[-1]["checked"]["examples_passed"] == 1
    code, again = dise.json("run", TASK)
    assert code == 0 and again[-1]["llm_calls"] == 0
    assert again[-1]["artifact"] == events[-1]["artifact"]


def test_a_wrong_answer_climbs_a_stage(dise):
    dise.answers(BAD, GOOD)
    code, events = dise.json("run", TASK)
    assert code == 0
    ends = [e for e in events if e["type"] == "stage_end"]
    assert [e["outcome"] for e in ends] == ["failed", "solved"]
    assert "-1" in ends[0]["why"] and "expected 5" in ends[0]["why"]


def test_what_is_not_solved_is_kept_and_never_called_a_solution(dise):
    dise.answers(BAD)
    code, events = dise.json("run", TASK)
    assert code == 1 and events[-1]["status"] == "unsolved" and events[-1]["artifact"]
    code, shown = dise.json("artifact", "show", events[-1]["artifact"])
    assert code == 0 and shown[0]["solved"] is False
    for kept in (shown[0]["id"], shown[0]["workflow_artifact"]):  # what it says is shown all the same
        code, run = dise.json("artifact", "run", kept, "--input", '{"a": 5, "b": 6}')
        assert code == 1 and run[-1]["status"] == "unsolved" and run[-1]["result"]["result"] in (-1, {"result": -1})
        assert "best attempt" in run[-1]["message"]
    code, again = dise.json("run", TASK)
    assert again[-1]["llm_calls"] > 0  # a failed attempt answers nothing


def test_the_result_is_the_users(dise, tmp_path):
    dise.answers(GOOD)
    out = tmp_path / "add.py"
    code, events = dise.json("run", TASK, "--input", '{"a": 20, "b": 22}', "--out", str(out))
    assert code == 0 and events[-1]["result"] == {"result": 42}
    import subprocess
    import sys
    done = subprocess.run([sys.executable, str(out)], input='{"a": 1, "b": 2}', capture_output=True, text=True)
    assert json.loads(done.stdout) == {"result": 3}
    code, run = dise.json("artifact", "run", events[-1]["artifact"], "--input", '{"a": 5, "b": 6}')
    assert code == 0 and run[-1]["result"] == {"result": 11} and run[-1]["llm_calls"] == 0
    assert events[-1]["artifact"].encode() in dise.run("artifact", "list").stdout
    assert dise.run("stop").stdout == b"the engine has ended\n"  # and no word of 0 jobs


def test_accidents_commands_and_bad_input_never_reach_a_model(dise):
    dise.answers(GOOD)
    assert dise.run("run", "asdf").returncode == 2
    assert b"accident" in dise.run("run", "asdfasdf").stderr
    assert dise.run("run", "").returncode == 2
    assert dise.run("run", b"caf\xff").returncode == 2
    done = dise.run("run", "-", input=b"x" * 10_000_000)
    assert done.returncode == 2 and b"KB" in done.stderr
    assert dise.run("run", TASK, "--input", "[1").returncode == 2
    assert dise.run("artifact", "show", "a99").returncode == 2


def test_without_a_model_it_says_how_to_get_one(dise):
    done = dise.run("run", TASK)
    assert done.returncode == 3 and b"dise model install" in done.stderr


def test_a_broken_configuration_names_its_place(dise):
    dise.config("execution:\n  width: many\n")
    done = dise.run("run", TASK)
    assert done.returncode == 2 and b"config.yaml:2:" in done.stderr
    dise.config("llm: [\n")
    done = dise.run("run", TASK)
    assert done.returncode == 2 and b"config.yaml:" in done.stderr


def test_a_damaged_database_is_moved_aside_and_said(dise):
    dise.answers(GOOD)
    assert dise.run("run", TASK).returncode == 0
    dise.run("stop")
    (dise.home / "dise.db").write_bytes(b"not a database" * 1000)
    assert dise.run("run", TASK).returncode == 0
    assert list(dise.home.glob("dise.db.corrupt-*"))
    assert b"damaged" in dise.run("doctor").stdout


def test_a_killed_engine_is_started_again_and_the_job_goes_on(dise):
    dise.answers({**GOOD, "tokens_per_s": 8})
    run = dise.start("run", TASK, "--json")
    lines = []
    for line in run.stdout:
        lines.append(json.loads(line))
        if lines[-1]["type"] == "token_delta":
            break
    dise.kill_engine()
    rest = [json.loads(x) for x in run.stdout]
    assert run.wait(90) == 0 and rest[-1]["status"] == "solved"
    done = [e for e in lines + rest if e["type"] == "job_done"]
    assert len(done) == 1
    assert any(e["type"] == "job_started" and e["epoch"] == 2 for e in rest)


def test_a_kill_in_a_stage_that_mends_what_an_earlier_one_wrote(dise):
    worse = {"match": "add", "text": "```python\ndef add(a, b)\n```", "model": "fast"}
    dise.answers(worse, {**BAD, "model": "fast"}, {**GOOD, "model": "powerful", "tokens_per_s": 8})
    run = dise.start("run", TASK, "--json")
    for line in run.stdout:
        event = json.loads(line)
        if event["type"] == "token_delta" and event["stage"] == 3:
            break
    dise.kill_engine()
    last = [json.loads(x) for x in run.stdout][-1]
    assert run.wait(90) == 0 and last["status"] == "solved", last


class FakeEngine:
    """Accepts a job and is gone before the client asks for its events; tells its end to the next connection."""

    def __init__(self, home):
        (home / "run").mkdir(mode=0o700, parents=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(home / "run" / "engine.sock"))
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        for last in (False, True):
            connection, _ = self.listener.accept()
            for line in connection.makefile():
                asked = json.loads(line)
                result = {"hello": {"protocol": 1, "build": "x", "running": 1}, "job.submit": {"job": 7}}.get(asked["method"], {})
                connection.sendall(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}).encode() + b"\n")
                if asked["method"] == "job.submit":
                    break
                if last and asked["method"] == "subscribe":
                    done = {"type": "job_done", "job": 7, "seq": 1, "time": 1, "status": "solved", "artifact": "", "result": None}
                    connection.sendall(json.dumps({"jsonrpc": "2.0", "method": "event", "params": done}).encode() + b"\n")
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()


def test_an_engine_may_go_while_it_is_written_to(dise):
    FakeEngine(dise.home)
    code, events = dise.json("run", TASK)
    assert code == 0 and events[-1]["status"] == "solved"


def test_output_that_nobody_takes(dise):
    dise.answers({**GOOD, "tokens_per_s": 20})
    run = dise.start("run", TASK, "--json")
    run.stdout.readline()
    run.stdout.close()
    assert run.wait(90) == -signal.SIGPIPE  # as any program in a pipe that was closed
    with open("/dev/full", "w") as full:
        done = subprocess.run([BINARY, "artifact", "list"], env=dise.env, stdout=full, stderr=subprocess.PIPE, timeout=30)
    assert done.returncode == 1 and b"No space left" in done.stderr


def test_a_killed_client_ends_no_job(dise):
    dise.answers({**GOOD, "tokens_per_s": 8})
    run = dise.start("run", TASK, "--json")
    for line in run.stdout:
        if json.loads(line)["type"] == "token_delta":
            break
    run.kill()
    run.wait()
    for _ in range(100):
        if b"a1" in dise.run("artifact", "list").stdout:
            break
        time.sleep(0.1)
    assert b"a1" in dise.run("artifact", "list").stdout


def test_an_interrupt_cancels(dise):
    dise.answers({**GOOD, "tokens_per_s": 1})
    run = dise.start("run", TASK, "--json")
    for line in run.stdout:
        if json.loads(line)["type"] == "token_delta":
            break
    run.send_signal(signal.SIGINT)
    rest = [json.loads(x) for x in run.stdout]
    assert run.wait(90) == 130 and rest[-1]["status"] == "cancelled"


def test_a_stopped_engine_stays_stopped_until_something_is_begun(dise, tui):
    """A dashboard that is open does not start it again; a task does."""
    dise.answers({"text": "```python\ndef add(a, b):\n    return a + b\n```"})
    t = tui(columns=120, lines=40)
    t.wait_for("● engine")
    assert dise.run("stop").returncode == 0
    t.wait_for("the engine was stopped; a task starts it again")
    t.settle(2.5)
    assert dise.run("status").stdout.startswith(b"no engine runs for ") and "stopped" in t.text().splitlines()[0]
    t.send("write a function that adds two numbers, add(1, 2) == 3\r")
    t.wait_for("kept as a1")
    assert dise.engine_pid() is not None
    assert dise.run("stop").returncode == 0
    t.wait_for("the engine was stopped; a task starts it again")
    assert dise.run("artifact", "list").returncode == 0  # another command starts it, the dashboard is there again
    t.wait_for("● engine")
    assert dise.run("restart").returncode == 0
    t.settle()
    t.wait_for("● engine")


def test_who_waits_for_a_stopped_engine_is_told(dise):
    dise.answers({"text": "```python\ndef add(a, b):\n    return a + b\n```", "tokens_per_s": 0.5})
    waits = dise.start("run", "write a function that adds two numbers, add(1, 2) == 3")
    while dise.engine_pid() is None or b'"running"' not in dise.run("status", "--json").stdout:
        time.sleep(0.05)
    time.sleep(1)
    dise.run("stop")
    _, told = waits.communicate(timeout=20)
    assert b"the engine was stopped; job 1 is kept and goes on with the next engine" in told
    assert dise.run("status").stdout.startswith(b"no engine runs for ")


def test_the_engine_can_be_stopped_restarted_and_ends_when_idle(dise):
    dise.answers(GOOD, extra="engine: {idle_s: 1}\n")
    assert b"no engine" in dise.run("status").stdout
    assert dise.run("run", TASK).returncode == 0
    first = dise.engine_pid()
    assert dise.run("restart").returncode == 0
    assert dise.engine_pid() not in (None, first)
    for _ in range(100):
        if dise.engine_pid() is None:
            break
        time.sleep(0.1)
    assert dise.engine_pid() is None and "defect" not in dise.log()


def test_an_idle_engine_takes_over_what_has_changed(dise):
    dise.answers(BAD)
    assert dise.run("run", TASK).returncode == 1
    first = dise.engine_pid()
    dise.answers(GOOD)  # the same configuration, written again
    assert dise.run("run", TASK).returncode == 0
    second = dise.engine_pid()
    assert second != first
    assert dise.run("run", TASK).returncode == 0 and dise.engine_pid() == second
    dise.config("llm: [\n")
    done = dise.run("run", TASK)
    assert done.returncode == 2 and b"config.yaml:" in done.stderr


def test_a_named_configuration_holds_also_when_an_engine_runs(dise, tmp_path):
    dise.answers(GOOD)
    assert dise.run("run", TASK).returncode == 0
    small = tmp_path / "small.yaml"
    small.write_text("budget: {tokens: 20}\n")
    assert dise.run("run", TASK, "--fresh", "--config", str(small)).returncode == 4
    pid = dise.engine_pid()
    done = dise.run("run", TASK, "--fresh", "--config", small.name, cwd=tmp_path)
    assert done.returncode == 4 and dise.engine_pid() == pid  # the same file, named otherwise
    small.write_text("budget: {tokens: few}\n")
    done = dise.run("run", TASK, "--config", str(small))
    assert done.returncode == 2 and f"{small}:1:".encode() in done.stderr and b"budget.tokens must be a number" in done.stderr
    done = dise.run("run", TASK, "--config", str(tmp_path / "none.yaml"))
    assert done.returncode == 2 and b"none.yaml" in done.stderr


def test_a_busy_engine_with_other_options_is_kept_and_named(dise, tmp_path):
    dise.answers({**GOOD, "tokens_per_s": 3})
    run = dise.start("run", TASK, "--json")
    for line in run.stdout:
        if json.loads(line)["type"] == "token_delta":
            break
    pid = dise.engine_pid()
    (tmp_path / "other.yaml").write_text("execution: {width: 2}\n")
    done = dise.run("artifact", "list", "--config", str(tmp_path / "other.yaml"))
    assert done.returncode == 0 and b"started without --config" in done.stderr and b"dise restart" in done.stderr
    with open(dise.home / "config.yaml", "a") as f:
        f.write("# changed\n")
    assert b"configuration has changed" not in dise.run("artifact", "list").stderr
    with open(dise.home / "config.yaml", "a") as f:
        f.write("engine: {model_idle_s: 300}\n")
    assert b"configuration has changed" in dise.run("artifact", "list").stderr
    assert dise.engine_pid() == pid
    run.communicate()
    assert run.returncode == 0


def test_what_models_say_is_recorded_and_plays_again(dise, tmp_path):
    dise.answers(GOOD)
    record = tmp_path / "said.jsonl"
    assert dise.run("run", TASK).returncode == 0  # an engine without --record runs
    assert dise.run("run", TASK, "--fresh", "--record", str(record)).returncode == 0
    line, = [json.loads(x) for x in record.read_text().splitlines()]
    assert "".join(text for _, text in line["chunks"]) == GOOD["text"] and line["digest"]
    for timing in ("none", "real", "500"):
        dise.config(f"llm:\n  backend: replay\n  backends:\n    replay: {{file: {record}, timing: {timing}}}\n"
                    "pipeline: {tests: false}\n")
        code, events = dise.json("run", TASK, "--fresh")
        assert code == 0 and events[-1]["llm_calls"] == 1
    code, events = dise.json("run", TASK + " and another", "--fresh")
    assert code != 0 and "no recorded answer fits" in events[-1]["message"]


def test_a_key_that_the_engine_lacks_gets_a_sentence(dise):
    dise.answers(GOOD)
    key = {"OPENAI_API_KEY": "sk-secret"}
    assert dise.run("artifact", "list").returncode == 0
    done = dise.run("run", TASK, env=key)
    assert done.returncode == 0
    assert b"without OPENAI_API_KEY" in done.stderr and b"dise restart" in done.stderr and b"sk-secret" not in done.stderr
    assert dise.run("restart", env=key).returncode == 0
    assert b"OPENAI_API_KEY" not in dise.run("run", TASK, env=key).stderr
    assert "sk-secret" not in dise.log()


def test_json_everywhere(dise):
    dise.answers(GOOD)
    for command in (["stop"], ["status"], ["--version"], ["run", TASK], ["artifact", "list"], ["artifact", "show", "a1"],
                    ["artifact", "run", "a1", "--input", '{"a": 1, "b": 2}'], ["status"], ["model", "list"], ["model", "stop"], ["doctor"],
                    ["restart"], ["stop"], ["run", ""], ["artifact", "show", "a9"], ["model", "start"], ["model", "install", "none"]):
        code, lines = dise.json(*command)
        assert lines and all(isinstance(x, dict) for x in lines), (command, lines)


def test_two_homes_have_two_engines(dise, tmp_path):
    dise.answers(GOOD)
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.yaml").write_text((dise.home / "config.yaml").read_text())
    try:
        assert dise.run("run", TASK).returncode == 0
        assert dise.json("--home", str(other), "run", TASK)[1][-1]["llm_calls"] == 1  # another memory
        pids = [json.loads(dise.run("--home", str(h), "status", "--json").stdout)["pid"] for h in (dise.home, other)]
        assert len(set(pids)) == 2
    finally:
        dise.run("--home", str(other), "stop")


def test_a_models_text_never_acts_on_the_terminal(dise):
    evil = "```python\ndef add(a, b):\n    return a + b  # \x1b]52;c;aGk=\x07\x1b[2J\n```"
    dise.answers({"match": "add", "text": evil})
    done = dise.run("run", TASK)
    assert done.returncode == 0 and b"\x1b" not in done.stdout + done.stderr
    dise.run("stop")
    dise.answers({"match": "add", "text": "\x01\x02\x1b[2J\x07"})
    done = dise.run("run", TASK, "--fresh")
    assert done.returncode == 1 and b"\x1b" not in done.stdout + done.stderr


def test_what_the_walls_stop_is_named(dise):
    dise.answers({"match": "read", "text": "```python\ndef head(path):\n    return open(path).read()\n```"})
    code, events = dise.json("run", "read a file", "--input", '{"path": "/root/.bashrc"}')
    assert code == 1 and "FileNotFoundError" in events[-1]["message"]
    secret = dise.home / "note.txt"
    secret.write_text("hello")
    dise.home.chmod(0o755)
    secret.chmod(0o644)
    code, events = dise.json("run", "read the file", "--input", json.dumps({"path": str(secret)}),
                             "--allow-read", str(secret))
    assert code == 0 and events[-1]["result"] == {"result": "hello"}


def test_what_an_ended_job_took_is_told(dise):
    dise.answers(GOOD)
    _, events = dise.json("run", "add two numbers, add(2, 3) == 5")
    ends = [e for e in events if e["type"] == "candidate_end"]
    assert ends and all(0 < e["seconds"] < 60 for e in ends), ends
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(dise.home / "run" / "engine.sock"))
        s.sendall(b'{"jsonrpc":"2.0","id":1,"method":"job.list","params":{}}\n')
        row = json.loads(s.makefile().readline())["result"]["jobs"][0]
    done = events[-1]
    assert [row[k] for k in ("tokens_in", "tokens_out", "seconds")] == [done[k] for k in ("tokens_in", "tokens_out", "seconds")]
    assert row["tokens_out"] > 0 and row["created"] <= row["started"] <= row["ended"]
