"""What a night may bring: clocks that are set, summers that begin, engines that are down at the start."""

import sqlite3
import time

import pytest
from batches import TEXT, ended, items_once, report, show, submit, wait_for, write_tasks
from clocks import clock  # noqa: F401 (a fixture)

HOUR = 3600


def stays(dise, batch, state, seconds=2.5):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert show(dise, batch)["state"] == state
        time.sleep(0.2)


def done_once(dise, batch, n):
    it = wait_for(dise, batch, ended)
    assert it["solved"] == n and items_once(dise, batch) == (n, n)
    return report(dise, batch)


def test_forwards_over_the_start(dise, clock):
    dise.answers(TEXT)
    clock.set(2026, 5, 4, 23, 0)
    batch = submit(dise, write_tasks(dise, 4), "--at", "02:00")
    stays(dise, batch, "scheduled")
    clock.set(2026, 5, 5, 2, 30)
    figures, text = done_once(dise, batch, 4)
    assert len(figures["clock_changes"]) == 1
    assert abs(figures["clock_changes"][0]["ms"] / 1000 - 3.5 * HOUR) < 60
    assert 25 < figures["late_s"] / 60 < 35 and "late by | 30 min" in text
    assert figures["seconds"] < 60 and "forwards by 2" in text


def test_back_while_it_waits_and_while_it_works(dise, clock):
    dise.answers({**TEXT, "tokens_per_s": 12})
    clock.set(2026, 5, 5, 1, 59, 0)
    batch = submit(dise, write_tasks(dise, 12), "--at", "02:00")
    stays(dise, batch, "scheduled")  # it has seen the clock before it is set
    clock.set(2026, 5, 5, 0, 30)
    stays(dise, batch, "scheduled")
    clock.set(2026, 5, 5, 2, 0, 5)
    wait_for(dise, batch, lambda it: it["done"] >= 2)
    clock.set(2026, 5, 4, 20, 0)  # before the start once more
    wait_for(dise, batch, lambda it: it["done"] >= 4)
    dise.kill_engine()
    figures, text = done_once(dise, batch, 12)
    assert len(figures["clock_changes"]) == 3 and "back by 36" in text
    assert 0 < figures["seconds"] < 60 and figures["late_s"] == 0
    assert all(x["seconds"] >= 0 for x in show(dise, batch)["tasks"])
    db = sqlite3.connect(dise.home / "dise.db")
    assert not db.execute("SELECT count(*) FROM event WHERE json_extract(body,'$.ms')<0"
                          " AND json_extract(body,'$.path') IS NOT NULL").fetchone()[0]
    db.close()


@pytest.mark.parametrize("evening, before, after", [
    ((2026, 3, 28, 22, 0), (2026, 3, 29, 1, 59, 0), (2026, 3, 29, 3, 0, 1)),  # 02:30 does not come
    ((2026, 10, 24, 22, 0), (2026, 10, 25, 2, 29, 0), (2026, 10, 25, 2, 30, 1)),  # it comes twice: the first
])
def test_nights_of_23_and_25_hours(dise, clock, evening, before, after):
    dise.answers(TEXT)
    clock.set(*evening)
    batch = submit(dise, write_tasks(dise, 3), "--at", "02:30")
    clock.set(*before)
    stays(dise, batch, "scheduled")
    clock.set(*after)
    figures, _ = done_once(dise, batch, 3)
    assert abs(figures["began"] / 1000 - figures["start"] / 1000) < 60 and figures["late_s"] == 0


def test_a_start_that_passed_while_no_engine_ran(dise, clock):
    dise.answers(TEXT)
    clock.set(2026, 5, 4, 23, 0)
    batch = submit(dise, write_tasks(dise, 3), "--at", "02:00")
    dise.kill_engine()
    clock.set(2026, 5, 5, 7, 0)
    figures, text = done_once(dise, batch, 3)
    assert "| late by | 300 min" in text and len(figures["interruptions"]) == 1
    assert figures["clock_changes"] == []


def test_a_day_has_its_budget_whatever_the_clock_does(dise, clock):
    dise.answers({**TEXT, "match": "", "tokens_in": 50, "tokens_out": 50}, extra="budget: {day_tokens: 120}\n")
    ask = lambda n: dise.run("run", f"write number {n} in words", "--as", "text").returncode
    clock.set(2026, 5, 4, 23, 30)
    assert (ask(1), ask(2)) == (0, 4)
    clock.set(2026, 5, 5, 0, 10)  # midnight has passed
    assert (ask(3), ask(4)) == (0, 4)
    clock.set(2026, 5, 4, 23, 45)  # back over it: what that day has used still holds
    assert ask(5) == 4
    dise.kill_engine()
    assert ask(6) == 4
    clock.set(2026, 5, 6, 8, 0)
    assert ask(7) == 0
