"""The schemas of tests/data/testdata, and values of them made in this process. As a program: a digest of all
values, for another process to compare (`testdata_corpus.py ROWS`)."""

import hashlib
import importlib.util
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data" / "testdata"
sys.path.insert(0, str(ROOT / "src" / "runtime"))

import testdata  # noqa: E402
import testdata_make  # noqa: E402
import testdata_schema  # noqa: E402
import testdata_types  # noqa: E402
from testdata_random import Random  # noqa: E402


def schemas():
    """name: schema."""
    return {name: schema for file in sorted(DATA.glob("*.json")) for name, schema in json.loads(file.read_text()).items()}


def values(schema, count, edge=False, seed=0):
    """Up to `count` values, as they read when they come out of their line."""
    maker = testdata_make.Maker(testdata_schema.Schemas(schema), Random(seed), edge)
    line, out = testdata.encoder(), []
    while len(out) < count and not (edge and out and maker.covered()):
        out.append(json.loads(line(maker.row())))
    return out


def load(name):
    """A Python file of the data, as a module."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, DATA / f"{name}.py")
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


def schema_of(file, name):
    def tell(problem):
        raise ValueError(problem)
    return testdata_types.schema_of(str(DATA / f"{file}.py"), f"{file}.py", name, tell)


if __name__ == "__main__":
    digest = hashlib.sha256()
    for name, schema in schemas().items():
        for edge in (False, True):
            digest.update(json.dumps([name, values(schema, int(sys.argv[1]), edge)]).encode())
    print(digest.hexdigest())
