#!/usr/bin/env python3
"""Writes npy files of shape 1x2, float32: make-many-npy.py DIRECTORY COUNT"""

import os
import struct
import sys

directory, count = sys.argv[1], int(sys.argv[2])
os.makedirs(directory)
header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }"
header += " " * (63 - (10 + len(header)) % 64) + "\n"
for i in range(count):
    with open("%s/%06d.npy" % (directory, i), "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)))
        f.write(header.encode() + struct.pack("<2f", i, 1))
