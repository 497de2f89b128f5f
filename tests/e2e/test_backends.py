"""`dise backends`: who can be asked, who plays which role and where that was decided, a tiny real call of each model; and that
the tiers of a task's kind play its roles."""

import json

import pytest
from clocks import clock, morning  # noqa: F401 (fixtures)
from fake_model import FakeModel
from test_cancel import start

ADD = "```python\ndef add(a, b):\n    return a + b\n```"
TASK = "write a function that adds two numbers, add(2, 3) == 5"
HEAD = "pipeline: {tests: false, plan: never}\n"


@pytest.fixture
def model():
    made = []

    def make(text=ADD, plan=(), name="first"):
        made.append(FakeModel(text, plan, name))
        return made[-1]

    yield make
    for server in made:
        server.close()


def two(first, second, more=""):
    return (HEAD + f"llm:\n  backend: first\n  fallback_backends: [second]\n  model_roles: {{fast: small, powerful: large}}\n"
            f"  backends:\n    first: {{base_url: {first.url}, timeout: 30}}\n"
            f"    second: {{base_url: {second.url}, model_roles: {{fast: other}}}}\n" + more)


def backends(dise, *args):
    code, lines = dise.json("backends", *args)
    return code, lines[-1], {b["name"]: b for b in lines[-1]["backends"]}


def test_who_can_be_asked_and_why(dise, model):
    first, second = model(name="small"), model(name="other")
    second.close()
    dise.config(two(first, second, "    off: {base_url: http://127.0.0.1:1, enabled: false}\n"))
    code, all_, by_name = backends(dise, "--explain")
    assert code == 0 and (all_["well"], all_["asked"]) == (1, 2)
    assert by_name["first"]["state"] == "up" and by_name["first"]["models"] == ["small"] and by_name["first"]["look_ms"] > 0
    assert [(p["model"], p["roles"]) for p in by_name["first"]["plays"]] == [("small", ["fast"]), ("large", ["powerful"])]
    assert by_name["second"]["state"] == "down" and by_name["second"]["remedy"]
    assert by_name["off"]["state"] == "disabled" and "enabled: true" in by_name["off"]["remedy"]
    assert by_name["first"]["door"]["breaker"] == "closed"
    roles = {r["role"]: r["chain"] for r in all_["roles"]}
    assert [(c["backend"], c["model"], c["state"]) for c in roles["fast"]] == [("first", "small", "ok"), ("second", "other", "down")]
    assert roles["fast"][0]["timeout_ms"] == 30000
    assert roles["fast"][0]["how"].startswith("llm.model_roles.fast, ") and roles["fast"][0]["how"].endswith("config.yaml:5:17")
    text = dise.run("backends", "--explain").stdout.decode()
    assert "✔ first" in text and "✘ second" in text and "config.yaml:5:17" in text
    assert text.rstrip().endswith("Summary: 1/2 backends operational")


def test_a_tiny_call_of_each_model(dise, model):
    first, second = model("1 2 3 4 5 6", [{"pause": 0.01}] * 2), model(name="other", plan=[401])
    dise.config(two(first, second))
    code, all_, by_name = backends(dise, "--test")
    assert code == 3 and (all_["well"], all_["asked"]) == (1, 2)
    small, large = by_name["first"]["plays"]
    assert small["test"]["ok"] and large["test"]["ok"] and small["test"]["first_token_ms"] > 0 and small["test"]["tokens_s"] > 0
    assert sorted(body["model"] for _, body in first.asked) == ["large", "small"]
    assert all(body["max_tokens"] < 100 for _, body in first.asked + second.asked) and len(second.asked) == 1
    failed = by_name["second"]["plays"][0]["test"]
    assert not failed["ok"] and failed["code"] == "HTTP_AUTH" and failed["error"] and "llm.backends.second.api_key" in failed["remedy"]
    second.plan = [401]
    text = dise.run("backends", "--test").stdout.decode()
    assert "tokens/s" in text and "Fix: set llm.backends.second.api_key" in text and "Summary: 1/2" in text


def test_each_model_is_told_as_soon_as_it_has_answered(dise, model):
    first, second = model("1 2 3 4 5 6", [{}, {"wait": 3}]), model(name="other", plan=[401])
    dise.config(two(first, second))
    connection = start(dise)
    testing = dise.start("backends", "--test", "--json")
    told = {}
    while len(told) < 3:
        event = json.loads(connection.lines.readline())["params"]
        if event["type"] == "backend_tested":
            told[event["model"]] = event
            assert len(told) == 3 or testing.poll() is None, "the other model of the first has not answered yet"
    assert list(told)[2] == "large" and [e["backend"] for e in told.values()].count("first") == 2
    assert told["small"]["test"]["ok"] and not told["other"]["test"]["ok"] and "api_key" in told["other"]["test"]["remedy"]
    lines = [json.loads(line) for line in testing.communicate(timeout=90)[0].splitlines()]
    assert [x.get("model") for x in lines] == [*told, None], "each as it answers, then all"
    plays = {p["model"]: p["test"] for b in lines[-1]["backends"] for p in b.get("plays", [])}
    assert plays == {name: event["test"] for name, event in told.items()}


def test_the_command_shows_each_model_as_it_answers(dise, model):
    first, second = model("1 2 3 4 5 6", [{"wait": 3}]), model("1 2 3", name="other")
    dise.config(two(first, second).replace(", powerful: large", ""))
    testing = dise.start("backends", "--test", text=True)
    shown = [testing.stdout.readline() for _ in range(2)]
    assert shown[0].split() == ["second", "other"] and "tokens/s" in shown[1], shown
    assert testing.poll() is None, "the other has not answered yet"
    rest = testing.communicate(timeout=90)[0]
    assert rest.startswith("first small\n") and rest.index("✔ first") < rest.index("✔ second"), "the table keeps its order"
    assert rest.rstrip().endswith("Summary: 2/2 backends operational")


def test_what_today_has_cost(dise, model, morning):
    first, second = model(), model(name="other")
    dise.config(two(first, second, "  prices: {small: {in: 1000, out: 10000}}\n"))
    assert dise.run("run", TASK, "--fresh").returncode == 0
    today = backends(dise)[2]["first"]["today"]
    assert today["calls"] == 1 and today["tokens_in"] > 0 and today["cost"] > 0
    assert "today 1 call, " in dise.run("backends").stdout.decode()


def test_the_tiers_of_a_tasks_kind_play_its_roles(dise, model):
    first = model()
    dise.config(HEAD + f"llm: {{backend: first, backends: {{first: {{base_url: {first.url}}}}}}}\n"
                "model_tiers:\n  coding: {tier_1: {model: coder}, tier_3: {model: strong}}\n  content: {tier_1: {model: writer}}\n")
    assert dise.run("run", TASK, "--fresh").returncode == 0
    assert {body["model"] for _, body in first.asked} == {"coder"}
    first.asked.clear()
    first.text = "Snow falls on the pond, the old frog thinks of the spring, and goes on waiting."
    assert dise.run("run", "write a haiku about snow", "--as", "text").returncode == 0
    assert first.asked[-1][1]["model"] == "writer"


def test_a_tool_may_name_its_tier(dise, model):
    first = model("Snow falls on the pond, the old frog thinks of the spring, and goes on waiting.")
    dise.config(HEAD + f"llm: {{backend: first, backends: {{first: {{base_url: {first.url}}}}}}}\n"
                "model_tiers:\n  coding: {tier_1: {model: coder}}\n  content: {tier_1: {model: writer}, tier_2: {model: poet}}\n")
    text = dise.run("tool", "show", "writer").stdout.decode().replace("role: fast", "tier: content.tier_2")
    (dise.home / "writer.yaml").write_text(text)
    saved = dise.run("tool", "save", "writer", str(dise.home / "writer.yaml"))
    assert saved.returncode == 0, saved.stderr
    assert dise.run("run", "write a haiku about snow", "--as", "text").returncode == 0
    assert first.asked[-1][1]["model"] == "poet"


def test_a_model_that_is_not_there_is_passed_over_and_named(dise, model):
    first, second = model(name="loaded"), model(name="other")
    dise.config(HEAD + f"llm:\n  backend: lmstudio\n  model_roles: {{fast: absent}}\n  backends:\n    lmstudio: {{base_url: {first.url}}}\n"
                f"    second: {{base_url: {second.url}, model_roles: {{fast: other}}}}\n")
    assert {r["role"]: r["chain"] for r in backends(dise)[1]["roles"]}["fast"][0]["state"] == "missing"
    assert dise.run("run", TASK, "--fresh").returncode == 0
    assert not first.asked and len(second.asked) == 1
    second.close()
    dise.run("stop")
    ended = dise.run("run", TASK, "--fresh")
    assert ended.returncode == 3 and b'lmstudio has no model "absent"' in ended.stderr + ended.stdout


def test_a_wrong_name_is_said_with_its_place(dise):
    dise.config("llm:\n  backend: antropic\n")
    ended = dise.run("backends")
    assert ended.returncode == 2
    assert b'config.yaml:2:3: unknown backend "antropic", did you mean "anthropic"?' in ended.stderr


def test_a_provider_is_not_asked_without_a_key(dise):
    dise.config("llm: {backend: anthropic, model_roles: {fast: claude-haiku-4-5}, backends: {anthropic: {api_key: '${NO_SUCH_KEY}'}}}\n")
    code, all_, by_name = backends(dise)
    row = by_name["anthropic"]
    assert code == 3 and row["state"] == "down" and "export ANTHROPIC_API_KEY" in row["detail"] and row["look_ms"] < 50
    ended = dise.run("run", TASK)
    assert ended.returncode == 3 and b"anthropic has no key: export ANTHROPIC_API_KEY" in ended.stderr + ended.stdout


def test_a_tool_with_an_unknown_tier_is_refused_with_its_place(dise, model):
    first = model()
    dise.config(HEAD + f"llm: {{backend: first, backends: {{first: {{base_url: {first.url}}}}}}}\nmodel_tiers:\n  content: {{tier_1: {{model: writer}}}}\n")
    text = dise.run("tool", "show", "writer").stdout.decode()
    assert "role: fast" in text
    (dise.home / "writer.yaml").write_text(text.replace("role: fast", "tier: contnt.tier_1"))
    saved = dise.run("tool", "save", "writer", str(dise.home / "writer.yaml"))
    line = text[:text.index("role: fast")].count("\n") + 1
    assert saved.returncode == 2 and b'unknown role or tier "contnt.tier_1", did you mean "content.tier_1"?' in saved.stderr, saved.stderr
    assert f"writer:{line}:3: ".encode() in saved.stderr
