"""Produces groups.json: fifty steps of PyTorch with parameter groups, with and without clipping, and an average of the weights.

Run with Debian's python3-torch (1.13) or any newer PyTorch:

    OMP_NUM_THREADS=1 /usr/bin/python3 groups.py > groups.json

There are three tensors of 10, 20 and 7 values, each a group: a tenth of the learning rate; no weight decay; without a gradient
before step 5. The file holds initial parameters and gradients, and for each run parameters and averages after some of the steps.
"""
import json

import torch
from torch.optim.swa_utils import AveragedModel

SIZES, STEPS, FROZEN, EMA = [10, 20, 7], 50, 5, 0.9
KEPT = [0, 4, 5, 6, 23, 49]

OPTIMIZERS = {
    "sgd": lambda groups: torch.optim.SGD(groups, lr=0.1, momentum=0.9, weight_decay=0.1),
    "adamw": lambda groups: torch.optim.AdamW(groups, lr=0.01, weight_decay=0.1),
    "rmsprop": lambda groups: torch.optim.RMSprop(groups, lr=0.01, alpha=0.9, eps=1e-6, weight_decay=0.1),
}


class Model(torch.nn.Module):
    def __init__(self, initial):
        super().__init__()
        self.parts = torch.nn.ParameterList([torch.nn.Parameter(part.clone()) for part in initial.split(SIZES)])


def floats(tensors):
    # Nine digits tell any two float32 apart.
    return [float(f"{float(value):.9g}") for tensor in tensors for value in tensor.detach().flatten()]


def run(name, clip, initial, gradients):
    model = Model(initial)
    slow, bare, late = model.parts
    rate = OPTIMIZERS[name]([slow]).param_groups[0]["lr"]
    optimizer = OPTIMIZERS[name]([
        {"params": [slow], "lr": rate * 0.1}, {"params": [bare], "weight_decay": 0.0}, {"params": [late]},
    ])
    averaged = AveragedModel(model, avg_fn=lambda average, value, _: EMA * average + (1 - EMA) * value)
    result = {"rule": name, "clip": clip, "parameters": [], "averages": []}
    for step, gradient in enumerate(gradients):
        for part, value in zip(model.parts, gradient.split(SIZES)):
            part.grad = value.clone()
        if step < FROZEN:
            late.grad = None
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        averaged.update_parameters(model)
        if step in KEPT:
            result["parameters"].append(floats(model.parts))
            result["averages"].append(floats(averaged.module.parts))
    return result


def main():
    generator = torch.Generator().manual_seed(5)
    initial = torch.randn(sum(SIZES), generator=generator)
    gradients = torch.randn(STEPS, sum(SIZES), generator=generator)
    print(json.dumps({
        "torch": torch.__version__,
        "initial": floats([initial]),
        "gradients": [floats([gradient]) for gradient in gradients],
        "kept": KEPT,
        "runs": [run(name, clip, initial, gradients) for name in OPTIMIZERS for clip in (None, 1.0)],
    }))


if __name__ == "__main__":
    main()
