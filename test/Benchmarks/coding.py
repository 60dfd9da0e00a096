#!/usr/bin/env python3
"""Prints the table "Coding" of docs/Benchmarks.md: `ccq bench encode` for each
scheme and source, with one thread.

Usage: python3 coding.py CCQ [-K 1024] [-N 1024] [--seed 1] [SCHEME ...]
"""

import argparse
import json
import math
import subprocess

SCHEMES = [
    "w2", "w2.5", "w2.75", "i4", "i8",
    "t2", "t2.0625", "t2.25", "t2.5", "t2.75", "t3",
    "t2.5:rotate=none",
    "t2:L=12", "t2.0625:L=12", "t2.25:L=12", "t2.5:L=12", "t2.75:L=12",
    "t3:L=12", "t2.5:L=12,rotate=none",
    "t2.5:code=hash,L=12", "t2.5:code=hash,L=14", "t2.5:code=hash",
]
SOURCES = ["gauss", "laplace", "student5"]


def measure(arguments, scheme, source):
    command = [arguments.ccq, "bench", "encode", "--scheme", scheme, "--source",
               source, "-K", str(arguments.K), "-N", str(arguments.N), "--seed",
               str(arguments.seed), "-j", "1", "--json"]
    return json.loads(subprocess.check_output(command))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ccq")
    parser.add_argument("-K", type=int, default=1024)
    parser.add_argument("-N", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("schemes", nargs="*", default=SCHEMES)
    arguments = parser.parse_args()
    print("| scheme | bits per weight | gauss | gap to D(R), dB | laplace | "
          "student5 | million weights per CPU second |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for scheme in arguments.schemes:
        runs = [measure(arguments, scheme, source) for source in SOURCES]
        bits = runs[0]["bits_per_weight"]
        errors = [run["relative_mse"] for run in runs]
        # The error is D(R) = 2^(-2 R) at best.
        gap = 10 * math.log10(errors[0]) + 20 * math.log10(2) * bits
        speed = runs[0]["weights_per_cpu_second"] / 1e6
        print("| `%s` | %.4f | %.4g | %.2f | %.4g | %.4g | %.3g |"
              % (scheme, bits, errors[0], gap, errors[1], errors[2], speed),
              flush=True)


if __name__ == "__main__":
    main()
