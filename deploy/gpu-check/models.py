"""The program's tasks (src/Cluster.Train.Cli/Tasks) as a user of PyTorch would write them: same layers, data, loss, optimizer."""
import math
import os

import torch
from torch import nn
from torch.nn import functional as F

import material

CONTEXT, LAYERS, HEADS, WIDTH = 64, 4, 4, 128
MEAN, DEVIATION = 0.1307, 0.3081


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = Norm(), Norm()
        self.attention = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.joined = nn.Linear(WIDTH, WIDTH, bias=False)
        self.wide = nn.Linear(WIDTH, 4 * WIDTH, bias=False)
        self.narrow = nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def attend(self, x):
        batch, length, _ = x.shape
        q, k, v = self.attention(x).view(batch, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4).unbind(0)
        return self.joined(attention(q, k, v).transpose(1, 2).reshape(batch, length, WIDTH))

    def forward(self, x):
        x = x + self.attend(self.norm1(x))
        return x + self.narrow(F.gelu(self.wide(self.norm2(x))))


def attention(q, k, v):
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    # PyTorch before 2.0.
    length = q.size(-2)
    hidden = torch.ones(length, length, dtype=torch.bool, device=q.device).triu(1)
    scores = (q @ k.transpose(-2, -1)) / math.sqrt(q.size(-1))
    return F.softmax(scores.masked_fill(hidden, float("-inf")), dim=-1) @ v


class Gpt(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, WIDTH)
        self.positions = nn.Parameter(torch.empty(CONTEXT, WIDTH))
        self.blocks = nn.Sequential(*(Block() for _ in range(LAYERS)))
        self.norm = Norm()
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, 0, 0.02)

    def forward(self, x):
        return F.linear(self.norm(self.blocks(self.tokens(x) + self.positions[:x.shape[1]])), self.tokens.weight)


def perceptron(*hidden):
    layers, width = [nn.Flatten()], 28 * 28
    for after in hidden:
        layers += [nn.Linear(width, after), nn.ReLU()]
        width = after
    return nn.Sequential(*layers, nn.Linear(width, 10))


def convolutional():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 7 * 7, 128), nn.ReLU(), nn.Linear(128, 10))


class Work:
    """Model, data and rules of one task; training and test are pairs of tensors in host memory."""

    def __init__(self, model, training, test, loss, optimizer):
        self.model, self.training, self.test, self.loss, self.optimizer = model, training, test, loss, optimizer


def points(count):
    corners = torch.tensor([[0., 0.], [0., 1.], [1., 0.], [1., 1.]]).repeat(count // 4, 1)
    return corners + 0.1 * torch.randn(count, 2), (corners[:, :1] != corners[:, 1:]).float()


def digits(folder, kind):
    shape, values = material.read_idx(folder, f"{kind}-images-idx3-ubyte")
    pixels = torch.frombuffer(bytearray(values), dtype=torch.uint8).view(shape[0], 1, *shape[1:])
    _, labels = material.read_idx(folder, f"{kind}-labels-idx1-ubyte")
    return (pixels.float() / 255 - MEAN) / DEVIATION, torch.frombuffer(bytearray(labels), dtype=torch.uint8).long()


def windows(text, stride):
    starts = torch.arange(0, len(text) - CONTEXT, stride).unsqueeze(1) + torch.arange(CONTEXT)
    return text[starts], text[starts + 1]


def create(name, mnist, folder):
    """The work of xor, mlp, cnn, mlp-large or gpt."""
    if name == "xor":
        model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
        return Work(model, points(2500), points(500), F.binary_cross_entropy_with_logits,
                    lambda parameters: torch.optim.SGD(parameters, lr=0.1))
    if name == "gpt":
        with open(os.path.join(folder, "input.txt"), encoding="utf-8", newline="") as file:
            text = file.read()
        number = {character: place for place, character in enumerate(sorted(set(text)))}
        numbers = torch.tensor([number[character] for character in text])
        tested = len(text) // 10
        return Work(Gpt(len(number)), windows(numbers[:-tested], 1), windows(numbers[-tested:], CONTEXT),
                    lambda predicted, target: F.cross_entropy(predicted.flatten(0, 1), target.flatten()),
                    lambda parameters: torch.optim.AdamW(parameters, lr=0.001, weight_decay=0.01))
    model = {"mlp": lambda: perceptron(512, 512), "mlp-large": lambda: perceptron(2048, 2048, 2048, 2048), "cnn": convolutional}[name]()
    return Work(model, digits(mnist, "train"), digits(mnist, "t10k"), F.cross_entropy,
                lambda parameters: torch.optim.SGD(parameters, lr=0.02, momentum=0.9))
