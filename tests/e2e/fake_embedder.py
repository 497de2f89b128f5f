"""A server in OpenAI's format on the loopback that makes vectors, and fails as it is told to."""

import http.server
import json
import threading
import time
import zlib

from ports import parked_port

class FakeEmbedder:
    """Texts with the same words get near vectors. `plan`: how the next requests go, one entry each: a status (503), "cut" (the
    connection ends in the middle of the answer), "hang"; empty: well. `refuses`: a word that makes a request a 400. `numbers`: the
    vectors' length."""

    def __init__(self, numbers=16, plan=()):
        self.numbers, self.plan, self.refuses, self.pause = numbers, list(plan), None, 0
        self.asked = []  # (model, texts) of each request
        self.embedded = []  # texts that got a vector
        self.lock = threading.Lock()
        self.parked = parked_port()  # where it comes back
        self.port = self.parked.getsockname()[1]
        self.start()

    def start(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_GET(self):
                outer.send(self, 200, {"data": [{"id": "e5-fake"}]})

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                try:
                    outer.answer(self, body)
                except OSError:
                    pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.port}/v1"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def send(self, handler, status, data, cut=False):
        data = json.dumps(data).encode()
        handler.close_connection = True
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data[:len(data) // 2] if cut else data)

    def vector(self, text):
        v = [0.01] * self.numbers
        for word in text.lower().replace("query:", "").replace("passage:", "").split():
            v[zlib.crc32(word.encode()) % self.numbers] += 1
        return v

    def answer(self, handler, body):
        texts = body["input"]
        with self.lock:
            self.asked.append((body["model"], texts))
            step = self.plan.pop(0) if self.plan else None
        time.sleep(self.pause)
        if step == "hang":
            time.sleep(30)
        if isinstance(step, int):
            return self.send(handler, step, {"error": {"message": "it has a bad day", "type": "server_error"}})
        if self.refuses and any(self.refuses in t for t in texts):
            return self.send(handler, 400, {"error": {"message": "it does not take that", "type": "invalid_request_error"}})
        data = [{"object": "embedding", "index": i, "embedding": self.vector(t)} for i, t in enumerate(texts)]
        if step != "cut":
            with self.lock:
                self.embedded += texts
        return self.send(handler, 200, {"object": "list", "data": data, "model": body["model"],
                                        "usage": {"prompt_tokens": 7 * len(texts), "total_tokens": 7 * len(texts)}}, step == "cut")
