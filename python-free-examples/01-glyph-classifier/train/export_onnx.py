"""Writes model.onnx from the trained parameters and checks it.

Usage: export_onnx.py WORK_DIR EXAMPLE_DIR

The two ways in which exporters write a dense layer both occur, so that the
example exercises both: Gemm with a transposed weight [N, K] (first and last
layer) and MatMul followed by Add with a weight [K, N] (second layer).
"""

import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import perceptron

OPSET = 17
IR_VERSION = 8
PRODUCER = "ccq-glyph-recipe"


def gemm(name, source, result):
    return helper.make_node(
        "Gemm",
        [source, f"{name}.weight", f"{name}.bias"],
        [result],
        name=f"/{name}/Gemm",
        transB=1,
    )


def build_model(parameters):
    weight1, bias1, weight2, bias2, weight3, bias3 = parameters
    nodes = [
        gemm("hidden1", "image", "/hidden1/sum"),
        helper.make_node("Relu", ["/hidden1/sum"], ["/hidden1/value"],
                         name="/hidden1/Relu"),
        helper.make_node("MatMul", ["/hidden1/value", "hidden2.weight"],
                         ["/hidden2/product"], name="/hidden2/MatMul"),
        helper.make_node("Add", ["/hidden2/product", "hidden2.bias"],
                         ["/hidden2/sum"], name="/hidden2/Add"),
        helper.make_node("Relu", ["/hidden2/sum"], ["/hidden2/value"],
                         name="/hidden2/Relu"),
        gemm("classifier", "/hidden2/value", "logits"),
    ]
    initializers = {
        "hidden1.weight": weight1.T,
        "hidden1.bias": bias1,
        "hidden2.weight": weight2,
        "hidden2.bias": bias2,
        "classifier.weight": weight3.T,
        "classifier.bias": bias3,
    }
    graph = helper.make_graph(
        nodes,
        "glyph-classifier",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 784])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 36])],
        [
            numpy_helper.from_array(np.ascontiguousarray(value), name)
            for name, value in initializers.items()
        ],
    )
    return helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name=PRODUCER,
    )


def main():
    work, example = map(pathlib.Path, sys.argv[1:3])
    stored = np.load(work / "parameters.npz")
    parameters = [stored[name] for name in stored.files]
    model = build_model(parameters)
    onnx.checker.check_model(model, full_check=True)
    path = example / "model.onnx"
    path.write_bytes(model.SerializeToString(deterministic=True))

    images = np.load(example / "heldout-images.npy")
    labels = np.load(example / "heldout-labels.npy")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for batch in (1, 17, len(images)):
        inputs = perceptron.to_input(images[:batch])
        logits = session.run(["logits"], {"image": inputs})[0]
        expected = perceptron.forward(parameters, inputs)[-1]
        error = np.abs(logits - expected).max() / np.abs(expected).max()
        print(f"batch {batch}: onnxruntime differs by {error:.1e} of the peak")
        assert error < 1e-5
    print(f"{path.name}: {path.stat().st_size} bytes")
    print(f"held-out accuracy: {(logits.argmax(1) == labels).mean():.4f}")


if __name__ == "__main__":
    main()
