"""Produces outputs.json: tasks of several outputs as PyTorch trains them, for OutputReferenceTests.

    OMP_NUM_THREADS=1 /usr/bin/python3 outputs.py > outputs.json

Made with Debian's python3-torch (1.13). 50 steps of SGD (lr 0.1, momentum 0.9), each over all 24 samples:
  vae        Linear(6,8), tanh, two heads Linear(8,2) for mean and log-variance, decoder Linear(2,6). Noise comes with the samples.
             Loss: squared error, summed over features, plus the KL divergence from N(0, 1), both means over the batch.
  heads      Linear(6,8), tanh, heads Linear(8,3) and Linear(8,1). Loss: cross entropy + 0.5 * binary cross entropy.
  smoothing  Linear(6,8), tanh, Linear(8,3). Cross entropy with label smoothing 0.1 in training, without in evaluation.
The losses at the end are those of an evaluation of the same samples.
"""
import json

import torch
from torch.nn import functional as F

STEPS, SAMPLES, WIDTH = 50, 24, 6


class Vae(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = torch.nn.Linear(WIDTH, 8)
        self.mean = torch.nn.Linear(8, 2)
        self.variance = torch.nn.Linear(8, 2)
        self.decoder = torch.nn.Linear(2, WIDTH)

    def forward(self, x, noise):
        hidden = torch.tanh(self.encoder(x))
        mean, variance = self.mean(hidden), self.variance(hidden)
        return self.decoder(mean + noise * torch.exp(0.5 * variance)), mean, variance


class Heads(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = torch.nn.Linear(WIDTH, 8)
        self.kind = torch.nn.Linear(8, 3)
        self.sign = torch.nn.Linear(8, 1)

    def forward(self, x):
        hidden = torch.tanh(self.trunk(x))
        return self.kind(hidden), self.sign(hidden)


def main():
    generator = torch.Generator().manual_seed(11)
    x = torch.randn(SAMPLES, WIDTH, generator=generator)
    noise = torch.randn(SAMPLES, 2, generator=generator)
    kind = torch.randint(0, 3, (SAMPLES,), generator=generator)
    sign = (x[:, :1] > 0).float()

    def vae_loss(model, training):
        image, mean, variance = model(x, noise)
        divergence = -0.5 * (1 + variance - mean.pow(2) - variance.exp()).sum(1)
        return ((image - x).pow(2).sum(1) + divergence).mean()

    def heads_loss(model, training):
        kinds, signs = model(x)
        return F.cross_entropy(kinds, kind) + 0.5 * F.binary_cross_entropy_with_logits(signs, sign)

    def smoothing_loss(model, training):
        return F.cross_entropy(model(x)[0], kind, label_smoothing=0.1 if training else 0.0)

    result = {
        "torch": torch.__version__,
        "inputs": [float(v) for v in x.flatten()],
        "noise": [float(v) for v in noise.flatten()],
        "kinds": [int(v) for v in kind],
        "signs": [float(v) for v in sign.flatten()],
        "runs": {},
    }
    for name, make, loss_of in (("vae", Vae, vae_loss), ("heads", Heads, heads_loss), ("smoothing", Heads, smoothing_loss)):
        torch.manual_seed(5)
        model = make()
        if name == "smoothing":
            del model.sign
            model.forward = lambda x, model=model: (model.kind(torch.tanh(model.trunk(x))),)
        flat = lambda: {key: [float(v) for v in p.detach().flatten()] for key, p in model.named_parameters()}
        run = {"initial": flat()}
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1 if name != "vae" else 0.02, momentum=0.9)
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss_of(model, True).backward()
            optimizer.step()
        run["final"] = flat()
        run["trainLoss"] = float(loss_of(model, True))
        run["evaluationLoss"] = float(loss_of(model, False))
        result["runs"][name] = run
    print(json.dumps(result))


if __name__ == "__main__":
    main()
