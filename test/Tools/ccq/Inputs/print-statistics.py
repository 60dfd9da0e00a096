#!/usr/bin/env python3
"""Prints a statistics file: inputs, number of data items, tensors."""

import json
import struct
import sys

with open(sys.argv[1], "rb") as f:
    (length,) = struct.unpack("<Q", f.read(8))
    header = json.loads(f.read(length))
    data = f.read()
metadata = header.pop("__metadata__")
for entry in json.loads(metadata["ccq.inputs"]):
    print(json.dumps(entry))
print("items", len(metadata["ccq.data_sha256"].split()))
for name in sorted(header):
    begin, end = header[name]["data_offsets"]
    print(name, *struct.unpack("<%dd" % ((end - begin) // 8), data[begin:end]))
