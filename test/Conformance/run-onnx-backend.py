#!/usr/bin/env python3
"""Builds and runs cases of the ONNX backend test suite.

run-onnx-backend.py ROOT --work DIR [--expected FILE] [--target T]
                    [--filter REGEX] [--list]

ROOT holds GROUP/test_*/ with model.onnx and test_data_set_*. A case passes when
`ccq build --scheme keep` and `ccq-run --test-data` agree with the stored
outputs within ccq-run's default tolerance. It is refused when ccq build exits
with 4, unsupported, which must name the node or the model, or when the archive
has no model. Everything else is a failure. Cases whose shapes, axes or bounds
come as inputs are built again with integer and boolean inputs, and those called
scales or roi, made constants.

FILE lists the cases that are refused, `GROUP/test_name: reason` a line. Exit
status 1 when a case fails, is refused without being listed, or is listed and
passes.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def read_spans(data):
    """(number, value, all bytes) of the fields of a protobuf message."""
    at = 0
    while at < len(data):
        start = at
        key, at = read_varint(data, at)
        if key & 7 == 0:
            value, at = read_varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(key & 7)
            if size is None:
                size, at = read_varint(data, at)
            value = data[at : at + size]
            at += size
        yield key >> 3, value, data[start:at]


def read_fields(data):
    """(number, value) of the fields of a protobuf message."""
    return [(number, value) for number, value, _ in read_spans(data)]


def write_bytes(number, value):
    """A length-delimited field."""
    out = bytearray([number << 3 | 2])
    size = len(value)
    while size >= 0x80:
        out.append(size & 0x7F | 0x80)
        size >>= 7
    out.append(size)
    return bytes(out) + value


# Field numbers of onnx.proto.
MODEL_GRAPH, GRAPH_INITIALIZER, GRAPH_INPUT = 7, 5, 11
TENSOR_DATA_TYPE, TENSOR_NAME, VALUE_INFO_NAME = 2, 8, 1
INT32, INT64, BOOL = 6, 7, 9

# Float inputs that have to be known: of Resize, Upsample, OneHot, Dropout, Range.
SHAPE_INPUTS = {b"scales", b"roi", b"depth", b"r", b"start", b"limit", b"delta"}

# Cases whose stored outputs are rounded to four digits: the suite's own bound.
ROUNDED_CASES = {"test_averagepool_2d_ceil_last_window_starts_on_pad"}
ROUNDED_BOUND = ["--rtol", "1e-3", "--atol", "1e-7"]


def get_graph(model):
    return next(v for n, v in read_fields(model) if n == MODEL_GRAPH)


def get_input_names(model):
    values = [v for n, v in read_fields(get_graph(model)) if n == GRAPH_INPUT]
    return [dict(read_fields(v))[VALUE_INFO_NAME] for v in values]


def add_initializers(model, initializers):
    """The model with fields added to its graph."""
    return b"".join(
        write_bytes(n, value + initializers) if n == MODEL_GRAPH else span
        for n, value, span in read_spans(model)
    )


def fix_shape_inputs(case, directory):
    """Writes the case with the inputs that decide shapes, integers and booleans
    above all, as initializers; None when it has none."""
    model = (case / "model.onnx").read_bytes()
    sets = sorted(case.glob("test_data_set_*"))
    if len(sets) != 1:
        return None
    graph, kept = b"", []
    for position, name in enumerate(get_input_names(model)):
        file = sets[0] / ("input_%d.pb" % position)
        if not file.exists():
            continue
        tensor = file.read_bytes()
        try:
            data_type = dict(read_fields(tensor)).get(TENSOR_DATA_TYPE)
        except IndexError:
            return None
        if data_type in (INT32, INT64, BOOL) or name in SHAPE_INPUTS:
            tensor += write_bytes(TENSOR_NAME, name)
            graph += write_bytes(GRAPH_INITIALIZER, tensor)
        else:
            kept.append(file)
    if not graph:
        return None
    data = directory / "test_data_set_0"
    data.mkdir(parents=True)
    (directory / "model.onnx").write_bytes(add_initializers(model, graph))
    for position, file in enumerate(kept):
        shutil.copy(file, data / ("input_%d.pb" % position))
    for file in sets[0].glob("output_*.pb"):
        shutil.copy(file, data)
    return directory


def run(command):
    result = subprocess.run(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, timeout=120
    )
    text = result.stderr.decode(errors="replace").strip()
    return result.returncode, text.splitlines()[0] if text else ""


def build_and_run(case, name, work, target):
    """The verdict and a message for a case that holds no unknown shapes."""
    artifact = work / "case.ccq"
    status, message = run(
        ["ccq", "build", case / "model.onnx", "-o", artifact, "-q", "-j1"]
        + ["--scheme", "keep", "--target", target]
    )
    if status == 4:
        return ("refused" if message else "failed"), message
    if status != 0:
        return "failed", "build exited with %d: %s" % (status, message)
    bound = ROUNDED_BOUND if name in ROUNDED_CASES else []
    status, message = run(
        ["ccq-run", artifact, "-q", "-j1", "--test-data", case] + bound
    )
    shutil.rmtree(artifact)
    if status == 0:
        return "passed", ""
    return "failed", "run exited with %d: %s" % (status, message)


def check_case(root, case, options):
    work = pathlib.Path(options.work, case.relative_to(root))
    work.mkdir(parents=True)
    if not (case / "model.onnx").exists():
        return "refused", "no model.onnx"
    verdict, message = build_and_run(case, case.name, work, options.target)
    if verdict == "refused" and "known at import" in message:
        fixed = fix_shape_inputs(case, work / "fixed")
        if fixed:
            verdict, message = build_and_run(fixed, case.name, work, options.target)
    shutil.rmtree(work)
    return verdict, message


def read_expected(file):
    """Reasons by case."""
    lines = file.read_text().splitlines() if file else []
    lines = [line for line in lines if line and not line.startswith("#")]
    return dict(line.split(": ", 1) for line in lines)


def find_surprise(verdict, message, reason):
    """What is wrong with a verdict, given the reason to expect a refusal."""
    if verdict == "failed":
        return "failed: " + message
    if verdict == "refused" and reason is None:
        return "refused, expected to pass: " + message
    if verdict == "passed" and reason is not None:
        return "passed, expected to be refused: " + reason
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--work", required=True)
    parser.add_argument("--expected", type=pathlib.Path)
    parser.add_argument("--target", default="cpu:x86-64")
    parser.add_argument("--filter", default="")
    parser.add_argument("--list", action="store_true", help="print every verdict")
    options = parser.parse_args()
    cases = sorted(options.root.glob("*/test_*"))
    cases = [c for c in cases if re.search(options.filter, str(c))]
    expected = read_expected(options.expected)
    counts = {"passed": 0, "refused": 0, "failed": 0}
    surprises = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        verdicts = pool.map(lambda c: check_case(options.root, c, options), cases)
        for case, (verdict, message) in zip(cases, verdicts):
            counts[verdict] += 1
            name = str(case.relative_to(options.root))
            surprise = find_surprise(verdict, message, expected.get(name))
            surprises += surprise is not None
            if options.list:
                print("%s: %s: %s" % (name, verdict, message), flush=True)
            elif surprise:
                print("%s: %s" % (name, surprise), flush=True)
    print("%(passed)d passed, %(refused)d refused, %(failed)d failed" % counts)
    print("%d not as expected" % surprises)
    sys.exit(surprises != 0)


main()
