"""Writes the training images (work folder) and the shipped held-out set.

Usage: make_dataset.py FONT_ROOT WORK_DIR EXAMPLE_DIR
"""

import pathlib
import sys

import numpy as np

import glyphs

TRAINING_SEED = 20240501
HELDOUT_SEED = 20240502
TRAINING_IMAGES = 360_000
HELDOUT_COPIES = 3  # images per font file and class: 24 x 36 x 3 = 2592
CHUNK = 1000


def distort_all(rng, atlas, fonts, classes):
    parts = [
        glyphs.distort(rng, atlas[fonts[i : i + CHUNK], classes[i : i + CHUNK]])
        for i in range(0, len(fonts), CHUNK)
    ]
    return np.concatenate(parts)


def make_training(font_root, work):
    rng = np.random.Generator(np.random.PCG64(TRAINING_SEED))
    atlas = glyphs.render_atlas(glyphs.font_paths(font_root, "train"))
    fonts = rng.integers(0, len(atlas), TRAINING_IMAGES)
    classes = np.arange(TRAINING_IMAGES) % len(glyphs.CLASSES)
    np.save(work / "train-images.npy", distort_all(rng, atlas, fonts, classes))
    np.save(work / "train-labels.npy", classes.astype(np.uint8))


def make_heldout(font_root, work, example):
    rng = np.random.Generator(np.random.PCG64(HELDOUT_SEED))
    atlas = glyphs.render_atlas(glyphs.font_paths(font_root, "heldout"))
    grid = np.indices((HELDOUT_COPIES, len(atlas), len(glyphs.CLASSES)))
    fonts, classes = grid[1].ravel(), grid[2].ravel()
    order = rng.permutation(len(fonts))
    fonts, classes = fonts[order], classes[order]
    np.save(example / "heldout-images.npy", distort_all(rng, atlas, fonts, classes))
    np.save(example / "heldout-labels.npy", classes.astype(np.uint8))
    np.save(work / "heldout-fonts.npy", fonts.astype(np.uint8))
    step = glyphs.OVERSAMPLING
    clean = atlas.reshape(-1, glyphs.IMAGE_SIDE, step, glyphs.IMAGE_SIDE, step)
    clean = np.rint(clean.mean((2, 4), dtype=np.float32)).astype(np.uint8)
    np.save(work / "clean-images.npy", clean.reshape(len(clean), -1))


def main():
    font_root, work, example = map(pathlib.Path, sys.argv[1:4])
    make_heldout(font_root, work, example)
    make_training(font_root, work)


if __name__ == "__main__":
    main()
