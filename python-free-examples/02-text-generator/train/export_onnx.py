"""Writes model.onnx from the trained parameters and checks it with onnxruntime.

Usage: export_onnx.py WORK_DIR EXAMPLE_DIR

Inputs: input_ids [batch, sequence] int64 and, per layer, past_key_values.<i>.key
and .value [batch, heads, past_sequence, head width]; the past may be empty, and
the position of a token is the length of the past plus its place. Outputs: logits
[batch, sequence, vocabulary] and present.<i>.key and .value, the past with the
new tokens behind it. Normalization, rotary embedding, attention and SwiGLU are
written out in primitives, as exporters of torch do. Matrices are stored as
float16 [inputs, outputs] behind a Cast to float32; everything is computed in
float32.
"""

import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

import gpt

OPSET = 17
IR_VERSION = 8
PRODUCER = "ccq-text-generator-recipe"


class GraphWriter:
    """Nodes and initializers of a graph; nodes are named by scope."""

    def __init__(self):
        self.nodes, self.initializers, self.known = [], [], {}

    def constant(self, name, value):
        self.initializers.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def shared(self, value):
        """A small constant, written once per value and type."""
        value = np.asarray(value)
        key = (value.dtype.str, value.shape, value.tobytes())
        if key not in self.known:
            self.known[key] = self.constant(f"constant_{len(self.known)}", value)
        return self.known[key]

    def ints(self, *values):
        return self.shared(np.array(values, np.int64))

    def floats(self, value):
        return self.shared(np.array(value, np.float32))

    def op(self, kind, *inputs, name, outputs=1, **attributes):
        results = [name + (f":{i}" if i else "") for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, results, name=name, **attributes))
        return results[0] if outputs == 1 else results

    def linear(self, x, name, weight):
        """x times a torch weight [outputs, inputs], stored as float16."""
        stored = self.constant(f"{name}.weight", weight.T.copy().astype(np.float16))
        wide = self.op("Cast", stored, name=f"/{name}/Cast", to=TensorProto.FLOAT)
        return self.op("MatMul", x, wide, name=f"/{name}/MatMul")

    def rms_norm(self, x, name, gain):
        square = self.op("Pow", x, self.floats(2.0), name=f"/{name}/Pow")
        mean = self.op("ReduceMean", square, name=f"/{name}/ReduceMean", axes=[-1], keepdims=1)
        sum_ = self.op("Add", mean, self.floats(gpt.EPSILON), name=f"/{name}/Add")
        root = self.op("Sqrt", sum_, name=f"/{name}/Sqrt")
        inverse = self.op("Div", self.floats(1.0), root, name=f"/{name}/Div")
        scaled = self.op("Mul", x, inverse, name=f"/{name}/Mul")
        return self.op("Mul", scaled, self.constant(f"{name}.weight", gain), name=f"/{name}/Mul_1")


def write_positions(g):
    """(cos, sin, mask): rotary tables [sequence, head width] of the new tokens,
    and which of all keys [past + sequence] each of them sees."""
    ids_shape = g.op("Shape", "input_ids", name="/positions/Shape")
    length = g.op("Gather", ids_shape, g.shared(np.int64(1)), name="/positions/Gather", axis=0)
    past_shape = g.op("Shape", "past_key_values.0.key", name="/positions/Shape_1")
    past = g.op("Gather", past_shape, g.shared(np.int64(2)), name="/positions/Gather_1", axis=0)
    end = g.op("Add", past, length, name="/positions/Add")
    one = g.shared(np.int64(1))
    queries = g.op("Range", past, end, one, name="/positions/Range")
    keys = g.op("Range", g.shared(np.int64(0)), end, one, name="/positions/Range_1")
    column = g.op("Unsqueeze", queries, g.ints(1), name="/positions/Unsqueeze")
    mask = g.op("LessOrEqual", keys, column, name="/positions/LessOrEqual")
    number = g.op("Cast", column, name="/positions/Cast", to=TensorProto.FLOAT)
    exponents = np.arange(0, gpt.HEAD_WIDTH, 2, dtype=np.float32) / np.float32(gpt.HEAD_WIDTH)
    rates = g.constant("rotary.rates", (np.float32(gpt.ROPE_BASE) ** -exponents)[None, :])
    angles = g.op("Mul", number, rates, name="/positions/Mul")
    both = g.op("Concat", angles, angles, name="/positions/Concat", axis=-1)
    cos = g.op("Cos", both, name="/positions/Cos")
    return cos, g.op("Sin", both, name="/positions/Sin"), mask


def write_heads(g, x, name):
    """[batch, sequence, width] to [batch, heads, sequence, head width]."""
    split = g.op("Reshape", x, g.ints(0, 0, gpt.HEADS, gpt.HEAD_WIDTH), name=f"/{name}/Reshape")
    return g.op("Transpose", split, name=f"/{name}/Transpose", perm=[0, 2, 1, 3])


def write_rotation(g, x, cos, sin, name):
    half = gpt.HEAD_WIDTH // 2
    low = g.op("Slice", x, g.ints(0), g.ints(half), g.ints(-1), name=f"/{name}/Slice")
    high = g.op("Slice", x, g.ints(half), g.ints(gpt.HEAD_WIDTH), g.ints(-1),
                name=f"/{name}/Slice_1")
    negative = g.op("Neg", high, name=f"/{name}/Neg")
    turned = g.op("Concat", negative, low, name=f"/{name}/Concat", axis=-1)
    straight = g.op("Mul", x, cos, name=f"/{name}/Mul")
    crossed = g.op("Mul", turned, sin, name=f"/{name}/Mul_1")
    return g.op("Add", straight, crossed, name=f"/{name}/Add")


def write_attention(g, x, i, weights, positions):
    cos, sin, mask = positions
    name = f"layers.{i}"
    heads = {part: write_heads(g, g.linear(x, f"{name}.{part}", weights[f"{name}.{part}.weight"]),
                               f"{name}.{part}")
             for part in ("query", "key", "value")}
    query = write_rotation(g, heads["query"], cos, sin, f"{name}.query")
    new_key = write_rotation(g, heads["key"], cos, sin, f"{name}.key")
    for part, new in (("key", new_key), ("value", heads["value"])):
        g.nodes.append(helper.make_node(
            "Concat", [f"past_key_values.{i}.{part}", new], [f"present.{i}.{part}"],
            name=f"/{name}.{part}/Concat_past", axis=2))
    columns = g.op("Transpose", f"present.{i}.key", name=f"/{name}.attention/Transpose",
                   perm=[0, 1, 3, 2])
    scores = g.op("MatMul", query, columns, name=f"/{name}.attention/MatMul")
    scaled = g.op("Mul", scores, g.floats(gpt.HEAD_WIDTH**-0.5), name=f"/{name}.attention/Mul")
    lowest = g.floats(np.finfo(np.float32).min)
    masked = g.op("Where", mask, scaled, lowest, name=f"/{name}.attention/Where")
    shares = g.op("Softmax", masked, name=f"/{name}.attention/Softmax", axis=-1)
    mixed = g.op("MatMul", shares, f"present.{i}.value", name=f"/{name}.attention/MatMul_1")
    rows = g.op("Transpose", mixed, name=f"/{name}.attention/Transpose_1", perm=[0, 2, 1, 3])
    joined = g.op("Reshape", rows, g.ints(0, 0, gpt.WIDTH), name=f"/{name}.attention/Reshape")
    return g.linear(joined, f"{name}.output", weights[f"{name}.output.weight"])


def write_layer(g, x, i, weights, positions):
    name = f"layers.{i}"
    normed = g.rms_norm(x, f"{name}.attention_norm", weights[f"{name}.attention_norm.weight"])
    x = g.op("Add", x, write_attention(g, normed, i, weights, positions), name=f"/{name}/Add")
    normed = g.rms_norm(x, f"{name}.feed_forward_norm",
                        weights[f"{name}.feed_forward_norm.weight"])
    gate = g.linear(normed, f"{name}.gate", weights[f"{name}.gate.weight"])
    sigmoid = g.op("Sigmoid", gate, name=f"/{name}.gate/Sigmoid")
    silu = g.op("Mul", gate, sigmoid, name=f"/{name}.gate/Mul")
    up = g.linear(normed, f"{name}.up", weights[f"{name}.up.weight"])
    product = g.op("Mul", silu, up, name=f"/{name}.up/Mul")
    down = g.linear(product, f"{name}.down", weights[f"{name}.down.weight"])
    return g.op("Add", x, down, name=f"/{name}/Add_1")


def build_model(weights):
    g = GraphWriter()
    positions = write_positions(g)
    table = g.constant("embedding.weight", weights["embedding.weight"].astype(np.float16))
    rows = g.op("Gather", table, "input_ids", name="/embedding/Gather", axis=0)
    x = g.op("Cast", rows, name="/embedding/Cast", to=TensorProto.FLOAT)
    for i in range(gpt.LAYERS):
        x = write_layer(g, x, i, weights, positions)
    g.linear(g.rms_norm(x, "norm", weights["norm.weight"]), "head", weights["head.weight"])
    g.nodes[-1].output[0] = "logits"

    def cache(prefix, length):
        shape = ["batch", gpt.HEADS, length, gpt.HEAD_WIDTH]
        return [helper.make_tensor_value_info(f"{prefix}.{i}.{part}", TensorProto.FLOAT, shape)
                for i in range(gpt.LAYERS) for part in ("key", "value")]

    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "sequence"])
    logits = helper.make_tensor_value_info(
        "logits", TensorProto.FLOAT, ["batch", "sequence", gpt.VOCABULARY])
    graph = helper.make_graph(
        g.nodes, "text-generator", [ids, *cache("past_key_values", "past_sequence")],
        [logits, *cache("present", "past_sequence + sequence")], g.initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)],
                             ir_version=IR_VERSION, producer_name=PRODUCER)


def load_model(work):
    """The trained network with its matrices rounded to float16, as exported."""
    model = gpt.Gpt()
    model.load_state_dict(torch.load(work / "checkpoint.pt")["model"])
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim == 2:
                weight.copy_(weight.half().float())
    return model.eval()


def run(session, ids, past):
    feeds = {"input_ids": ids, **past}
    outputs = session.run(None, feeds)
    names = [output.name for output in session.get_outputs()]
    values = dict(zip(names, outputs))
    logits = values.pop("logits")
    return logits, {name.replace("present", "past_key_values"): value
                    for name, value in values.items()}


def check(path, model):
    """onnxruntime, at once and token by token, against torch."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    ids = np.random.Generator(np.random.PCG64(1)).integers(0, gpt.VOCABULARY, (3, 40))
    with torch.no_grad():
        expected = model(torch.from_numpy(ids)).numpy()
    empty = {x.name: np.zeros((len(ids), gpt.HEADS, 0, gpt.HEAD_WIDTH), np.float32)
             for x in session.get_inputs()[1:]}
    peak = np.abs(expected).max()
    for chunk in (40, 7, 1):
        past, parts = empty, []
        for start in range(0, ids.shape[1], chunk):
            logits, past = run(session, ids[:, start : start + chunk], past)
            parts.append(logits)
        error = np.abs(np.concatenate(parts, axis=1) - expected).max() / peak
        print(f"{chunk} tokens at a time: onnxruntime differs by {error:.1e} of the peak")
        assert error < 1e-5


def main():
    work, example = map(pathlib.Path, sys.argv[1:3])
    model = load_model(work)
    weights = {name: value.numpy() for name, value in model.state_dict().items()}
    onnx_model = build_model(weights)
    onnx.checker.check_model(onnx_model, full_check=True)
    path = example / "model.onnx"
    path.write_bytes(onnx_model.SerializeToString(deterministic=True))
    check(path, model)
    print(f"{path.name}: {path.stat().st_size} bytes, "
          f"{sum(w.size for w in weights.values())} parameters")


if __name__ == "__main__":
    main()
