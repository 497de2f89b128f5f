"""Where programs that pass all checks answer a call differently, the person is asked what it should give."""

import pytest
from test_cancel import start

TASK = "write a function middle(a) that gives the middle number of a list: middle([1, 2, 3]) == 2"
TESTS = {"match": "assert lines", "text": "assert middle([7]) == 7\nassert middle([1, 1, 1]) == 1\nassert middle([0, 5, 9]) == 5\n"}
LADDER = "escalation: [{name: two, role: fast, candidates: 2}, {name: more, role: powerful, candidates: 2}]\n"


def program(body, name="middle"):
    return {"text": f"```python\ndef {name}(a):\n    return {body}\n```"}


PLACE, SORTED = program("a[len(a) // 2]"), program("sorted(a)[len(a) // 2]")
MEAN, RANGE = program("sum(a) // len(a) if a else 0"), program("(max(a) + min(a)) // 2 if a else 0")


def put(dise, *answers, seconds=120, ladder=LADDER):
    dise.answers(TESTS, {"match": "", "model": "powerful", "text": "I cannot."}, *answers, extra=ladder, tests=True)
    path = dise.home / "config.yaml"
    path.write_text(path.read_text().replace("pipeline: {", f"pipeline: {{clarify_s: {seconds}, "))


def ask(dise, **params):
    connection = start(dise)
    return connection, connection.ask("job.submit", task=TASK, **params)["job"]


def question(connection, job, number=1):
    return connection.wait_for(job, type="job_question", question=f"case {number}")


def answer(connection, job, text, number=1):
    connection.ask("job.answer", job=job, question=f"case {number}", answer=text)


def source(dise, name="a1"):
    return dise.json("artifact", "show", name)[1][0]["source"]


@pytest.mark.parametrize("choice", ["1", "2"])
def test_the_answer_is_an_example_and_decides(dise, choice):
    put(dise, PLACE, SORTED)
    connection, job = ask(dise)
    asked = question(connection, job)
    assert asked["choices"] == "1|2|neither|skip" and asked["text"].startswith("What should middle([")
    given = dict(part.split(": ") for part in asked["text"].split("?  ")[1].split("  "))
    assert set(given) == {"1", "2"} and all(text.endswith("(1 program)") for text in given.values())
    answer(connection, job, choice)
    done = connection.wait_for(job, type="job_done")
    args, value = asked["subject"], given[choice].split(" (")[0]
    assert done["status"] == "solved" and done["checked"]["examples_passed"] == 2
    names = {}
    exec(source(dise), names)
    assert repr(names["middle"](eval(args))) == value
    kept = dise.json("artifact", "show", "a1")[1][0]
    assert kept["task"] == f"{TASK}\n\nmiddle({args}) == {value}"


def test_what_was_decided_is_remembered(dise):
    put(dise, PLACE, SORTED)
    connection, job = ask(dise)
    question(connection, job)
    answer(connection, job, "2")
    connection.wait_for(job, type="job_done")
    again = connection.ask("job.submit", task=TASK)["job"]
    assert connection.wait_for(again, type="job_done")["llm_calls"] == 0


def test_neither_refuses_both_and_the_climb_goes_on(dise):
    put(dise, PLACE, SORTED)
    connection, job = ask(dise)
    asked = question(connection, job)
    answer(connection, job, "neither")
    ends = [connection.wait_for(job, type="stage_end", stage=n) for n in (1, 2)]  # 2: the same again, and refused again
    assert ends[0]["outcome"] == "failed" and f"middle({asked['subject']}) not in [" in ends[0]["why"]
    assert " does not hold: the call gave " in ends[0]["why"]
    told = [e["outcome"] for e in connection.ask("job.events", job=job)["events"] if e["type"] == "candidate_end" and e["stage"] == 1]
    assert told == ["accepted", "accepted", "rejected", "rejected"]
    assert connection.wait_for(job, type="job_done")["status"] == "unsolved"


@pytest.mark.parametrize("text", ["skip", "no", "perhaps"])
def test_who_does_not_know_is_asked_once(dise, text):
    put(dise, PLACE, SORTED)
    connection, job = ask(dise)
    question(connection, job)
    answer(connection, job, text)
    told = connection.wait_for(job, type="job_answer")
    done = connection.wait_for(job, type="job_done")
    assert told["answer"] == "skip" and done["checked"]["examples_passed"] == 1


def test_two_questions_at_most(dise):
    """The second stage brings two more that differ; nobody is asked a third time."""
    put(dise, PLACE, SORTED, MEAN, RANGE, MEAN, RANGE, ladder=LADDER.replace("powerful", "fast, temperature: 0.5"))
    connection, job = ask(dise)
    for number in (1, 2):
        question(connection, job, number)
        answer(connection, job, "neither", number)
    assert connection.wait_for(job, type="job_done")["checked"]["examples"] == 3  # that of the words, and the two


def test_nobody_is_waited_for_longer_than_is_said(dise):
    put(dise, PLACE, SORTED, seconds=1)
    connection, job = ask(dise)
    question(connection, job)
    assert connection.wait_for(job, type="job_answer")["answer"] == "nobody has answered"
    assert connection.wait_for(job, type="job_done")["status"] in ("solved", "unsolved")


def test_nobody_is_asked_where_it_is_turned_off_or_nobody_is_there(dise):
    put(dise, PLACE, SORTED, seconds=0)
    connection, job = ask(dise)
    connection.wait_for(job, type="job_done")
    put(dise, PLACE, SORTED)
    _, events = dise.json("run", TASK, "--fresh")
    assert not [e for e in events + connection.events if e["type"] == "job_question"]


def test_programs_that_do_the_same_ask_nothing(dise):
    put(dise, SORTED, program("sorted(a, reverse=True)[(len(a) - 1) // 2]"))
    connection, job = ask(dise)
    assert connection.wait_for(job, type="job_done")["status"] == "solved"
    assert dise.json("artifact", "show", "a1")[1][0]["task"] == TASK


def test_the_question_stands_after_a_crash(dise):
    put(dise, PLACE, SORTED)
    connection, job = ask(dise)
    asked = question(connection, job)
    dise.kill_engine()
    connection = start(dise)
    connection.ask("subscribe", job=job, after=0)
    assert question(connection, job)["text"] == asked["text"]
    answer(connection, job, "1")
    assert connection.wait_for(job, type="job_done")["status"] == "solved"
    assert f"middle({asked['subject']})" in dise.json("artifact", "show", "a1")[1][0]["task"]


def test_words_that_name_no_function(dise):
    put(dise, program("a[len(a) // 2]", "f"), program("sorted(a)[len(a) // 2]", "f"))
    connection = start(dise)
    job = connection.ask("job.submit", task="write a function that gives the middle number of a list: [1, 2, 3] -> 2")["job"]
    asked = question(connection, job)
    assert asked["text"].startswith("What should f(")
    answer(connection, job, "2")
    done = connection.wait_for(job, type="job_done")
    assert done["checked"]["examples_passed"] == 2


def test_a_program_that_is_fixed_before_it_is_taken_is_tested_again(dise):
    """The draft of the fix borrows what the probes gave; the engine must not free it twice."""
    ugly = {"text": "```python\ndef middle( a ):\n  import os\n  return sorted( a )[ len( a )//2 ]\n```"}
    put(dise, ugly, ugly)
    connection, job = ask(dise)
    pid = dise.engine_pid()
    done = connection.wait_for(job, type="job_done")
    assert done["status"] == "solved" and "import os" not in source(dise)
    connection.ask("job.list")
    assert dise.engine_pid() == pid


def test_in_the_dashboard_a_key_answers(dise, tui):
    put(dise, PLACE, SORTED)
    t = tui(columns=120, lines=40)
    t.wait_for("what should the program do?")
    t.send(TASK + "\r")
    t.wait_for("What should middle(")
    t.wait_for("[1]   [2]   [n] neither   [s] skip")
    t.wait_for("goes on without an answer in 11")
    t.send("1")
    t.wait_for("kept as a1")
    t.wait_for("2 of 2 examples")


def test_at_a_terminal_the_begin_of_a_word_answers(dise, tui):
    put(dise, PLACE, SORTED)
    t = tui(args=["run", TASK], columns=120)
    t.wait_for("1|2|neither|skip (within 1")
    t.send("e\r")
    t.wait_for("one of 1|2|neither|skip")
    t.send("n\r")
    assert t.wait_end() == 1  # both are refused
    told = start(dise).ask("job.events", job=1)["events"]
    assert [e["answer"] for e in told if e["type"] == "job_answer"] == ["neither"]


def test_at_a_terminal_a_question_that_nobody_answers_goes(dise, tui):
    put(dise, PLACE, SORTED, seconds=1)
    t = tui(args=["run", TASK], columns=120)
    t.wait_for("1|2|neither|skip (within 1 s)")
    t.wait_for("nobody has answered")
    t.wait_end()
