#!/usr/bin/env python3
"""Writes the *.golden files of this folder: random bits and what they mean.

The decoder here follows docs/Format.md and shares no code with the product.
It runs at development time only; the files are checked in.

Usage: python3 generate.py   (in any directory)
"""

import math
import os
import random
import statistics
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


def make_nibbles(per_channel, k_count, n_count, rng):
    groups = 1 if per_channel else -(-k_count // GROUP)
    codes = [rng.getrandbits(8) for _ in range((k_count + 1) // 2 * n_count)]
    scales = [random_half(rng) for _ in range(groups * n_count)]
    weights = []
    for k in range(k_count):
        for n in range(n_count):
            code = codes[k // 2 * n_count + n] >> (4 * (k % 2)) & 15
            signed = code - 16 if code > 7 else code
            row = 0 if per_channel else k // GROUP
            weights.append(float32(signed * half(scales[row * n_count + n])))
    scale_name = "super_scale" if per_channel else "local_scales"
    fields = {
        "codes": [hex(c) for c in codes],
        scale_name: [hex(s) for s in scales],
    }
    return fields, weights


def make_clusters(k_count, n_count, rng):
    groups = -(-k_count // GROUP)
    codes = [rng.getrandbits(8) for _ in range(16 * groups * n_count)]
    local = [rng.getrandbits(8) for _ in range((groups + 1) // 2 * n_count)]
    super_scale = [random_float32(rng) for _ in range(n_count)]
    code_scale = [float32(rng.uniform(60, 250)) for _ in range(n_count)]
    code_zp = [float32(rng.uniform(0, 4000)) for _ in range(n_count)]
    weights = []
    for k in range(k_count):
        for n in range(n_count):
            byte = codes[k // 4 * n_count + n]
            product = float32(byte * code_scale[n])
            shifted = float32(float32(product + code_zp[n]) + 0.5)
            window = math.floor(shifted) >> (9, 6, 3, 0)[k % 4] & 63
            pair = local[k // GROUP // 2 * n_count + n]
            scale = pair & 15 if k // GROUP % 2 else pair >> 4
            scale = float32(scale * super_scale[n])
            weights.append(float32((window - 32) * scale))
    numbers = {
        "super_scale": super_scale,
        "code_scale": code_scale,
        "code_zp": code_zp,
    }
    fields = {
        "codes": [hex(c) for c in codes],
        "local_scales": [hex(c) for c in local],
    }
    for key, values in numbers.items():
        fields[key] = ["%.9g" % v for v in values]
    return fields, weights


# docs/Format.md, "Tables": taps, extra bits and signs in hexadecimal, then the
# magnitudes, of the even and the odd weight.
STREAMS = {
    # name: (sixteenths, memory, rotation or 1, seed, even, odd)
    "t2:rotate=none": (
        32, 3, 0, 0,
        (0xB, 0x9, 0, 0, 0xA5, 0x69,
         [11, 17, 123, 13, 23, 10, 14, 16, 45, 44, 33, 84, 65, 83, 55, 49]),
        (0xD, 0xF, 0, 1, 0x96, 0x0F,
         [48, 8, 38, 28, 122, 60, 86, 9, 50, 21, 30, 26, 10, 60, 2, 82]),
    ),
    "t2.3125:rotate=none,start=zero": (
        37, 3, 0, 0,
        (0xB, 0xF, 0, 0, 0x8E, 0x5A,
         [1, 21, 120, 53, 12, 6, 24, 8, 50, 34, 70, 36, 23, 69, 42, 88]),
        (0xD, 0x9, 0, 1, 0xAA, 0x69,
         [16, 50, 37, 18, 22, 68, 70, 26, 15, 121, 33, 48, 1, 89, 49, 2]),
    ),
    "t2.5:seed=81985529216486895": (
        40, 3, 256, 81985529216486895,
        (0xD, 0x9, 1, 1, 0x69, 0x66,
         [33, 67, 93, 10, 75, 22, 123, 5, 27, 20, 56, 51, 42, 38, 6, 12]),
        (0xB, 0xF, 1, 0, 0x9A, 0x6A,
         [92, 6, 7, 45, 124, 12, 73, 8, 51, 24, 66, 25, 37, 30, 23, 53]),
    ),
    "t2.875:L=12,scale=channel4": (
        46, 2, 256, 0,
        (0x5, 0x7, 2, 2, 0x5A, 0xCC,
         [50, 8, 3, 42, 39, 14, 20, 26, 60, 78, 22, 31, 65, 95, 6, 125]),
        (0x7, 0x5, 4, 4, 0x69, 0xF0,
         [10, 1, 30, 28, 56, 51, 67, 76, 19, 124, 41, 41, 94, 23, 12, 5]),
    ),
}


def stream_blocks(k_count):
    """(first row, rows) of each block."""
    left = -(-k_count // 32) * 32
    k, size = 0, 256
    while left:
        while size > left:
            size //= 2
        yield k, size
        k, left = k + size, left - size


def prmt(table, selector):
    entry = table[selector & 7]
    return entry if selector < 8 else (0xFF if entry & 0x80 else 0)


def stream_level(weight, nibbles, bit):
    """nibbles: the current one, then those before it."""
    taps_n, taps_y, flip_n, flip_y, sign1, sign2, magnitudes = weight
    table1 = [m ^ 0xFF if sign1 >> i & 1 else m
              for i, m in enumerate(magnitudes[:8])]
    table2 = [m ^ 0xFF if sign2 >> i & 1 else m
              for i, m in enumerate(magnitudes[8:])]
    n = y = 0
    for i, nibble in enumerate(nibbles):
        n ^= nibble if taps_n >> i & 1 else 0
        y ^= nibble if taps_y >> i & 1 else 0
    n ^= flip_n if bit else 0
    y ^= flip_y if bit else 0
    byte = prmt(table1, n) ^ prmt(table2, (y & 7) | (~n & 8))
    return byte - 256 if byte > 127 else byte


def linked_rows(words, memory):
    """The rows before the first one: the chains end as the next ones begin."""
    steps = len(words)
    before = [[0] * 32 for _ in range(memory)]
    if steps < memory:
        return before
    places = [(m % 8 * 4 + c // 4, 4 * (c % 4 + m // 8 * 4))
              for c in range(16) for m in range(16)]
    for (thread, shift), (to, at) in zip(places, places[1:]):
        for i in range(memory):
            nibble = words[steps - memory + i][thread] >> shift & 15
            before[i][to] |= nibble << at
    return before


def decode_stream_block(scheme, words, extra, steps, linked):
    """Levels by (step, thread, lane, weight); words and extra are rows."""
    sixteenths, memory = scheme[:2]
    odd_bits = min(sixteenths - 32, 8)
    even_bits = max(sixteenths - 40, 0)
    planes = {}
    row = 0
    for frame in range(0, steps, 32):
        for weight, bits in ((1, odd_bits), (0, even_bits)):
            carriers = [t for t in range(frame, min(frame + 32, steps))
                        if (t + 1) * bits // 8 > t * bits // 8]
            for i, t in enumerate(carriers):
                planes[t, weight] = (row + i // 4, i % 4)
            row += -(-len(carriers) // 4)
    assert row == len(extra)
    levels = {}
    before = (linked_rows(words, memory) if linked
              else [[0] * 32 for _ in range(memory)])
    rows = before + words
    for t in range(steps):
        for thread in range(32):
            for lane in range(8):
                nibbles = [rows[memory + t - i][thread] >> (4 * lane) & 15
                           for i in range(memory + 1)]
                for weight in (0, 1):
                    bit = 0
                    if (t, weight) in planes:
                        r, b = planes[t, weight]
                        bit = extra[r][thread] >> (4 * lane + b) & 1
                    levels[t, thread, lane, weight] = stream_level(
                        scheme[4 + weight], nibbles, bit)
    return levels


def splitmix(seed, index):
    z = (seed + (index + 1) * 0x9E3779B97F4A7C15) % 2**64
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
    return z ^ z >> 31


def unrotate(column, largest, seed):
    """Integers 2 * level + 1 of one channel to (integer, rows of block)."""
    out = []
    left = list(column)
    while left:
        size = largest
        while size > len(left):
            size //= 2
        block, left = left[:size], left[size:]
        for i in range(size):
            k = len(out)
            total = sum(-v if bin(i & j).count("1") % 2 else v
                        for j, v in enumerate(block))
            negate = splitmix(seed, k // 64) >> (k % 64) & 1
            out.append((-total if negate else total, size))
    return out


def make_stream(name, k_count, n_count, rng):
    scheme = STREAMS[name]
    sixteenths, _, rotation, seed = scheme[:4]
    odd_bits = min(sixteenths - 32, 8)
    even_bits = max(sixteenths - 40, 0)
    codes, extra, columns = [], [], [dict() for _ in range(n_count)]
    for k0, size in stream_blocks(k_count):
        steps = -(-n_count // 16) * size // 32
        full = steps // 32 * 32
        rows = full // 32 * (odd_bits + even_bits)
        for bits in (odd_bits, even_bits):
            rows += -(-(steps * bits // 8 - full * bits // 8) // 4)
        words = [[rng.getrandbits(32) for _ in range(32)] for _ in range(steps)]
        bits = [[rng.getrandbits(32) for _ in range(32)] for _ in range(rows)]
        levels = decode_stream_block(scheme, words, bits, steps,
                                     "start=zero" not in name)
        strip = size // 16
        for k in range(k0, min(k0 + size, k_count)):
            for n in range(n_count):
                s, inside = divmod(k - k0, strip)
                position = (n // 16 * (size // 32) + inside // 2,
                            n % 8 * 4 + s // 4, s % 4 + n % 16 // 8 * 4,
                            inside % 2)
                columns[n][k] = 2 * levels[position] + 1
        codes += [word for row in words for word in row]
        extra += [word for row in bits for word in row]
    return finish_stream(name, rotation, seed, codes, extra, columns, k_count,
                         rng)


def finish_stream(name, rotation, seed, codes, extra, columns, k_count, rng):
    """Draws scales and turns levels, 2 * level + 1 by channel, to weights."""
    n_count = len(columns)
    fields = {"codes": [hex(c) for c in codes]}
    if "channel4" in name:
        local = [rng.getrandbits(8) for _ in range((n_count + 1) // 2)]
        base = random_float32(rng)
        fields["local_scales"] = [hex(c) for c in local]
        fields["super_scale"] = ["%.9g" % base]
        scales = []
        for n in range(n_count):
            code = local[n // 2] >> (4 * (n % 2)) & 15
            step = float32(2.0 ** ((code - 15) / 3)) if code else 0
            scales.append(float32(step * base))
    else:
        bits = [rng.getrandbits(16) & 0xBFFF for _ in range(n_count)]
        fields["super_scale"] = [hex(b) for b in bits]
        scales = [struct.unpack("<f", struct.pack("<I", b << 16))[0] for b in bits]
    if extra:
        fields["extra"] = [hex(c) for c in extra]
    weights = [0] * (k_count * n_count)
    for n in range(n_count):
        column = [columns[n][k] for k in range(k_count)]
        turned = (unrotate(column, rotation, seed) if rotation
                  else [(v, 1) for v in column])
        for k, (total, rows) in enumerate(turned):
            factor = float32(0.5 / math.sqrt(rows))
            scale = float32(scales[n] * factor)
            weights[k * n_count + n] = float32(total * scale)
    return fields, weights


# docs/Format.md, "Hashed streams": sixteenths, state bits, index bits, offset,
# rotation, seed.
HASHES = {
    "t2:code=hash,L=12,rotate=none": (32, 12, 8, 0x39F, 0, 0),
    "t2.3125:code=hash,L=14,levels=64,seed=3": (37, 14, 6, 0x1A27, 256, 3),
    "t3:code=hash,scale=channel4": (48, 16, 8, 0xDBA9, 256, 0),
    "t1.3125:code=hash,rotate=none": (21, 16, 8, 0xDBA9, 0, 0),
    "t2.5:code=hash,start=zero": (40, 16, 8, 0xDBA9, 256, 0),
    "t4:code=hash,L=12": (64, 12, 8, 0x39F, 256, 0),
}


def hash_levels(index_bits):
    """Means of equally likely parts of a normal distribution."""
    normal = statistics.NormalDist()
    count = 1 << index_bits
    inner = [normal.pdf(normal.inv_cdf(i / count)) for i in range(1, count)]
    density = [0.0] + inner + [0.0]
    means = [(density[i] - density[i + 1]) * count for i in range(count)]
    return [round(m * 127.5 / means[-1] - 0.5) for m in means]


def decode_hash_chain(scheme, before, bits, count):
    """Levels of the first weights of a chain; `before`: bits of one chain."""
    sixteenths, state_bits, index_bits, offset = scheme[:4]
    table = hash_levels(index_bits)
    bits = ([0] * state_bits + before)[-state_bits:] + bits
    out = []
    for t in range(count):
        end = (t + 1) * sixteenths // 16 + state_bits
        v = int("".join(map(str, bits[end - state_bits:end])), 2)
        mixed = v * (v + offset) % (1 << state_bits)
        out.append(table[mixed >> (state_bits - index_bits)])
    return out


def make_hash(name, k_count, n_count, rng):
    scheme = HASHES[name]
    sixteenths = scheme[0]
    codes, columns = [], [dict() for _ in range(n_count)]
    for k0, size in stream_blocks(k_count):
        count = -(-n_count // 16) * size // 16
        rows = -(-(count * sixteenths // 16) // 32)
        words = [[rng.getrandbits(32) for _ in range(256)] for _ in range(rows)]
        chains, before = {}, []
        linked = ("start=zero" not in name
                  and count * sixteenths // 16 >= scheme[1])
        for number in range(256):
            s, n = divmod(number, 16)
            chain = n % 8 * 32 + s // 4 * 8 + s % 4 + n // 8 * 4
            text = "".join("{:032b}".format(row[chain]) for row in words)
            bits = list(map(int, text))[:count * sixteenths // 16]
            chains[chain] = decode_hash_chain(scheme, before, bits, count)
            before = bits if linked else []
        strip = size // 16
        for k in range(k0, min(k0 + size, k_count)):
            for n in range(n_count):
                s, inside = divmod(k - k0, strip)
                chain = n % 8 * 32 + s // 4 * 8 + s % 4 + n % 16 // 8 * 4
                level = chains[chain][n // 16 * strip + inside]
                columns[n][k] = 2 * level + 1
        codes += [word for row in words for word in row]
    return finish_stream(name, scheme[4], scheme[5], codes, [], columns,
                         k_count, rng)


def write(name, k_count, n_count):
    rng = random.Random("%s %dx%d" % (name, k_count, n_count))
    if name in WORDS:
        fields, weights = make_words(name, k_count, n_count, rng)
    elif name in STREAMS:
        fields, weights = make_stream(name, k_count, n_count, rng)
    elif name in HASHES:
        fields, weights = make_hash(name, k_count, n_count, rng)
    elif name == "w2":
        fields, weights = make_clusters(k_count, n_count, rng)
    elif name.startswith("i4"):
        fields, weights = make_nibbles(name == "i4:channel", k_count, n_count, rng)
    else:
        fields, weights = make_scalar(name == "i8:channel", k_count, n_count, rng)
    lines = ["scheme %s" % name, "shape %dx%d" % (k_count, n_count)]
    fields["weights"] = ["%.9g" % w for w in weights]
    for key, values in fields.items():
        lines.append(key)
        for i in range(0, len(values), 8):
            lines.append("  " + " ".join(values[i : i + 8]))
    stem = "".join(c if c.isalnum() or c == "." else "-" for c in name)
    file_name = "%s-%dx%d.golden" % (stem, k_count, n_count)
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, file_name), "w") as out:
        out.write("\n".join(lines) + "\n")


for scheme in ("w2", "w2.5", "w2.75", "i4", "i4:channel", "i8", "i8:channel"):
    write(scheme, 64, 1)
    write(scheme, 130, 3)
write("i4", 7, 2)
for scheme in STREAMS:
    write(scheme, 172, 19)
write("t2:rotate=none", 1, 1)
for scheme in HASHES:
    write(scheme, 44, 17)
