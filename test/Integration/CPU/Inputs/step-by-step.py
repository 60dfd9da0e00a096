"""Runs a build of a language model with caches at once and in steps.

Usage: step-by-step.py ARTIFACT WORK_DIR --batch B --steps 5,1,1,2

Feeds the same tokens to ccq-run in one run with empty caches, and in runs of
the given numbers of tokens that hand the caches (past* inputs, present*
outputs) on; attention_mask is ones, position_ids counts on. Compares logits and the caches at the end: each element within
1e-5 of the peak, which is some 80 roundings to float32 at that size, and the
token with the largest logit the same. Prints one line; fails on a difference.
"""

import argparse
import array
import ast
import json
import math
import pathlib
import random
import struct
import subprocess

TYPES = {"<i8": "q", "<i4": "i", "<f4": "f", "<f8": "d"}
INTEGERS = {"I64": "<i8", "I32": "<i4"}
TOLERANCE = 1e-5


def write_npy(path, kind, shape, values):
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    prefix = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header))
    path.write_bytes(prefix + header.encode() + array.array(TYPES[kind], values).tobytes())


def read_npy(path):
    data = path.read_bytes()
    (length,) = struct.unpack_from("<H", data, 8)
    header = ast.literal_eval(data[10 : 10 + length].decode())
    return header["shape"], array.array(TYPES[header["descr"]], data[10 + length :])


class Model:
    def __init__(self, artifact, work, batch):
        self.artifact, self.work, self.batch = artifact, work, batch
        plan = json.loads((artifact / "plan.json").read_text())
        inputs = [plan["buffers"][index] for index in plan["inputs"]]
        self.shapes = {buffer["name"]: buffer["shape"] for buffer in inputs}
        self.types = {buffer["name"]: buffer["type"] for buffer in inputs}
        self.pasts = [name for name in self.shapes if name.startswith("past")]
        self.runs = 0

    def present(self, past):
        return past.replace("past_key_values", "present").replace("past", "present")

    def empty(self):
        """Caches of the batch's size without a token."""
        symbol = self.shapes["input_ids"][0]
        caches = {}
        for name in self.pasts:
            shape = [size if isinstance(size, int) else self.batch * (size == symbol)
                     for size in self.shapes[name]]
            caches[name] = self.work / f"empty.{name}.npy"
            write_npy(caches[name], "<f4", shape, [])
        return caches

    def integers(self, start, tokens):
        """Arguments for the integer inputs of a run after `start` tokens."""
        end = start + len(tokens[0])
        rows = {"input_ids": tokens, "position_ids": [range(start, end)] * self.batch,
                "attention_mask": [[1] * end] * self.batch}
        arguments = []
        for name in rows.keys() & self.shapes.keys():
            path = self.work / f"{name}.npy"
            values = [value for row in rows[name] for value in row]
            kind = INTEGERS[self.types[name]]
            write_npy(path, kind, (self.batch, len(rows[name][0])), values)
            arguments += ["--input", f"{name}={path}"]
        return arguments

    def run(self, start, tokens, caches):
        """(logits as rows of the vocabulary, by batch; paths of the next caches)"""
        self.runs += 1
        length = len(tokens[0])
        logits = self.work / f"{self.runs}.logits.npy"
        nexts = {name: self.work / f"{self.runs}.{name}.npy" for name in caches}
        command = ["ccq-run", self.artifact, "-q", "--force", *self.integers(start, tokens)]
        for name, path in caches.items():
            command += ["--input", f"{name}={path}"]
        command += ["--output", f"logits={logits}"]
        for name, path in nexts.items():
            command += ["--output", f"{self.present(name)}={path}"]
        subprocess.run(command, check=True)
        (_, rows, vocabulary), values = read_npy(logits)
        assert rows == length
        starts = range(0, len(values), vocabulary)
        flat = [values[start : start + vocabulary] for start in starts]
        return [flat[i * length : (i + 1) * length] for i in range(self.batch)], nexts


def largest_difference(got, want):
    peak = max(map(abs, want))
    return max(abs(a - b) for a, b in zip(got, want, strict=True)) / peak


def compare_logits(got, want):
    worst = 0.0
    for got_row, want_row in zip(sum(got, []), sum(want, []), strict=True):
        worst = max(worst, largest_difference(got_row, want_row))
        best = max(range(len(want_row)), key=want_row.__getitem__)
        assert max(range(len(got_row)), key=got_row.__getitem__) == best
        assert all(map(math.isfinite, got_row))
    return worst


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("artifact", type=pathlib.Path)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--steps", required=True)
    parser.add_argument("--vocabulary", type=int, default=512)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    steps = [int(step) for step in options.steps.split(",")]
    draw = random.Random(7)
    tokens = [[draw.randrange(options.vocabulary) for _ in range(sum(steps))]
              for _ in range(options.batch)]

    model = Model(options.artifact, options.work, options.batch)
    want, want_caches = model.run(0, tokens, model.empty())
    got, caches, start = [[] for _ in tokens], model.empty(), 0
    for step in steps:
        part, caches = model.run(start, [row[start : start + step] for row in tokens], caches)
        got = [rows + more for rows, more in zip(got, part)]
        start += step
    worst = compare_logits(got, want)
    for name in want_caches:
        (got_shape, got_values), (shape, values) = map(
            read_npy, (caches[name], want_caches[name]))
        assert got_shape == shape
        worst = max(worst, largest_difference(got_values, values))
    assert worst <= TOLERANCE, worst
    print(f"ok: batch {options.batch}, {sum(steps)} tokens in {len(steps)} steps: "
          f"largest difference {worst:.1e} of the peak")


if __name__ == "__main__":
    main()
