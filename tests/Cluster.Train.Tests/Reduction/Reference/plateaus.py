"""Produces plateaus.json: the learning rates that PyTorch's ReduceLROnPlateau gives after each of 80 evaluations.

Run with Debian's python3-torch (1.13) or any newer PyTorch:

    /usr/bin/python3 plateaus.py > plateaus.json

The base rate is 0.1. Keys are the texts that --schedule takes; "max" is for a metric of which more is better.
"""
import json

import torch

EVALUATIONS = 80

SETTINGS = [
    ("plateau", "min", {"factor": 0.1, "patience": 10}),
    ("plateau", "max", {"factor": 0.1, "patience": 10}),
    ("plateau:factor=0.5,patience=2", "min", {"factor": 0.5, "patience": 2}),
    ("plateau:factor=0.5,patience=0,floor=0.001", "max", {"factor": 0.5, "patience": 0, "min_lr": 0.0001}),
    ("plateau:factor=0.3,patience=3,gain=0.05,floor=0.01", "min", {"factor": 0.3, "patience": 3, "threshold": 0.05, "min_lr": 0.001}),
    ("plateau:factor=0.7,patience=1,gain=0.2", "max", {"factor": 0.7, "patience": 1, "threshold": 0.2}),
]


def run(text, mode, settings, values):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    settings = {"threshold": 0.0, **settings}
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode=mode, threshold_mode="abs", eps=0, **settings)
    rates = []
    for value in values:
        schedule.step(value if mode == "min" else -value)
        rates.append(float(f"{optimizer.param_groups[0]['lr']:.12g}"))
    return {"schedule": text, "mode": mode, "rates": rates}


def main():
    generator = torch.Generator().manual_seed(5)
    noise = torch.randn(EVALUATIONS, generator=generator, dtype=torch.float64)
    # A loss that falls fast, then slowly, with noise; negated where more is better.
    values = [round(2 / (1 + 0.3 * n) + 0.08 * float(noise[n]), 6) for n in range(EVALUATIONS)]
    print(json.dumps({"torch": torch.__version__, "values": values, "runs": [run(*settings, values) for settings in SETTINGS]}))


if __name__ == "__main__":
    main()
