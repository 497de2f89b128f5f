"""The memory browser on a real pseudo-terminal, with the real engine."""

import json

import pytest
from conftest import ROOT

GOOD = {"match": "", "text": "```python\ndef add(a, b):\n    return a + b\n```"}
TASK = "write a function that adds two numbers, add(2, 3) == 5"


def solved(dise, tui, **size):
    dise.answers(GOOD)
    assert dise.run("run", TASK).returncode == 0
    t = tui(**{"columns": 120, "lines": 40, **size})
    t.wait_for("● engine")
    return t


def memory(t):
    t.send("\x1b5")
    t.settle()
    t.send("z")
    t.wait_for("Artifacts  Tools  Workflows")


def command(t, line):
    """Up from the zoom and into the input line first."""
    t.escape()
    t.escape()
    t.send(line + "\r")


def engine_has(t, sign, missing="is not supported"):
    """Skips where the engine of this build does not know a request yet."""
    for _ in range(100):
        t.read(0.05)
        if sign in t.text():
            return
        if missing in t.text():
            pytest.skip("the engine does not know this yet")
    pytest.fail(f"never saw {sign!r}:\n{t.text()}")


def test_what_was_made_is_found_opened_and_run_again(dise, tui):
    t = solved(dise, tui)
    memory(t)
    t.wait_for("✔ add")
    t.send("/numb")
    t.wait_for("/numb")
    t.wait_for("✔ add")
    t.send("\r")
    t.settle()
    t.send("\r")
    t.wait_for("def add(a, b):")
    t.wait_for("checked  parsed, ran")
    t.send("y")
    t.wait_for("copied")
    t.send("r")
    t.wait_for('/run a1 {"a": , "b": }')
    t.send("\x15" + '/run a1 {"a": 20, "b": 22}\r')
    t.wait_for('→ {"result":42}')


def test_deleted_and_taken_back(dise, tui):
    t = solved(dise, tui, columns=100, lines=30)
    memory(t)
    t.wait_for("✔ add")
    t.send("d")
    engine_has(t, "a1 is deleted")
    t.wait_for("nothing is kept yet")
    t.send("u")
    t.wait_for("a1 is back")
    t.wait_for("✔ add")
    t.send("*")
    t.wait_for("★1")


def test_a_workflow_opens_runs_again_and_goes_through_a_file(dise, tui, tmp_path):
    t = solved(dise, tui)
    memory(t)
    t.send("T")
    engine_has(t, "1 workflow", "no workflow is kept")
    file = tmp_path / "flow.json"
    command(t, f"/workflow save a2 {file}")
    t.wait_for("saved")
    flow = json.loads(file.read_text())
    assert flow["steps"]
    command(t, f"/workflow load {file}")
    t.wait_for("kept as")
    bad = tmp_path / "bad.json"
    bad.write_text('{"workflow_id": "x",\n "steps": [{]}')
    command(t, f"/workflow load {bad}")
    t.wait_for("bad.json:2:")


def test_a_tool_is_edited_an_invalid_text_is_kept_and_mended(dise, tui, tmp_path):
    """The editor is a script: it spoils the file the first time and mends it the second."""
    seen = tmp_path / "seen"
    script = tmp_path / "editor"
    script.write_text(f"""#!/bin/sh
test -t 0 -a -t 1 || exit 3
stat -c %a "$2" >> {seen}
cp "$2" {tmp_path}/text.$(wc -l < {seen})
case $(wc -l < {seen}) in
1) sed -i 's/^type: .*/type: [llm/' "$2" ;;
2) sed -i 's/^type: .*/type: "llm"/; s/You write short/You write very short/' "$2" ;;
esac
echo an editor writes over the screen
""")
    script.chmod(0o755)
    dise.env["EDITOR"] = f"{script} --wait"
    dise.env.pop("VISUAL", None)
    t = solved(dise, tui)
    t.send("/tools\r")
    t.settle()
    t.send("z")
    engine_has(t, "coder")
    command(t, "/tools coder")
    t.settle()
    t.send("z")
    t.wait_for("You write short")
    t.send("e")
    t.wait_for("not saved")
    t.wait_for("type: [llm")
    assert "writes over" not in t.text()
    t.send("e")
    t.wait_for("coder is saved")
    t.wait_for("You write very short")
    assert seen.read_text() == "600\n600\n"
    assert "type: [llm" in (tmp_path / "text.2").read_text()
    t.escape()
    t.send("j" * sorted(x.stem for x in (ROOT / "tools").glob("*/*.yaml")).index("coder"))
    t.settle()
    t.send("R")
    t.wait_for("R again drops")
    t.send("R")
    t.wait_for("is the shipped one again")


def test_files_are_written_and_read_from_the_dashboard(dise, tui, tmp_path):
    t = solved(dise, tui)
    name = tmp_path / "with blanks.jsonl"
    command(t, f'/rag export "{name}" a1')
    t.wait_for("1 artifact written to")
    lines = [json.loads(line) for line in name.read_text().splitlines()]
    assert [one["kind"] for one in lines if "kind" in one] == ["function"]
    command(t, f'/rag import "{name}"')
    t.wait_for("1 were here already")
    command(t, "/rag export /nowhere/at/all")
    t.wait_for("No such file")
    t.wait_for("dise rag export did not end well")
    command(t, "/rag verify")
    t.wait_for("there is no program from elsewhere")
    command(t, "/rag sync nowhere")
    t.wait_for("dise rag sync did not end well")
    command(t, "/rag status")
    t.wait_for("by words")
    command(t, "/rag export")
    t.wait_for("/rag export FILE [ID ...]")
