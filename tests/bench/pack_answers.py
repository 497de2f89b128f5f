"""Packs a record of answers (`--record`, docs/replay.md) so that it can be kept beside the tasks.

    python tests/bench/pack_answers.py pool.jsonl tests/bench/answers/dev.jsonl.xz
    xz -dc tests/bench/answers/dev.jsonl.xz > pool.jsonl

A token's own time and the digest for the replay backend are left out; what a bench needs stays: the question's key, the
answer in one piece, its tokens and times. Answers that ended by an error are asked again, so they are left out, too. Of
several answers to one question the last counts, as when the file is read.
"""

import json
import lzma
import sys

KEPT = ("key", "model", "temperature", "seed", "finish", "tokens_in", "tokens_cached", "tokens_out")
TIMES = ("first_token_ms", "ms")


def packed(line):
    it = json.loads(line)
    if len(it.get("key", "")) != 64 or "error" in it or "chunks" not in it:
        return None
    out = {k: it[k] for k in KEPT if k in it} | {k: round(it[k]) for k in TIMES if k in it}
    text = "".join(piece for _, piece in it["chunks"])
    return out | {"chunks": [[out.get("ms", 0), text]]}


def main(source, target):
    answers, left_out = {}, 0
    with open(source, encoding="utf-8") as lines:
        for line in lines:
            try:
                it = packed(line)
            except ValueError:  # cut off by a kill
                it = None
            if it is None:
                left_out += 1
            else:
                answers[it["key"]] = it
    with lzma.open(target, "wt", encoding="utf-8", preset=9 | lzma.PRESET_EXTREME) as out:
        for it in answers.values():
            out.write(json.dumps(it, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(f"{len(answers)} answers, {left_out} left out")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
