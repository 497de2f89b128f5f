"""The configuration: layers, what goes with a job, what the engine takes over, what is shown of it."""

import json
import os
import signal
import sqlite3
import time

GOOD = {"match": "add", "text": "```python\ndef add(a, b):\n    return a + b\n```"}
TASK = "write a function that adds two numbers, add(2, 3) == 5"


def job_inputs(dise):
    db = sqlite3.connect(f"file:{dise.home / 'dise.db'}?mode=ro", uri=True)
    try:
        return [json.loads(row[0]) for row in db.execute("SELECT input FROM job ORDER BY id")]
    finally:
        db.close()


def submitted(dise, n):
    """Until so many jobs have been accepted."""
    end = time.monotonic() + 90
    while len(job_inputs(dise)) < n:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert len(job_inputs(dise)) == n


def project(tmp_path, text, name="dise.yaml"):
    folder = tmp_path / "work" / "below"
    folder.mkdir(parents=True, exist_ok=True)
    path = tmp_path / "work" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return folder


def test_a_jobs_configuration_goes_with_the_job(dise, tmp_path):
    dise.answers(GOOD)
    here = project(tmp_path, "budget: {tokens: 20}\nllm: {backends: {evil: {base_url: 'http://127.0.0.1:9'}}}\n")
    done = dise.run("run", TASK, "--fresh", cwd=here)
    assert done.returncode == 4, done
    assert done.stderr.count(b"not taken from a project: llm.backends;") == 1, done.stderr
    assert job_inputs(dise)[-1]["config"]["values"]["budget.tokens"] == 20
    pid = dise.engine_pid()
    assert dise.run("run", TASK, "--fresh").returncode == 0  # elsewhere it does not hold
    assert dise.run("run", TASK, "--fresh", env={"DISE_BUDGET_TOKENS": "20"}).returncode == 4
    assert dise.run("run", TASK, "--fresh", "--set", "budget.tokens=20").returncode == 4
    assert dise.run("run", TASK, "--fresh", "--set", "budget.tokens=20", "--set", "budget.tokens=0", cwd=here).returncode == 0
    config = tmp_path / "mine.yaml"
    config.write_text("budget: {tokens: 20}\n")
    assert dise.run("run", TASK, "--fresh", "--config", str(config)).returncode == 4
    assert dise.engine_pid() == pid, "nothing of that concerns the engine"


def test_what_is_wrong_names_its_layer(dise, tmp_path):
    dise.answers(GOOD)
    here = project(tmp_path, "\nbudget: {tokens: few}\n", ".dise/config.yaml")
    for args, options, words in (((), {"cwd": here}, b".dise/config.yaml:2:10: budget.tokens must be a number"),
                                 ((), {"env": {"DISE_PIPELINE_TESTS": "maybe"}}, b"environment DISE_PIPELINE_TESTS: pipeline.tests must be true or false"),
                                 (("--set", "pipeline.tset=1"), {}, b'did you mean "pipeline.tests"?'),
                                 (("--set", "budget.tokens=-1"), {}, b"--set budget.tokens: budget.tokens must be between")):
        done = dise.run("run", TASK, *args, **options)
        assert done.returncode == 2 and words in done.stderr and done.stderr.count(b"\n") == 1, done
    assert dise.engine_pid() is None


def test_an_engines_option_is_its_own(dise):
    dise.answers(GOOD)
    assert dise.run("run", TASK, "--set", "execution.width=2").returncode == 0
    pid = dise.engine_pid()
    assert dise.run("run", TASK, "--set", "execution.width=2").returncode == 0 and dise.engine_pid() == pid
    assert dise.run("run", TASK, "--set", "execution.width=3").returncode == 0 and dise.engine_pid() != pid


def test_a_restart_after_a_kill_sees_the_same_values(dise, tmp_path):
    dise.answers({**GOOD, "tokens_per_s": 6})
    here = project(tmp_path, "llm: {max_tokens: 77}\n")
    run = dise.start("run", TASK, "--json", cwd=here)
    for line in run.stdout:
        if json.loads(line)["type"] == "token_delta":
            break
    project(tmp_path, "llm: {max_tokens: 78}\n")
    with open(dise.home / "config.yaml", "a") as f:
        f.write("budget: {tokens: 1}\n")
    dise.kill_engine()
    run.communicate()
    assert run.returncode == 0
    assert [o["config"]["values"]["llm.max_tokens"] for o in job_inputs(dise)] == [77]
    assert dise.run("run", TASK, "--fresh", cwd=here).returncode == 4  # and the next one the new


def engine_says(dise, words, timeout=90):
    end = time.monotonic() + timeout
    while words not in dise.log():
        assert time.monotonic() < end, dise.log()
        time.sleep(0.05)


def test_a_change_is_taken_over_while_jobs_run(dise):
    dise.answers({"match": "slow", **GOOD, "tokens_per_s": 0.5}, GOOD)
    slow = dise.start("run", "slow: " + TASK, "--json")
    for line in slow.stdout:
        if json.loads(line)["type"] == "token_delta":
            break
    pid = dise.engine_pid()
    before = (dise.home / "config.yaml").read_text()
    (dise.home / "config.yaml").write_text(before + "budget: {tokens: 20}\n")
    done = dise.run("run", TASK)
    assert done.returncode == 4 and b"restart" not in done.stderr and dise.engine_pid() == pid, done
    (dise.home / "config.yaml").write_text(before + "execution: {width: 9}\n")
    done = dise.run("run", TASK)
    assert done.returncode == 0 and done.stderr.count(b"dise restart") == 1, done
    (dise.home / "config.yaml").write_text(before + "budget: {tokens: [\n")
    done = dise.run("artifact", "list")
    assert done.returncode == 0 and b"config.yaml:" in done.stderr and b"keeps what held before" in done.stderr, done
    (dise.home / "config.yaml").write_text(before)
    done = dise.run("artifact", "list")
    assert not done.stderr and dise.engine_pid() == pid, done
    slow.send_signal(signal.SIGINT)
    slow.communicate()


def test_a_broken_file_in_the_dashboard_keeps_what_held(dise, tui):
    dise.answers(GOOD)
    t = tui(columns=120, lines=30)
    t.wait_for("● engine")
    t.send(TASK + "\r")
    t.wait_for("✔ solved")
    text = (dise.home / "config.yaml").read_text()
    (dise.home / "config.yaml").write_text(text + "budget: {tokens: few}\n")
    t.send("/code add two numbers with add(1, 1) == 2\r")
    t.wait_for("budget.tokens must be a number")
    submitted(dise, 2)
    (dise.home / "config.yaml").write_text(text + "budget: {tokens: 20}\n")
    t.send("/code add two more numbers with add(1, 2) == 3\r")
    t.wait_for("budget of 20 tokens")


def test_what_needs_a_restart_is_said_once(dise, tui):
    dise.answers(GOOD)
    t = tui(columns=120, lines=40)
    t.wait_for("● engine")
    with open(dise.home / "config.yaml", "a") as f:
        f.write("execution: {width: 3}\n")
    for n, task in enumerate((TASK, "add two numbers again, add(4, 5) == 9"), 1):
        t.send(task + "\r")
        submitted(dise, n)
        t.wait_for("✔ solved")
    assert [o["config"].get("note", "").count("dise restart") for o in job_inputs(dise)] == [1, 0]
    assert b"dise restart" in dise.run("config", "show", "execution.width").stderr


def test_all_jobs_of_a_batch_have_what_held_when_it_was_accepted(dise, tmp_path):
    dise.answers(GOOD)
    here = project(tmp_path, "llm: {max_tokens: 66}\n")
    (here / "tasks.txt").write_text(f"{TASK}\nadd two numbers again, add(4, 5) == 9\n")
    assert dise.run("batch", "run", "tasks.txt", "--wait", cwd=here).returncode == 0
    inputs = job_inputs(dise)
    assert len(inputs) == 3 and all(o["config"]["values"]["llm.max_tokens"] == 66 for o in inputs)


def rows(dise, *args, **options):
    code, lines = dise.json("config", "show", *args, **options)
    assert code == 0, lines
    return {row["path"]: row for row in lines}


def test_what_holds_is_shown_with_who_says_it(dise, tmp_path):
    dise.config("llm:\n  backend: mine\n  backends:\n    mine: {base_url: 'http://me:pw@127.0.0.1:9/v1', api_key: '${MINE_KEY}'}\n"
                "loki: {url: x}\ngit: {a: 1}\n")
    here = project(tmp_path, "pipeline: {plan: never}\nllm: {max_tokens: 60}\n")
    shown = rows(dise, "--set", "budget.tokens=5", cwd=here, env={"MINE_KEY": "sk-shown-never", "DISE_PIPELINE_TESTS": "off"})
    said = {path: (row["value"], row["layer"], row["from"].rsplit("/", 1)[-1]) for path, row in shown.items()}
    assert said["pipeline.plan"] == ("never", "project", "dise.yaml:1:12") and shown["pipeline.plan"]["default"] == "auto"
    assert said["budget.tokens"] == (5, "--set", "--set") and shown["budget.tokens"]["scope"] == "job"
    assert said["pipeline.tests"] == (False, "environment", "environment DISE_PIPELINE_TESTS")
    assert said["execution.width"] == (4, "built-in", "built-in") and shown["execution.width"]["scope"] == "engine"
    assert said["llm.backends.mine.api_key"] == ("set (environment MINE_KEY)", "user", "config.yaml:4:53")
    assert "pw" not in said["llm.backends.mine.base_url"][0]
    assert all(row["text"] for row in shown.values() if "default" in row) and "loki" not in shown
    assert rows(dise, "llm.backends.mine.api_key")["llm.backends.mine.api_key"]["value"] == "not set (environment MINE_KEY)"
    assert set(rows(dise, "--unused")) == {"loki", "git"}
    text = dise.run("config", "show", "pipeline.plan", cwd=here).stdout.decode()
    assert "pipeline.plan = never" in text and "dise.yaml:1:12 (project); job; default auto" in text and "a specification before" in text
    done = dise.run("config", "show", "pipeline.plna")
    assert done.returncode == 2 and b"pipeline.plna" in done.stderr
    assert dise.engine_pid() is None
    checks = {c["name"]: c for c in dise.json("doctor")[1][0]["checks"]}
    assert checks["configuration"]["state"] == "ok" and checks["configuration"]["detail"] == "not used here: loki, git"


def test_text_from_a_file_never_acts_on_the_terminal(dise):
    dise.config('llm: {backend: "a\\e]52;c;aGk=\\a\\x9b2J", "b\\x9bc": 1}\n')
    done = dise.run("config", "show", "llm.backend")
    assert done.returncode == 0 and b"\x1b" not in done.stdout + done.stderr and b"\x9b" not in (done.stdout + done.stderr).replace(b"\xc2\x9b", b"!"), done


def test_an_old_file_in_the_form_of_today(dise, tmp_path):
    old = tmp_path / "old.yaml"
    old.write_text("# mine\nollama: {base_url: 'http://127.0.0.1:9', models: {generator: codellama}}\n"
                   "llm: {openai: {api_key: sk-canary-literal}}\n")
    done = dise.run("config", "migrate", str(old))
    assert done.returncode == 0 and b"comments are lost" in done.stderr and b"canary" not in done.stdout + done.stderr, done
    assert b"base_url: \"http://127.0.0.1:9\"" in done.stdout and old.read_text().startswith("# mine")
    done = dise.run("config", "migrate", str(old), "--write")
    assert done.returncode == 0 and b"canary" not in done.stdout + done.stderr, done
    assert (tmp_path / "old.yaml.bak").read_text().startswith("# mine") and (tmp_path / "openai.api_key").read_text() == "sk-canary-literal"
    new = old.read_text()
    again = dise.run("config", "migrate", str(old), "--write")
    assert again.returncode == 0 and b"already" in again.stderr and old.read_text() == new
    assert dise.run("config", "migrate", str(old)).stdout.decode() == new
    done = dise.run("config", "migrate", str(tmp_path / "none.yaml"))
    assert done.returncode == 2 and b"none.yaml" in done.stderr


def test_the_dashboard_takes_its_options(dise, tui):
    dise.answers(GOOD, extra="ui: {theme: light, mouse: false}\n")
    for command, theme in (("/theme dark\r", "dark"), ("", "light")):  # what was chosen for a session is not what is configured
        t = tui(columns=120, lines=30)
        t.wait_for("● engine")
        t.send(command)
        t.settle()
        t.send("\x03\x03")
        t.wait_end()
        left = json.loads((dise.home / "ui.json").read_text())
        assert left["mouse"] is False and left["theme"] == theme
