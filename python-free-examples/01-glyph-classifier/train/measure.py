"""Prints the accuracy figures of the README.

Usage: measure.py WORK_DIR EXAMPLE_DIR

Float accuracy on held-out fonts, by font package and with the undistorted
glyphs, the most frequent confusions, and what Gaussian noise on the weights
does to accuracy. Relative MSE 0.0774 and 0.0939 are what coding at 2.75 and 2.5
bits leaves on Gaussian weights (docs/Format.md).
"""

import collections
import json
import pathlib
import sys

import numpy as np

import glyphs
import perceptron

NOISE_DRAWS = 10


def main():
    work, example = map(pathlib.Path, sys.argv[1:3])
    stored = np.load(work / "parameters.npz")
    parameters = [stored[name] for name in stored.files]
    images = np.load(example / "heldout-images.npy")
    labels = np.load(example / "heldout-labels.npy").astype(np.int64)
    fonts = np.load(work / "heldout-fonts.npy")
    predicted = perceptron.predict(parameters, images)
    hits = predicted == labels

    folded = np.arange(36)
    folded[glyphs.CLASSES.index("O")] = glyphs.CLASSES.index("0")
    print(f"held-out: {hits.mean():.4f} of {len(hits)}")
    print(f"held-out, O and 0 as one: {(folded[predicted] == folded[labels]).mean():.4f}")
    clean = np.load(work / "clean-images.npy")
    clean_hits = perceptron.predict(parameters, clean) == np.arange(len(clean)) % 36
    print(f"undistorted glyphs of the held-out fonts: {clean_hits.mean():.4f} of {len(clean)}")

    table = json.loads((pathlib.Path(__file__).parent / "fonts.json").read_text())
    first = 0
    for entry in table["heldout"]:
        rows = (fonts >= first) & (fonts < first + len(entry["files"]))
        print(f"  {entry['package']}: {hits[rows].mean():.4f}")
        first += len(entry["files"])

    wrong = collections.Counter(zip(labels[~hits], predicted[~hits]))
    for (label, guess), count in wrong.most_common(6):
        print(f"  {glyphs.CLASSES[label]} read as {glyphs.CLASSES[guess]}: {count}")

    for relative_mse in (0.0774, 0.0939, 0.15, 0.25):
        accuracies = [
            (perceptron.predict(
                perceptron.add_weight_noise(
                    np.random.Generator(np.random.PCG64(seed)), parameters, relative_mse
                ),
                images,
            ) == labels).mean()
            for seed in range(NOISE_DRAWS)
        ]
        print(f"weight noise {relative_mse}: mean {np.mean(accuracies):.4f}, "
              f"worst of {NOISE_DRAWS} {np.min(accuracies):.4f}")


if __name__ == "__main__":
    main()
