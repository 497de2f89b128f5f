"""Every backend class against every way in which a server can break: the code, whether it is tried again, the
sentence, the tokens that are charged, and bounds of time and memory (tests/e2e/ask_backend.c makes one call)."""

import json
import os
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import fault_server as fs
from conftest import BINARY, PROVIDER_KEYS
from ports import parked_port

ASK = Path(BINARY).parent / "tests" / "ask_backend"
FIRST, BETWEEN = 400, 250  # ms; of what is to run into them
TIGHT = {"first": FIRST, "between": BETWEEN, "total": 1500}
ROOMY = {"first": 8000, "between": 8000, "total": 20000}  # of all else, however busy the machine is

RETRY, FINAL = True, False


@dataclass
class Case:
    fault: object
    code: str
    retryable: bool
    words: tuple  # of the sentence: what happened, and what to do
    tokens: tuple = (0, 0)  # in, out; what arrived before a break
    retry_after: tuple = (0, 0)  # ms: least, most
    most_ms: int = 3000
    text: str = ""
    options: dict = field(default_factory=dict)
    rss_mb: int = 48


ALL = "".join(fs.TOKENS)
WHOLE = dict(text=ALL, tokens=(fs.USAGE["in"], fs.USAGE["out"]))
TWO = dict(text="Hello ", tokens=("prompt", 2))
ONE = dict(text="Hel", tokens=("prompt", 1))


def fine(fault, **more):
    return Case(fault, "OK", FINAL, (), **{**WHOLE, **more})


CASES = {
    # it answers, however odd the packets
    "well": fine(fs.fine),
    "chunked": fine(fs.chunked),
    "a byte a packet": fine(fs.pieces(1)),
    "cr lf": fine(fs.line_ends([b"\r\n"])),
    "mixed ends of line": fine(fs.line_ends([b"\n", b"\r\n"])),
    "length too large": fine(fs.length(+1000)),
    # silence
    "hang before headers": Case(fs.hang_before_headers, "TIMEOUT", RETRY,
                                ("sent no token within 0.4", "llm.first_token_ms")),
    "hang in headers": Case(fs.hang_in_headers, "TIMEOUT", RETRY, ("sent no token", "llm.first_token_ms")),
    "endless headers": Case(fs.endless_headers, "PROTOCOL", FINAL, ("headers do not end", "not the right server")),
    "hang before the first token": Case(fs.hang_before_token, "TIMEOUT", RETRY,
                                        ("sent no token within 1.5", "llm.first_token_ms"), tokens=("prompt", 0),
                                        options={"first": 1500}),  # in which the beginning must have come
    "hang in the stream": Case(fs.hang_in_stream, "TIMEOUT", RETRY,
                               ("fell silent for 0.25 s", "llm.between_tokens_ms"), **TWO),
    "single bytes": Case(fs.drip, "TIMEOUT", RETRY, ("fell silent", "llm.between_tokens_ms"), **ONE),
    "comments only": Case(fs.comments, "TIMEOUT", RETRY, ("fell silent", "llm.between_tokens_ms"), **ONE),
    "too long in all": Case(fs.hang_in_stream, "TIMEOUT", RETRY, ("did not end its answer within 1.5", "llm.total_ms"),
                            options={"between": 0, "total": 1500}, **TWO),
    # breaks
    "cut in a token": Case(fs.cut, "NET_BROKEN", RETRY, ("without its end mark", "try again"), **TWO),
    "cut between tokens": Case(fs.cut_between, "NET_BROKEN", RETRY, ("without its end mark", "try again"), **TWO),
    "half-close": Case(fs.half_close, "NET_BROKEN", RETRY, ("without its end mark", "try again"), **TWO),
    "reset in the stream": Case(fs.reset, "NET_BROKEN", RETRY, ("broke", "try again"), **TWO),
    "reset before headers": Case(fs.reset_at_once, "NET_BROKEN", RETRY, ("broke", "try again")),
    "length too small": Case(fs.length(-30), "OK", FINAL, (), text=ALL, tokens=("prompt", 4)),
    # refusals
    "400": Case(fs.refusal("400 Bad Request", "request", "temperature must be below 2"), "HTTP_CLIENT", FINAL,
                ("refused the request (400: temperature must be below 2)", "check llm.backends.")),
    "401": Case(fs.refusal("401 Unauthorized", "auth", f"bad key {fs.KEY}"), "HTTP_AUTH", FINAL,
                ("refuses the key (401)", "api_key")),
    "403": Case(fs.refusal("403 Forbidden", "permission", "not in your country"), "HTTP_AUTH", FINAL,
                ("does not permit this (403)", "let the key")),
    "404 model": Case(fs.refusal("404 Not Found", "model", "the model m-1 does not exist"), "HTTP_MODEL", FINAL,
                      ("does not have the model m-1 (404", "choose another", "model_roles")),
    "404 path": Case(fs.page("404 Not Found"), "HTTP_CLIENT", FINAL, ("refused the request (404", "check llm.backends.")),
    "408": Case(fs.refusal("408 Request Timeout", "server", "too slow"), "HTTP_SERVER", RETRY, ("408", "ask again")),
    "413": Case(fs.refusal("413 Too Large", "long", "the prompt is too long"), "PROMPT_LONG", FINAL,
                ("takes no prompt as long as this (413", "shorten the task")),
    "400 long": Case(fs.refusal("400 Bad Request", "long", "prompt is too long: 9000 tokens, the context size is 4096"),
                     "PROMPT_LONG", FINAL, ("takes no prompt as long as this (400", "shorten the task")),
    "429": Case(fs.refusal("429 Too Many", "rate", "slow down"), "HTTP_RATE", RETRY,
                ("asks to slow down (429", "ask again later", "parallel")),
    "429 seconds": Case(fs.refusal("429 Too Many", "rate", "slow down", "Retry-After: 7"), "HTTP_RATE", RETRY,
                        ("ask again in 7 s",), retry_after=(7000, 7000)),
    "429 date": Case(fs.refusal("429 Too Many", "rate", "slow down", fs.retry_date(30)), "HTTP_RATE", RETRY,
                     ("ask again in ",), retry_after=(27000, 31000)),
    "429 past date": Case(fs.refusal("429 Too Many", "rate", "slow down", fs.retry_date(-30)), "HTTP_RATE", RETRY,
                          ("ask again later",)),
    "429 milliseconds": Case(fs.refusal("429 Too Many", "rate", "slow down", "Retry-After: 2", "retry-after-ms: 1500"),
                             "HTTP_RATE", RETRY, ("ask again in 2 s",), retry_after=(1500, 1500)),
    "429 nonsense": Case(fs.refusal("429 Too Many", "rate", "slow down", "Retry-After: soon"), "HTTP_RATE", RETRY,
                         ("ask again later",)),
    "429 quota": Case(fs.refusal("429 Too Many", "quota", "you exceeded your current quota"), "HTTP_QUOTA", FINAL,
                      ("quota is spent", "billing")),
    "500": Case(fs.refusal("500 Oops", "server", f"out of memory for {fs.KEY}"), "HTTP_SERVER", RETRY,
                ("failed (500: out of memory for ***)", "ask again later")),
    "500 that hangs": Case(fs.refusal_that_hangs, "HTTP_SERVER", RETRY, ("failed (500", "ask again later"), most_ms=6000),
    "502 page": Case(fs.page("502 Bad Gateway"), "HTTP_SERVER", RETRY, ("502", "web page", "ask again later")),
    "503 with a wait": Case(fs.refusal("503 Busy", "overloaded", "loading", "Retry-After: 3"), "HTTP_SERVER", RETRY,
                            ("is overloaded (503: loading)", "ask again in 3 s"), retry_after=(3000, 3000)),
    "529": Case(fs.refusal("529 Overloaded", "overloaded", "Overloaded"), "HTTP_SERVER", RETRY,
                ("is overloaded (529", "ask again later")),
    "301": Case(fs.redirect, "HTTP_CLIENT", FINAL, ("sends elsewhere (301, to other.invalid)", "base_url")),
    # nonsense with status 200
    "error in the stream": Case(fs.error_in_stream("server", "the engine died"), "HTTP_SERVER", RETRY,
                                ("failed (the engine died)", "ask again later"), **TWO),
    "error before the text": Case(fs.error_in_stream("overloaded", "Overloaded", 0), "HTTP_SERVER", RETRY,
                                  ("Overloaded", "ask again later"), tokens=("prompt", 0)),
    "error as the body": Case(fs.error_as_body, "HTTP_SERVER", RETRY, ("the engine died", "ask again later")),
    "a web page": Case(fs.page("200 OK"), "PROTOCOL", FINAL, ("web page", "base_url")),
    "no HTTP": Case(fs.no_http, "PROTOCOL", FINAL, ("does not speak HTTP", "check the address")),
    "truncated JSON": Case(fs.bad_event(b'{"choices": [{"del'), "PROTOCOL", FINAL, ("no JSON", "base_url"), **ONE),
    "bytes that are no UTF-8": Case(fs.bad_event(b'{"choices": [{"delta": {"content": "\xff\xfe"}}]}'), "PROTOCOL", FINAL,
                                    ("no JSON", "base_url"), **ONE),
    "a line of 10 MB": Case(fs.long_line(10 << 20), "TOO_LARGE", FINAL, ("a line of more than", "another backend"),
                            **ONE),
    "a text of 3 MB": Case(fs.long_line(3 << 20), "TOO_LARGE", FINAL, ("more than 1 MB", "llm.max_tokens"), text="Hel", tokens=("prompt", 2)),
    "endless": Case(fs.endless, "TOO_LARGE", FINAL, ("more than 1 MB", "llm.max_tokens"), text=None, tokens=None),
}

# Where a class differs by its format.
OTHERWISE = {
    "openai": {
        # nothing but the mark is missing: the model has said that it is done
        "no end mark": fine(fs.no_mark),
    },
    "azure": {"no end mark": fine(fs.no_mark)},
    "anthropic": {
        "no end mark": fine(fs.no_mark),
        "length too small": fine(fs.length(-30)),  # all that counts has come before
    },
    "ollama": {
        # the mark is the line that holds the counts
        "no end mark": Case(fs.no_mark, "NET_BROKEN", RETRY, ("without its end mark", "try again"), text=ALL,
                            tokens=("prompt", 4)),
        "length too small": Case(fs.length(-30), "NET_BROKEN", RETRY, ("without its end mark", "try again"), text=ALL,
                                 tokens=("prompt", 4)),
        # nothing comes before the first token
        "hang before the first token": Case(fs.hang_before_token, "TIMEOUT", RETRY,
                                            ("sent no token within 0.4", "llm.first_token_ms")),
        "error before the text": Case(fs.error_in_stream("overloaded", "Overloaded", 0), "HTTP_SERVER", RETRY,
                                      ("Overloaded", "ask again later"), tokens=("any", 0)),
    },
}


def ask(fmt, url, limits=ROOMY, **options):
    args = [f"{k}={v}" for k, v in {"model": "m-1", "key": fmt.key, **limits, **options}.items()]
    env = {k: v for k, v in os.environ.items() if k not in PROVIDER_KEYS}
    done = subprocess.run([ASK, fmt.name, url, *args], capture_output=True, timeout=90, env=env)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return json.loads(done.stdout)


def limits(case):
    """Only what is to be run into is tight: a busy machine may be late with all else."""
    if case.code != "TIMEOUT":
        return ROOMY
    return {**ROOMY, **({"between": BETWEEN} if case.tokens[1] else {"first": FIRST})}


def check(case, got):
    assert (got["code"], got["retryable"]) == (case.code, case.retryable), got["sentence"]
    for word in case.words:
        assert word in got["sentence"], got["sentence"]
    sentence = got["sentence"]
    assert fs.KEY not in json.dumps(got)
    assert len(sentence) < 400 and "\n" not in sentence
    if case.code != "OK":
        assert sentence.split()[0] in fs.FORMATS  # who
        assert got["finish"] in ("error", "")
    if case.text is not None:
        assert got["text"] == case.text
    if case.tokens is not None:
        tokens_in, tokens_out = case.tokens
        if tokens_in == "prompt":
            assert 10 <= got["tokens_in"] <= fs.USAGE["in"]
        elif tokens_in != "any":
            assert got["tokens_in"] == tokens_in
        assert got["tokens_out"] == tokens_out
    assert case.retry_after[0] <= got["retry_after_ms"] <= case.retry_after[1]
    assert got["ms"] < case.most_ms
    assert got["rss_kb"] < case.rss_mb << 10


CLASSES = [make() for make in fs.FORMATS.values()]


def matrix():
    for fmt in CLASSES:
        cases = {**CASES, **OTHERWISE.get(fmt.name, {})}
        for name, case in cases.items():
            if case:
                yield pytest.param(fmt, case, id=f"{fmt.name}-{name}".replace(" ", "_"))


def ask_broken(fmt, case):
    with fs.FaultServer(fmt, case.fault) as server:
        return ask(fmt, server.url, limits(case), **case.options)


@pytest.fixture(scope="module")
def asked(request):
    """The answers of all cases that were selected, several asked for at the same time: most of it is waiting."""
    with ThreadPoolExecutor(6) as pool:
        cells = [x.callspec for x in request.session.items if getattr(x, "function", None) is test_fault]
        yield {x.id: pool.submit(ask_broken, x.params["fmt"], x.params["case"]) for x in cells}


@pytest.mark.parametrize("fmt, case", matrix())
def test_fault(asked, request, fmt, case):
    check(case, asked[request.node.callspec.id].result())


@pytest.fixture(params=CLASSES, ids=lambda fmt: fmt.name)
def fmt(request):
    return request.param


def test_split_at_every_byte(fmt):
    size = len(fs.answer(fmt))
    left = list(range(1, size))
    times = len(left)

    def fault(c, fmt):
        fs.split_at(left.pop())(c, fmt)

    with fs.FaultServer(fmt, fault) as server:
        done = ask_often(fmt, server.url, times)
        assert server.connections < times / 4  # a connection serves the next call
    assert done == {(ALL, "OK", fs.USAGE["in"], fs.USAGE["out"])}


def ask_often(fmt, url, times):
    """All in one process, one after the other: what came, without repetition."""
    done = subprocess.run([ASK, fmt.name, url, f"times={times}", "total=20000", f"key={fmt.key}"],
                          capture_output=True, timeout=60)
    lines = [json.loads(x) for x in done.stdout.splitlines()]
    assert len(lines) == times
    return {(x["text"], x["code"], x["tokens_in"], x["tokens_out"]) for x in lines}


def test_nobody_there(fmt):
    with parked_port() as s:
        got = ask(fmt, f"http://127.0.0.1:{s.getsockname()[1]}{fmt.base}")
    check(Case(None, "NET_CONNECT", RETRY, ("nothing answers there", "start it, or correct the address")), got)


def test_a_name_that_does_not_resolve(fmt):
    got = ask(fmt, f"http://model.invalid{fmt.base}")
    check(Case(None, "NET_RESOLVE", RETRY, ("model.invalid", "cannot be resolved", "check the address"), most_ms=8000), got)


def test_a_port_that_takes_no_connection(fmt):
    with fs.Deaf() as deaf:
        got = ask(fmt, f"http://127.0.0.1:{deaf.port}{fmt.base}", TIGHT)
    check(Case(None, "TIMEOUT", RETRY, ("cannot be reached", "base_url")), got)


def state(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_an_answer_that_comes_while_the_program_stands_still():
    """It is stopped for longer than the first token may take; the answer lies there when it goes on."""
    fmt, asks, began, answered = fs.OpenAI(), [], threading.Event(), threading.Event()

    def fault(c, fmt):
        began.wait(30)
        time.sleep(0.3)  # so that it waits for the answer
        os.kill(asks[0].pid, signal.SIGSTOP)
        while state(asks[0].pid) != "T":
            time.sleep(0.01)
        fs.fine(c, fmt)
        answered.set()

    with fs.FaultServer(fmt, fault) as server:
        asks.append(subprocess.Popen([ASK, fmt.name, server.url, "model=m-1", f"key={fmt.key}", "first=1500"], stdout=subprocess.PIPE))
        began.set()
        assert answered.wait(30)
        time.sleep(1.5)
        os.kill(asks[0].pid, signal.SIGCONT)
        got = json.loads(asks[0].communicate(timeout=90)[0])
    check(fine(fs.fine, most_ms=20000), got)


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    pair = fs.certificate(tmp_path_factory.mktemp("tls"))
    if not pair:
        pytest.skip("openssl makes the certificate")
    return pair


def test_a_certificate_that_nobody_signed(fmt, secure):
    with fs.FaultServer(fmt, fs.fine, secure) as server:
        got = ask(fmt, server.url)
    check(Case(None, "NET_TLS", FINAL, ("certificate is not trusted", "SSL_CERT_FILE")), got)
    assert not server.requests


def test_plain_http_on_a_tls_address(fmt):
    with fs.FaultServer(fmt, fs.fine) as server:
        server.reads = lambda sock: fs.refuse_junk(sock)
        got = ask(fmt, server.url.replace("http:", "https:"))
    check(Case(None, "NET_TLS", FINAL, ("no secure connection", "http://")), got)


def test_tls_that_hangs(fmt):
    """It takes the connection and says nothing to the greeting."""
    with fs.Silent() as silent:
        got = ask(fmt, f"https://127.0.0.1:{silent.port}{fmt.base}", TIGHT)
    check(Case(None, "TIMEOUT", RETRY, ("cannot be reached", "whether it is https")), got)


def test_a_key_does_not_follow_a_redirection(fmt):
    with fs.FaultServer(fmt, fs.fine) as other:
        def fault(c, fmt):
            c.head("307 Moved", "text/html", f"Location: {other.url}/chat/completions", "Content-Length: 0")

        with fs.FaultServer(fmt, fault) as server:
            got = ask(fmt, server.url)
    assert got["code"] == "HTTP_CLIENT"
    assert not other.requests


# ---- which models there are ----

LISTS = {
    "hang": Case(fs.hang_before_headers, "TIMEOUT", RETRY, ("did not say within 0.5", "which models", "base_url")),
    "hang in the body": Case(fs.refusal_that_hangs, "HTTP_SERVER", RETRY, ("failed (500", "ask again later")),
    "401": Case(fs.refusal("401 Unauthorized", "auth", f"bad key {fs.KEY}"), "HTTP_AUTH", FINAL,
                ("refuses the key (401)", "api_key")),
    "404": Case(fs.page("404 Not Found"), "HTTP_CLIENT", FINAL, ("refused the request (404", "check llm.backends.")),
    "page": Case(fs.page("200 OK"), "PROTOCOL", FINAL, ("no JSON", "base_url")),
    "reset": Case(fs.reset_at_once, "NET_BROKEN", RETRY, ("broke", "try again")),
    "no HTTP": Case(fs.no_http, "PROTOCOL", FINAL, ("does not speak HTTP", "check the address")),
}


@pytest.mark.parametrize("name", LISTS)
def test_listing_models(fmt, name):
    case = LISTS[name]
    with fs.FaultServer(fmt, case.fault, lists=False) as server:
        got = ask(fmt, server.url, ask="models", total=500 if case.code == "TIMEOUT" else 8000)
    check(case, got)


# ---- the same through a real job ----

TASK = "write a function that adds two numbers, add(2, 3) == 5"


def job(dise, fmt, fault):
    """The job's end, its calls, and how often the server was asked."""
    with fs.FaultServer(fmt, fault) as server:
        dise.config(f"""llm:
  backend: {fmt.name}
  first_token_ms: {FIRST}
  between_tokens_ms: {BETWEEN}
  total_ms: 20000
  backends:
    {fmt.name}: {{base_url: "{server.url}", api_key: {fmt.key}, model_roles: {{fast: m-1}}}}
    local: {{enabled: false}}
pipeline: {{tests: false, plan: never}}
escalation: [{{role: fast, candidates: 1}}]
""")
        code, lines = dise.json("run", TASK)
        assert code == 1
        dise.run("stop")
        asked = sum(r.startswith(b"POST") for r in server.requests)
    return next(x for x in lines if x["type"] == "job_done"), [x for x in lines if x["type"] == "llm_call"], asked


def kept(dise):
    """All that the home holds, but the configuration."""
    return b"".join(p.read_bytes() for p in dise.home.rglob("*") if p.is_file() and p.name != "config.yaml")


def test_a_job_with_a_refused_key(dise, fmt):
    done, calls, asked = job(dise, fmt, fs.refusal("401 Unauthorized", "auth", f"wrong: {fs.KEY}"))
    assert f"{fmt.name} refuses the key (401); set the right llm.backends.{fmt.name}.api_key" in done["message"]
    assert asked == 1 and [x["error"] for x in calls] == ["HTTP_AUTH"]
    assert done["tokens_in"] == done["tokens_out"] == 0
    assert fs.KEY.encode() not in kept(dise)


def test_a_job_whose_answers_break_off_pays_for_them(dise, fmt):
    done, calls, asked = job(dise, fmt, fs.cut)
    assert "broke off" in done["message"] and "try again" in done["message"]
    assert asked == len(calls) > 1
    assert done["tokens_out"] == sum(x["tokens_out"] for x in calls) == 2 * asked
    assert done["tokens_in"] == sum(x["tokens_in"] for x in calls) >= fs.USAGE["in"] * asked


def test_a_job_whose_model_stays_silent(dise, fmt):
    done, calls, _ = job(dise, fmt, fs.hang_before_token)
    assert f"sent no token within {FIRST / 1000:.3g}" in done["message"] and "llm.first_token_ms" in done["message"]
    assert {x["error"] for x in calls} == {"TIMEOUT"}
