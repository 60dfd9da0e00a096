"""Writes heldout-ids.json and prints how well the float model predicts it.

Usage: measure.py WORK_DIR EXAMPLE_DIR

The file holds windows of CONTEXT tokens, evenly spaced over the held-out books:
BIBLE_LISTS from those of the Bible, NOVEL_LISTS from the novel. Perplexity as
`ccq eval perplexity` defines it: of each token but a list's first, given the
earlier ones of the list.
"""

import json
import pathlib
import sys

import numpy as np
import onnxruntime

import gpt
from export_onnx import run

BIBLE_LISTS, NOVEL_LISTS = 32, 48


def windows(ids, count):
    starts = np.linspace(0, len(ids) - gpt.CONTEXT, count).astype(int)
    return [ids[start : start + gpt.CONTEXT].tolist() for start in starts]


def losses(session, lists):
    """-log p of every predicted token, [lists, CONTEXT - 1]."""
    ids = np.array(lists, np.int64)
    empty = {x.name: np.zeros((len(ids), gpt.HEADS, 0, gpt.HEAD_WIDTH), np.float32)
             for x in session.get_inputs()[1:]}
    logits, _ = run(session, ids[:, :-1], empty)
    logits = logits.astype(np.float64)
    logits -= logits.max(axis=-1, keepdims=True)
    chosen = np.take_along_axis(logits, ids[:, 1:, None], axis=-1)[..., 0]
    return np.log(np.exp(logits).sum(axis=-1)) - chosen


def main():
    work, example = map(pathlib.Path, sys.argv[1:3])
    ids = np.load(work / "heldout.npy")
    ends = np.flatnonzero(ids == 0)
    # The novel is the last document, the books of the Bible come before it.
    bible, novel = ids[: ends[-2] + 1], ids[ends[-2] :]
    lists = windows(bible, BIBLE_LISTS) + windows(novel, NOVEL_LISTS)
    rows = ",\n".join("[" + ",".join(map(str, row)) + "]" for row in lists)
    (example / "heldout-ids.json").write_text(f"[\n{rows}\n]\n")

    session = onnxruntime.InferenceSession(str(example / "model.onnx"),
                                           providers=["CPUExecutionProvider"])
    values = losses(session, lists)
    for name, part in (("all", values), ("Bible", values[:BIBLE_LISTS]),
                       ("novel", values[BIBLE_LISTS:])):
        print(f"{name}: perplexity {np.exp(part.mean()):.4f}, nll {part.mean():.5f}, "
              f"{part.size} tokens")
    characters = sum(len(token) for token in tokens_of(example, lists))
    print(f"{values.sum() / np.log(2) / characters:.4f} bits per character")


def tokens_of(example, lists):
    tokens = json.loads((example / "tokenizer.json").read_text())["tokens"]
    return [tokens[i] for row in lists for i in row[1:]]


if __name__ == "__main__":
    main()
