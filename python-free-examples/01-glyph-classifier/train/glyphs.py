"""Renders glyphs from font files and distorts them into 28 x 28 grey images.

Development-time only: nothing that a user of CCQ runs imports this file.
All randomness comes from the numpy Generator that the caller passes.
"""

import json
import pathlib

import numpy as np
from PIL import Image, ImageDraw, ImageFont

CLASSES = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
IMAGE_SIDE = 28
OVERSAMPLING = 4
ATLAS_SIDE = IMAGE_SIDE * OVERSAMPLING
CAP_HEIGHT = 18 * OVERSAMPLING  # height of "H" in the atlas, in pixels
WIDEST = 24 * OVERSAMPLING  # wider glyphs are squeezed to this
GRID_SIDE = 6  # control points per axis of the elastic field


def font_paths(font_root, split):
    """Paths of the font files of one split ("train" or "heldout")."""
    table = json.loads((pathlib.Path(__file__).parent / "fonts.json").read_text())
    return [
        pathlib.Path(font_root) / name
        for entry in table[split]
        for name in entry["files"]
    ]


def render_glyph(font, character):
    """One glyph, white on black, centred by its ink, uint8 [112, 112]."""
    left, top, right, bottom = font.getbbox(character)
    ink = Image.new("L", (right - left, bottom - top), 0)
    ImageDraw.Draw(ink).text((-left, -top), character, fill=255, font=font)
    if ink.width > WIDEST:
        ink = ink.resize((WIDEST, ink.height), Image.Resampling.LANCZOS)
    canvas = Image.new("L", (ATLAS_SIDE, ATLAS_SIDE), 0)
    canvas.paste(ink, ((ATLAS_SIDE - ink.width) // 2, (ATLAS_SIDE - ink.height) // 2))
    return np.asarray(canvas)


def render_atlas(paths):
    """All classes of all fonts, uint8 [fonts, 36, 112, 112]."""
    atlas = np.zeros((len(paths), len(CLASSES), ATLAS_SIDE, ATLAS_SIDE), np.uint8)
    for row, path in enumerate(paths):
        probe = ImageFont.truetype(str(path), 200)
        _, top, _, bottom = probe.getbbox("H")
        font = ImageFont.truetype(str(path), round(200 * CAP_HEIGHT / (bottom - top)))
        for column, character in enumerate(CLASSES):
            atlas[row, column] = render_glyph(font, character)
    return atlas


def bilinear(images, rows, columns):
    """Samples images [n, h, w] at float positions [n, a, b]; 0 outside."""
    height, width = images.shape[1:]
    row0 = np.floor(rows).astype(np.int32)
    column0 = np.floor(columns).astype(np.int32)
    row_part = (rows - row0).astype(np.float32)
    column_part = (columns - column0).astype(np.float32)
    index = np.arange(len(images))[:, None, None]

    def at(r, c):
        inside = (r >= 0) & (r < height) & (c >= 0) & (c < width)
        picked = images[index, np.clip(r, 0, height - 1), np.clip(c, 0, width - 1)]
        return np.where(inside, picked, 0).astype(np.float32)

    upper = at(row0, column0) * (1 - column_part) + at(row0, column0 + 1) * column_part
    lower = (
        at(row0 + 1, column0) * (1 - column_part)
        + at(row0 + 1, column0 + 1) * column_part
    )
    return upper * (1 - row_part) + lower * row_part


def elastic_field(rng, count, side, amplitude):
    """Smooth displacements in pixels [count, side, side] from a coarse grid."""
    coarse = rng.standard_normal((count, GRID_SIDE, GRID_SIDE), dtype=np.float32)
    position = np.linspace(0, GRID_SIDE - 1.001, side, dtype=np.float32)
    cell = position.astype(np.int32)
    part = position - cell
    part = part * part * (3 - 2 * part)  # smoothstep: no kinks at grid lines
    weights = np.zeros((side, GRID_SIDE), np.float32)
    weights[np.arange(side), cell] += 1 - part
    weights[np.arange(side), cell + 1] += part
    return amplitude[:, None, None] * (weights @ coarse @ weights.T)


def gaussian_blur(images, sigma):
    """Separable 5-tap blur with one sigma per image, [n, h, w]."""
    taps = np.arange(-2, 3, dtype=np.float32)
    kernel = np.exp(-0.5 * (taps / np.maximum(sigma, 0.05)[:, None]) ** 2)
    kernel /= kernel.sum(1, keepdims=True)
    for axis in (1, 2):
        images = sum(
            np.roll(images, shift, axis) * kernel[:, k][:, None, None]
            for k, shift in enumerate(range(-2, 3))
        )
    return images


def distort(rng, glyphs):
    """Distorts atlas glyphs uint8 [n, 112, 112] into uint8 images [n, 784].

    Rotation +-12 degrees, size 0.8 to 1.12, aspect +-10 %, shear +-0.15, shift
    +-2 pixels, elastic displacement up to 0.9 pixel rms, blur up to 0.9 pixel,
    ink 0.55 to 1, ground 0 to 0.25, pixel noise up to 0.12.
    """
    count = len(glyphs)

    def uniform(low, high):
        return rng.uniform(low, high, count).astype(np.float32)

    angle = np.deg2rad(uniform(-12, 12))
    size = uniform(0.8, 1.12)
    aspect = np.exp(uniform(-0.1, 0.1))
    shear = uniform(-0.15, 0.15)
    side = 2 * IMAGE_SIDE  # 2 x 2 samples per pixel
    axis = (np.arange(side, dtype=np.float32) + 0.5) / 2 - IMAGE_SIDE / 2
    shape = (count, side, side)
    y = np.broadcast_to(axis[None, :, None], shape) - uniform(-2, 2)[:, None, None]
    x = np.broadcast_to(axis[None, None, :], shape) - uniform(-2, 2)[:, None, None]
    amplitude = uniform(0, 0.9)
    y = y + elastic_field(rng, count, side, amplitude)
    x = x + elastic_field(rng, count, side, amplitude)

    def spread(values):
        return values[:, None, None]

    cos, sin = np.cos(angle), np.sin(angle)
    back_y = (spread(cos) * y - spread(sin) * x) / spread(size * aspect)
    back_x = (spread(sin) * y + spread(cos) * x) / spread(size / aspect)
    back_x = back_x + spread(shear) * back_y
    centre = ATLAS_SIDE / 2 - 0.5
    fine = bilinear(glyphs, back_y * OVERSAMPLING + centre, back_x * OVERSAMPLING + centre)
    images = fine.reshape(count, IMAGE_SIDE, 2, IMAGE_SIDE, 2).mean((2, 4)) / 255
    images = gaussian_blur(images, uniform(0, 0.9))
    ground = uniform(0, 0.25)
    images = spread(ground) + images * spread(uniform(0.55, 1.0) - ground)
    noise = rng.standard_normal(images.shape, dtype=np.float32)
    images = images + noise * spread(uniform(0, 0.12))
    return np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8).reshape(count, -1)
