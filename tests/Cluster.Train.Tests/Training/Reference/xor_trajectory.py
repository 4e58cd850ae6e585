"""Produces xor_trajectory.json: the XOR job as PyTorch computes it, for the test that ours matches it.

Run with Debian's python3-torch (1.13) or any newer PyTorch:

    OMP_NUM_THREADS=1 /usr/bin/python3 xor_trajectory.py > xor_trajectory.json

The file holds the initial parameters, the samples of each batch, and the parameters after every step of
Linear(2,4), Tanh, Linear(4,1), BCE with logits, for SGD (lr 0.1), SGD with momentum 0.9, and AdamW (lr 0.01).
"""
import json

import torch


def model():
    torch.manual_seed(7)
    return torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))


def flat(module):
    return [float(value) for p in module.parameters() for value in p.detach().flatten()]


def main():
    generator = torch.Generator().manual_seed(3)
    steps, batch = 40, 32
    corners = torch.randint(0, 2, (steps, batch, 2), generator=generator).float()
    inputs = corners + 0.1 * torch.randn(steps, batch, 2, generator=generator)
    targets = (corners[:, :, 0] != corners[:, :, 1]).float().unsqueeze(-1)
    runs = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
        "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
        "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.01),
    }
    result = {
        "torch": torch.__version__,
        "batch": batch,
        "initial": flat(model()),
        "inputs": [float(v) for v in inputs.flatten()],
        "targets": [float(v) for v in targets.flatten()],
        "parameters": {},
    }
    for name, optimizer_of in runs.items():
        network = model()
        optimizer = optimizer_of(network.parameters())
        trajectory = []
        for step in range(steps):
            optimizer.zero_grad()
            loss = torch.nn.functional.binary_cross_entropy_with_logits(network(inputs[step]), targets[step])
            loss.backward()
            optimizer.step()
            trajectory.append(flat(network))
        result["parameters"][name] = trajectory
    print(json.dumps(result))


if __name__ == "__main__":
    main()
