"""A language model's server on loopback that speaks a provider's format and breaks in a chosen way.

    with FaultServer(OpenAI(), cut_after_tokens(2)) as server:
        ... server.url, server.requests

A fault is a function of the connection and the format; it writes raw bytes, so that it can be as wrong as a real
server. What it raises on a closed connection is the client's business and is dropped."""

import json
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
from email.utils import formatdate
from pathlib import Path

TOKENS = ("Hel", "lo ", "wor", "ld.")
USAGE = {"in": 40, "cached": 30, "out": 7}
KEY = "sk-sesame-open"


# ---- formats ----

class OpenAI:
    """Chat completions as server-sent events."""

    name = "openai"
    key = KEY
    base = "/v1"
    stream_type = "text/event-stream"

    def event(self, o):
        return b"data: " + json.dumps(o).encode() + b"\n\n"

    def start(self):
        return self.event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})

    def token(self, text):
        return self.event({"choices": [{"index": 0, "delta": {"content": text}}]})

    def end(self):
        return (self.event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}) + self.event(
            {"choices": [], "usage": {"prompt_tokens": USAGE["in"], "completion_tokens": USAGE["out"],
                                      "prompt_tokens_details": {"cached_tokens": USAGE["cached"]}}}))

    def mark(self):
        return b"data: [DONE]\n\n"

    def error(self, kind, message):
        """The body of a refusal; kind: auth, permission, model, long, rate, quota, server, overloaded, request."""
        code = {"auth": "invalid_api_key", "model": "model_not_found", "long": "context_length_exceeded",
                "rate": "rate_limit_exceeded", "quota": "insufficient_quota"}.get(kind)
        type_ = {"server": "server_error", "overloaded": "server_error"}.get(kind, "invalid_request_error")
        return {"error": {"message": message, "type": type_, "param": None, "code": code}}

    def error_event(self, kind, message):
        return self.event(self.error(kind, message))

    def line_of(self, size):
        return self.token("x" * size)

    def junk(self, data):
        """An event with this content, which is no JSON."""
        return b"data: " + data + b"\n\n"


class Ollama:
    """Ollama's own format: JSON lines. The last one is the end mark and holds the counts."""

    name = "ollama"
    key = KEY
    base = ""
    stream_type = "application/x-ndjson"

    def event(self, o):
        return json.dumps({"model": "m-1", "created_at": "2026-11-28T12:00:00.1Z", **o}).encode() + b"\n"

    def start(self):
        return b""

    def token(self, text):
        return self.event({"message": {"role": "assistant", "content": text}, "done": False})

    def end(self):
        return b""

    def mark(self):
        return self.event({"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop",
                           "total_duration": 5, "prompt_eval_count": USAGE["in"], "eval_count": USAGE["out"]})

    def error(self, kind, message):
        return {"error": message}

    def error_event(self, kind, message):
        return json.dumps(self.error(kind, message)).encode() + b"\n"

    def line_of(self, size):
        return self.token("x" * size)

    def junk(self, data):
        return data + b"\n"


class Azure(OpenAI):
    """Chat completions of a deployment, with Azure's own first event and words."""

    name = "azure"
    base = ""

    def start(self):
        return self.event({"choices": [], "prompt_filter_results": [{"prompt_index": 0}]}) + super().start()

    def error(self, kind, message):
        code = {"auth": "401", "permission": "PermissionDenied", "model": "DeploymentNotFound", "rate": "429",
                "server": "InternalServerError", "overloaded": "ServiceUnavailable"}.get(kind)
        return {"error": {"code": code, "message": message}} if code else super().error(kind, message)


class Anthropic:
    """Messages as server-sent events. What the prompt cost is told first."""

    name = "anthropic"
    key = KEY
    base = ""
    stream_type = "text/event-stream"
    types = {"auth": "authentication_error", "permission": "permission_error", "model": "not_found_error",
             "rate": "rate_limit_error", "quota": "billing_error", "server": "api_error",
             "overloaded": "overloaded_error"}

    def event(self, o):
        return f"event: {o['type']}\ndata: {json.dumps(o)}\n\n".encode()

    def start(self):
        usage = {"input_tokens": USAGE["in"] - USAGE["cached"], "cache_read_input_tokens": USAGE["cached"],
                 "cache_creation_input_tokens": 0, "output_tokens": 1}
        return (self.event({"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant",
                                                                 "content": [], "model": "m-1", "usage": usage}}) +
                self.event({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}) +
                self.event({"type": "ping"}))

    def token(self, text):
        return self.event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})

    def end(self):
        return (self.event({"type": "content_block_stop", "index": 0}) +
                self.event({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None},
                            "usage": {"output_tokens": USAGE["out"]}}))

    def mark(self):
        return self.event({"type": "message_stop"})

    def error(self, kind, message):
        return {"type": "error", "error": {"type": self.types.get(kind, "invalid_request_error"), "message": message},
                "request_id": "req_1"}

    def error_event(self, kind, message):
        return self.event(self.error(kind, message))

    def line_of(self, size):
        return self.token("x" * size)

    def junk(self, data):
        return b"event: content_block_delta\ndata: " + data + b"\n\n"


FORMATS = {make.name: make for make in (OpenAI, Ollama, Anthropic, Azure)}


def answer(fmt):
    return fmt.start() + b"".join(map(fmt.token, TOKENS)) + fmt.end() + fmt.mark()


# ---- the server ----

class Connection:
    def __init__(self, sock):
        self.sock = sock
        self.stays = False  # whether the connection serves another request afterwards

    def send(self, data):
        self.sock.sendall(data)

    def head(self, status="200 OK", type_="text/event-stream", *more):
        lines = [f"HTTP/1.1 {status}", f"Content-Type: {type_}", *more]
        if not any(x.lower().startswith(("content-length", "transfer-encoding", "connection")) for x in more):
            lines.append("Connection: close")
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n")

    def hang(self):
        """Until the client goes away."""
        self.sock.settimeout(30)
        while self.sock.recv(65536):
            pass

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class FaultServer:
    """`fault(connection, format)` answers every request for an answer; which models there are is told well, unless
    `lists` is false. secure: behind TLS with this (cert, key)."""

    def __init__(self, fmt, fault, secure=None, lists=True):
        self.fmt, self.fault, self.lists = fmt, fault, lists
        self.requests = []
        self.connections = 0
        self.context = None
        self.scheme = "http"
        self.reads = read_request
        if secure:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*secure)
            self.scheme = "https"

    def __enter__(self):
        self.sock = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.sock.getsockname()[1]
        self.url = f"{self.scheme}://127.0.0.1:{self.port}{self.fmt.base}"
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
        self.thread.join()

    def _accept(self):
        while True:
            try:
                sock, _ = self.sock.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context:
                sock = self.context.wrap_socket(sock, server_side=True)
            c = Connection(sock)
            while request := self.reads(sock):
                self.requests.append(request)
                c.stays = False
                self._answer(c, request)
                if not c.stays:
                    break
        except OSError:
            pass
        finally:
            sock.close()

    def _answer(self, connection, request):
        if self.lists and request.startswith(b"GET"):
            listing(connection, self.fmt)
        else:
            self.fault(connection, self.fmt)


def read_request(sock):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    if b"expect: 100-continue" in head.lower():
        sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    while len(body) < length:
        piece = sock.recv(65536)
        if not piece:
            break
        body += piece
    return head + b"\r\n\r\n" + body


def refuse_junk(sock):
    """As a plain HTTP server does with the greeting of a TLS client."""
    sock.recv(65536)
    sock.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")


def listing(connection, fmt):
    body = json.dumps({"data": [{"id": "m-1"}], "models": [{"name": "m-1", "model": "m-1"}]}).encode()
    connection.head("200 OK", "application/json", f"Content-Length: {len(body)}")
    connection.send(body)


# ---- faults ----

def fine(c, fmt):
    c.head("200 OK", fmt.stream_type)
    c.send(answer(fmt))


def pieces(size):
    """The right answer, so many bytes a packet."""

    def fault(c, fmt):
        data = answer(fmt)
        c.head("200 OK", fmt.stream_type)
        for at in range(0, len(data), size):
            c.send(data[at:at + size])

    return fault


def split_at(at):
    """The right answer in two pieces with a pause between them; the connection stays open for the next."""

    def fault(c, fmt):
        data = answer(fmt)
        c.head("200 OK", fmt.stream_type, "Transfer-Encoding: chunked")
        c.send(b"%x\r\n%s\r\n" % (at, data[:at]))
        time.sleep(0.0005)
        c.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(data) - at, data[at:]))
        c.stays = True

    return fault


def line_ends(mix):
    """The right answer with other ends of line, in turn."""

    def fault(c, fmt):
        out, lines = b"", answer(fmt).split(b"\n")
        for i, line in enumerate(lines[:-1]):
            out += line + mix[i % len(mix)]
        c.head("200 OK", fmt.stream_type)
        c.send(out + lines[-1])

    return fault


def chunked(c, fmt):
    c.head("200 OK", fmt.stream_type, "Transfer-Encoding: chunked")
    data = answer(fmt)
    for at in range(0, len(data), 50):
        piece = data[at:at + 50]
        c.send(b"%x\r\n%s\r\n" % (len(piece), piece))
    c.send(b"0\r\n\r\n")


def hang_before_headers(c, fmt):
    c.hang()


def hang_in_headers(c, fmt):
    c.send(b"HTTP/1.1 200 OK\r\nContent-Ty")
    c.hang()


def endless_headers(c, fmt):
    c.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        c.send(b"X-More: " + b"y" * 8000 + b"\r\n")


def hang_before_token(c, fmt):
    c.head("200 OK", fmt.stream_type)
    c.send(fmt.start())
    c.hang()


def hang_in_stream(c, fmt):
    c.head("200 OK", fmt.stream_type)
    c.send(fmt.start() + fmt.token(TOKENS[0]) + fmt.token(TOKENS[1]))
    c.hang()


def drip(c, fmt):
    """A token, and then single bytes of the next, each well within the limit between tokens."""
    c.head("200 OK", fmt.stream_type)
    c.send(fmt.start() + fmt.token(TOKENS[0]))
    for byte in fmt.token("x" * 400):
        c.send(bytes([byte]))
        time.sleep(0.05)


def comments(c, fmt):
    """A token, and then what only keeps the connection alive."""
    c.head("200 OK", fmt.stream_type)
    c.send(fmt.start() + fmt.token(TOKENS[0]))
    while True:
        c.send(b": still there\n\n" if fmt.stream_type == "text/event-stream" else b"\n")
        time.sleep(0.05)


def cut(c, fmt):
    """Closed after two tokens, in the middle of the third."""
    c.head("200 OK", fmt.stream_type)
    c.send(fmt.start() + fmt.token(TOKENS[0]) + fmt.token(TOKENS[1]) + fmt.token(TOKENS[2])[:20])


def cut_between(c, fmt):
    c.head("200 OK", fmt.stream_type)
    c.send(fmt.start() + fmt.token(TOKENS[0]) + fmt.token(TOKENS[1]))


def half_close(c, fmt):
    cut_between(c, fmt)
    c.sock.shutdown(socket.SHUT_WR)
    c.hang()


def reset(c, fmt):
    cut_between(c, fmt)
    time.sleep(0.1)  # what has not been read yet is lost with a reset
    c.reset()


def reset_at_once(c, fmt):
    c.reset()


def no_mark(c, fmt):
    """All but the end mark."""
    c.head("200 OK", fmt.stream_type)
    c.send(fmt.start() + b"".join(map(fmt.token, TOKENS)) + fmt.end())


def refusal(status, kind, message, *headers):
    def fault(c, fmt):
        body = json.dumps(fmt.error(kind, message)).encode()
        more = [x() if callable(x) else x for x in headers]
        c.head(status, "application/json", f"Content-Length: {len(body)}", *more)
        c.send(body)

    return fault


def retry_date(seconds):
    return lambda: f"Retry-After: {formatdate(time.time() + seconds, usegmt=True)}"


def page(status):
    def fault(c, fmt):
        body = b"<html><body><h1>Bad gateway</h1></body></html>"
        c.head(status, "text/html", f"Content-Length: {len(body)}")
        c.send(body)

    return fault


def refusal_that_hangs(c, fmt):
    c.head("500 Oops", "application/json", "Content-Length: 1000")
    c.send(b'{"error"')
    c.hang()


def redirect(c, fmt):
    c.head("301 Moved", "text/html", "Location: http://other.invalid/v1/chat/completions", "Content-Length: 0")


def error_in_stream(kind, message, after=2):
    def fault(c, fmt):
        c.head("200 OK", fmt.stream_type)
        c.send(fmt.start() + b"".join(map(fmt.token, TOKENS[:after])) + fmt.error_event(kind, message))

    return fault


def error_as_body(c, fmt):
    body = json.dumps(fmt.error("server", "the engine died")).encode()
    c.head("200 OK", "application/json", f"Content-Length: {len(body)}")
    c.send(body)


def bad_event(data):
    def fault(c, fmt):
        c.head("200 OK", fmt.stream_type)
        c.send(fmt.start() + fmt.token(TOKENS[0]) + fmt.junk(data) + fmt.token(TOKENS[1]))

    return fault


def long_line(size):
    def fault(c, fmt):
        c.head("200 OK", fmt.stream_type)
        c.send(fmt.start() + fmt.token(TOKENS[0]) + fmt.line_of(size) + fmt.mark())

    return fault


def length(change):
    """Content-Length that is wrong by so many bytes."""

    def fault(c, fmt):
        data = answer(fmt)
        c.head("200 OK", fmt.stream_type, f"Content-Length: {len(data) + change}")
        c.send(data)

    return fault


def endless(c, fmt):
    c.head("200 OK", fmt.stream_type)
    c.send(fmt.start())
    while True:
        c.send(fmt.token("x" * 10000))


def no_http(c, fmt):
    c.send(b"220 mail.example ESMTP ready\r\n" * 20)


# ---- connections that are none ----

class Deaf:
    """A port that takes no connection: its queue is full."""

    def __enter__(self):
        self.sock = socket.socket()
        self.sock.bind(("127.0.0.1", 0))
        self.sock.listen(0)
        self.port = self.sock.getsockname()[1]
        self.fill = []
        for _ in range(3):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", self.port))
            self.fill.append(s)
        return self

    def __exit__(self, *_):
        for s in [*self.fill, self.sock]:
            s.close()


class Silent:
    """A port that takes connections and never says a word."""

    def __enter__(self):
        self.sock = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.port = self.sock.getsockname()[1]
        return self

    def __exit__(self, *_):
        self.sock.close()


def certificate(folder):
    """A self-signed certificate for 127.0.0.1: (certificate, key), or None where openssl is missing."""
    if not shutil.which("openssl"):
        return None
    cert, key = Path(folder, "cert.pem"), Path(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key),
                    "-out", str(cert)], check=True, capture_output=True)
    return str(cert), str(key)
