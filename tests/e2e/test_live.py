"""The main job on the real 0.5B model."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT, Dise

pytestmark = pytest.mark.live
TASK = "write a function add(a, b) that adds two numbers, add(2, 3) == 5"


@pytest.fixture(scope="module")
def live():
    it = Dise(os.environ.get("DISE_LIVE_HOME", ROOT / "build" / "live-home"))
    done = it.run("model", "install", "qwen2.5-coder-0.5b", timeout=1800)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    yield it
    it.close()


def test_the_model_solves_a_task(live):
    code, events = live.json("run", TASK, "--fresh", timeout=600)
    assert code == 0 and events[-1]["status"] == "solved"
    assert events[-1]["llm_calls"] >= 1 and events[-1]["tokens_out"] > 0
    assert any(e["type"] == "token_delta" for e in events)


def server_of(pid):
    children = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True)
    return [int(x.split()[0]) for x in children.stdout.splitlines() if "model_server" in x]


def test_a_killed_model_server_is_started_again(live):
    run = live.start("run", "write a function that reverses a text, reverse('abc') == 'cba'", "--fresh", "--json")
    for line in run.stdout:
        if json.loads(line)["type"] == "token_delta":
            break
    for pid in server_of(live.engine_pid()):
        os.kill(pid, signal.SIGKILL)
    last = [json.loads(x) for x in run.stdout][-1]
    assert run.wait(600) in (0, 1) and last["status"] in ("solved", "unsolved")


def test_the_server_holds_as_many_conversations_as_are_asked_at_once(live):
    log = live.home / "run" / "engine.log"
    try:
        for parallel, text in ((4, ""), (3, "llm: {backends: {local: {parallel: 3}}}\n")):
            live.config(text)
            live.run("restart")
            before = len(log.read_bytes())
            assert live.run("model", "start", "qwen2.5-coder-0.5b", timeout=120).returncode == 0
            said = log.read_bytes()[before:].decode(errors="replace")
            assert f"n_slots = {parallel}, n_ctx_slot = 4096" in said, said[-2000:]
    finally:
        live.config("")
        live.run("restart")


def test_the_dashboard_with_the_real_model(live):
    from conftest import Tui

    t = Tui(live, columns=120, lines=36)
    try:
        t.wait_for("● engine")
        t.send("write a function square(n), square(4) == 16\r")
        t.wait_for("3 Escalation")
        t.wait_for("checked: ", timeout=600)
    finally:
        t.close()
