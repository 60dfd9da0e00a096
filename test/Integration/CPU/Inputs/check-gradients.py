"""Checks gradients of ccq-differentiate by finite differences.

Usage: check-gradients.py MODULE WORK_DIR LOSS NAME=KIND:SHAPE...

MODULE is a module of float64 with one function; LOSS is that of the pass. Runs
the model on random inputs (f8: numbers of -1 to 1, p8: of 0.5 to 2, i8: 0 to 3;
g8: as f8, but no parameter) and, for each parameter, at two points on both sides
along a random direction. The slope of the loss between them has to agree with
the gradient times the direction within 1e-6 of the larger one: the points are
1e-4 apart, so that a third derivative of 1e2 makes an error of 1e-7 and
rounding one of 1e-11. Prints one line.
"""

import json
import math
import pathlib
import random
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
steps = __import__("step-by-step")

STEP = 5e-5
TOLERANCE = 1e-6


class Model:
    def __init__(self, module, work, loss):
        self.work = work
        gradients = f"--ccq-differentiate=loss={loss}"
        if parameters := [text.partition("=")[0] for text in sys.argv[4:] if text.split("=")[1][0] in "fp"]:
            gradients += " parameters=" + ",".join(parameters)
        self.parameters = parameters
        self.path = work / "model.ccq"
        subprocess.run(["ccq-opt", module, gradients, "--ccq-verify-imported", "--ccq-cpu-pipeline=target=cpu:x86-64",
                        f"--ccq-emit-artifact=path={self.path}", "-o", work / "model.mlir"], check=True)
        plan = json.loads((self.path / "plan.json").read_text())
        self.outputs = [plan["buffers"][index]["name"] for index in plan["outputs"]]

    def run(self, inputs):
        """Values of all outputs by name."""
        arguments = []
        for name, (kind, shape, values) in inputs.items():
            path = self.work / f"in-{name}.npy"
            steps.write_npy(path, kind, shape, values)
            arguments += ["--input", f"{name}={path}"]
        for name in self.outputs:
            arguments += ["--output", f"{name}={self.work / f'{name}.npy'}"]
        subprocess.run(["ccq-run", self.path, "-q", "--force", *arguments], check=True)
        return {name: steps.read_npy(self.work / f"{name}.npy") for name in self.outputs}


def draw_inputs(texts, draw):
    inputs = {}
    for text in texts:
        name, _, rest = text.partition("=")
        kind, _, sizes = rest.partition(":")
        shape = [int(size) for size in sizes.split("x") if size]
        low, high = (0.5, 2) if kind == "p8" else (-1, 1)
        pick = (lambda: draw.randrange(4)) if kind == "i8" else (lambda: draw.uniform(low, high))
        inputs[name] = ("<i8" if kind == "i8" else "<f8", shape, [pick() for _ in range(math.prod(shape))])
    return inputs


def compute_loss(loss, shape, y, given):
    if loss == "cotangent":
        return math.fsum(a * b for a, b in zip(y, given))
    if loss == "squares":
        return math.fsum((a - b) ** 2 / 2 for a, b in zip(y, given))
    total, width = [], shape[-1]
    for row in range(0, len(y), width):
        def log_softmax(values):
            largest = max(values)
            log_sum = math.log(math.fsum(math.exp(value - largest) for value in values)) + largest
            return [value - log_sum for value in values]
        q, p = (log_softmax(values[row:row + width]) for values in (y, given))
        total += [math.exp(b) * (b - a) for a, b in zip(q, p)]
    return math.fsum(total)


def main():
    module, work, loss, *texts = sys.argv[1:]
    work = pathlib.Path(work)
    work.mkdir(parents=True)
    draw = random.Random(7)
    model = Model(module, work, loss)
    given = "cotangent" if loss == "cotangent" else "target"
    inputs = draw_inputs(texts, draw)
    output = model.outputs[0]
    results = model.run(inputs) if given in inputs else None
    assert results, f"expected {given}=KIND:SHAPE"
    for parameter in model.parameters:
        if parameter == given:
            continue
        kind, shape, values = inputs[parameter]
        direction = [draw.uniform(-1, 1) for _ in values]
        losses = []
        for sign in (1, -1):
            moved = [value + sign * STEP * slope for value, slope in zip(values, direction)]
            outputs = model.run({**inputs, parameter: (kind, shape, moved)})
            losses.append(compute_loss(loss, *outputs[output], inputs[given][2]))
        measured = (losses[0] - losses[1]) / (2 * STEP)
        got_shape, gradient = results["gradient." + parameter]
        assert list(got_shape) == shape, f"{parameter}: {got_shape}"
        computed = math.fsum(a * b for a, b in zip(gradient, direction))
        error = abs(computed - measured) / max(abs(computed), abs(measured), 1e-3)
        assert error < TOLERANCE, f"{parameter}: gradient {computed}, measured {measured}"
    print(f"ok: {len([p for p in model.parameters if p != given])} parameters")


main()
