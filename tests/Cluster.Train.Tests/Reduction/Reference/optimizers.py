"""Produces optimizers.json: what PyTorch's optimizers, schedulers and gradient clipping compute.

Run with Debian's python3-torch (1.13) or any newer PyTorch:

    OMP_NUM_THREADS=1 /usr/bin/python3 optimizers.py > optimizers.json

The file holds initial parameters and the gradients of each step; for each optimizer its settings and the parameters
after every step; for each schedule the learning rate at every step; for each largest norm the norm and the clipped
gradients of step 0.
"""
import json

import torch

COUNT, STEPS, SCHEDULE_STEPS = 37, 12, 40

SGD = [
    {},
    {"momentum": 0.9},
    {"momentum": 0.9, "dampening": 0.9},
    {"momentum": 0.8, "dampening": 0.3, "weight_decay": 0.05},
    {"momentum": 0.9, "nesterov": True},
    {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    {"weight_decay": 0.1},
    {"maximize": True},
    {"momentum": 0.9, "weight_decay": 0.01, "maximize": True},
]
ADAMW = [
    {},
    {"weight_decay": 0.0},
    {"weight_decay": 0.2, "betas": [0.8, 0.99], "eps": 1e-6},
    {"maximize": True},
]


def floats(tensor):
    # Nine digits tell any two float32 apart.
    return [float(f"{float(value):.9g}") for value in tensor.detach().flatten()]


def trajectory(make, initial, gradients):
    parameter = torch.nn.Parameter(initial.clone())
    optimizer = make([parameter])
    states = []
    for gradient in gradients:
        parameter.grad = gradient.clone()
        optimizer.step()
        states.append(floats(parameter))
    return states


def rates(schedule_of, lr):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    schedule = schedule_of(optimizer)
    result = []
    for _ in range(SCHEDULE_STEPS):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return result


def warm_cosine(optimizer, warmup):
    lr = torch.optim.lr_scheduler
    return lr.SequentialLR(
        optimizer,
        [
            lr.LinearLR(optimizer, start_factor=1 / (warmup + 1), total_iters=warmup),
            lr.CosineAnnealingLR(optimizer, T_max=SCHEDULE_STEPS - 1 - warmup),
        ],
        milestones=[warmup],
    )


def clipped(gradient, largest):
    parameters = [torch.nn.Parameter(torch.zeros(size)) for size in (20, 17)]
    for parameter, part in zip(parameters, gradient.split([20, 17])):
        parameter.grad = part.clone()
    norm = torch.nn.utils.clip_grad_norm_(parameters, largest)
    return {"largest": largest, "norm": float(norm), "gradients": floats(torch.cat([p.grad for p in parameters]))}


def main():
    generator = torch.Generator().manual_seed(11)
    initial = torch.randn(COUNT, generator=generator)
    gradients = torch.randn(STEPS, COUNT, generator=generator)
    schedulers = torch.optim.lr_scheduler
    print(json.dumps({
        "torch": torch.__version__,
        "initial": floats(initial),
        "gradients": [floats(gradient) for gradient in gradients],
        "sgd": [
            {"settings": s, "parameters": trajectory(lambda p: torch.optim.SGD(p, lr=0.1, **s), initial, gradients)}
            for s in SGD
        ],
        "adamw": [
            {"settings": s, "parameters": trajectory(lambda p: torch.optim.AdamW(p, lr=0.01, **s), initial, gradients)}
            for s in ADAMW
        ],
        "schedules": {
            "step:7:0.5": rates(lambda o: schedulers.StepLR(o, step_size=7, gamma=0.5), 0.1),
            "step:3:0.9": rates(lambda o: schedulers.StepLR(o, step_size=3, gamma=0.9), 0.1),
            "cosine:0": rates(lambda o: schedulers.CosineAnnealingLR(o, T_max=SCHEDULE_STEPS - 1), 0.1),
            "cosine:8": rates(lambda o: warm_cosine(o, 8), 0.1),
        },
        "clip": [clipped(gradients[0], largest) for largest in (0.5, 3.0, 100.0)],
    }))


if __name__ == "__main__":
    main()
