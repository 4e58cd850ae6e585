"""One rank of PyTorch DDP over gloo: trains a model on made-up data in memory and says how fast it went once warm.

Arguments: model (xor or mlp), samples of this rank's batch, seconds. Prints on rank 0: rate SAMPLES_PER_SECOND.
"""
import os
import sys
import time

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

SAMPLES = 2560
WARM_UP_STEPS = 200

model_name, batch, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
rank, ranks = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
torch.set_num_threads(1)
torch.manual_seed(1)
dist.init_process_group("gloo", init_method="file://" + os.environ["MEETING"], rank=rank, world_size=ranks)

if model_name == "xor":
    inputs = torch.rand(SAMPLES, 2)
    targets = ((inputs[:, :1] > 0.5) != (inputs[:, 1:] > 0.5)).float()
    model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    loss_of = nn.functional.binary_cross_entropy_with_logits
    settings = {"lr": 0.1}
else:
    inputs = torch.rand(SAMPLES, 784)
    targets = (inputs[:, 0] * 10).long()
    model = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))
    loss_of = nn.functional.cross_entropy
    settings = {"lr": 0.01, "momentum": 0.9}

model = DistributedDataParallel(model)
optimizer = torch.optim.SGD(model.parameters(), **settings)
order = torch.randperm(SAMPLES)
position = 0


def train(steps):
    global order, position
    for _ in range(steps):
        if position + batch * ranks > SAMPLES:
            order = torch.randperm(SAMPLES)
            position = 0
        start = position + rank * batch
        chosen = order[start:start + batch]
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
# All ranks do as many steps as rank 0 thinks will take the time asked for.
steps = torch.tensor([max(1, int(seconds / timed(WARM_UP_STEPS) * WARM_UP_STEPS))])
dist.broadcast(steps, 0)
taken = timed(steps.item())
if rank == 0:
    print("rate", steps.item() * batch * ranks / taken, flush=True)
