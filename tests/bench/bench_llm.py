"""What a model call costs beside the model, through DiSE's router and backend and through LiteLLM's proxy:
python tests/bench/bench_llm.py. The floor is libcurl in a bare loop (bench_llm.c); the model takes no time. The
journal's commit is not in it: bench_engine.py measures that. LiteLLM goes into a virtual environment in the build
folder, which takes minutes the first time; DISE_BENCH_LITELLM=no leaves it out."""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from measure import BINARY, percentile, rss_mb

DRIVER = Path(BINARY).parent / "tests" / "bench_llm"
LITELLM = "litellm[proxy]==1.108.7"
VENV = Path(BINARY).parent / "bench" / "litellm"
ROUNDS, CALLS, FEW = 5, 1000, 60  # calls a round; of the proxy, which is slower
STREAMS, TOKENS, PACE_MS, PACED_ROUNDS = 200, 50, 10, 2


def install():
    """The proxy's environment, made once; None when it cannot be had."""
    stamp = VENV / ".installed"
    if os.environ.get("DISE_BENCH_LITELLM") == "no":
        return None
    if not stamp.exists() or stamp.read_text() != LITELLM:
        print(f"installing {LITELLM}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        done = subprocess.run([VENV / "bin" / "pip", "install", "-q", "--disable-pip-version-check", LITELLM])
        if done.returncode:
            return None
        stamp.write_text(LITELLM)
    return VENV / "bin" / "litellm"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


class Proxy:
    """LiteLLM's proxy with one worker, as its documents start it, its logs off."""

    def __init__(self, program, model_url):
        self.port = free_port()
        config = VENV / "bench.yaml"
        models = "".join(f"  - model_name: {m}\n    litellm_params: {{model: openai/{m}, api_base: '{model_url}', api_key: sk-bench}}\n"
                         for m in ("instant", "paced"))
        config.write_text(f"model_list:\n{models}litellm_settings: {{num_retries: 0}}\n")
        env = {**os.environ, "LITELLM_LOG": "ERROR", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_PROXY": "127.0.0.1",
               "LITELLM_MASTER_KEY": "sk-bench", "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true"}
        log = VENV / "proxy.log"
        with open(log, "wb") as out:
            self.process = subprocess.Popen([program, "--config", config, "--host", "127.0.0.1", "--port", str(self.port)],
                                            env=env, stdout=out, stderr=out)
        self.url = f"http://127.0.0.1:{self.port}/v1"
        open_url = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
        for _ in range(900):
            if self.process.poll() is not None:
                break
            try:
                open_url(f"http://127.0.0.1:{self.port}/health/liveliness", timeout=2).read()
                return
            except OSError:
                time.sleep(0.2)
        self.process.kill()
        raise SystemExit(f"LiteLLM's proxy did not start: {log}")

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def measure(kind, url, model, calls, width):
    done = subprocess.run([DRIVER, kind, url, model, str(calls), str(width)], capture_output=True)
    out = json.loads(done.stdout)
    if out["failed"]:
        print(f"{kind} at {url}: {out['failed']} of {calls} calls failed: {done.stderr.decode()[:300]}", file=sys.stderr)
    return out


def one_after_the_other(ways):
    """Rounds in turn, so that what else the machine does meets all of them."""
    times = {name: [] for name in ways}
    spent = dict.fromkeys(ways, 0.0)
    for name, (kind, url, _) in ways.items():
        measure(kind, url, "instant", 20, 1)  # warm
    for _ in range(ROUNDS):
        for name, (kind, url, calls) in ways.items():
            before = proxy_cpu(name)
            run = measure(kind, url, "instant", calls, 1)
            times[name] += run["times"]
            spent[name] += run["cpu"] + proxy_cpu(name) - before
    floor = times["libcurl in a bare loop"]
    print(f"\nOne call after the other, an answer of {TOKENS} tokens in one piece (ms):\n")
    print("| way | p50 | p99 | added, p50 | added, p99 | processor a call | calls |\n|---|---|---|---|---|---|---|")
    for name, t in times.items():
        p50, p99 = statistics.median(t), percentile(t, 99)
        added = ("", "") if t is floor else (f"{p50 - statistics.median(floor):.3f}", f"{p99 - percentile(floor, 99):.3f}")
        print(f"| {name} | {p50:.3f} | {p99:.3f} | {added[0]} | {added[1]} | {spent[name] * 1000 / len(t):.3f} | {len(t)} |", flush=True)


def many_at_once(ways):
    print(f"\n{STREAMS} streams at once, {TOKENS} tokens each, one every {PACE_MS} ms: {TOKENS * PACE_MS} ms would be ideal (ms):\n")
    print("| way | p50 | p99 | failed | processor of the client, of the proxy, s | client's memory |\n|---|---|---|---|---|---|")
    for name, (kind, url, _) in ways.items():
        measure(kind, url, "paced", STREAMS, STREAMS)  # connections and caches
        before = proxy_cpu(name)
        runs = [measure(kind, url, "paced", STREAMS, STREAMS) for _ in range(PACED_ROUNDS)]
        t = [x for r in runs for x in r["times"]]
        spent = proxy_cpu(name) - before
        proxy = f", {spent / PACED_ROUNDS:.2f}" if spent else ""
        print(f"| {name} | {statistics.median(t):.0f} | {percentile(t, 99):.0f} | {sum(r['failed'] for r in runs)} | "
              f"{statistics.mean(r['cpu'] for r in runs):.2f}{proxy} | {runs[0]['rss_kb'] / 1024:.0f} MB |", flush=True)


proxy = None


def proxy_cpu(name):
    if not proxy or "LiteLLM" not in name:
        return 0.0
    fields = Path(f"/proc/{proxy.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    global proxy
    server = subprocess.Popen([DRIVER, "serve"], stdout=subprocess.PIPE)
    try:
        url = f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
        ways = {"libcurl in a bare loop": ("curl", url, CALLS), "DiSE's router and backend": ("dise", url, CALLS)}
        program = install()
        if program:
            proxy = Proxy(program, url)
            ways["libcurl through LiteLLM's proxy"] = ("curl", proxy.url, FEW)
        one_after_the_other(ways)
        many_at_once(ways)
        if proxy:
            print(f"\nLiteLLM's proxy ({LITELLM}) holds {rss_mb(proxy.process.pid):.0f} MB.")
    finally:
        if proxy:
            proxy.close()
        server.kill()
        server.wait()


if __name__ == "__main__":
    main()
