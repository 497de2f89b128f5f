"""What a task is taken for decides what is done: a calculation, words, a program."""

import json

GOOD = {"match": "add", "text": "```python\ndef add(a, b):\n    return a + b\n```"}
HAIKU = {"match": "haiku", "text": "Waves fold into foam\nsalt on the tongue of morning\ngulls stitch sky to sea"}
WIDE = {"match": "the sea", "text": "The sea is wide."}
TEXT_CLASS = {"match": "Task: the sea", "text": '{"class": "SIMPLE_CONTENT", "complexity": "simple"}'}


def classified(events):
    found = [e for e in events if e["type"] == "classified"]
    assert len(found) == 1, found
    return found[0]


def calls(events):
    return [e["role"] for e in events if e["type"] == "llm_call"]


def test_a_calculation_needs_no_model_and_is_exact(dise):
    for task, result in (("what is 17 percent of 240", 40.8), ("2 plus 3", 5), ("0.1 + 0.2", 0.3),
                         ("(1/3 + 1/6)", "1/2"), ("factorial of 20", "2432902008176640000"),
                         ("gcd of 84 and 36", 12), ("sqrt of 2 to 10 digits", 1.414213562),
                         ("sum of the first 100 integers", 5050), ("convert 3/8 to decimal", 0.375)):
        code, events = dise.json("run", task)  # and no model is configured
        assert code == 0, task
        assert classified(events)["class"] == "ARITHMETIC" and classified(events)["by"] == "rules"
        assert events[-1]["llm_calls"] == 0 and events[-1]["result"]["result"] == result, events[-1]
    code, again = dise.json("run", "2 plus 3")
    assert again[-1]["message"] == "answered from memory" and again[-1]["result"]["result"] == 5
    assert not [e for e in again if e["type"] == "sandbox_run"]
    code, shown = dise.json("artifact", "show", again[-1]["artifact"])
    assert shown[0]["class"] == "ARITHMETIC" and shown[0]["complexity"] == "simple"
    assert "F(2) + F(3)" in shown[0]["code"]
    code, run = dise.json("artifact", "run", again[-1]["artifact"])
    assert code == 0 and run[-1]["result"]["text"] == "2 + 3 = 5"
    assert dise.run("run", "(1/3 + 1/6)").stdout == b"1/3 + 1/6 = 1/2 = 0.5\n"


def test_a_calculation_without_a_result_says_why(dise):
    code, events = dise.json("run", "1/0")
    assert code == 1 and events[-1]["status"] == "unsolved" and "divides by zero" in events[-1]["message"]
    assert not events[-1]["artifact"]
    code, events = dise.json("run", "10^10^10")
    assert code == 1 and "digits" in events[-1]["message"]
    assert not [e for e in events if e["type"] == "sandbox_run"]


def test_a_story_with_figures_is_computed_from_the_models_expression(dise):
    story = "If I have 3 apples and buy 12 more, how many apples do I have?"
    dise.answers({"match": "Task: If", "text": 'So: {"expression": "3 + 12"}'})
    code, events = dise.json("run", story)
    assert code == 0 and calls(events) == ["fast"]
    assert events[-1]["result"]["text"] == "3 + 12 = 15"


def test_a_model_has_no_number_of_its_own(dise):
    story = "If I have 3 apples and add 12 more, how many apples do I have?"
    dise.answers({"match": "Task: If", "text": '{"expression": "3 + 12 + 4"}'}, GOOD)
    code, events = dise.json("run", story)
    assert any("a program is written" in e.get("text", "") for e in events if e["type"] == "job_note")
    assert "19" not in json.dumps(events[-1]["result"])
    code, shown = dise.json("artifact", "show", events[-1]["artifact"])
    assert shown[0]["class"] == "CODE"


def test_a_haiku_is_words(dise, tmp_path):
    dise.answers(HAIKU)
    code, events = dise.json("run", "write a haiku about the sea", "--out", str(tmp_path / "haiku"))
    assert code == 0 and classified(events)["class"] == "SIMPLE_CONTENT"
    assert calls(events) == ["fast"] and events[-1]["result"] == HAIKU["text"]
    assert (tmp_path / "haiku").read_text() == HAIKU["text"]
    code, shown = dise.json("artifact", "show", events[-1]["artifact"])
    assert shown[0]["kind"] == "text" and shown[0]["class"] == "SIMPLE_CONTENT"
    done = dise.run("run", "write a haiku about the sea")
    assert done.stdout.decode() == HAIKU["text"] + "\n" and b"answered from memory" in done.stderr


def test_a_long_text_is_the_powerful_models(dise):
    dise.answers({"match": "essay", "text": "Bees matter."})
    code, events = dise.json("run", "write a detailed essay about bees")
    assert classified(events)["class"] == "COMPLEX_CONTENT" and calls(events) == ["powerful"]


def test_an_ordinary_task_asks_no_classifier(dise):
    dise.answers(GOOD)
    for task in ("write a function that adds two numbers", "def add(a, b):\n    \"\"\"Add two numbers.\"\"\"\n"):
        code, events = dise.json("run", task)
        assert code == 0 and events[-1]["llm_calls"] == 1
        assert classified(events)["class"] == "CODE" and classified(events)["tier"] == 1


def test_a_model_is_asked_only_when_the_rules_are_not_sure(dise):
    dise.answers(TEXT_CLASS, WIDE)
    code, events = dise.json("run", "the sea")
    assert code == 0 and events[-1]["result"] == "The sea is wide."
    assert classified(events)["by"] == "model" and len(calls(events)) == 2
    code, again = dise.json("run", "the sea")
    assert calls(again) == [] and again[-1]["result"] == "The sea is wide."
    assert classified(again)["by"] == "memory" and classified(again)["class"] == "SIMPLE_CONTENT"


def test_a_model_that_does_not_tell_leaves_the_guess(dise):
    dise.answers({"match": "Task: the sea", "text": "I like it"},
                 {"match": "the sea", "text": "```python\ndef sea():\n    return 1\n```"})
    code, events = dise.json("run", "the sea")
    assert code == 0 and classified(events)["by"] == "rules" and classified(events)["class"] == "CODE"
    code, events = dise.json("run", "the sea", "--input", "{}", "--fresh")
    assert calls(events) == ["fast"]  # an input asks for a program


def test_a_person_says_otherwise(dise):
    dise.answers({"match": "sort", "text": "Put the small ones first."}, HAIKU)
    for args in (["--as", "text", "sort a list"], ["/text sort a list", "--fresh"]):
        code, events = dise.json("run", *args)
        assert code == 0 and events[-1]["result"] == "Put the small ones first."
        assert classified(events)["by"] == "person"
    code, events = dise.json("run", "--as", "code", "write a haiku")
    assert classified(events)["class"] == "CODE" and code == 1  # the words are no program
    code, events = dise.json("run", "--as", "arithmetic", "sort a list")
    assert code == 1 and "no expression" in events[-1]["message"]
    done = dise.run("run", "--as", "poetry", "x")
    assert done.returncode == 2 and b"code, text or arithmetic" in done.stderr


def test_a_batch_says_it_by_a_member_and_by_a_prefix(dise, tmp_path):
    dise.answers({"match": "sort", "text": "Put the small ones first."}, HAIKU)
    tasks = tmp_path / "tasks.jsonl"
    tasks.write_text('{"task": "sort a list", "class": "text"}\n/text sort a pile\n2 plus 3\nwrite a haiku\n')
    done = dise.run("batch", "run", str(tasks), "--wait", timeout=60)
    assert done.returncode == 0, done.stderr
    code, listed = dise.json("artifact", "list")
    assert sorted(a["kind"] for a in listed) == ["function", "text", "text", "text"]
    tasks.write_text('{"task": "sort a list", "class": "poem"}\n')
    done = dise.run("batch", "run", str(tasks))
    assert done.returncode == 2 and b"code, text or arithmetic" in done.stderr


def test_a_killed_engine_asks_the_classifier_once(dise):
    dise.answers(TEXT_CLASS, {**WIDE, "tokens_per_s": 3})
    run = dise.start("run", "the sea", "--json")
    for line in run.stdout:
        if json.loads(line)["type"] == "token_delta":
            break
    dise.kill_engine()
    events = [json.loads(x) for x in run.stdout]
    assert run.wait(90) == 0 and events[-1]["result"] == "The sea is wide."
    code, kept = dise.json("run", "the sea")
    assert kept[-1]["artifact"] == events[-1]["artifact"]
