"""Produces schedules.json: the learning rates that PyTorch's schedulers give over 60 steps.

Run with Debian's python3-torch (1.13) or any newer PyTorch:

    /usr/bin/python3 schedules.py > schedules.json

A run has 60 steps, an epoch 20; the base rate is 0.1. Keys are the texts that --schedule takes.
"""
import json
import warnings

import torch

STEPS, EPOCH = 60, 20
lr = torch.optim.lr_scheduler


def warmed(steps, schedule_of):
    """Up in a line, then the schedule."""
    return lambda optimizer: lr.SequentialLR(
        optimizer,
        [lr.LinearLR(optimizer, start_factor=1 / (steps + 1), total_iters=steps), schedule_of(optimizer)],
        milestones=[steps],
    )


def constant(optimizer):
    return lr.LambdaLR(optimizer, lambda step: 1.0)


SCHEDULES = {
    "constant:warmup=6": warmed(6, constant),
    "linear": lambda o: lr.LinearLR(o, start_factor=1, end_factor=0, total_iters=STEPS - 1),
    "linear:warmup=10%,floor=0.2": warmed(6, lambda o: lr.LinearLR(o, start_factor=1, end_factor=0.2, total_iters=STEPS - 7)),
    "linear:until=41,floor=0.5": lambda o: lr.LinearLR(o, start_factor=1, end_factor=0.5, total_iters=40),
    "polynomial:power=2": lambda o: lr.PolynomialLR(o, total_iters=STEPS - 1, power=2),
    "polynomial:power=0.5,warmup=0.5epochs": warmed(10, lambda o: lr.PolynomialLR(o, total_iters=STEPS - 11, power=0.5)),
    "cosine:floor=0.1": lambda o: lr.CosineAnnealingLR(o, T_max=STEPS - 1, eta_min=0.01),
    "cosine:warmup=5,floor=0.1": warmed(5, lambda o: lr.CosineAnnealingLR(o, T_max=STEPS - 6, eta_min=0.01)),
    "onecycle": lambda o: lr.OneCycleLR(o, max_lr=0.1, total_steps=STEPS, pct_start=0.3, cycle_momentum=False),
    "onecycle:warmup=12,start=10,end=100": lambda o: lr.OneCycleLR(
        o, max_lr=0.1, total_steps=STEPS, pct_start=0.2, div_factor=10, final_div_factor=100, cycle_momentum=False),
    "step:every=1epochs,factor=0.3": lambda o: lr.StepLR(o, step_size=EPOCH, gamma=0.3),
    "step:every=7,factor=0.5,warmup=4": warmed(4, lambda o: lr.StepLR(o, step_size=7, gamma=0.5)),
    "multistep:at=10/1.5epochs/90%,factor=0.1": lambda o: lr.MultiStepLR(o, milestones=[10, 30, 54], gamma=0.1),
    "exponential:factor=0.95": lambda o: lr.ExponentialLR(o, gamma=0.95),
    "exponential:factor=0.5,every=1epochs": lambda o: lr.ExponentialLR(o, gamma=0.5 ** (1 / EPOCH)),
    "restarts:every=13": lambda o: lr.CosineAnnealingWarmRestarts(o, T_0=13),
    "restarts:every=8,times=2,floor=0.1": lambda o: lr.CosineAnnealingWarmRestarts(o, T_0=8, T_mult=2, eta_min=0.01),
    "restarts:every=8,warmup=3": warmed(3, lambda o: lr.CosineAnnealingWarmRestarts(o, T_0=8)),
}


def rates(schedule_of):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    schedule = schedule_of(optimizer)
    result = []
    for step in range(STEPS):
        result.append(float(f"{optimizer.param_groups[0]['lr']:.12g}"))
        optimizer.step()
        if step < STEPS - 1:
            schedule.step()
    return result


def main():
    # SequentialLR calls its schedulers with a step, of which PyTorch itself warns.
    warnings.simplefilter("ignore")
    print(json.dumps({"torch": torch.__version__, "rates": {text: rates(of) for text, of in SCHEDULES.items()}}, indent=1))


if __name__ == "__main__":
    main()
