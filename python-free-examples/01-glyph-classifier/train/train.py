"""Trains the perceptron on the rendered glyphs; seeded, CPU, numpy only.

Usage: train.py WORK_DIR

Adam with decoupled weight decay, cosine learning rate, label smoothing, and in
every step Gaussian noise on the weights, which widens the margins that coding
eats into. Its relative MSE is about twice the 0.094 that coding at 2.5 bits
leaves: windows that overlap make the errors of neighbouring weights alike, and
images are smooth, so that the error of a sum over pixels is about twice what
independent errors of that size would give.
Gradients are taken at the noisy weights and applied to the clean ones. The
held-out images play no part: no early stopping, no choice of a best step.
"""

import pathlib
import sys
import time

import numpy as np

import perceptron

SEED = 20240503
EPOCHS = 10
BATCH = 256
PEAK_RATE = 1e-3
WARM_UP_STEPS = 500
WEIGHT_DECAY = 0.02
LABEL_SMOOTHING = 0.05
NOISE_RELATIVE_MSE = 0.2
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def learning_rate(step, steps):
    if step < WARM_UP_STEPS:
        return PEAK_RATE * (step + 1) / WARM_UP_STEPS
    return PEAK_RATE * 0.5 * (1 + np.cos(np.pi * step / steps))


def update(parameters, moments, slopes, step, rate):
    """One step of AdamW, in place."""
    correction = np.sqrt(1 - BETA2 ** (step + 1)) / (1 - BETA1 ** (step + 1))
    for value, (first, second), slope in zip(parameters, moments, slopes):
        first += (1 - BETA1) * (slope - first)
        second += (1 - BETA2) * (slope * slope - second)
        if value.ndim == 2:
            value *= np.float32(1 - rate * WEIGHT_DECAY)
        value -= np.float32(rate * correction) * first / (np.sqrt(second) + EPSILON)


def train(images, labels):
    rng = np.random.Generator(np.random.PCG64(SEED))
    parameters = perceptron.create_parameters(rng)
    moments = [(np.zeros_like(p), np.zeros_like(p)) for p in parameters]
    classes = perceptron.WIDTHS[-1]
    soft = np.eye(classes, dtype=np.float32) * (1 - LABEL_SMOOTHING)
    soft += np.float32(LABEL_SMOOTHING / classes)
    steps_per_epoch = len(images) // BATCH
    steps = EPOCHS * steps_per_epoch
    start = time.monotonic()
    for epoch in range(EPOCHS):
        order = rng.permutation(len(images))
        hits = 0
        for i in range(steps_per_epoch):
            step = epoch * steps_per_epoch + i
            rows = order[i * BATCH : (i + 1) * BATCH]
            noisy = perceptron.add_weight_noise(rng, parameters, NOISE_RELATIVE_MSE)
            activations = perceptron.forward(noisy, perceptron.to_input(images[rows]))
            hits += int((activations[-1].argmax(1) == labels[rows]).sum())
            slopes = perceptron.gradients(noisy, activations, soft[labels[rows]])
            update(parameters, moments, slopes, step, learning_rate(step, steps))
        accuracy = hits / (steps_per_epoch * BATCH)
        elapsed = time.monotonic() - start
        print(f"epoch {epoch + 1}: training accuracy {accuracy:.4f}, {elapsed:.0f} s",
              flush=True)
    return parameters


def main():
    work = pathlib.Path(sys.argv[1])
    images = np.load(work / "train-images.npy")
    labels = np.load(work / "train-labels.npy")
    np.savez(work / "parameters.npz", *train(images, labels))


if __name__ == "__main__":
    main()
