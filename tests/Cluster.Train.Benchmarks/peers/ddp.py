"""One rank of PyTorch DDP over gloo: trains a model on made-up data in memory and says how fast it went once warm.

Arguments: model (xor, mlp or mlp-large), samples of this rank's batch, then either seconds; or "steps", their number, and the samples of the training and of the evaluation set: then the ranks share an evaluation at the end of each epoch. Prints on rank 0: rate SAMPLES_PER_SECOND, of training samples.
"""
import os
import sys
import time

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

model_name, batch, length = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
SAMPLES, EVALUATED = (int(length[2]), int(length[3])) if length[0] == "steps" else (2560, 0)
# Without gradients a batch needs a fraction of the memory; larger ones make better use of a processor.
EVALUATION_BATCH = 4 * batch
WARM_UP_STEPS = 20 if model_name == "mlp-large" else 200
rank, ranks = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
torch.set_num_threads(1)
torch.manual_seed(1)
dist.init_process_group("gloo", init_method="file://" + os.environ["MEETING"], rank=rank, world_size=ranks)

if model_name == "xor":
    inputs = torch.rand(SAMPLES + EVALUATED, 2)
    targets = ((inputs[:, :1] > 0.5) != (inputs[:, 1:] > 0.5)).float()
    model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    loss_of = nn.functional.binary_cross_entropy_with_logits
    settings = {"lr": 0.1}
else:
    inputs = torch.rand(SAMPLES + EVALUATED, 784)
    targets = (inputs[:, 0] * 10).long()
    widths = [784] + ([2048] * 4 if model_name == "mlp-large" else [512] * 2)
    layers = [layer for i in range(len(widths) - 1) for layer in (nn.Linear(widths[i], widths[i + 1]), nn.ReLU())]
    model = nn.Sequential(*layers, nn.Linear(widths[-1], 10))
    loss_of = nn.functional.cross_entropy
    settings = {"lr": 0.01, "momentum": 0.9}

model = DistributedDataParallel(model)
optimizer = torch.optim.SGD(model.parameters(), **settings)
order = torch.randperm(SAMPLES)
position = 0


def evaluate():
    mine = range(SAMPLES + rank * EVALUATED // ranks, SAMPLES + (rank + 1) * EVALUATED // ranks)
    sums = torch.zeros(2)
    model.eval()
    with torch.no_grad():
        for start in range(mine.start, mine.stop, EVALUATION_BATCH):
            end = min(start + EVALUATION_BATCH, mine.stop)
            predicted = model.module(inputs[start:end])
            right = (predicted > 0) == (targets[start:end] > 0.5) if model_name == "xor" else predicted.argmax(1) == targets[start:end]
            sums += torch.tensor([loss_of(predicted, targets[start:end]).item() * (end - start), right.sum().item()])
    model.train()
    if EVALUATED > 0:
        dist.all_reduce(sums)


def train(steps):
    global order, position
    for _ in range(steps):
        if position >= SAMPLES:
            evaluate()
            order = torch.randperm(SAMPLES)
            position = 0
        start = position + rank * batch
        # The last batch of an epoch may be smaller, but not empty.
        chosen = order[min(start, SAMPLES - 1):start + batch]
        position += batch * ranks
        optimizer.zero_grad()
        loss = loss_of(model(inputs[chosen]), targets[chosen])
        loss.backward()
        optimizer.step()
        loss.item()


def timed(steps):
    dist.barrier()
    start = time.perf_counter()
    train(steps)
    dist.barrier()
    return time.perf_counter() - start


train(WARM_UP_STEPS)
if length[0] == "steps":
    steps = int(length[1])
else:
    # All ranks do as many steps as rank 0 thinks will take the time asked for.
    guess = torch.tensor([max(1, int(float(length[0]) / timed(WARM_UP_STEPS) * WARM_UP_STEPS))])
    dist.broadcast(guess, 0)
    steps = guess.item()
taken = timed(steps)
if rank == 0:
    print("rate", steps * batch * ranks / taken, flush=True)
