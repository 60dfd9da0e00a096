"""Compares a model whose attention is fused with one whose attention is not.

Usage: compare-attention.py MODEL WORK_DIR LAUNCHES NAME=KIND:SHAPE... [-- ...]

MODEL is an ONNX file or a module. Compiles it twice for cpu:x86-64-v3, with
fuse-attention=false the second time, and runs both on the same random inputs:
KIND is f4 (numbers of -1 to 1), i8 or i4 (0 to 99) or ones (of i8), SHAPE is
2x17x64. Several sets of inputs are separated by `--`. Every element of every
output has to be within 1e-5 of the peak, some 80 roundings to float32 at that
size. Attention has to save at least LAUNCHES launches. Prints one line.
"""

import json
import math
import pathlib
import random
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
steps = __import__("step-by-step")

PASSES = ["--ccq-quantize-weights=scheme=keep"]
REST = ["--ccq-cpu-pipeline=target=cpu:x86-64-v3"]


def build(model, path, fuse):
    subprocess.run(["ccq-opt", model, *PASSES, f"--ccq-form-dispatches=fuse-attention={fuse}", *REST,
                    f"--ccq-emit-artifact=path={path}", "-o", path.with_suffix(".mlir")], check=True)
    plan = json.loads((path / "plan.json").read_text())
    return plan, len(plan["steps"])


def write_inputs(work, texts, draw):
    arguments = []
    for text in texts:
        name, _, rest = text.partition("=")
        kind, _, sizes = rest.partition(":")
        shape = [int(size) for size in sizes.split("x")]
        count = math.prod(shape)
        if kind == "f4":
            values = [draw.uniform(-1, 1) for _ in range(count)]
        else:
            values = [1 if kind == "ones" else draw.randrange(100) for _ in range(count)]
        path = work / f"{name}.npy"
        steps.write_npy(path, "<" + ("i8" if kind == "ones" else kind), shape, values)
        arguments += ["--input", f"{name}={path}"]
    return arguments


def main():
    model, work, saved, *texts = sys.argv[1:]
    work = pathlib.Path(work)
    work.mkdir(parents=True)
    plan, launches = build(model, work / "fused.ccq", "true")
    _, apart = build(model, work / "apart.ccq", "false")
    assert apart - launches >= int(saved), f"{apart} launches became {launches}"
    outputs = [plan["buffers"][index]["name"] for index in plan["outputs"]]
    draw = random.Random(4)
    sets = [[]]
    for text in texts:
        if text == "--":
            sets.append([])
        else:
            sets[-1].append(text)
    for texts in sets:
        inputs = write_inputs(work, texts, draw)
        expect, write = [], []
        for index, name in enumerate(outputs):
            write += ["--output", f"{name}={work / f'{index}.npy'}"]
            expect += ["--expect", f"{name}={work / f'{index}.npy'}"]
        subprocess.run(["ccq-run", work / "apart.ccq", "-q", "--force", *inputs, *write], check=True)
        subprocess.run(["ccq-run", work / "fused.ccq", "-q", *inputs, *expect, "--tol-peak", "1e-5"], check=True)
    print(f"ok: {len(sets)} sets of inputs, {launches} launches instead of {apart}")


main()
