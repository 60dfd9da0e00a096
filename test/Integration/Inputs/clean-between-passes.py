#!/usr/bin/env python3
"""Runs a pipeline with canonicalize,cse between its passes.

clean-between-passes.py DIR INPUT TARGET [--everywhere]

Compiles INPUT (a model or a module) for TARGET, cpu:... or ptx:..., with the
passes of the pipeline spelled out, those of the kernels too: once as they are,
once with the two clean-up passes between each two neighbours, and, without
--everywhere, once per pair of neighbours with the clean-up there only. All
artifacts must have the bytes of the first, report.* aside.

Equal bytes say that neither the results nor the number of copies change.
"""

import concurrent.futures
import os
import pathlib
import subprocess
import sys

CLEANUP = "canonicalize,cse"
directory, model, target = sys.argv[1:4]
everywhere_only = sys.argv[4:] == ["--everywhere"]


def dump_pipeline(flag):
    """The passes that a pipeline registers, with their options."""
    text = subprocess.run(
        ["ccq-opt", flag, "--dump-pass-pipeline"],
        input="module {}",
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    line = next(l for l in text.splitlines() if l.startswith("builtin.module("))
    return line[len("builtin.module(") : -1]


def get_pipeline():
    passes = (
        "ccq-quantize-weights{scheme=w2.5},ccq-form-dispatches,"
        "ccq-outline-dispatches,ccq-deduplicate-dispatches,ccq-plan,"
    )
    passes += "ccq-specialize-kernels{target=%s}," % target
    if target.startswith("cpu:"):
        # The options that ccq-lower-cpu-kernels chooses.
        options = "register-lanes=4 expand-half=true"
        if target != "cpu:x86-64":
            options = "register-lanes=8"
        kernel = dump_pipeline("--ccq-cpu-kernel-pipeline=" + options)
    else:
        kernel = dump_pipeline("--ccq-cuda-kernel-pipeline")
    return passes + "builtin.module(%s),ccq-serialize-kernels" % kernel


def find_gaps(pipeline):
    """Positions of the commas between passes; options have none of these."""
    depth = 0
    for position, character in enumerate(pipeline):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "," and depth == 0:
            yield position


def clean_at(pipeline, gaps):
    parts, start = [], 0
    for gap in gaps:
        parts.append(pipeline[start:gap])
        start = gap + 1
    return ("," + CLEANUP + ",").join(parts + [pipeline[start:]])


def build(name, pipeline):
    """Writes an artifact and returns its files but report.*."""
    path = pathlib.Path(directory, name)
    command = ["ccq-opt", model, "--emit=artifact", "-o", path]
    command += ["--pass-pipeline=builtin.module(%s)" % pipeline]
    subprocess.run(command, check=True)
    files = {
        str(file.relative_to(path)): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file() and not file.name.startswith("report.")
    }
    assert "plan.json" in files and len(files) > 2, files.keys()
    return files


def explain(want, got):
    names = sorted(want.keys() | got.keys())
    return ", ".join(n for n in names if want.get(n) != got.get(n))


os.makedirs(directory)
pipeline = get_pipeline()
gaps = list(find_gaps(pipeline))
want = build("plain", pipeline)
variants = {"everywhere": gaps}
for gap in [] if everywhere_only else gaps:
    before = pipeline[:gap].replace("(", ",").split(",")[-1].split("{")[0]
    variants["%d-after-%s" % (gap, before.strip(")"))] = [gap]
differing = 0
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    builds = {
        name: pool.submit(build, name, clean_at(pipeline, where))
        for name, where in variants.items()
    }
    for name, result in builds.items():
        if result.result() != want:
            differing += 1
            print("%s: differs in %s" % (name, explain(want, result.result())))
print("%d gaps between passes, %d builds differ" % (len(gaps), differing))
sys.exit(differing != 0)
