"""dise testdata: valid values of schemas, hints and models; the same bytes for the same seed; streamed."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
import testdata_corpus as corpus

SITE = Path(jsonschema.__file__).parents[1]  # where Pydantic lies
SCHEMAS = corpus.schemas()
FLAT = {"type": "object", "additionalProperties": False,
        "required": ["id", "name", "email", "price", "score", "active", "code", "tags"],
        "properties": {"id": {"type": "integer", "minimum": 1, "maximum": 1000000},
                       "name": {"type": "string", "minLength": 1, "maxLength": 20},
                       "email": {"type": "string", "format": "email"},
                       "price": {"type": "number", "minimum": 0, "maximum": 100, "multipleOf": 0.01},
                       "score": {"type": "number", "minimum": 0, "maximum": 1}, "active": {"type": "boolean"},
                       "code": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"},
                       "tags": {"type": "array", "items": {"enum": ["a", "b", "c"]}, "maxItems": 3}}}


def validator(schema):
    """Of a library that the generator knows nothing of."""
    cls = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    cls.check_schema(schema)
    return cls(schema, format_checker=cls.FORMAT_CHECKER)


def check_schemas(rows, edges):
    for name, schema in SCHEMAS.items():
        independent = validator(schema)
        for edge, count in ((False, rows), (True, edges)):
            made = corpus.values(schema, count, edge, seed=1)
            assert made, name
            for value in made:
                problem = next(independent.iter_errors(value), None)
                assert problem is None, f"{name}: {json.dumps(value)[:300]}: {problem.message[:200]}"


def check_types(file, rows, edges, monkeypatch):
    import pydantic
    import typing_extensions
    monkeypatch.setattr("typing.TypedDict", typing_extensions.TypedDict)  # which Pydantic wants before Python 3.12
    module = corpus.load(file)
    for name in module.CASES:
        schema, independent = corpus.schema_of(file, name), pydantic.TypeAdapter(getattr(module, name))
        for edge, count in ((False, rows), (True, edges)):
            for value in corpus.values(schema, count, edge, seed=2):
                try:
                    independent.validate_json(json.dumps(value))
                except ValueError as e:
                    raise AssertionError(f"{file}.{name}: {json.dumps(value)[:300]}: {e}") from e


# ---- what is made is valid ---------------------------------------------------------------------------------


def test_there_are_enough_schemas():
    assert len(SCHEMAS) >= 200
    text = json.dumps(SCHEMAS)
    for keyword in ("$dynamicRef", "$recursiveRef", "$anchor", "unevaluatedItems", "unevaluatedProperties", "minContains",
                    "maxContains", "dependentSchemas", "dependentRequired", "dependencies", "additionalItems",
                    "propertyNames", "patternProperties", "if", "oneOf", "not", "multipleOf", "contentEncoding"):
        assert f'"{keyword}"' in text, keyword


@pytest.mark.costly
def test_values_of_schemas_are_valid():
    check_schemas(4, 12)


@pytest.mark.costly
@pytest.mark.parametrize("file", ["shapes", "models"])
def test_values_of_types_are_valid(file, monkeypatch):
    check_types(file, 6, 16, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("file", ["shapes", "models", None])
def test_many_values_are_valid(file, monkeypatch):
    if file:
        check_types(file, 500, 2000, monkeypatch)
    else:
        check_schemas(300, 2000)


def edges_of(schema):
    return corpus.values(schema, 1000, edge=True)


@pytest.mark.costly
def test_edges_pass_everything_that_is_at_a_boundary():
    whole = edges_of({"type": "integer", "minimum": -5, "maximum": 300})
    assert {-5, -4, 299, 300, 0, 1, -1} <= set(whole)
    huge = edges_of({"type": "integer"})
    assert {2**31, 2**53 + 1, 2**63, -2**63 - 0} <= set(huge) and max(huge) > 2**64
    numbers = [json.dumps(v) for v in edges_of({"type": "number"})]
    assert {"0.0", "-0.0", "5e-324", "1.7976931348623157e+308"} <= set(numbers)
    texts = edges_of({"type": "string", "minLength": 1, "maxLength": 300})
    assert {1, 2, 299, 300} <= {len(t) for t in texts}
    whole = "".join(texts)
    assert re.search("[\u0300-\u036f]", whole) and re.search("[\u0590-\u06ff]", whole)  # combining, right to left
    assert re.search("[\U00010000-\U0010ffff]", whole) and not re.search("[\ud800-\udfff]", whole)
    assert {len(v) for v in edges_of({"type": "array", "items": {"type": "null"}, "maxItems": 7})} >= {0, 1, 7}
    branches = edges_of({"anyOf": [{"type": "integer"}, {"type": "string"}, {"enum": [None, True]}]})
    assert {type(v).__name__ for v in branches} == {"int", "str", "NoneType", "bool"}
    members = [set(v) for v in edges_of({"properties": {"a": {}, "b": {}, "c": {}}, "type": "object"})]
    for wanted in (set(), {"a", "b", "c"}, {"a"}, {"b", "c"}):
        assert wanted in members


def test_recursion_ends():
    deep = corpus.values(SCHEMAS["recursive_json"], 300) + corpus.values(SCHEMAS["recursive_binary"], 300)
    assert max(len(json.dumps(v)) for v in deep) < 200_000

    def depth(value):
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return 1 + max(map(depth, inner), default=0)
    assert 3 < max(map(depth, deep)) < 20


def test_the_order_of_hashes_does_not_show():
    def digest(hash_seed):
        script = Path(corpus.__file__)
        env = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run([sys.executable, script, "3"], env=env, capture_output=True, check=True).stdout
    assert digest("1") == digest("2")


# ---- the command --------------------------------------------------------------------------------------------


def write(tmp_path, schema, name="schema.json"):
    path = tmp_path / name
    path.write_text(schema if isinstance(schema, str) else json.dumps(schema, indent=1))
    return str(path)


def test_the_same_seed_gives_the_same_bytes(dise, tmp_path):
    path = write(tmp_path, SCHEMAS["order"])
    first = dise.run("testdata", path, "--count", "40")
    assert first.returncode == 0 and first.stdout.count(b"\n") == 40, first.stderr
    again = dise.run("testdata", path, "--count", "40")
    other = dise.run("testdata", path, "--count", "40", "--seed", "7")
    fewer = dise.run("testdata", path, "--count", "3")
    assert first.stdout == again.stdout != other.stdout
    assert first.stdout.startswith(fewer.stdout)
    made = corpus.values(SCHEMAS["order"], 40)
    assert [json.loads(line) for line in first.stdout.splitlines()] == made  # as outside of the sandbox


def test_known_bytes(dise, tmp_path):
    """They change only when somebody means to: people keep seeds."""
    done = dise.run("testdata", write(tmp_path, FLAT), "--count", "2", "--seed", "3")
    assert done.stdout.decode().splitlines() == KNOWN


KNOWN = [
    '{"id": 634861, "name": "ntrbtphawmsw", "email": "fatima+seven@xn--bcher-kva.example", "price": 87.89, "score": 0.1, "active": false, "code": "ZLQ-3355", "tags": ["c", "c", "c"]}',
    '{"id": 990990, "name": "ewzxosfvo", "email": "ben85@sub.domain.example.com", "price": 41.05, "score": 0.15, "active": false, "code": "WBP-3895", "tags": ["a", "a", "b"]}',
]


def test_edges_without_a_count_end_by_themselves(dise, tmp_path):
    done = dise.run("testdata", write(tmp_path, {"type": "integer", "minimum": 1, "maximum": 3}), "--edge")
    assert done.returncode == 0
    assert {json.loads(x) for x in done.stdout.splitlines()} == {1, 2, 3}


def test_a_schema_comes_from_standard_input(dise):
    done = dise.run("testdata", "-", "--count", "2", input=b'{"const": "x"}')
    assert done.stdout == b'"x"\n"x"\n', done.stderr
    odd = b'{"const": "\\ud800 \\u2028 \\u0085"}'  # half a character, and what some take for the end of a line
    done = dise.run("testdata", "-", "--count", "1", input=odd)
    assert done.stdout == b'"\\ud800 \\u2028 \\u0085"\n', done.stderr


def test_a_python_file(dise):
    for name in ("Person", "Movie", "Small", "plan_trip", "Account"):
        done = dise.run("testdata", f"{corpus.DATA}/shapes.py:{name}", "--count", "5")
        assert done.returncode == 0 and done.stdout.count(b"\n") == 5, done.stderr


def test_a_pydantic_model_needs_its_package(dise):
    target = f"{corpus.DATA}/models.py:Order"
    done = dise.run("testdata", target)
    assert done.returncode == 2 and b"--allow-package pydantic installs it" in done.stderr, done.stderr
    done = dise.run("testdata", target, "--count", "5", "--allow-read", str(SITE))
    assert done.returncode == 0 and done.stdout.count(b"\n") == 5, done.stderr
    models = corpus.load("models")
    for line in done.stdout.splitlines():
        models.Order.model_validate_json(line)


def failure(dise, path, *args):
    done = dise.run("testdata", path, *args)
    assert done.returncode == 2 and not done.stdout, (done.returncode, done.stdout[:200], done.stderr)
    return done.stderr.decode().strip().removeprefix("dise: ")


SCHEMA_FAULTS = [
    ('{"type": "object",\n "properties": {"a": {"type": "numbr"}}}', "2:31", "type 'numbr' is not known"),
    ('{"type": "object",\n "x": [1,\n 2,]}', "3:4", "no JSON"),
    ('{"minimum": "5"}', "1:13", "minimum must be a number"),
    ('{"pattern": "a(b"}', "1:13", "missing )"),
    ('{"$ref": "#/$defs/x"}', "1:10", "#/$defs/x, which is nowhere"),
    ('{"$ref": "https://example.com/s.json"}', "1:10", "nothing is fetched"),
    ('{"$schema": "http://example.com/mine"}', "1:13", "dialect"),
    ('[1]', "1:1", "a schema is an object"),
    ('{"type": "integer",\n "minimum": 5, "maximum": 3}', "2:27", "(at #/maximum)"),
    ('{"type": "object", "required": ["a"],\n "properties": {"a": false}}', "1:32", "(at #/required)"),
    ('{"type": "object", "required": ["a"],\n "properties": {"a": {"enum": [1], "type": "string"}}}', "2:31",
     "(at #/properties/a/enum)"),
    ('{"type": "integer", "minimum": 1, "maximum": 2, "multipleOf": 5}', "1:63", "(at #/multipleOf)"),
    ('{"allOf": [{"type": "integer"}, {"type": "string"}]}', "1:42", "(at #/allOf/1/type)"),
    ('{"type": "array", "items": {"type": "null"}, "uniqueItems": true, "minItems": 3}', "1:", "no value"),
    ('{"type": "string", "allOf": [{"pattern": "^a"}, {"pattern": "^b"}]}', "1:61", "(at #/allOf/1/pattern)"),
    ('{"type": "object", "properties": {"n": {"$ref": "#"}}, "required": ["n"]}', "1:1", "without end"),
    ('{"not": {}}', "1:9", "(at #/not)"),
    ('false', "1:1", "false allows nothing"),
]


def test_what_cannot_be_done_is_told_with_its_place(dise, tmp_path):
    for schema, place, words in SCHEMA_FAULTS:
        path = write(tmp_path, schema)
        said = failure(dise, path)
        assert said.startswith(f"{path}:{place}") and words in said and "\n" not in said, said


PYTHON_FAULTS = [
    ("class A:\n    x: int = \n", "A", "2:", "no Python"),
    ("class Abc: pass\n", "Abd", "1:1", "did you mean Abc?"),
    ("x = 1\n1 / 0\nclass A: pass\n", "A", "2:1", "ZeroDivisionError"),
    ("import sys\nsys.exit(0)\n", "A", "2:1", "SystemExit"),
    ("import no_such_module_here\n", "A", "", "no_such_module_here"),
    ("from dataclasses import dataclass\n@dataclass\nclass A:\n    ok: int\n    f: complex\n", "A", "5:5", "complex"),
    ("def f(a: int, b: 'Nowhere'): pass\n", "f", "1:", "Nowhere"),
    ("open('/etc/shadow').read()\n", "A", "1:1", "FileNotFoundError"),
]


def test_what_is_wrong_with_a_python_file(dise, tmp_path):
    for text, name, place, words in PYTHON_FAULTS:
        path = write(tmp_path, text, "shape.py")
        said = failure(dise, f"{path}:{name}")
        assert (not place or said.startswith(f"{path}:{place}")) and words in said, said


def test_validators_of_the_person(dise, tmp_path):
    """One that lets nothing pass, and one that fails."""
    head = f"import sys\nsys.path.append({str(SITE)!r})\nfrom pydantic import BaseModel, field_validator\nclass A(BaseModel):\n    n: int\n"
    check = "    @field_validator('n')\n    def check(cls, v):\n        "
    path = write(tmp_path, head + check + "raise ValueError('never')\n", "never.py")
    said = failure(dise, f"{path}:A", "--allow-read", str(SITE))
    assert "no value was found that its own validator lets pass" in said and "(at #/$defs/A)" in said
    path = write(tmp_path, head + check + "return v.nothing\n", "broken.py")
    said = failure(dise, f"{path}:A", "--allow-read", str(SITE))
    assert said == f"{path}:8:1: the validator of A raised AttributeError: 'int' object has no attribute 'nothing'"


def test_a_pipe_that_closes_and_ctrl_c_end_it_quietly(dise, tmp_path):
    path = write(tmp_path, FLAT)
    dise.run("testdata", path)  # the engine stays
    for sig in (None, signal.SIGINT, signal.SIGTERM):
        it = dise.start("testdata", path, "--count", "1000000000", start_new_session=True)
        assert it.stdout.readline()
        family = descendants(it.pid)
        if sig:
            os.killpg(it.pid, sig)
        it.stdout.close()
        it.wait(20)
        assert it.stderr.read() == b""
        it.stderr.close()
        end = time.monotonic() + 20
        while any(alive(pid) for pid in family):
            assert time.monotonic() < end, family
            time.sleep(0.05)


def test_usage(dise, tmp_path):
    assert "NAME of a class or function" in failure(dise, write(tmp_path, "x = 1", "a.py"))
    assert "no/such/file" in failure(dise, "/no/such/file.json")
    path = write(tmp_path, {})
    assert "--count is a whole number" in failure(dise, path, "--count", "many")
    assert "--seed is a whole number" in failure(dise, path, "--seed", "1.5")
    assert "--count is at least 0" in failure(dise, path, "--count", "-1")
    assert "there is nothing in it" in failure(dise, write(tmp_path, "", "empty.json"))
    assert dise.run("testdata", path, "--count", "0").stdout == b""


def test_what_the_file_prints_is_no_data(dise, tmp_path):
    path = write(tmp_path, "import os\nprint('hello')\nos.write(1, b'there')\nA = bool\n", "loud.py")
    done = dise.run("testdata", f"{path}:A", "--count", "3")
    assert all(json.loads(x) in (True, False) for x in done.stdout.splitlines()) and done.returncode == 0
    assert b"hello" in done.stderr and b"there" in done.stderr


def test_a_reader_that_leaves_ends_it(dise, tmp_path):
    dise.run("status")
    it = dise.start("testdata", write(tmp_path, FLAT), "--count", "100000000")
    assert it.stdout.readline()
    it.stdout.close()
    it.wait(20)
    it.stderr.close()


def test_nothing_is_left_when_the_client_is_killed(dise, tmp_path):
    path = write(tmp_path, FLAT)
    dise.run("testdata", path)  # the engine stays
    it = dise.start("testdata", path, "--count", "100000000")
    assert it.stdout.readline()
    family = descendants(it.pid)
    assert len(family) >= 3
    it.send_signal(signal.SIGKILL)
    it.wait(90)
    end = time.monotonic() + 90
    while any(alive(pid) for pid in family):
        assert time.monotonic() < end, family
        time.sleep(0.05)
    it.stdout.close()
    it.stderr.close()


def alive(pid):
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def descendants(pid):
    out, queue = [], [pid]
    while queue:
        one = queue.pop()
        try:
            children = Path(f"/proc/{one}/task/{one}/children").read_text().split()
        except OSError:
            continue
        out += map(int, children)
        queue += map(int, children)
    return out


def peak_kb(pid):
    try:
        return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])
    except (OSError, TypeError):
        return 0


def stream(dise, tmp_path, count):
    """Rows, bytes, and the highest memory of the engine, the client and the sandbox' processes together."""
    dise.run("status")
    dise.run("testdata", write(tmp_path, FLAT), "--count", "1")
    it = dise.start("testdata", write(tmp_path, FLAT), "--count", str(count))
    rows = size = 0
    peaks = {}
    while True:
        piece = os.read(it.stdout.fileno(), 1 << 16)
        if not piece:
            break
        rows += piece.count(b"\n")
        size += len(piece)
        if size % 7 == 0 or not peaks:
            for pid in [it.pid, dise.engine_pid(), *descendants(it.pid)]:
                peaks[pid] = max(peaks.get(pid, 0), peak_kb(pid))
    assert it.wait(20) == 0, it.stderr.read()
    it.stdout.close()
    it.stderr.close()
    return rows, size, sum(peaks.values())


def test_rows_are_streamed(dise, tmp_path):
    rows, size, kb = stream(dise, tmp_path, 20_000)
    assert rows == 20_000 and size > 2_000_000
    if "asan" not in os.environ.get("DISE_BINARY", ""):
        assert kb < 50 << 10


@pytest.mark.long
def test_a_million_rows_need_less_than_50_mb(dise, tmp_path):
    rows, size, kb = stream(dise, tmp_path, 1_000_000)
    assert rows == 1_000_000 and size > 100_000_000
    assert kb < 50 << 10


# ---- as a tool ------------------------------------------------------------------------------------------


def run_flow(dise, tmp_path, mapping, given):
    flow = {"workflow_id": "make", "version": "1.0.0", "description": "values, then their sum",
            "inputs": {name: {"type": "any"} for name in given},
            "outputs": {"rows": {"source_reference": "steps.rows.list"}, "sum": {"source_reference": "steps.add.sum"}},
            "steps": [{"step_id": "rows", "type": "existing_tool", "tool": "testdata", "input_mapping": mapping,
                       "output_name": "list"},
                      {"step_id": "add", "type": "python_tool", "tool": "add", "output_name": "sum",
                       "input_mapping": {"numbers": "steps.rows.list"}}],
            "tools": {"add": {"type": "python", "source_code": "def add(numbers):\n    return sum(numbers)\n"}}}
    path = write(tmp_path, flow, "flow.json")
    loaded = dise.run("workflow", "load", path)
    assert loaded.returncode == 0, loaded.stderr
    code, events = dise.json("workflow", "run", loaded.stdout.decode().split()[-1], "--input", json.dumps(given))
    return code, events[-1]


def test_a_workflow_makes_values(dise, tmp_path):
    dise.answers()
    schema = {"type": "integer", "minimum": 1, "maximum": 9}
    mapping = {"schema": "inputs.schema", "count": "inputs.count", "seed": 5}
    code, end = run_flow(dise, tmp_path, mapping, {"schema": schema, "count": 20})
    made = end["result"]
    assert code == 0 and made["rows"] == corpus.values(schema, 20, seed=5) and made["sum"] == sum(made["rows"])
    code, end = run_flow(dise, tmp_path, {"source": "inputs.source", "name": "A", "edge": True}, {"source": "A = bool\n"})
    assert code == 0 and sorted(end["result"]["rows"]) == [False, True]
    code, end = run_flow(dise, tmp_path, mapping, {"schema": {**schema, "minimum": 10}, "count": 2})
    assert code and "(at #/maximum)" in end["message"], end
    code, end = run_flow(dise, tmp_path, mapping, {"schema": {"type": "string", "pattern": "^a{2000}$"}, "count": 1_000_000})
    assert code and "a smaller count" in end["message"], end


def tool(dise, given, *args):
    """Exit code and the end of the job."""
    code, events = dise.json("tool", "run", "testdata", *args, *(("--input", json.dumps(given)) if given is not None else ()))
    return code, events[-1]


def test_the_tool_runs_by_itself(dise):
    schema = {"type": "integer", "minimum": 1, "maximum": 9}
    code, end = tool(dise, {"schema": schema, "count": 20, "seed": 5})
    assert code == 0 and end["result"] == {"result": corpus.values(schema, 20, seed=5)}
    for given, words in ((None, 'needs the input "schema"'), ({}, 'needs the input "schema"'),
                         ({"schema": {}, "sedd": 1}, 'no input "sedd"'), ({"schema": {}, "count": "3"}, '"count" is a whole number'),
                         ({"source": "A = B", "name": "A"}, "source:1:1: it cannot be imported: NameError"),
                         ({"schema": {"type": "strin"}}, "strin")):
        code, end = tool(dise, given)
        assert code == 2 and words in end["message"], (given, end)
    assert "there is no tool nothing" in failure_of(dise, "tool", "run", "nothing")
    assert "does not run by itself" in failure_of(dise, "tool", "run", "black")


def failure_of(dise, *args):
    done = dise.run(*args, timeout=300)
    assert done.returncode, done.stdout
    return done.stderr.decode().strip()


def wheel_of(name, folder, left_out):
    """A wheel of a distribution that is installed here, without the files of which a folder has such a name."""
    import importlib.metadata
    import zipfile
    found = importlib.metadata.distribution(name)
    record = next(str(f) for f in found.files if f.name == "RECORD")
    kept = [f for f in found.files if f.parts[0] != ".." and not any(re.fullmatch(left_out, part) for part in f.parts)]
    with zipfile.ZipFile(folder / f"{name}-{found.version}-py3-none-any.whl", "w") as wheel:
        for file in kept:
            wheel.write(file.locate(), str(file))
        wheel.writestr(record, "".join(f"{name},,\n" for name in (*kept, record)))


@pytest.fixture
def shelf(dise, tmp_path):
    """Packages come from a folder, with the real Faker in it; most languages are left out, as they are many files."""
    pytest.importorskip("faker")
    folder = tmp_path / "shelf"
    folder.mkdir()
    wheel_of("faker", folder, "__pycache__|(?!en_US|en_GB)[a-z]{2,3}_[A-Z]{2,}(_.*)?|RECORD")
    dise.env.update(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(folder), PIP_NO_CACHE_DIR="1", PIP_CONFIG_FILE="/dev/null")
    return folder


PERSON = {"type": "object", "additionalProperties": False, "required": ["firstName", "email", "city", "product_name", "code"],
          "properties": {"firstName": {"type": "string"}, "email": {"type": ["string", "null"]}, "city": {"type": "string", "maxLength": 8},
                         "product_name": {"type": "string"}, "code": {"type": "string", "pattern": "^[a-z]{3}$"}}}


@pytest.mark.costly
def test_realistic_values_are_valid_and_the_same_each_time(dise, shelf, tmp_path):
    """Faker is installed when it is first wanted, here by a workflow, and makes what a property's name says and nothing
    else; what the command prints is the same."""
    dise.answers()
    flow = {"workflow_id": "make", "version": "1.0.0", "inputs": {"schema": {"type": "any"}},
            "outputs": {"rows": {"source_reference": "steps.rows.list"}},
            "steps": [{"step_id": "rows", "type": "existing_tool", "tool": "testdata", "output_name": "list",
                       "input_mapping": {"schema": "inputs.schema", "count": 20, "seed": 3, "realistic": True}}]}
    loaded = dise.run("workflow", "load", write(tmp_path, flow, "flow.json"))
    code, events = dise.json("workflow", "run", loaded.stdout.decode().split()[-1], "--input", json.dumps({"schema": PERSON}), timeout=300)
    assert code == 0, events[-1]
    assert "faker==" in "".join(e["detail"] for e in events if e["type"] == "phase" and e["name"] == "install")
    path, plain = write(tmp_path, PERSON), corpus.values(PERSON, 50, seed=3)
    done = dise.run("testdata", path, "--realistic", "--count", "50", "--seed", "3")
    made = [json.loads(x) for x in done.stdout.splitlines()]
    assert len(made) == 50 and made[:20] == events[-1]["result"]["rows"] and made != plain, done.stderr
    for value in made:
        assert not list(validator(PERSON).iter_errors(value)) and value["firstName"].isalpha() and value["firstName"].istitle()
        assert value["email"] is None or re.fullmatch(r"[\w.]+@example\.(com|net|org)", value["email"])
    plain_ones = [json.loads(x) for x in dise.run("testdata", path, "--count", "50", "--seed", "3").stdout.splitlines()]
    assert plain_ones == plain


def test_packages_that_cannot_be_had_are_told(dise, tmp_path):
    dise.env.update(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path), PIP_CONFIG_FILE="/dev/null")
    said = failure_of(dise, "testdata", write(tmp_path, PERSON), "--realistic")
    assert "the package faker cannot be installed: " in said and said.endswith("without --realistic it is not needed"), said
    code, end = tool(dise, {"schema": PERSON, "realistic": True})
    assert code and "the package faker cannot be had: " in end["message"]
    code, end = tool(dise, {"source": "import numpy\nA = int\n", "name": "A"})
    assert code and "--allow-package numpy installs it" in end["message"]
    code, end = tool(dise, {"source": "import numpy\nA = int\n", "name": "A"}, "--allow-package", "numpy")
    assert code and "the package numpy cannot be had: " in end["message"]
    code, end = tool(dise, {"source": "import no_such_thing\nA = int\n", "name": "A"})
    assert code and "no_such_thing, which is neither in Python" in end["message"]


def test_a_workflow_cannot_grant_itself_packages(dise, tmp_path):
    dise.env.update(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path), PIP_CONFIG_FILE="/dev/null")
    dise.answers()
    flow = {"workflow_id": "make", "version": "1.0.0", "inputs": {}, "outputs": {"rows": {"source_reference": "steps.rows.list"}},
            "steps": [{"step_id": "rows", "type": "existing_tool", "tool": "testdata", "output_name": "list",
                       "input_mapping": {"source": "import numpy\nA = int\n", "name": "A"}}],
            "tools": {"testdata": {"type": "function", "runtime": "testdata", "packages": ["numpy"]}}}
    loaded = dise.run("workflow", "load", write(tmp_path, flow, "flow.json"))
    code, events = dise.json("workflow", "run", loaded.stdout.decode().split()[-1])
    assert code and "--allow-package numpy installs it" in events[-1]["message"], events[-1]


NAMES = {"firstName": "first_name", "FIRST-NAME": "first_name", "customer_name": "name", "name": "name", "product_name": None,
         "billing_city": "city", "capacity": None, "e-mail": "email", "orderState": None, "state": "state", "homepage": "url",
         "date_of_birth": "birthday", "orderDate": "date", "id": None, "ibanCode": None, "contact_email": "email"}


def test_what_a_name_says():
    import testdata_names
    assert {name: testdata_names.kind_of(name) for name in NAMES} == NAMES


def test_the_tool_is_listed(dise):
    code, lines = dise.json("tool", "show", "testdata")
    assert code == 0 and lines[0]["type"] == "function" and not lines[0]["problem"]


def test_a_tool_runs_from_the_dashboard(dise, tui):
    """r on its row asks for what it has to be given; /run takes its name."""
    t = tui(columns=120, lines=40)
    t.wait_for("● engine")
    t.send("/tools testdata\r")
    t.wait_for("function shi")  # it is open
    t.settle()
    t.send("r")
    t.wait_for('/run testdata {"schema": , "source": , "name": }')
    t.send("\x15")
    t.send('/run testdata {"schema": {"const": "teapot"}, "count": 2}\r')
    t.wait_for("✔ solved")
    t.wait_for('{"result":["teapot","teapot"]}')
    t.send("/run nothing\r")
    t.wait_for("there is no tool nothing")


def test_what_is_shipped_has_no_problem(dise):
    code, tools = dise.json("tool", "list")
    assert code == 0 and len(tools) > 30 and not [t["id"] for t in tools if t["problem"]]
    assert {"prices", "models", "trusted_packages"}.isdisjoint(t["id"] for t in tools)
