"""The network: a decoder transformer of the Llama family, as a torch module.

Weights are stored [outputs, inputs] as torch does. Sizes are constants: they are
part of the recipe.
"""

import torch
import torch.nn.functional as F
from torch import nn

VOCABULARY = 1024
WIDTH = 256
HEADS = 4
HEAD_WIDTH = WIDTH // HEADS
HIDDEN = 512
LAYERS = 3
CONTEXT = 256
EPSILON = 1e-5
ROPE_BASE = 10000.0


def rotary_tables(positions):
    """cos and sin [positions, HEAD_WIDTH]: both halves of a head turn alike."""
    exponents = torch.arange(0, HEAD_WIDTH, 2, dtype=torch.float32) / HEAD_WIDTH
    angles = torch.outer(positions.float(), ROPE_BASE**-exponents)
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos(), angles.sin()


def rotate(x, cos, sin):
    low, high = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-high, low], dim=-1) * sin


def linear(inputs, outputs):
    return nn.Linear(inputs, outputs, bias=False)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention_norm = nn.RMSNorm(WIDTH, eps=EPSILON)
        self.query = linear(WIDTH, WIDTH)
        self.key = linear(WIDTH, WIDTH)
        self.value = linear(WIDTH, WIDTH)
        self.output = linear(WIDTH, WIDTH)
        self.feed_forward_norm = nn.RMSNorm(WIDTH, eps=EPSILON)
        self.gate = linear(WIDTH, HIDDEN)
        self.up = linear(WIDTH, HIDDEN)
        self.down = linear(HIDDEN, WIDTH)

    def forward(self, x, cos, sin):
        batch, length, _ = x.shape
        y = self.attention_norm(x)
        q, k, v = (part(y).view(batch, length, HEADS, HEAD_WIDTH).transpose(1, 2)
                   for part in (self.query, self.key, self.value))
        mixed = F.scaled_dot_product_attention(
            rotate(q, cos, sin), rotate(k, cos, sin), v, is_causal=True)
        x = x + self.output(mixed.transpose(1, 2).reshape(batch, length, WIDTH))
        y = self.feed_forward_norm(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = nn.RMSNorm(WIDTH, eps=EPSILON)
        self.head = linear(WIDTH, VOCABULARY)
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                residual = name.endswith(("output.weight", "down.weight"))
                nn.init.normal_(weight, std=0.02 / (2 * LAYERS) ** 0.5 if residual else 0.02)

    def coded_weights(self):
        """The weights that a build codes: all matrices but the embedding."""
        return [weight for name, weight in self.named_parameters()
                if weight.ndim == 2 and not name.startswith("embedding")]

    def forward(self, ids):
        """Logits [batch, length, VOCABULARY] for ids [batch, length]."""
        x = self.embedding(ids)
        cos, sin = rotary_tables(torch.arange(ids.shape[1]))
        for layer in self.layers:
            x = layer(x, cos, sin)
        return self.head(self.norm(x))
