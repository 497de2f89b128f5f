"""A server that keeps to the formats of OpenAI, Azure OpenAI, Anthropic and Ollama to the letter: what their
references do not name is refused in the provider's own words, and so is what their models do not take.
test_conformance.py proves it right with the providers' own clients before DiSE is held to it.

One address serves all: /v1 (OpenAI), /openai/... (Azure), /anthropic/v1 (Anthropic), /api (Ollama)."""

import base64
import json
import re
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

KEYS = {"openai": "sk-test-openai", "azure": "azure-test-key", "anthropic": "sk-ant-test"}
VECTOR = 8  # length of a model's own vectors


class Refused(Exception):
    """A request that a provider would refuse. `kind` is its own word for it."""

    def __init__(self, status, kind, message, param=None):
        super().__init__(message)
        self.status, self.kind, self.message, self.param = status, kind, message, param


# ---- what a field may hold; each raises ValueError with the reason ----


def text(value):
    if not isinstance(value, str):
        raise ValueError("must be a string")


def filled(value):
    text(value)
    if not value:
        raise ValueError("must not be empty")


def flag(value):
    if not isinstance(value, bool):
        raise ValueError("must be a boolean")


def whole(least=None, most=None):
    def check(value):
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError("must be an integer")
        if (least is not None and value < least) or (most is not None and value > most):
            raise ValueError(f"must be from {least} to {most}")
    return check


def number(least=None, most=None):
    def check(value):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError("must be a number")
        if (least is not None and value < least) or (most is not None and value > most):
            raise ValueError(f"must be from {least} to {most}")
    return check


def one_of(*words):
    def check(value):
        if value not in words:
            raise ValueError(f"must be one of {', '.join(map(str, words))}")
    return check


def list_of(kind, least=0):
    def check(value):
        if not isinstance(value, list) or len(value) < least:
            raise ValueError(f"must be a list of at least {least}")
        for item in value:
            kind(item)
    return check


def either(*kinds):
    def check(value):
        reasons = []
        for kind in kinds:
            try:
                return kind(value)
            except ValueError as e:
                reasons.append(str(e))
        raise ValueError(" or ".join(reasons))
    return check


def record(required, optional=None):
    """An object with these fields and no others."""
    known = {**required, **(optional or {})}

    def check(value):
        if not isinstance(value, dict):
            raise ValueError("must be an object")
        for name in required:
            if name not in value:
                raise ValueError(f"{name}: field required")
        for name, item in value.items():
            if name not in known:
                raise ValueError(f"{name}: Extra inputs are not permitted")
            try:
                known[name](item)
            except ValueError as e:
                raise ValueError(f"{name}: {e}") from None
    return check


def anything(_value):
    pass


def is_schema(value):
    if not isinstance(value, dict):
        raise ValueError("must be a JSON schema")


# ---- the "model" ----


def tokens(*texts):
    return max(1, sum(len(t.encode()) for t in texts) // 4)


def vector(words, dimensions):
    """Something that depends on the text, exact in 32 bits."""
    return [((sum(words.encode()) * (i + 3)) % 64 - 32) / 16 for i in range(dimensions)]


def instance(schema):
    """The simplest value that a schema allows."""
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if kind == "object":
        return {name: instance(s) for name, s in schema.get("properties", {}).items()}
    return {"string": "text", "integer": 1, "number": 0.5, "boolean": True, "array": [], "null": None}[kind]


def pieces(answer):
    return re.findall(r"\s*\S+|\s+$", answer)


def shared(parts, thought, limit):
    """Reasoning comes first and takes its part of the limit: (its tokens, what is left of the answer, whether cut)."""
    if limit is None or limit >= thought + len(parts):
        return thought, parts, False
    thought = min(thought, limit)
    return thought, parts[:limit - thought], True


def flat(content):
    return content if isinstance(content, str) else "".join(block["text"] for block in content)


def strict_schema(schema, path, all_required):
    """What is demanded of a schema that a model is strictly held to."""
    if not isinstance(schema, dict):
        return
    for word in ("minimum", "maximum", "minLength", "maxLength", "maxItems", "multipleOf", "pattern"):
        if word in schema and not isinstance(schema[word], dict):
            raise ValueError(f"{path}: For '{schema.get('type')}' type, property '{word}' is not supported")
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            raise ValueError(f"{path}: 'additionalProperties' is required to be supplied and to be false")
        if all_required and set(schema.get("required", [])) != set(schema.get("properties", {})):
            raise ValueError(f"{path}: 'required' is required to be supplied and to be an array including every "
                             "key in properties")
    for name, inner in schema.get("properties", {}).items():
        strict_schema(inner, f"{path}.{name}", all_required)
    strict_schema(schema.get("items"), f"{path}[]", all_required)


# ---- OpenAI and Azure ----

OPENAI_MODELS = ("gpt-4o-mini", "gpt-4o", "gpt-5-mini", "o3-mini", "text-embedding-3-small")
AZURE_DEPLOYMENTS = {"my-mini": "gpt-4o-mini", "my big one": "gpt-5-mini", "my-vectors": "text-embedding-3-small"}
AZURE_VERSIONS = ("2024-02-15-preview", "2024-06-01", "2024-10-21", "2025-01-01-preview")

TEXT_PART = record({"type": one_of("text"), "text": text})
OPENAI_CHAT = record(
    {"messages": list_of(record({"role": one_of("system", "developer", "user", "assistant"),
                                 "content": either(text, list_of(TEXT_PART, 1))}, {"name": text}), 1)},
    {"model": filled, "temperature": number(0, 2), "top_p": number(0, 1), "n": whole(1, 1), "seed": whole(),
     "max_tokens": whole(1), "max_completion_tokens": whole(1), "stream": flag,
     "stream_options": record({}, {"include_usage": flag, "include_obfuscation": flag}),
     "stop": either(text, list_of(text)), "presence_penalty": number(-2, 2), "frequency_penalty": number(-2, 2),
     "response_format": either(
         record({"type": one_of("text", "json_object")}),
         record({"type": one_of("json_schema"),
                 "json_schema": record({"name": filled}, {"schema": is_schema, "strict": flag, "description": text})})),
     "reasoning_effort": one_of("minimal", "low", "medium", "high"), "user": text, "store": flag, "logprobs": flag,
     "top_logprobs": whole(0, 20), "metadata": anything, "logit_bias": anything})
EMBEDDINGS = record({"input": either(filled, list_of(filled, 1))},
                    {"model": filled, "dimensions": whole(1, 64), "encoding_format": one_of("float", "base64"),
                     "user": text})


def reasons(model):
    return model.startswith(("o3", "gpt-5"))


def check_openai_chat(body, model):
    if reasons(model) and "max_tokens" in body:
        raise Refused(400, "unsupported_parameter", "Unsupported parameter: 'max_tokens' is not supported with this "
                      "model. Use 'max_completion_tokens' instead.", "max_tokens")
    if reasons(model) and body.get("temperature", 1) != 1:
        raise Refused(400, "unsupported_value", f"Unsupported value: 'temperature' does not support "
                      f"{body['temperature']} with this model. Only the default (1) value is supported.", "temperature")
    if "stream_options" in body and not body.get("stream"):
        raise Refused(400, "invalid_request_error", "The 'stream_options' parameter is only allowed when 'stream' is "
                      "enabled.", "stream_options")
    if "max_tokens" in body and "max_completion_tokens" in body:
        raise Refused(400, "invalid_request_error", "Setting 'max_tokens' and 'max_completion_tokens' at the same "
                      "time is not supported.", "max_tokens")
    form = body.get("response_format", {}).get("json_schema")
    if form and form.get("strict"):
        try:
            strict_schema(form.get("schema"), "schema", True)
        except ValueError as e:
            raise Refused(400, "invalid_request_error", f"Invalid schema for response_format '{form['name']}': {e}",
                          "response_format") from None


class OpenAI:
    name = "openai"

    def refuse(self, it, refused):
        it.json(refused.status, {"error": {"message": refused.message, "type": "invalid_request_error",
                                           "param": refused.param, "code": refused.kind}})

    def authorize(self, it):
        given = it.headers.get("Authorization", "")
        if given != f"Bearer {KEYS['openai']}":
            raise Refused(401, "invalid_api_key", f"Incorrect API key provided: {given[7:]}.")

    def model(self, _it, body):
        name = body.get("model")
        if name not in OPENAI_MODELS:
            raise Refused(404, "model_not_found", f"The model `{name}` does not exist or you do not have access to it.")
        return name

    def serve(self, it, path, body):
        self.authorize(it)
        if path == "/models":
            it.only("GET")
            return it.json(200, {"object": "list", "data": [
                {"id": m, "object": "model", "created": 1686935002, "owned_by": "openai"} for m in OPENAI_MODELS]})
        if path == "/chat/completions":
            it.check(body, OPENAI_CHAT)
            return self.chat(it, body, self.model(it, body))
        if path == "/embeddings":
            it.check(body, EMBEDDINGS)
            return self.embed(it, body, self.model(it, body))
        raise Refused(404, "unknown_url", f"Unknown request URL: {it.command} {path}.")

    def embed(self, it, body, model):
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        rows = [vector(t, body.get("dimensions", VECTOR)) for t in texts]
        if body.get("encoding_format") == "base64":
            rows = [base64.b64encode(struct.pack(f"<{len(r)}f", *r)).decode() for r in rows]
        used = tokens(*texts)
        it.json(200, {"object": "list", "model": model,
                      "data": [{"object": "embedding", "index": i, "embedding": r} for i, r in enumerate(rows)],
                      "usage": {"prompt_tokens": used, "total_tokens": used}})

    def chat(self, it, body, model):
        check_openai_chat(body, model)
        prompt = [flat(m["content"]) for m in body["messages"]]
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
        answer, limit = it.answer(prompt, schema), body.get("max_completion_tokens", body.get("max_tokens"))
        thought, parts, cut = shared(pieces(answer), 7 if reasons(model) else 0, limit)
        used = {"prompt_tokens": tokens(*prompt), "completion_tokens": len(parts) + thought,
                "total_tokens": tokens(*prompt) + len(parts) + thought,
                "prompt_tokens_details": {"cached_tokens": it.seen(prompt[0]), "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": thought, "audio_tokens": 0,
                                              "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}}
        finish = "length" if cut else "stop"
        base = {"id": "chatcmpl-1", "created": 1741569952, "model": model, "service_tier": "default",
                "system_fingerprint": "fp_1"}
        if not body.get("stream"):
            return it.json(200, {**base, "object": "chat.completion", "usage": used, "choices": [
                {"index": 0, "finish_reason": finish, "logprobs": None,
                 "message": {"role": "assistant", "content": "".join(parts), "refusal": None, "annotations": []}}]})
        self.stream(it, {**base, "object": "chat.completion.chunk"}, parts, finish,
                    used if body.get("stream_options", {}).get("include_usage") else None)

    def stream(self, it, base, parts, finish, used):
        def chunk(delta, why=None):
            more = {"usage": None} if used else {}
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": why}
            it.event({**base, "choices": [choice], **more})
        it.begin("text/event-stream; charset=utf-8")
        chunk({"role": "assistant", "content": "", "refusal": None})
        for i, part in enumerate(parts):
            if it.server.fails_after == i:
                it.event({"error": {"message": "The server had an error while processing your request.",
                                    "type": "server_error", "param": None, "code": None}})
                return it.end()
            chunk({"content": part})
        chunk({}, finish)
        if used:
            it.event({**base, "choices": [], "usage": used})
        it.piece(b"data: [DONE]\n\n")
        it.end()


class Azure(OpenAI):
    name = "azure"

    def authorize(self, it):
        if it.headers.get("api-key") != KEYS["azure"]:
            raise Refused(401, "401", "Access denied due to invalid subscription key or wrong API endpoint.")
        if it.path.startswith("/openai/v1"):
            return
        version = parse_qs(urlsplit(it.path).query).get("api-version", [None])
        if version[0] not in AZURE_VERSIONS:
            raise Refused(404, "404", "Resource not found")

    def model(self, it, body):
        found = re.match(r"/openai/deployments/([^/]+)/", it.path)
        name = unquote(found[1]) if found else body.get("model")
        if name not in AZURE_DEPLOYMENTS:
            raise Refused(404, "DeploymentNotFound", "The API deployment for this resource does not exist. If you "
                          "created the deployment within the last 5 minutes, please wait a moment and try again.")
        return AZURE_DEPLOYMENTS[name]

    def stream(self, it, base, parts, finish, used):
        it.before = {"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": [
            {"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False, "severity": "safe"}}}]}
        super().stream(it, base, parts, finish, used)


# ---- Anthropic ----

CLAUDES = {  # name: (takes a temperature, knows structured outputs, thinks)
    "claude-3-haiku-20240307": (True, False, False),
    "claude-sonnet-4-6": (True, True, False),
    "claude-opus-5-5": (False, True, True),
}
CACHE = record({"type": one_of("ephemeral")}, {"ttl": one_of("5m", "1h")})
CLAUDE_TEXT = record({"type": one_of("text"), "text": filled}, {"cache_control": CACHE})
CLAUDE_CHAT = record(
    {"model": filled, "max_tokens": whole(1),
     "messages": list_of(record({"role": one_of("user", "assistant"),
                                 "content": either(filled, list_of(CLAUDE_TEXT, 1))}), 1)},
    {"system": either(text, list_of(CLAUDE_TEXT)), "temperature": number(0, 1), "top_p": number(0, 1),
     "top_k": whole(0), "stream": flag, "stop_sequences": list_of(text), "metadata": record({}, {"user_id": text}),
     "service_tier": one_of("auto", "standard_only"), "cache_control": CACHE,
     "output_config": record({}, {"effort": one_of("low", "medium", "high", "xhigh", "max"),
                                  "format": record({"type": one_of("json_schema"), "schema": is_schema})})})


class Anthropic:
    name = "anthropic"
    kinds = {400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error"}

    def refuse(self, it, refused):
        it.json(refused.status, {"type": "error", "request_id": "req_1", "error": {
            "type": self.kinds.get(refused.status, refused.kind), "message": refused.message}})

    def serve(self, it, path, body):
        # Both headers are taken; the version of October 2026 has no more sampling parameters.
        if KEYS["anthropic"] not in (it.headers.get("x-api-key"), it.headers.get("Authorization", "")[7:]):
            raise Refused(401, "authentication_error", "invalid x-api-key")
        version = it.headers.get("anthropic-version")
        if version not in ("2023-06-01", "2026-10-21"):
            raise Refused(400, "invalid_request_error", "anthropic-version: header is required")
        if version == "2026-10-21" and body and "temperature" in body:
            raise Refused(400, "invalid_request_error", "temperature: removed in API version 2026-10-21")
        if path == "/models":
            it.only("GET")
            return self.models(it)
        if path != "/messages":
            raise Refused(404, "not_found_error", "Not found")
        it.check(body, CLAUDE_CHAT)
        self.check(body)
        self.chat(it, body)

    def models(self, it):
        query = parse_qs(urlsplit(it.path).query)
        names = sorted(CLAUDES)
        after = query.get("after_id", [None])[0]
        if after:
            names = names[names.index(after) + 1:]
        page = names[:min(int(query.get("limit", ["20"])[0]), 2)]  # small pages, so that there are several
        it.json(200, {"data": [{"type": "model", "id": m, "display_name": m, "created_at": "2025-09-29T00:00:00Z",
                                "lifecycle": "active"} for m in page],
                      "has_more": len(page) < len(names), "first_id": page[0] if page else None,
                      "last_id": page[-1] if page else None})

    def check(self, body):
        if body["model"] not in CLAUDES:
            raise Refused(404, "not_found_error", f"model: {body['model']}")
        temperature, structured, _ = CLAUDES[body["model"]]
        if "temperature" in body and not temperature:
            raise Refused(400, "", "`temperature` is deprecated for this model.")
        form = body.get("output_config", {}).get("format")
        if form and not structured:
            raise Refused(400, "", f"'{body['model']}' does not support output_config.format.")
        if form:
            try:
                strict_schema(form["schema"], "output_config.format.schema", False)
            except ValueError as e:
                raise Refused(400, "", str(e)) from None
        marks = json.dumps(body).count('"cache_control"')
        if marks > 4:
            raise Refused(400, "", f"A maximum of 4 blocks with cache_control may be provided. Found {marks}.")
        if body["messages"][0]["role"] != "user":
            raise Refused(400, "", "messages: first message must use the \"user\" role")
        if body["messages"][-1]["role"] != "user":
            raise Refused(400, "", "This model does not support assistant message prefill.")

    def usage(self, it, body, prompt):
        system = body.get("system", [])
        kept = next((block["text"] for block in reversed(system) if "cache_control" in block), None) \
            if isinstance(system, list) else None
        used = {"input_tokens": tokens(*prompt), "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
                "output_tokens": 1, "service_tier": "standard"}
        if kept is not None:
            read = it.seen(kept)
            used["cache_read_input_tokens" if read else "cache_creation_input_tokens"] = tokens(kept)
            used["input_tokens"] -= min(tokens(kept), used["input_tokens"] - 1)
        return used

    def chat(self, it, body):
        system = flat(body.get("system", ""))
        prompt = [system] + [flat(m["content"]) for m in body["messages"]]
        answer = it.answer(prompt, body.get("output_config", {}).get("format", {}).get("schema"))
        thinks = CLAUDES[body["model"]][2]
        thought, parts, cut = shared(pieces(answer), 5 * thinks, body["max_tokens"])
        used = self.usage(it, body, prompt)
        out = {"output_tokens": len(parts) + thought}
        if thinks:
            out["output_tokens_details"] = {"thinking_tokens": thought}
        message = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": [],
                   "stop_reason": None, "stop_sequence": None, "usage": used}
        reason = "max_tokens" if cut else "end_turn"
        if not body.get("stream"):
            return it.json(200, {**message, "content": [{"type": "text", "text": "".join(parts)}],
                                 "stop_reason": reason, "usage": {**used, **out}})
        it.begin("text/event-stream; charset=utf-8")
        it.named("message_start", message=message)
        if thinks:
            it.named("content_block_start", index=0,
                     content_block={"type": "thinking", "thinking": "", "signature": ""})
            it.named("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "Let me think."})
            it.named("content_block_delta", index=0, delta={"type": "signature_delta", "signature": "EqQBCgIYAhIM"})
            it.named("content_block_stop", index=0)
        it.named("content_block_start", index=int(thinks), content_block={"type": "text", "text": ""})
        it.named("ping")
        for i, part in enumerate(parts):
            if it.server.fails_after == i:
                it.named("error", error={"type": "overloaded_error", "message": "Overloaded"})
                return it.end()
            it.named("content_block_delta", index=int(thinks), delta={"type": "text_delta", "text": part})
        it.named("content_block_stop", index=int(thinks))
        it.named("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage=out)
        it.named("message_stop")
        it.end()


# ---- Ollama ----

OLLAMA_MODELS = {"coder:0.5b": False, "thinker:1b": True, "vectors:latest": False}  # name: whether it thinks


def duration(value):
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return
    text(value)
    if not re.fullmatch(r"-?(\d+(\.\d+)?(ns|us|ms|s|m|h))+", value):
        raise ValueError(f'time: missing unit in duration "{value}"')


OLLAMA_OPTIONS = record({}, {
    "num_ctx": whole(1), "num_predict": whole(-2), "temperature": number(0), "seed": whole(), "top_k": whole(),
    "top_p": number(), "min_p": number(), "typical_p": number(), "num_keep": whole(), "repeat_last_n": whole(),
    "repeat_penalty": number(), "presence_penalty": number(), "frequency_penalty": number(),
    "stop": list_of(text), "num_batch": whole(), "num_gpu": whole(), "main_gpu": whole(), "use_mmap": flag,
    "num_thread": whole(), "numa": flag, "penalize_newline": flag})
OLLAMA_CHAT = record(
    {"model": filled},
    {"messages": list_of(record({"role": one_of("system", "user", "assistant", "tool"), "content": text},
                                {"thinking": text, "images": anything, "tool_calls": anything, "tool_name": text})),
     "stream": flag, "format": either(one_of("", "json"), is_schema), "options": OLLAMA_OPTIONS,
     "keep_alive": duration, "think": either(flag, one_of("low", "medium", "high")), "tools": list_of(anything),
     "truncate": flag, "shift": flag, "logprobs": flag, "top_logprobs": whole(0, 20)})
OLLAMA_EMBED = record({"model": filled, "input": either(text, list_of(text))},
                      {"truncate": flag, "dimensions": whole(1), "keep_alive": duration, "options": OLLAMA_OPTIONS})
OLLAMA_PULL = record({"model": filled}, {"stream": flag, "insecure": flag})


class Ollama:
    name = "ollama"

    def refuse(self, it, refused):
        it.json(refused.status, {"error": refused.message})

    def known(self, body):
        for name in (body["model"], body["model"] + ":latest"):
            if name in OLLAMA_MODELS:
                return name
        raise Refused(404, "", f"model '{body['model']}' not found")

    def serve(self, it, path, body):
        if path == "/tags":
            it.only("GET")
            return it.json(200, {"models": [
                {"name": m, "model": m, "modified_at": "2025-10-03T23:34:03.409490317-07:00", "size": 3825819519,
                 "digest": "fe93" * 16, "details": {
                     "parent_model": "", "format": "gguf", "family": "qwen2", "families": ["qwen2"],
                     "parameter_size": "494M", "quantization_level": "Q4_K_M"}} for m in OLLAMA_MODELS]})
        if path == "/chat":
            it.check(body, OLLAMA_CHAT)
            return self.chat(it, body, self.known(body))
        if path == "/embed":
            it.check(body, OLLAMA_EMBED)
            return self.embed(it, body, self.known(body))
        if path == "/pull":
            it.check(body, OLLAMA_PULL)
            return self.pull(it, body)
        raise Refused(404, "", "404 page not found")

    def embed(self, it, body, model):
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        it.json(200, {"model": model, "embeddings": [vector(t, body.get("dimensions", VECTOR)) for t in texts],
                      "total_duration": 14143917, "load_duration": 1019500, "prompt_eval_count": tokens(*texts)})

    def pull(self, it, body):
        digest, steps = "sha256:" + "8eeb52df" * 8, [{"status": "pulling manifest"}]
        if body["model"].startswith("nobody/"):
            steps.append({"error": "pull model manifest: file does not exist"})
        else:
            steps += [{"status": "pulling 8eeb52df8eeb", "digest": digest, "total": 1000, **done}
                      for done in ({}, {"completed": 400}, {"completed": 1000})]
            steps += [{"status": "verifying sha256 digest"}, {"status": "writing manifest"}, {"status": "success"}]
        if body.get("stream") is False:
            return it.json(200, steps[-1])
        it.begin("application/x-ndjson")
        for step in steps:
            it.line(step)
            time.sleep(it.server.pause)
        it.end()

    def chat(self, it, body, model):
        options, form = body.get("options", {}), body.get("format")
        thinks = OLLAMA_MODELS[model] and body.get("think") is not False
        if body.get("think") and not OLLAMA_MODELS[model]:
            raise Refused(400, "", f'"{model}" does not support thinking')
        prompt = [m["content"] for m in body.get("messages", [])]
        limit = options.get("num_predict", -1)
        thought, parts, cut = shared(pieces(it.answer(prompt, form if isinstance(form, dict) else None)), 4 * thinks,
                                     limit if limit >= 0 else None)
        head = {"model": model, "created_at": "2025-10-17T23:14:07.414671Z"}
        end = {**head, "message": {"role": "assistant", "content": ""}, "done": True,
               "done_reason": "length" if cut else "stop", "total_duration": 174560334, "load_duration": 101397084,
               "prompt_eval_count": min(tokens(*prompt), options.get("num_ctx", 4096)),
               "prompt_eval_duration": 13074791, "eval_count": len(parts) + thought, "eval_duration": 52479709}
        if body.get("stream") is False:
            return it.json(200, {**end, "message": {"role": "assistant", "content": "".join(parts)}})
        it.begin("application/x-ndjson")
        if thinks:
            it.line({**head, "message": {"role": "assistant", "content": "", "thinking": "Let me think."},
                     "done": False})
        for i, part in enumerate(parts):
            if it.server.fails_after == i:
                it.line({"error": "an error was encountered while running the model: unexpected EOF"})
                return it.end()
            it.line({**head, "message": {"role": "assistant", "content": part}, "done": False})
        it.line(end)
        it.end()


# ---- HTTP ----

ROUTES = (("/anthropic/v1", Anthropic()), ("/api", Ollama()), ("/openai/v1", Azure()), ("/openai", Azure()),
          ("/v1", OpenAI()))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    before = None  # an event ahead of the stream's own

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.serve(None)

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.serve(raw)

    def serve(self, raw):
        path = urlsplit(self.path).path
        prefix, provider = next(((p, x) for p, x in ROUTES if path.startswith(p + "/")), (None, None))
        if not provider:
            return self.json(404, {"error": "no such provider"})
        if prefix == "/openai":
            path = re.sub(r"^/openai/deployments/[^/]+", "/openai", path)
        entry = [provider.name, self.command, self.path, None, None]
        with self.server.lock:  # before the answer: who has that may look here at once
            self.server.log.append(entry)
        try:
            entry[3] = self.body(raw)
            provider.serve(self, path[len(prefix):], entry[3])
        except Refused as refused:
            entry[4] = refused.message
            provider.refuse(self, refused)

    def body(self, raw):
        if raw is None:
            return None
        if self.headers.get_content_type() != "application/json":
            raise Refused(415, "invalid_request_error", "Unsupported content type")
        try:
            return json.loads(raw.decode("utf-8"))
        except ValueError:
            raise Refused(400, "invalid_request_error", "We could not parse the JSON body of your request.") from None

    def only(self, command):
        if self.command != command:
            raise Refused(405, "invalid_request_error", f"Not allowed to {self.command} here.")

    def check(self, body, kind):
        self.only("POST")
        try:
            kind(body)
        except ValueError as e:
            raise Refused(400, "invalid_request_error", str(e)) from None

    def answer(self, prompt, schema):
        return json.dumps(instance(schema)) if schema else self.server.answer(prompt)

    def seen(self, prefix):
        """How many tokens of it the cache holds: none the first time."""
        with self.server.lock:
            known = prefix in self.server.cache
            self.server.cache.add(prefix)
        return tokens(prefix) if known else 0

    def json(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def begin(self, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if self.before:
            self.event(self.before)

    def piece(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def event(self, value):
        self.piece(b"data: " + json.dumps(value).encode() + b"\n\n")

    def named(self, kind, **fields):
        self.piece(f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode())

    def line(self, value):
        self.piece(json.dumps(value).encode() + b"\n")

    def end(self):
        self.piece(b"")


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer=lambda prompt: "Hello, wörld 😀 and all."):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock, self.log, self.cache = threading.Lock(), [], set()
        self.answer, self.fails_after, self.pause = answer, None, 0  # an error after so many pieces; s between steps
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def asked(self, provider):
        """What was sent to a provider, all of it in order: method, path, body, why it was refused."""
        with self.lock:
            return [tuple(entry[1:]) for entry in self.log if entry[0] == provider]

    def handle_error(self, request, client_address):
        pass  # a client that has heard enough closes

    def close(self):
        self.shutdown()
        self.server_close()
