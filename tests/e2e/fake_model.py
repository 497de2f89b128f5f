"""Servers in the OpenAI format on the loopback, which fail as they are told to."""

import http.server
import json
import threading
import time


class FakeModel:
    """Answers every question with `text`, a word a piece. The entries of `plan` say how the next answers go, one each, the rest is
    well: a status (503), (status, {header: value}), or a dictionary: break_after (pieces, then the connection ends), pause
    (seconds between pieces), wait (seconds before the first). `gate`: an event, before which nothing is answered."""

    def __init__(self, text, plan=(), name="fake"):
        self.text, self.plan, self.name = text, list(plan), name
        self.gate = None
        self.asked = []  # (time, body) of each question
        self.most = self.inside = 0
        self.lock = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_GET(self):
                outer.send(self, 200, json.dumps({"data": [{"id": outer.name}]}).encode())

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with outer.lock:
                    outer.asked.append((time.monotonic(), body))
                    step = outer.plan.pop(0) if outer.plan else {}
                    outer.inside += 1
                    outer.most = max(outer.most, outer.inside)
                try:
                    outer.answer(self, step, body)
                except OSError:
                    pass  # the client has gone
                outer.leave(body)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def send(self, handler, status, data, headers=None):
        handler.close_connection = True  # so that nobody is served by a server that is closed
        handler.send_response(status)
        handler.send_header("Connection", "close")
        for key, value in (headers or {}).items():
            handler.send_header(key, value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def leave(self, body):
        """Before the last word, as the client asks the next question while this one's thread ends."""
        with self.lock:
            self.inside -= not body.get("left", False)
            body["left"] = True

    def answer(self, handler, step, body):
        if isinstance(step, int):
            step = (step, {})
        if isinstance(step, tuple):
            self.leave(body)
            self.send(handler, step[0], b'{"error": {"message": "not now"}}', step[1])
            return
        handler.close_connection = True
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Connection", "close")
        handler.end_headers()
        if self.gate:
            self.gate.wait(60)
        time.sleep(step.get("wait", 0))
        pieces = self.text.split(" ")
        for i, piece in enumerate(pieces):
            if step.get("break_after") == i:
                return
            content = piece + (" " if i + 1 < len(pieces) else "")
            self.say(handler, {"choices": [{"delta": {"content": content}}]})
            time.sleep(step.get("pause", 0))
        self.say(handler, {"choices": [{"delta": {}, "finish_reason": "stop"}]})
        self.say(handler, {"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": len(pieces)}})
        self.leave(body)
        handler.wfile.write(b"data: [DONE]\n\n")

    def say(self, handler, data):
        handler.wfile.write(b"data: " + json.dumps(data).encode() + b"\n\n")
        handler.wfile.flush()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def config(*servers, more="", **options):
    """The llm block with the servers in this order, the first one primary. `options`: further lines of each entry by its name."""
    lines = ["llm:", f"  backend: {servers[0].name}", "  backends:"]
    for s in servers:
        lines += [f"    {s.name}:", f"      base_url: {s.url}", "      model_roles: {fast: " + s.name + "}"]
        lines += [f"      {line}" for line in options.get(s.name, ())]
    keep = "" if "cache:" in more else "cache: {enabled: false}\n"  # the first answers are greedy, so they would be kept
    return "\n".join(lines) + f"\nmemory: {{reuse: false}}\n{keep}" + "pipeline: {tests: false, plan: never}\n" + more
