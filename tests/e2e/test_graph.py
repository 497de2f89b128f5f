"""The workflow pane with the real engine: its own steps, their detail, the replay of its events."""

GOOD = {"match": "add", "text": "```python\ndef add(a, b):\n    return a + b\n```"}
BAD = {"match": "add", "text": "```python\ndef add(a, b):\n    return a - b\n```"}
TASK = "write a function that adds two numbers, add(2, 3) == 5"


def test_the_steps_of_a_job_their_detail_and_its_replay(dise, tui):
    dise.answers(BAD, BAD, GOOD)
    t = tui(columns=150, lines=44)
    t.wait_for("● engine")
    t.send(TASK + "\r")
    t.wait_for("dise  ✔ solved")
    t.wait_for("✔ store")
    for step in ("✔ classify", "✔ recall", "✔ code a", "✔ choose"):
        assert step in t.text()
    assert "prompts" not in t.text()
    t.send("\x1b2")
    t.wait_for("Enter step")
    t.send("/code a\r")
    t.wait_for("code a")
    t.send("\r")
    t.wait_for("output ──")
    assert "return a - b" in t.text()
    t.escape()
    t.send("<")
    t.wait_for("the first step is about to begin")
    t.send(">")
    t.wait_for("✔ store")
    t.escape()
    t.send("++++g")
    t.wait_for("✔ prompt")  # the pane may end in it


def test_a_finished_job_is_opened_by_another_dashboard(dise, tui):
    dise.answers(GOOD)
    assert dise.run("run", TASK).returncode == 0
    t = tui(columns=150, lines=44)
    t.wait_for("● engine")
    t.send("/job 1\r")
    t.wait_for("✔ store")
    assert "✔ code" in t.text()
