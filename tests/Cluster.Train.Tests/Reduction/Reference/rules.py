"""Produces rules.json: fifty steps of every optimizer as PyTorch computes them; of Lion, which PyTorch does not have, as its
paper writes them (Chen and others, "Symbolic Discovery of Optimization Algorithms", 2023, algorithm 2); of LAMB likewise (You and
others, "Large Batch Optimization for Deep Learning: Training BERT in 76 minutes", 2020, algorithm 2), the vector being three tensors.

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
    ("lamb", 0.01, {}),
    ("lamb", 0.01, {"weight_decay": 0.1, "betas": [0.8, 0.99], "eps": 1e-4}),
    ("lamb", 0.01, {"maximize": True}),
]
TENSORS = [20, 1, 16]


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


class Lamb(torch.optim.Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.0, maximize=False):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                gradient = -p.grad if group["maximize"] else p.grad
                state = self.state[p]
                state["step"] = state.get("step", 0) + 1
                m = state.setdefault("exp_avg", torch.zeros_like(p)).mul_(beta1).add_((1 - beta1) * gradient)
                v = state.setdefault("exp_avg_sq", torch.zeros_like(p)).mul_(beta2).add_((1 - beta2) * gradient * gradient)
                direction = (m / (1 - beta1 ** state["step"])) / ((v / (1 - beta2 ** state["step"])).sqrt() + group["eps"])
                direction += group["weight_decay"] * p
                size, length = p.norm(), direction.norm()
                ratio = size / length if size > 0 and length > 0 else 1.0
                p.sub_(group["lr"] * ratio * direction)


OPTIMIZERS = {
    "sgd": torch.optim.SGD, "adamw": torch.optim.AdamW, "adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad, "lion": Lion, "lamb": Lamb,
}


def floats(tensor):
    # Nine digits tell any two float32 apart.
    return [float(f"{float(value):.9g}") for value in tensor.detach().flatten()]


def trajectory(name, lr, settings, initial, gradients):
    sizes = TENSORS if name == "lamb" else [COUNT]
    parameters = [torch.nn.Parameter(part.clone()) for part in initial.split(sizes)]
    optimizer = OPTIMIZERS[name](parameters, lr=lr, **settings)
    states = []
    for step, gradient in enumerate(gradients):
        for parameter, part in zip(parameters, gradient.split(sizes)):
            parameter.grad = part.clone()
        optimizer.step()
        if step in KEPT:
            states.append(floats(torch.cat([parameter.detach() for parameter in parameters])))
    return {"rule": name, "lr": lr, "settings": settings, "parameters": states}


def main():
    generator = torch.Generator().manual_seed(11)
    initial = torch.randn(COUNT, generator=generator)
    gradients = torch.randn(STEPS, COUNT, generator=generator)
    print(json.dumps({
        "torch": torch.__version__,
        "tensors": TENSORS,
        "initial": floats(initial),
        "gradients": [floats(gradient) for gradient in gradients],
        "kept": KEPT,
        "runs": [trajectory(name, lr, settings, initial, gradients) for name, lr, settings in RULES],
    }))


if __name__ == "__main__":
    main()
