"""The 784-512-512-36 perceptron in numpy: initial weights, forward, backward."""

import numpy as np

WIDTHS = (784, 512, 512, 36)


def create_parameters(rng):
    """List of (weight [K, N], bias [N]) in float32, He initialisation."""
    parameters = []
    for fan_in, fan_out in zip(WIDTHS, WIDTHS[1:]):
        weight = rng.standard_normal((fan_in, fan_out), dtype=np.float32)
        weight *= np.sqrt(2 / fan_in, dtype=np.float32)
        parameters += [weight, np.zeros(fan_out, np.float32)]
    return parameters


def to_input(images):
    """uint8 [n, 784] to the model's input, float32 in 0..1."""
    return images.astype(np.float32) / np.float32(255)


def forward(parameters, inputs):
    """Activations of every layer, the last being the logits [n, 36]."""
    activations = [inputs]
    for layer in range(0, len(parameters), 2):
        value = activations[-1] @ parameters[layer] + parameters[layer + 1]
        if layer + 2 < len(parameters):
            value = np.maximum(value, 0)
        activations.append(value)
    return activations


def gradients(parameters, activations, targets):
    """Gradients of the mean cross entropy against soft targets [n, 36]."""
    logits = activations[-1]
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    delta = (shifted / shifted.sum(1, keepdims=True) - targets) / len(logits)
    result = [None] * len(parameters)
    for layer in range(len(parameters) - 2, -1, -2):
        inputs = activations[layer // 2]
        result[layer] = inputs.T @ delta
        result[layer + 1] = delta.sum(0)
        if layer:
            delta = (delta @ parameters[layer].T) * (inputs > 0)
    return result


def predict(parameters, images):
    """Class index per image."""
    return forward(parameters, to_input(images))[-1].argmax(1)


def add_weight_noise(rng, parameters, relative_mse):
    """Weights plus Gaussian noise of the given relative MSE per 64 x 1 group.

    The groups are those of the coded formats: 64 consecutive k of one output
    channel; biases stay as they are.
    """
    noisy = list(parameters)
    for layer in range(0, len(parameters), 2):
        weight = parameters[layer]
        starts = np.arange(0, len(weight), 64)
        sizes = np.diff(np.append(starts, len(weight)))
        mean_square = np.add.reduceat(weight * weight, starts) / sizes[:, None]
        sigma = np.repeat(np.sqrt(relative_mse * mean_square), sizes, axis=0)
        noise = rng.standard_normal(weight.shape, dtype=np.float32)
        noisy[layer] = weight + sigma.astype(np.float32) * noise
    return noisy
