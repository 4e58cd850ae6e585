"""One rank of PyTorch DDP over gloo; alone, a plain loop. Trains a model on made-up data in memory and says how fast it went once warm.

Arguments: model (see models.py), samples of this rank's batch, seconds. Prints on rank 0: rate SAMPLES_PER_SECOND, of all ranks.
"""
import os
import sys
import time

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

import models

BATCHES = 40
WARM_UP = 2.0

name, batch, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
rank, ranks = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
torch.set_num_threads(1)
torch.manual_seed(1)
samples = BATCHES * batch * ranks
model, inputs, targets, loss_of, optimizer_of = models.create(name, samples)
if ranks > 1:
    dist.init_process_group("gloo", init_method="file://" + os.environ["MEETING"], rank=rank, world_size=ranks)
    model = DistributedDataParallel(model)
optimizer = optimizer_of(model.parameters())
order = torch.randperm(samples)
position = 0


def train(steps):
    global order, position
    for _ in range(steps):
        if position >= samples:
            order = torch.randperm(samples)
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
    """Seconds that the steps took on rank 0, told to all ranks, so that all go on with the same number of steps."""
    if ranks > 1:
        dist.barrier()
    start = time.perf_counter()
    train(steps)
    if ranks > 1:
        dist.barrier()
    taken = torch.tensor([time.perf_counter() - start], dtype=torch.float64)
    if ranks > 1:
        dist.broadcast(taken, 0)
    return taken.item()


steps = 1
while (taken := timed(steps)) < WARM_UP:
    steps *= 2
steps = max(1, int(seconds / taken * steps))
taken = timed(steps)
if rank == 0:
    print("rate", steps * batch * ranks / taken, flush=True)
