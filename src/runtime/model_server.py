"""Runs llama.cpp's server for the engine.

Reads one JSON object from standard input ({"model", "alias", "context", "parallel", "threads",
"api_key"}), prints one JSON line ({"address": ...}) when it listens, and ends when standard input
closes: so it dies with the engine, however that ends.
"""

import ctypes
import json
import signal
import sys

PR_SET_PDEATHSIG = 1
CACHE_MIB = 256  # of prompts that may come again; llama.cpp's own default is 8 GiB, which a laptop does not have


def main() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    options = json.loads(sys.stdin.readline())

    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = options["model"]
    params.model_alias = {options["alias"]}
    params.n_ctx = options["context"] * options["parallel"]
    params.n_parallel = options["parallel"]
    params.cache_ram_mib = CACHE_MIB
    params.cpuparams.n_threads = options["threads"]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [options["api_key"]]
    server = xllamacpp.Server(params)
    print(json.dumps({"address": server.listening_address}), flush=True)
    while sys.stdin.readline():
        pass


if __name__ == "__main__":
    main()
