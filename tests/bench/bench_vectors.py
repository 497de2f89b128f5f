"""Search among vectors of 384 numbers: DiSE's index, sqlite-vec, usearch (exact and HNSW) and hnswlib, on the same data in one
run and on one core: python tests/bench/bench_vectors.py [KIND ...] [--sizes 1000,10000,100000] [--only NAME,...] [--keep FOLDER].
Size 1000000 is done by option; there HNSW takes half an hour to build and is left out unless --only names it. The libraries go
into a virtual environment in the build folder. Kinds of data, each hard in another way:

random      every direction alike: nothing stands out, the worst case of every index
e5          like sentences' embeddings: 40 strong directions of 384 and all cosines between 0.7 and 1
clustered   200 tight groups: a group's members differ by less than coarse codes can tell
near        groups of 50 texts that differ by a comma: cosines of 0.9999 and more
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("DISE_BINARY", ROOT / "build" / "dise")).parent
DRIVER = BUILD / "tests" / "bench_vectors"
VENV = BUILD / "bench" / "vectors"
PACKAGES = ["numpy==2.4.6", "sqlite-vec==0.1.9", "usearch==2.26.6", "hnswlib==0.8.0", "apsw==3.54.1.0"]
KINDS = ("random", "e5", "clustered", "near")
D, K, QUERIES, ROUNDS = 384, 10, 200, 5


# ---- the data, made inside the environment ----

def rows(kind, n, rng, np):
    """n vectors as float32; the shape of the data comes from a generator of its own, so that queries are of the same kind."""
    shape = np.random.default_rng(7)
    if kind == "random":
        x = rng.standard_normal((n, D), dtype=np.float32)
    elif kind == "e5":
        strength = np.concatenate([np.linspace(1, 0.3, 40), np.full(D - 40, 0.08)]).astype(np.float32)
        turn = np.linalg.qr(shape.standard_normal((D, D)))[0].astype(np.float32)
        topics = shape.standard_normal((500, D)).astype(np.float32)
        mean = shape.standard_normal(D).astype(np.float32)
        x = (0.7 * topics[rng.integers(0, 500, n)] + 0.7 * rng.standard_normal((n, D), dtype=np.float32)) * strength @ turn
        x += mean / np.linalg.norm(mean) * 6.5
    elif kind == "clustered":
        centres = shape.standard_normal((200, D)).astype(np.float32)
        x = centres[rng.integers(0, 200, n)] + 0.15 * rng.standard_normal((n, D), dtype=np.float32)
    else:
        centres = shape.standard_normal((max(1, int(os.environ.get("NEAR_OF", n)) // 50), D)).astype(np.float32)
        x = centres[rng.integers(0, len(centres), n)] + 0.01 * rng.standard_normal((n, D), dtype=np.float32)
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def make_data(kind, n, folder):
    import numpy as np
    os.environ["NEAR_OF"] = str(n)
    rng = np.random.default_rng(1)
    queries = rows(kind, QUERIES, rng, np)
    best = None
    with open(folder / "base.f32", "wb") as out:
        for start in range(0, n, 50000):
            part = rows(kind, min(50000, n - start), rng, np)
            out.write(part.tobytes())
            scores = queries @ part.T
            ids = np.broadcast_to(np.arange(start + 1, start + 1 + len(part)), scores.shape)
            if best is not None:
                scores, ids = np.hstack([best[0], scores]), np.hstack([best[1], ids])
            top = np.argpartition(-scores, min(4 * K, scores.shape[1] - 1), axis=1)[:, :4 * K]
            best = np.take_along_axis(scores, top, 1), np.take_along_axis(ids, top, 1)
    queries.tofile(folder / "queries.f32")
    base = np.memmap(folder / "base.f32", np.float32, mode="r").reshape(-1, D)
    last = [np.sort(cosines(q, base[ids - 1], np))[-K] for q, ids in zip(queries, best[1])]
    mean = (queries[:50] @ base[:1000].T).mean()
    (folder / "truth.json").write_text(json.dumps({"last": [float(x) for x in last], "mean": float(mean)}))


def cosines(q, base, np):
    """In double precision."""
    q, base = q.astype(np.float64), base.astype(np.float64)
    return base @ q / np.linalg.norm(base, axis=1) / np.linalg.norm(q)


def recall(ids, folder, np):
    """The share of the hits that are as near as the tenth nearest; what single precision cannot tell from it is as near."""
    truth = json.loads((folder / "truth.json").read_text())
    queries = np.fromfile(folder / "queries.f32", np.float32).reshape(-1, D)
    base = np.memmap(folder / "base.f32", np.float32, mode="r").reshape(-1, D)
    good = sum(int((cosines(q, base[np.array(found, np.int64) - 1], np) >= last - 2e-7).sum())
               for q, found, last in zip(queries, ids, truth["last"]) if found)
    return good / K / len(ids)


# ---- the others, one process each ----

def current_rss_mb():
    return next(int(x.split()[1]) / 1024 for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmRSS"))


class SqliteVec:
    """Through apsw, as Python's own sqlite3 often comes without extensions."""

    def __init__(self, folder):
        import apsw
        import sqlite_vec
        self.db = apsw.Connection(str(folder / "vec.db"))
        self.db.enable_load_extension(True)
        self.db.load_extension(sqlite_vec.loadable_path())

    def build(self, base):
        self.db.execute("DROP TABLE IF EXISTS t")  # of a folder that was kept
        self.db.execute(f"CREATE VIRTUAL TABLE t USING vec0(v float[{D}] distance_metric=cosine)")
        with self.db:
            self.db.executemany("INSERT INTO t(rowid, v) VALUES(?, ?)", ((i + 1, v.tobytes()) for i, v in enumerate(base)))

    def load(self):
        pass

    def search(self, q):
        return [x[0] for x in self.db.execute("SELECT rowid FROM t WHERE v MATCH ? AND k = ? ORDER BY distance", (q.tobytes(), K))]


class Usearch:
    exact = False

    def __init__(self, folder):
        from usearch.index import Index
        self.path = str(folder / "usearch.index")
        self.index = Index(ndim=D, metric="cos", dtype="f32")

    def build(self, base):
        import numpy as np
        self.index.add(np.arange(1, len(base) + 1), base, threads=1)
        self.index.save(self.path)

    def load(self):
        self.index.load(self.path)

    def search(self, q):
        return self.index.search(q, K, threads=1, exact=self.exact).keys.tolist()


class UsearchExact:
    def __init__(self, folder):
        self.folder = folder

    def build(self, base):
        pass

    def load(self):
        import numpy as np
        self.base = np.fromfile(self.folder / "base.f32", np.float32).reshape(-1, D)

    def search(self, q):
        from usearch.index import MetricKind, search
        return (search(self.base, q, K, MetricKind.Cos, exact=True, threads=1).keys + 1).tolist()


class Hnswlib:
    def __init__(self, folder):
        import hnswlib
        self.path = str(folder / "hnswlib.index")
        self.index = hnswlib.Index(space="cosine", dim=D)
        self.index.set_num_threads(1)

    def build(self, base):
        import numpy as np
        self.index.init_index(max_elements=len(base), M=16, ef_construction=200)
        self.index.add_items(base, np.arange(1, len(base) + 1), num_threads=1)
        self.index.save_index(self.path)

    def load(self):
        self.index.load_index(self.path)
        self.index.set_ef(100)
        self.index.set_num_threads(1)

    def search(self, q):
        return self.index.knn_query(q, k=K, num_threads=1)[0][0].tolist()


OTHERS = {"sqlite-vec": SqliteVec, "usearch exact": UsearchExact, "usearch HNSW": Usearch, "hnswlib": Hnswlib}


def other(name, step, folder):
    import numpy as np
    which = OTHERS[name](folder)
    if step == "build":
        base = np.fromfile(folder / "base.f32", np.float32).reshape(-1, D)
        began, cpu = time.perf_counter(), time.process_time()
        which.build(base)
        return {"build": (time.perf_counter() - began) * 1000, "build_cpu": (time.process_time() - cpu) * 1000}
    queries = np.fromfile(folder / "queries.f32", np.float32).reshape(-1, D)
    before, began, cpu_began = current_rss_mb(), time.perf_counter(), time.process_time()
    which.load()
    which.search(queries[0])
    first, first_cpu = (time.perf_counter() - began) * 1000, (time.process_time() - cpu_began) * 1000
    times, cpu, ids, began = [], [], [], time.perf_counter()
    for r in range(ROUNDS):
        for q in queries:
            start, cpu_start = time.perf_counter(), time.process_time()
            found = which.search(q)
            cpu.append((time.process_time() - cpu_start) * 1000)
            times.append((time.perf_counter() - start) * 1000)
            if r == 0:
                ids.append(found)
            if len(times) >= 50 and time.perf_counter() - began > 20:
                break
    return {"first": first, "first_cpu": first_cpu, "times": times, "cpu": cpu, "rss_kb": (current_rss_mb() - before) * 1024,
            "recall": recall(ids, folder, np)}


# ---- the run ----

def install():
    stamp = VENV / ".installed"
    if not stamp.exists() or stamp.read_text() != " ".join(PACKAGES):
        print(f"installing {' '.join(PACKAGES)}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([VENV / "bin" / "pip", "install", "-q", "--disable-pip-version-check", *PACKAGES], check=True)
        stamp.write_text(" ".join(PACKAGES))


def output(*command):
    done = subprocess.run([str(x) for x in command], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout) if done.stdout else None


def inside(*arguments):
    return output(VENV / "bin" / "python", __file__, "--inside", *arguments)


def ours(folder):
    file = folder / "dise.index"
    if not file.exists():
        built = output(DRIVER, "build", file, folder / "base.f32", D)
        (folder / "dise.json").write_text(json.dumps(built))
    built = json.loads((folder / "dise.json").read_text())
    found = output(DRIVER, "search", file, folder / "queries.f32", D, K)
    (folder / "found.json").write_text(json.dumps(found["ids"]))
    return {**found, **built, **inside("recall", folder)}


def percentile(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * p / 100))]


def show(name, r):
    closer = f"{r['levels']} / {r['vectors']}" if "levels" in r else ""
    print(f"| {name} | {statistics.median(r['times']):.3f} | {percentile(r['times'], 99):.3f} | {statistics.median(r['cpu']):.3f} | "
          f"{r['recall']:.4f} | {r['build'] / 1000:.2f} s | {r['build_cpu'] / 1000:.2f} s | {r['first']:.1f} ms | {r['first_cpu']:.1f} ms | "
          f"{r['rss_kb'] / 1024:.0f} MB | {closer} |", flush=True)


def run(kind, n, names, folder):
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "truth.json").exists():
        inside("data", kind, n, folder)
    truth = json.loads((folder / "truth.json").read_text())
    print(f"\n{n:,} × {D}, {kind} (mean cosine {truth['mean']:.2f}, of the tenth hit {statistics.mean(truth['last']):.3f}):\n")
    print("| | p50, ms | p99, ms | processor a search, p50, ms | recall@10 | build | its processor | open and first search | its processor | memory | "
          "rows looked at by levels / by vectors |\n|---|---|---|---|---|---|---|---|---|---|---|")
    for name in names:
        if name == "DiSE":
            show(name, ours(folder))
        else:
            built = inside("build", name, folder)
            show(name, {**inside("search", name, folder), **built})


def main():
    if sys.argv[1:2] == ["--inside"]:
        step, *rest = sys.argv[2:]
        if step == "data":
            make_data(rest[0], int(rest[1]), Path(rest[2]))
        elif step == "recall":
            import numpy as np
            ids = json.loads((Path(rest[0]) / "found.json").read_text())
            print(json.dumps({"recall": recall(ids, Path(rest[0]), np)}))
        else:
            print(json.dumps(other(rest[0], step, Path(rest[1]))))
        return
    p = argparse.ArgumentParser()
    p.add_argument("kinds", nargs="*", default=["e5"], choices=KINDS)
    p.add_argument("--sizes", default="1000,10000,100000")
    p.add_argument("--only", help="names, with commas: DiSE," + ",".join(OTHERS))
    p.add_argument("--keep", help="a folder for data and indexes, used again the next time")
    args = p.parse_args()
    os.sched_setaffinity(0, {0})
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    install()
    folder = Path(args.keep or tempfile.mkdtemp(prefix="dise-vectors-"))
    try:
        for kind in args.kinds:
            for n in map(int, args.sizes.split(",")):
                names = args.only.split(",") if args.only else ["DiSE", *OTHERS][:3 if n > 200000 else None]
                run(kind, n, names, folder / f"{kind}-{n}")
    finally:
        if not args.keep:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
