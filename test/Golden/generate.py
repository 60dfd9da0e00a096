#!/usr/bin/env python3
"""Writes the *.golden files of this folder: random bits and what they mean.

The decoder here follows docs/Format.md and shares no code with the product.
It runs at development time only; the files are checked in.

Usage: python3 generate.py   (in any directory)
"""

import os
import random
import struct

WORDS = {
    # name: (word bits, words, window bits, shifts, tail shift, scale bits)
    "w2.5": (16, 10, 3, [13, 11, 9, 6, 4, 2, 0], 13, 13),
    "w2.75": (8, 22, 4, [4, 2, 0], 4, 4),
}
GROUP = 64


def float32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def half(bits):
    return struct.unpack("<e", struct.pack("<H", bits))[0]


def random_half(rng):
    """Any finite float16, subnormals and both signs included."""
    while True:
        bits = rng.getrandbits(16)
        if bits >> 10 & 31 != 31:
            return bits


def random_float32(rng):
    """Magnitudes from 2^-30 to 2^10, both signs."""
    mantissa = rng.randrange(1 << 23, 1 << 24)
    return rng.choice([1, -1]) * mantissa * 2.0 ** rng.randrange(-53, -13)


def decode_word_weight(layout, codes, n_count, k, n, super_scale):
    _, words, window_bits, shifts, tail_shift, scale_bits = layout
    first = k // GROUP * words
    i = k % GROUP
    word = words - 1 if i == GROUP - 1 else i // len(shifts)
    shift = tail_shift if i == GROUP - 1 else shifts[i % len(shifts)]
    window = codes[(first + word) * n_count + n] >> shift
    signed = (window & ((1 << window_bits) - 1)) - (1 << (window_bits - 1))
    tail = codes[(first + words - 1) * n_count + n]
    scale = float32((tail & ((1 << scale_bits) - 1)) * super_scale[n])
    return float32(signed * scale)


def make_words(name, k_count, n_count, rng):
    layout = WORDS[name]
    groups = -(-k_count // GROUP)
    count = groups * layout[1] * n_count
    codes = [rng.getrandbits(layout[0]) for _ in range(count)]
    super_scale = [random_float32(rng) for _ in range(n_count)]
    weights = [
        decode_word_weight(layout, codes, n_count, k, n, super_scale)
        for k in range(k_count)
        for n in range(n_count)
    ]
    fields = {
        "codes": [hex(c) for c in codes],
        "super_scale": ["%.9g" % s for s in super_scale],
    }
    return fields, weights


def make_scalar(per_channel, k_count, n_count, rng):
    groups = 1 if per_channel else -(-k_count // GROUP)
    codes = [rng.getrandbits(8) for _ in range(k_count * n_count)]
    scales = [random_half(rng) for _ in range(groups * n_count)]
    weights = []
    for k in range(k_count):
        for n in range(n_count):
            code = codes[k * n_count + n]
            signed = code - 256 if code > 127 else code
            row = 0 if per_channel else k // GROUP
            weights.append(float32(signed * half(scales[row * n_count + n])))
    scale_name = "super_scale" if per_channel else "local_scales"
    fields = {
        "codes": [hex(c) for c in codes],
        scale_name: [hex(s) for s in scales],
    }
    return fields, weights


def write(name, k_count, n_count):
    rng = random.Random("%s %dx%d" % (name, k_count, n_count))
    if name in WORDS:
        fields, weights = make_words(name, k_count, n_count, rng)
    else:
        fields, weights = make_scalar(name == "i8:channel", k_count, n_count, rng)
    lines = ["scheme %s" % name, "shape %dx%d" % (k_count, n_count)]
    fields["weights"] = ["%.9g" % w for w in weights]
    for key, values in fields.items():
        lines.append(key)
        for i in range(0, len(values), 8):
            lines.append("  " + " ".join(values[i : i + 8]))
    file_name = "%s-%dx%d.golden" % (name.replace(":", "-"), k_count, n_count)
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, file_name), "w") as out:
        out.write("\n".join(lines) + "\n")


for scheme in ("w2.5", "w2.75", "i8", "i8:channel"):
    write(scheme, 64, 1)
    write(scheme, 130, 3)
