"""Test data: `testdata.py JOB FOLDER…` in the sandbox.

JOB is a file: {"kind": "schema" | "python", "file": the name that the person knows, "name": what of the Python
file, "count": N | null, "seed": N, "edge": bool, "realistic": bool}. The source lies beside it, as input.json or input.py. The
folders hold what the source may import. Each value is one line of JSON on standard output.

What cannot be done is one object on descriptor 3, with exit code 2: {"message", "pointer" (of the schema) or
"line" and "column"}, or {"missing": module}.
"""

import json
import os
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]

import testdata_make  # noqa: E402
import testdata_schema  # noqa: E402
from testdata_random import Random  # noqa: E402

COUNT, EDGES = 10, 1000  # without --count; the most rows that the edges take
PIECE = 1 << 15
# At some of these readers would end a line, to others they are commands; half a character has no UTF-8.
BREAKS = {code: "\\u%04x" % code for code in (*range(0x80, 0xA0), 0x2028, 0x2029, *range(0xD800, 0xE000))}


def tell(problem):
    with os.fdopen(3, "w", encoding="utf-8") as out:
        json.dump(problem, out)
    sys.exit(2)


def read_schema(path):
    with open(path, encoding="utf-8-sig", errors="surrogateescape") as source:
        text = source.read()
    try:
        return json.loads(text)
    except json.JSONDecodeError as e:
        tell({"message": f"this is no JSON: {e.msg}" if text.strip() else "there is nothing in it", "line": e.lineno, "column": e.colno})
    except RecursionError:
        tell({"message": "this JSON is nested too deeply"})


def load(job):
    """The schema."""
    if job["kind"] == "python":
        import testdata_types  # slow to load
        return testdata_types.schema_of("input.py", job["file"], job["name"], tell)
    return read_schema("input.json")


def pools_of(root):
    import testdata_names
    kinds = testdata_names.mark(root)
    try:
        return testdata_names.pools(kinds) if kinds else None
    except testdata_names.NoFaker:
        tell({"missing": "faker"})


def encoder():
    encode = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": "), allow_nan=False).encode

    def line(value):
        text = encode(value)
        return text if text.isascii() else text.translate(BREAKS)
    return line


def rows(maker, count, edge):
    """As many as wanted; of edges by default until each was there."""
    most = count if count is not None else EDGES if edge else COUNT
    for n in range(most):
        if count is None and edge and n and maker.covered():
            return
        yield maker.row()


def write(maker, job, out):
    line, piece, size = encoder(), [], 0
    for value in rows(maker, job["count"], job["edge"]):
        text = line(value)
        piece.append(text)
        size += len(text)
        if size > PIECE:
            out.write("\n".join(piece).encode() + b"\n")
            piece, size = [], 0
    if piece:
        out.write("\n".join(piece).encode() + b"\n")
    out.flush()


def main(path):
    with open(path, encoding="utf-8") as source:
        job = json.load(source)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the person's file prints is no data
    sys.path[1:1] = sys.argv[2:]
    try:
        root = load(job)
        pools = pools_of(root) if job.get("realistic") and not job["edge"] else None
        schemas = testdata_schema.Schemas(root)
        write(testdata_make.Maker(schemas, Random(job["seed"]), job["edge"], pools), job, out)
    except (testdata_schema.Bad, testdata_schema.Unsatisfiable) as e:
        word = "" if isinstance(e, testdata_schema.Bad) else "no value fits: "
        tell({"message": word + e.args[0], "pointer": e.args[1]})
    except BrokenPipeError:
        os._exit(0)
    except testdata_schema.Broken as e:
        tell({"message": str(e), "line": e.line(), "column": 1})
    except RecursionError:
        tell({"message": "the schema is nested too deeply"})
    except MemoryError:
        tell({"message": "the values need more memory than sandbox.memory_mb allows"})
    except OSError as e:
        tell({"message": f"standard output could not be written: {e.strerror}"})


if __name__ == "__main__":
    main(sys.argv[1])
