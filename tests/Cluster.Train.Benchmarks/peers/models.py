"""The models of Models/BenchmarkModel.cs, as a user of PyTorch would write them, each with made-up data, loss and optimizer."""
import math

import torch
from torch import nn
from torch.nn import functional as F

VOCABULARY, CONTEXT, LAYERS, HEADS, WIDTH = 65, 64, 4, 4, 128


class Attention(nn.Module):
    """As in nanoGPT: the fused kernel where this version has it."""

    def __init__(self):
        super().__init__()
        self.attention = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.joined = nn.Linear(WIDTH, WIDTH, bias=False)
        # No buffer: DDP would broadcast it in every step, and gloo knows no booleans.
        self.mask = torch.tril(torch.ones(CONTEXT, CONTEXT, dtype=torch.bool))

    def forward(self, x):
        batch, length, _ = x.shape
        q, k, v = (part.view(batch, length, HEADS, WIDTH // HEADS).transpose(1, 2) for part in self.attention(x).split(WIDTH, dim=2))
        if hasattr(F, "scaled_dot_product_attention"):
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            scores = (q @ k.transpose(-2, -1)) / math.sqrt(k.size(-1))
            y = F.softmax(scores.masked_fill(~self.mask[:length, :length], float("-inf")), dim=-1) @ v
        return self.joined(y.transpose(1, 2).reshape(batch, length, WIDTH))


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight)


class GptBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2, self.attention = Norm(), Norm(), Attention()
        self.wide = nn.Linear(WIDTH, 4 * WIDTH, bias=False)
        self.narrow = nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.narrow(F.gelu(self.wide(self.norm2(x))))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Parameter(torch.randn(CONTEXT, WIDTH) * 0.02)
        self.blocks = nn.Sequential(*(GptBlock() for _ in range(LAYERS)))
        self.norm = Norm()
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, 0, 0.02)

    def forward(self, x):
        return F.linear(self.norm(self.blocks(self.tokens(x) + self.positions[: x.shape[1]])), self.tokens.weight)


class ResBlock(nn.Module):
    def __init__(self, before, after, stride):
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU(),
            nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after))
        self.shortcut = nn.Identity() if before == after else nn.Sequential(
            nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x):
        return F.relu(self.residual(x) + self.shortcut(x))


def perceptron(*widths):
    layers = [layer for a, b in zip(widths, widths[1:]) for layer in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def convolutional():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 7 * 7, 128), nn.ReLU(), nn.Linear(128, 10))


def resnet():
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
        ResBlock(16, 16, 1), ResBlock(16, 32, 2), ResBlock(32, 64, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def classes(inputs):
    return (inputs.flatten(1)[:, 0] * 10).long()


def create(name, samples):
    """Returns the model, its inputs and targets, its loss and its optimizer for given parameters."""
    momentum = lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.9)
    if name == "xor":
        inputs = torch.rand(samples, 2)
        targets = ((inputs[:, :1] > 0.5) != (inputs[:, 1:] > 0.5)).float()
        model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
        return model, inputs, targets, F.binary_cross_entropy_with_logits, lambda parameters: torch.optim.SGD(parameters, lr=0.1)
    if name == "gpt":
        text = torch.randint(VOCABULARY, (samples * CONTEXT + 1,))
        loss = lambda predicted, targets: F.cross_entropy(predicted.flatten(0, 1), targets.flatten())
        adamw = lambda parameters: torch.optim.AdamW(parameters, lr=0.001, weight_decay=0.01)
        return Gpt(), text[:-1].view(samples, CONTEXT), text[1:].view(samples, CONTEXT), loss, adamw
    shape, model = {
        "mlp": ((784,), lambda: perceptron(784, 512, 512, 10)),
        "mlp-large": ((784,), lambda: perceptron(784, 2048, 2048, 2048, 2048, 10)),
        "cnn": ((1, 28, 28), convolutional),
        "resnet": ((3, 32, 32), resnet),
    }[name]
    inputs = torch.rand(samples, *shape)
    return model(), inputs, classes(inputs), F.cross_entropy, momentum
