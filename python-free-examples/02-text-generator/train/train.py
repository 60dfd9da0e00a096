"""Trains the text generator; seeded, one CPU thread.

Usage: train.py WORK_DIR

AdamW with a cosine learning rate. In the second part of training every step
adds Gaussian noise to the matrices that a build codes, ramped up to a relative
MSE of NOISE_RELATIVE_MSE per output column: gradients are taken at the noisy
weights and applied to the clean ones. That flattens the loss around the weights,
which coding will move. The held-out text plays no part: its loss is printed,
and decides nothing. Continues from WORK_DIR/checkpoint.pt when that exists.
"""

import math
import pathlib
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

import gpt

SEED = 20240611
STEPS = 6000
BATCH = 8
PEAK_RATE = 2e-3
FINAL_RATE = 2e-5
WARM_UP_STEPS = 200
WEIGHT_DECAY = 0.1
BETAS = (0.9, 0.98)
GRADIENT_NORM = 1.0
NOISE_RELATIVE_MSE = 0.06
NOISE_START, NOISE_FULL = 0.4, 0.6
REPORT_STEPS = 100
CHECKPOINT_STEPS = 300


def learning_rate(step):
    if step < WARM_UP_STEPS:
        return PEAK_RATE * (step + 1) / WARM_UP_STEPS
    progress = (step - WARM_UP_STEPS) / (STEPS - WARM_UP_STEPS)
    cosine = 0.5 * (1 + math.cos(math.pi * progress))
    return FINAL_RATE + (PEAK_RATE - FINAL_RATE) * cosine


def noise_level(step):
    """Relative MSE of the weight noise in this step."""
    ramp = (step / STEPS - NOISE_START) / (NOISE_FULL - NOISE_START)
    return NOISE_RELATIVE_MSE * min(max(ramp, 0.0), 1.0)


def window_starts(tokens, step):
    """Starts of the windows of a step: each epoch shuffles adjacent windows whose
    first start is random."""
    per_epoch = (tokens - gpt.CONTEXT - 1) // gpt.CONTEXT
    steps_per_epoch = per_epoch // BATCH
    epoch, i = divmod(step, steps_per_epoch)
    rng = np.random.Generator(np.random.PCG64([SEED, epoch]))
    phase = rng.integers(gpt.CONTEXT)
    order = rng.permutation(per_epoch)[i * BATCH : (i + 1) * BATCH]
    return order * gpt.CONTEXT + phase


def read_windows(ids, starts):
    rows = np.stack([ids[start : start + gpt.CONTEXT + 1] for start in starts])
    rows = torch.from_numpy(rows.astype(np.int64))
    return rows[:, :-1], rows[:, 1:]


def loss_of(model, inputs, targets):
    return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())


@torch.no_grad()
def add_noise(weights, level, generator):
    """Adds the noise in place; returns the clean weights."""
    clean = [weight.detach().clone() for weight in weights]
    for weight in weights:
        rms = weight.square().mean(dim=1, keepdim=True).sqrt()
        noise = torch.randn(weight.shape, generator=generator)
        weight.add_(noise * rms * math.sqrt(level))
    return clean


@torch.no_grad()
def heldout_loss(model, ids):
    starts = np.linspace(0, len(ids) - gpt.CONTEXT - 1, 40).astype(int)
    return loss_of(model, *read_windows(ids, starts)).item()


def create_optimizer(model):
    matrices = [p for p in model.parameters() if p.ndim == 2]
    gains = [p for p in model.parameters() if p.ndim != 2]
    groups = [{"params": matrices, "weight_decay": WEIGHT_DECAY},
              {"params": gains, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=PEAK_RATE, betas=BETAS, fused=True)


def train_step(model, compiled, optimizer, ids, step):
    """One step; returns the loss at the weights that gave the gradient."""
    generator = torch.Generator().manual_seed(SEED + step)
    level = noise_level(step)
    weights = model.coded_weights() if level > 0 else []
    clean = add_noise(weights, level, generator)
    loss = loss_of(compiled, *read_windows(ids, window_starts(len(ids), step)))
    loss.backward()
    with torch.no_grad():
        for weight, value in zip(weights, clean):
            weight.copy_(value)
    torch.nn.utils.clip_grad_norm_(model.parameters(), GRADIENT_NORM)
    for group in optimizer.param_groups:
        group["lr"] = learning_rate(step)
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


def main():
    work = pathlib.Path(sys.argv[1])
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    ids, heldout = np.load(work / "train.npy"), np.load(work / "heldout.npy")
    model = gpt.Gpt()
    optimizer = create_optimizer(model)
    checkpoint, first = work / "checkpoint.pt", 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        first = state["step"]
    compiled = torch.compile(model)
    start, losses = time.monotonic(), []
    for step in range(first, STEPS):
        losses.append(train_step(model, compiled, optimizer, ids, step))
        done = step + 1
        if done % REPORT_STEPS == 0:
            elapsed = time.monotonic() - start
            speed = (done - first) * BATCH * gpt.CONTEXT / elapsed
            print(f"step {done}: training loss {np.mean(losses[-REPORT_STEPS:]):.4f}, "
                  f"held-out {heldout_loss(model, heldout):.4f}, "
                  f"{elapsed:.0f} s, {speed:.0f} tokens/s", flush=True)
        if done % CHECKPOINT_STEPS == 0 or done == STEPS:
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(),
                        "step": done}, checkpoint)


if __name__ == "__main__":
    main()
