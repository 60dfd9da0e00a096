"""Writes a safetensors file: make-tensors.py PATH NAME=SHAPE[=VALUE]...

Float32 tensors; the elements are VALUE (0 when absent). The data starts at a
multiple of 64 bytes.
"""

import json
import math
import struct
import sys


def main():
    path, *texts = sys.argv[1:]
    header, data = {}, b""
    for text in texts:
        name, sizes, *value = text.split("=")
        shape = [int(size) for size in sizes.split("x")]
        content = struct.pack("<f", float(value[0]) if value else 0.0) * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    text += b" " * (-(8 + len(text)) % 64)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


main()
