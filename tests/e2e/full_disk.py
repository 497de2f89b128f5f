"""A night on a disk that fills up and is freed, three times. Run by test_batch_trouble.py in a namespace of its
own: DISE_HOME becomes a small file system, which only the processes in there see."""

import os
import subprocess
import time

from batches import TEXT, ended, items_once, report, show, submit, wait_for, write_tasks
from conftest import Dise

ITEMS = 500


def fill(dise):
    with open(dise.home / "fill", "wb") as f:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    os.write(f.fileno(), bytes(size))
            except OSError:
                pass


def stands_still(dise, batch):
    """What the database's files already hold may be written over: some tasks still end, then none."""
    done = [show(dise, batch)["done"]]
    while len(done) < 20 and (len(done) < 3 or done[-1] != done[-3]):
        time.sleep(0.7)
        done.append(show(dise, batch)["done"])
    assert done[-1] == done[-3] < ITEMS, f"it went on without a place to keep anything: {done}"


def main():
    home = os.environ["DISE_HOME"]
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", home], check=True)
    dise = Dise(home)
    dise.answers({**TEXT, "tokens_per_s": 40}, extra="batch: {retry_ms: 200, retry_most_ms: 400}\n")
    batch = submit(dise, write_tasks(dise, ITEMS), "--width", "4")
    pid = dise.engine_pid()
    for least in (10, 150, 300):
        wait_for(dise, batch, lambda it: it["done"] >= least)
        fill(dise)
        stands_still(dise, batch)
        (dise.home / "fill").unlink()
    it = wait_for(dise, batch, ended)
    assert dise.engine_pid() == pid, "the engine did not live through it\n" + dise.log()
    assert it["solved"] == ITEMS, it
    assert items_once(dise, batch)[0] == ITEMS
    figures, text = report(dise, batch)
    assert "no space left" in text or figures["interruptions"], text
    print(len(figures["interruptions"]), "interruptions,", figures["retries"], "retries,", figures["waits"])
    dise.close()


if __name__ == "__main__":
    main()
