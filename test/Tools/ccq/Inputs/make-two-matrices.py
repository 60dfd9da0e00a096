#!/usr/bin/env python3
"""Writes a safetensors file with two i8:channel matrices, a and b, of 1 x 1."""

import json
import struct
import sys

header = {"__metadata__": {"ccq.format_version": "1"}}
data = b""
for name in "ab":
    metadata = header["__metadata__"]
    metadata["ccq.%s.scheme" % name] = "#ccq.scalar<bits = 8, group = channel>"
    metadata["ccq.%s.shape" % name] = "1x1"
    for suffix, dtype, shape, size in (
        ("codes", "I8", [1, 1], 1),
        ("super_scale", "F16", [1], 2),
    ):
        header["%s.%s" % (name, suffix)] = {
            "dtype": dtype,
            "shape": shape,
            "data_offsets": [len(data), len(data) + size],
        }
        data += bytes(size)
text = json.dumps(header).encode()
with open(sys.argv[1], "wb") as out:
    out.write(struct.pack("<Q", len(text)) + text + data)
