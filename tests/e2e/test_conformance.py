"""The backends against a server that keeps to the providers' formats to the letter (provider_server.py), which the
providers' own Python clients prove right first: what they read from it, DiSE must read as well."""

import json
import subprocess
from pathlib import Path

import anthropic
import ollama
import openai
import pytest
from conftest import BINARY
from provider_server import AZURE_DEPLOYMENTS, CLAUDES, KEYS, OLLAMA_MODELS, OPENAI_MODELS, Server

ASK = Path(BINARY).parent / "tests" / "ask_backend"
HELLO = "Hello, wörld 😀 and all."
QUESTION = [{"role": "system", "content": "You are brief."}, {"role": "user", "content": "Say hello to the world."}]
SCHEMA = {"type": "object", "properties": {"class": {"type": "string", "enum": ["CODE", "TEXT"]},
                                           "n": {"type": "integer", "minimum": 1}}, "required": ["class", "n"]}
STRICT = {"type": "object", "properties": {"class": {"type": "string", "enum": ["CODE", "TEXT"]},
                                           "n": {"type": "integer"}}, "required": ["class", "n"],
          "additionalProperties": False}
OBJECT = {"class": "CODE", "n": 1}


@pytest.fixture
def server():
    it = Server(lambda prompt: HELLO)
    yield it
    it.close()


def ask_all(kind, url, **options):
    args = [f"{name}={json.dumps(value) if isinstance(value, (dict, list)) else value}"
            for name, value in options.items()]
    done = subprocess.run([ASK, kind, url, *args], capture_output=True, timeout=90)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def ask(*args, **options):
    return ask_all(*args, **options)[-1]


def refused(server, provider):
    return [entry[3] for entry in server.asked(provider) if entry[3]]


def azure_client(server, **more):
    return openai.AzureOpenAI(azure_endpoint=server.url, api_key=KEYS["azure"], api_version="2024-10-21",
                              max_retries=0, **more)


def openai_client(server, key=KEYS["openai"]):
    return openai.OpenAI(base_url=server.url + "/v1", api_key=key, max_retries=0)


def claude_client(server, key=KEYS["anthropic"]):
    return anthropic.Anthropic(base_url=server.url + "/anthropic", api_key=key, max_retries=0)


# ---- the server is right: the providers' own clients read it ----


def read_stream(client, model, **more):
    answer, used, finish = "", None, None
    for chunk in client.chat.completions.create(model=model, messages=QUESTION, stream=True,
                                                stream_options={"include_usage": True}, **more):
        if chunk.choices:
            answer += chunk.choices[0].delta.content or ""
            finish = chunk.choices[0].finish_reason or finish
        used = chunk.usage or used
    return answer, used, finish


@pytest.mark.parametrize("kind", ["openai", "azure"])
def test_the_client_of_openai_reads_the_server(server, kind):
    client = openai_client(server) if kind == "openai" else azure_client(server)
    mini, large, vectors = (("gpt-4o-mini", "gpt-5-mini", "text-embedding-3-small") if kind == "openai"
                            else tuple(AZURE_DEPLOYMENTS))
    whole = client.chat.completions.create(model=mini, messages=QUESTION, temperature=0.2, seed=1, max_tokens=50)
    assert whole.choices[0].message.content == HELLO and whole.usage.completion_tokens == 5
    answer, used, finish = read_stream(client, large, max_completion_tokens=10)
    assert answer == "Hello, wörld 😀" and finish == "length"
    assert used.completion_tokens_details.reasoning_tokens == 7 and used.prompt_tokens_details.cached_tokens > 0
    assert client.embeddings.create(model=vectors, input=["a", "b"]).data[1].embedding[0] == pytest.approx(
        (98 * 3 % 64 - 32) / 16)
    strict = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": STRICT}}
    assert json.loads(read_stream(client, mini, response_format=strict)[0]) == OBJECT
    with pytest.raises(openai.BadRequestError, match="max_completion_tokens"):
        client.chat.completions.create(model=large, messages=QUESTION, max_tokens=3)
    with pytest.raises(openai.BadRequestError, match="Only the default"):
        client.chat.completions.create(model=large, messages=QUESTION, temperature=0.3)
    with pytest.raises(openai.BadRequestError, match="Extra inputs"):
        client.chat.completions.create(model=mini, messages=QUESTION, extra_body={"cache_prompt": True})
    strict["json_schema"]["schema"] = SCHEMA
    with pytest.raises(openai.BadRequestError, match="Invalid schema"):
        client.chat.completions.create(model=mini, messages=QUESTION, response_format=strict)
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="nobody", messages=QUESTION)
    server.fails_after = 2
    with pytest.raises(openai.APIError, match="server had an error"):
        read_stream(client, mini)


def test_the_clients_of_openai_name_what_else_is_wrong(server):
    assert [m.id for m in openai_client(server).models.list()] == list(OPENAI_MODELS)
    with pytest.raises(openai.AuthenticationError):
        openai_client(server, "wrong").models.list()
    with pytest.raises(openai.AuthenticationError):
        azure_client(server).with_options(api_key="wrong").models.list()
    with pytest.raises(openai.NotFoundError):
        openai.AzureOpenAI(azure_endpoint=server.url, api_key=KEYS["azure"], api_version="1999-01-01",
                           max_retries=0).models.list()
    plain = openai.OpenAI(base_url=server.url + "/openai/v1", api_key="unused", max_retries=0,
                          default_headers={"api-key": KEYS["azure"]})
    assert read_stream(plain, "my-mini")[0] == HELLO


def test_the_client_of_anthropic_reads_the_server(server):
    client = claude_client(server)
    system = [{"type": "text", "text": "You are brief.", "cache_control": {"type": "ephemeral"}}]
    for turn in range(2):
        with client.messages.stream(model="claude-opus-5-5", max_tokens=50, system=system,
                                    messages=QUESTION[1:]) as stream:
            message = stream.get_final_message()
        assert [block.type for block in message.content] == ["thinking", "text"]
        assert message.content[1].text == HELLO and message.stop_reason == "end_turn"
        assert message.usage.output_tokens == 10
        assert (message.usage.cache_creation_input_tokens > 0) == (turn == 0)
        assert (message.usage.cache_read_input_tokens > 0) == (turn == 1)
    whole = client.messages.create(model="claude-sonnet-4-6", max_tokens=2, messages=QUESTION[1:])
    assert whole.content[0].text == "Hello, wörld" and whole.stop_reason == "max_tokens"
    output = {"format": {"type": "json_schema", "schema": STRICT}}
    whole = client.messages.create(model="claude-sonnet-4-6", max_tokens=50, messages=QUESTION[1:],
                                   output_config=output)
    assert json.loads(whole.content[0].text) == OBJECT
    assert [m.id for m in client.models.list(limit=2)] == sorted(CLAUDES)
    one = dict(max_tokens=9, messages=QUESTION[1:])
    for version, why in (("2023-06-01", "deprecated"), ("2026-10-21", "removed")):
        with pytest.raises(anthropic.BadRequestError, match=why):
            client.messages.create(model="claude-opus-5-5", extra_body={"temperature": 0.5},
                                   extra_headers={"anthropic-version": version}, **one)
    with pytest.raises(anthropic.BadRequestError, match="does not support output_config"):
        client.messages.create(model="claude-3-haiku-20240307", output_config=output, **one)
    output["format"]["schema"] = SCHEMA
    with pytest.raises(anthropic.BadRequestError, match="additionalProperties|minimum"):
        client.messages.create(model="claude-sonnet-4-6", output_config=output, **one)
    with pytest.raises(anthropic.BadRequestError, match="Extra inputs"):
        client.messages.create(model="claude-sonnet-4-6", extra_body={"seed": 1}, **one)
    with pytest.raises(anthropic.NotFoundError):
        client.messages.create(model="nobody", **one)
    with pytest.raises(anthropic.AuthenticationError):
        claude_client(server, "wrong").models.list()
    server.fails_after = 1
    with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
        with client.messages.stream(model="claude-sonnet-4-6", **one) as stream:
            stream.get_final_message()


def test_the_client_of_ollama_reads_the_server(server):
    client = ollama.Client(host=server.url)
    assert [m.model for m in client.list().models] == list(OLLAMA_MODELS)
    parts = list(client.chat("thinker:1b", QUESTION, stream=True, keep_alive="5m",
                             options={"num_ctx": 8192, "temperature": 0.1, "seed": 3, "num_predict": 6}))
    assert "".join(p.message.content or "" for p in parts) == "Hello, wörld"
    assert parts[0].message.thinking and parts[-1].done_reason == "length" and parts[-1].eval_count == 6
    assert json.loads(client.chat("coder:0.5b", QUESTION, format=SCHEMA).message.content) == OBJECT
    assert len(client.embed("vectors", ["a", "b"], dimensions=4).embeddings[1]) == 4
    assert [p.status for p in client.pull("coder:0.5b", stream=True)][-1] == "success"
    with pytest.raises(ollama.ResponseError, match="not found"):
        client.chat("nobody", QUESTION)
    with pytest.raises(ollama.ResponseError, match="missing unit"):
        client.chat("coder:0.5b", QUESTION, keep_alive="60")
    with pytest.raises(ollama.ResponseError, match="file does not exist"):
        list(client.pull("nobody/nothing", stream=True))
    server.fails_after = 1
    with pytest.raises(ollama.ResponseError, match="encountered"):
        list(client.chat("coder:0.5b", QUESTION, stream=True))


# ---- and DiSE reads it, too ----


@pytest.mark.parametrize("kind", ["openai", "azure"])
@pytest.mark.parametrize("large", [False, True])
def test_openai_and_azure(server, kind, large):
    client = openai_client(server) if kind == "openai" else azure_client(server)
    model = {("openai", False): "gpt-4o-mini", ("openai", True): "gpt-5-mini",
             ("azure", False): "my-mini", ("azure", True): "my big one"}[kind, large]
    text, used, _ = read_stream(client, model)
    server.cache.clear()
    url = server.url + ("/v1" if kind == "openai" else "")
    first, second = ask_all(kind, url, key=KEYS[kind], model=model, times=2, tokens=50, seed=3, temperature=0.3)
    for it in (first, second):
        assert it["code"] == "OK", it
        assert (it["text"], it["finish"], it["estimated"]) == (text, "stop", False)
        assert (it["tokens_in"], it["tokens_out"]) == (used.prompt_tokens, used.completion_tokens)
        assert it["tokens_thinking"] == used.completion_tokens_details.reasoning_tokens
    assert second["tokens_cached"] > 0
    # what a model does not take is learned once, by the name that the limit of tokens has by the model's name
    learned = refused(server, kind)
    assert len(learned) == (0 if not large else 1 if kind == "openai" else 2), learned
    assert ask(kind, url, key=KEYS[kind], model=model, tokens=2 + 7 * large)["finish"] == "length"


@pytest.mark.parametrize("kind,url,model,key", [
    ("openai", "/v1", "gpt-4o-mini", "openai"), ("azure", "", "my-mini", "azure"),
    ("azure", "/openai/v1", "my-mini", "azure"), ("anthropic", "/anthropic", "claude-sonnet-4-6", "anthropic"),
    ("anthropic", "/anthropic/v1/", "claude-opus-5-5", "anthropic"), ("ollama", "", "coder:0.5b", None),
    ("ollama", "/v1", "thinker:1b", None)])
def test_answers_obey_a_schema(server, kind, url, model, key):
    options = {"model": model, "temperature": 1, **({"key": KEYS[key]} if key else {})}
    for schema in (SCHEMA, STRICT):
        it = ask(kind, server.url + url, schema=schema, **options)
        assert it["code"] == "OK", it
        assert json.loads(it["text"]) == OBJECT
    # that a server demands closed schemas is known of the providers, and learned from others
    allowed = ("temperature", "Invalid schema") if kind == "openai" else ("temperature",)
    assert not [why for why in refused(server, kind) if not any(word in why for word in allowed)]


def test_anthropic(server):
    url = server.url + "/anthropic"
    for model, (temperature, _, thinks) in CLAUDES.items():
        server.log.clear()
        server.cache.clear()
        first, second = ask_all("anthropic", url, key=KEYS["anthropic"], model=model, times=2, tokens=50)
        for it in (first, second):
            assert it["code"] == "OK", it
            assert (it["text"], it["finish"], it["estimated"]) == (HELLO, "stop", False)
            assert it["tokens_out"] == 5 + 5 * thinks and it["tokens_thinking"] == 5 * thinks
        assert first["tokens_cached"] == 0 and second["tokens_cached"] > 0
        assert first["tokens_in"] == second["tokens_in"]
        assert len(refused(server, "anthropic")) == (not temperature)
    assert ask("anthropic", url, key=KEYS["anthropic"], ask="models", total=3000)["models"] == sorted(CLAUDES)
    assert ask("anthropic", url, key=KEYS["anthropic"], model="claude-sonnet-4-6", tokens=2)["finish"] == "length"


def test_anthropic_tells_a_model_that_cannot_be_held_to_a_schema(server):
    server.answer = lambda prompt: f"```json\n{json.dumps(OBJECT)}\n```"
    it = ask("anthropic", server.url + "/anthropic", key=KEYS["anthropic"], model="claude-3-haiku-20240307",
             schema=SCHEMA)
    assert it["code"] == "OK" and json.loads(it["text"]) == OBJECT
    assert "JSON schema" in server.asked("anthropic")[-1][2]["system"][-1]["text"]
    server.answer = lambda prompt: "Gladly! Here it comes."
    it = ask("anthropic", server.url + "/anthropic", key=KEYS["anthropic"], model="claude-3-haiku-20240307",
             schema=SCHEMA)
    assert it["code"] == "PROTOCOL" and "structured outputs" in it["sentence"]


def test_ollama(server):
    client = ollama.Client(host=server.url)
    end = list(client.chat("thinker:1b", QUESTION, stream=True))[-1]
    it = ask("ollama", server.url, model="thinker:1b", tokens=50, seed=3, keep_alive="90")
    assert it["code"] == "OK", it
    assert (it["text"], it["finish"], it["truncated"]) == (HELLO, "stop", False)
    assert (it["tokens_in"], it["tokens_out"]) == (end.prompt_eval_count, end.eval_count)
    assert it["tokens_thinking"] == 4
    sent = server.asked("ollama")[-1][2]
    assert sent["options"]["num_ctx"] == 4096 and sent["keep_alive"] == 90
    assert ask("ollama", server.url, ask="models", total=3000)["models"] == list(OLLAMA_MODELS)
    # a long prompt gets a larger window, unless the configuration says otherwise: then it is cut, and that is told
    long = {"user": "word " * 6000, "model": "coder:0.5b"}
    assert not ask("ollama", server.url, **long)["truncated"]
    assert server.asked("ollama")[-1][2]["options"]["num_ctx"] == 16384
    assert ask("ollama", server.url, **long, **{"option.num_ctx": 4096})["truncated"]
    assert ask("ollama", server.url, **long, window=4096)["truncated"]
    assert not refused(server, "ollama")


@pytest.mark.parametrize("kind,url,model", [
    ("openai", "/v1", "gpt-5-mini"), ("azure", "", "my big one"), ("anthropic", "/anthropic", "claude-opus-5-5"),
    ("ollama", "", "thinker:1b")])
def test_a_model_that_thinks_gets_room_for_it(server, kind, url, model):
    key = {"key": KEYS[kind]} if kind in KEYS else {}
    first, second = ask_all(kind, server.url + url, model=model, tokens=3, times=2, temperature=1, **key)
    asked = [body for method, _, body, why in server.asked(kind) if method == "POST" and not why]
    limits = [body.get("max_completion_tokens", body.get("max_tokens", body.get("options", {}).get("num_predict")))
              for body in asked]
    assert limits == [3, 4099, 4099], limits
    assert first["text"] == second["text"] == HELLO
    assert first["tokens_out"] == second["tokens_out"] + 3  # what was thought in vain is paid for as well


def test_ollama_pulls(server):
    done = ask("ollama", server.url, ask="pull", model="coder:0.5b")
    assert done["code"] == "OK"
    assert ["pulling 8eeb52df8eeb", 400, 1000] in done["progress"]
    assert done["progress"][-1][0] == "writing manifest"
    failed = ask("ollama", server.url, ask="pull", model="nobody/nothing")
    assert failed["code"] != "OK" and "file does not exist" in failed["sentence"]


@pytest.mark.parametrize("kind,url,model", [
    ("openai", "/v1", "text-embedding-3-small"), ("azure", "", "my-vectors"), ("ollama", "", "vectors")])
def test_texts_become_the_same_vectors(server, kind, url, model):
    texts, key = ["first text", "ein zweiter, mit ümlaut"], {"key": KEYS[kind]} if kind in KEYS else {}
    for dimensions in (None, 3):
        more = {"dimensions": dimensions} if dimensions else {}
        if kind == "ollama":
            expected = ollama.Client(host=server.url).embed(model, texts, dimensions=dimensions).embeddings
        else:
            client = openai_client(server) if kind == "openai" else azure_client(server)
            expected = [row.embedding for row in client.embeddings.create(model=model, input=texts, **more).data]
        it = ask(kind, server.url + url, ask="embed", model=model, system=texts[0], user=texts[1], **key, **more)
        assert it["code"] == "OK", it
        assert it["vectors"] == [list(row) for row in expected] and it["tokens_in"] > 0


@pytest.mark.parametrize("kind,url,model", [
    ("openai", "/v1", "gpt-4o-mini"), ("azure", "", "my-mini"), ("anthropic", "/anthropic", "claude-sonnet-4-6"),
    ("ollama", "", "coder:0.5b")])
def test_what_goes_wrong_has_its_code(server, kind, url, model):
    key = {"key": KEYS[kind]} if kind in KEYS else {}
    assert ask(kind, server.url + url, model="nobody", **key)["code"] == "HTTP_MODEL"
    if key:
        it = ask(kind, server.url + url, model=model, key="sk-wrong-key")
        assert it["code"] == "HTTP_AUTH" and "wrong-key" not in json.dumps(it)
    server.fails_after = 2
    it = ask(kind, server.url + url, model=model, **key)
    assert it["code"] == "HTTP_SERVER" and it["text"] == "Hello, wörld" and it["retryable"]


# ---- through the engine ----

PROGRAM = "```python\ndef add(a, b):\n    return a + b\n```\n"
ENTRIES = {
    "openai": ("openai", "{{base_url: '{url}/v1', api_key: '${{MY_KEY}}', model_roles: {{fast: gpt-4o-mini}}}}"),
    "azure": ("azure", "{{endpoint: '{url}/', api_key: '${{MY_KEY}}', deployment_name: my-mini, "
                       "model_roles: {{fast: my-mini}}}}"),
    "anthropic": ("anthropic", "{{base_url: '{url}/anthropic', api_key: '${{MY_KEY}}', "
                               "model_roles: {{fast: claude-sonnet-4-6}}}}"),
    "ollama": ("ollama", "{{base_url: '{url}', model_roles: {{fast: 'coder:0.5b'}}}}"),
    "old ollama": ("ollama", "{{base_url: '{url}/v1', model_roles: {{fast: 'coder:0.5b'}}}}"),
    "by type": ("mine", "{{type: anthropic, base_url: '{url}/anthropic', api_key: '${{MY_KEY}}', "
                        "model_roles: {{fast: claude-opus-5-5}}}}"),
    "azure by type": ("work", "{{class: azure_openai, endpoint: '{url}', api_key: '${{MY_KEY}}', "
                              "model_roles: {{fast: my big one}}}}"),
}


@pytest.mark.parametrize("case", ENTRIES)
def test_a_task_is_solved_with_each(dise, server, case):
    name, entry = ENTRIES[case]
    provider = {"mine": "anthropic", "work": "azure"}.get(name, name)
    server.answer = lambda prompt: PROGRAM
    key = KEYS.get(provider, "none")
    off = "".join(f"    {x}: {{enabled: false}}\n" for x in ("ollama", "lmstudio", "openai", "local") if x != name)
    dise.env["MY_KEY"] = key
    dise.config(f"llm:\n  backend: {name}\n  backends:\n    {name}: {entry.format(url=server.url)}\n{off}"
                "pipeline: {tests: false, plan: never}\n")
    code, lines = dise.json("run", "write a function that adds two numbers, add(2, 3) == 5")
    assert code == 0, lines[-3:]
    asked = server.asked(provider)
    assert any(method == "POST" and not why for method, _, _, why in asked)
    assert all(why is None or "temperature" in why or "max_tokens" in why for *_, why in asked)
    dise.run("stop")
    for path in dise.home.rglob("*"):
        if path.is_file() and path.stat().st_size < 1 << 24:
            assert key.encode() not in path.read_bytes() or key == "none", path


def test_ollama_is_asked_to_fetch_a_model(dise, server):
    entries = (f"ollama: {{base_url: '{server.url}'}}\n    work: {{type: openai, base_url: '{server.url}/v1'}}")
    dise.config(f"llm:\n  backend: ollama\n  backends:\n    {entries}\n")
    server.pause = 0.25
    done = dise.run("model", "install", "ollama/coder:0.5b")
    assert done.returncode == 0, done.stderr
    assert b"pulling 8eeb52df8eeb coder:0.5b" in done.stderr, done.stderr
    assert [body for _, path, body, _ in server.asked("ollama") if path == "/api/pull"] == [
        {"model": "coder:0.5b", "stream": True}]
    for name, why in (("ollama/nobody/nothing", b"file does not exist"), ("work/gpt-4o", b"cannot be asked to fetch"),
                      ("nowhere/x", b"there is no model named nowhere/x")):
        done = dise.run("model", "install", name)
        assert done.returncode != 0 and why in done.stdout + done.stderr, (name, done)


def test_an_unknown_type_is_named(dise):
    dise.config("llm:\n  backend: mine\n  backends:\n    mine: {type: claudia, base_url: 'http://127.0.0.1:1'}\n")
    done = dise.run("doctor")
    assert b'type is "claudia", but must be openai, ollama, anthropic, azure or replay' in done.stdout, done.stdout
