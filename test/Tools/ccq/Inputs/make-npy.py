#!/usr/bin/env python3
"""Writes an npy file: make-npy.py OUT DESCR SHAPE [VALUE ...]

DESCR is like '<f4', SHAPE like 4x2 or 6; the values repeat until the shape is
full. Options: --fortran writes the header of Fortran order.
"""

import struct
import sys

arguments = sys.argv[1:]
fortran = "--fortran" in arguments
if fortran:
    arguments.remove("--fortran")
out, descr, shape = arguments[:3]
dims = [int(d) for d in shape.split("x")]
count = 1
for d in dims:
    count *= d
values = [float(v) for v in arguments[3:]] or [0.0]
code = {"f2": "e", "f4": "f", "f8": "d", "i4": "i", "i8": "q", "u1": "B"}[descr[1:]]
if code in "iqB":
    values = [int(v) for v in values]
values = [values[i % len(values)] for i in range(count)]
header = "{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }" % (
    descr,
    fortran,
    ", ".join(map(str, dims)) + ("," if len(dims) == 1 else ""),
)
header += " " * (63 - (10 + len(header)) % 64) + "\n"
with open(out, "wb") as f:
    f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)))
    f.write(header.encode())
    f.write(struct.pack(descr[0].replace("|", "<") + "%d" % count + code, *values))
