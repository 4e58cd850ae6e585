"""Produces rules.json: fifty steps of every optimizer as PyTorch computes them; of Lion, which PyTorch does not have, as its
paper writes them (Chen and others, "Symbolic Discovery of Optimization Algorithms", 2023, algorithm 2).

Run with Debian's python3-torch (1.13) or any newer PyTorch:

    OMP_NUM_THREADS=1 /usr/bin/python3 rules.py > rules.json

The file holds initial parameters and the gradients of each step; for each optimizer its settings and the parameters after
some of the steps.
"""
import json

import torch

COUNT, STEPS = 37, 50
KEPT = [0, 1, 2, 5, 11, 23, 37, 49]

RULES = [
    ("sgd", 0.1, {"momentum": 0.9, "dampening": 0.1, "weight_decay": 0.01}),
    ("sgd", 0.1, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("adamw", 0.01, {"weight_decay": 0.1, "betas": [0.8, 0.99], "eps": 1e-6}),
    ("adam", 0.01, {}),
    ("adam", 0.01, {"weight_decay": 0.1, "betas": [0.8, 0.99], "eps": 1e-6}),
    ("adam", 0.01, {"maximize": True}),
    ("rmsprop", 0.01, {}),
    ("rmsprop", 0.01, {"alpha": 0.9, "eps": 1e-6, "weight_decay": 0.1}),
    ("rmsprop", 0.01, {"momentum": 0.9}),
    ("rmsprop", 0.01, {"centered": True, "eps": 1e-4}),
    ("rmsprop", 0.01, {"centered": True, "eps": 1e-4, "momentum": 0.8, "weight_decay": 0.02}),
    ("rmsprop", 0.01, {"maximize": True}),
    ("adagrad", 0.1, {}),
    ("adagrad", 0.1, {"lr_decay": 0.05, "initial_accumulator_value": 0.3, "eps": 1e-6, "weight_decay": 0.1}),
    ("adagrad", 0.1, {"maximize": True}),
    ("lion", 0.001, {}),
    ("lion", 0.001, {"weight_decay": 0.3, "betas": [0.8, 0.95]}),
    ("lion", 0.001, {"maximize": True}),
]


class Lion(torch.optim.Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.99), weight_decay=0.0, maximize=False):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            (beta1, beta2), lr = group["betas"], group["lr"]
            for p in group["params"]:
                gradient = -p.grad if group["maximize"] else p.grad
                momentum = self.state[p].setdefault("exp_avg", torch.zeros_like(p))
                direction = (beta1 * momentum + (1 - beta1) * gradient).sign()
                p.mul_(1 - lr * group["weight_decay"]).sub_(lr * direction)
                momentum.mul_(beta2).add_((1 - beta2) * gradient)


OPTIMIZERS = {
    "sgd": torch.optim.SGD, "adamw": torch.optim.AdamW, "adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad, "lion": Lion,
}


def floats(tensor):
    # Nine digits tell any two float32 apart.
    return [float(f"{float(value):.9g}") for value in tensor.detach().flatten()]


def trajectory(name, lr, settings, initial, gradients):
    parameter = torch.nn.Parameter(initial.clone())
    optimizer = OPTIMIZERS[name]([parameter], lr=lr, **settings)
    states = []
    for step, gradient in enumerate(gradients):
        parameter.grad = gradient.clone()
        optimizer.step()
        if step in KEPT:
            states.append(floats(parameter))
    return {"rule": name, "lr": lr, "settings": settings, "parameters": states}


def main():
    generator = torch.Generator().manual_seed(11)
    initial = torch.randn(COUNT, generator=generator)
    gradients = torch.randn(STEPS, COUNT, generator=generator)
    print(json.dumps({
        "torch": torch.__version__,
        "initial": floats(initial),
        "gradients": [floats(gradient) for gradient in gradients],
        "kept": KEPT,
        "runs": [trajectory(name, lr, settings, initial, gradients) for name, lr, settings in RULES],
    }))


if __name__ == "__main__":
    main()
