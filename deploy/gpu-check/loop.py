"""A plain training loop as a user of PyTorch would write it, or a rank of DDP over gloo, timed once it is warm.

Arguments: model, samples of this process's batch, seconds, device, the folders of MNIST and of the text. Writes "ready" when
warm, waits for a line, takes steps for so many seconds, and writes {"rate": samples a second of this process, "reserved": bytes
on the GPU at most, "resident": bytes of the process at most, "parameters": how many}.
"""
import contextlib
import json
import os
import resource
import sys
import time

import torch

import models

WARM_UP = 1.5
EVALUATED_WITH = 128

name, batch, seconds, device = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
rank, ranks = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
torch.set_num_threads(1)
torch.manual_seed(1)
# What the program asks of libtorch as well: the same result each time.
torch.use_deterministic_algorithms(True)
with contextlib.suppress(ImportError):
    # Not before PyTorch 2.2.
    from torch.utils import deterministic
    deterministic.fill_uninitialized_memory = False
torch.backends.cudnn.deterministic = True
torch.backends.cudnn.benchmark = False
torch.backends.cudnn.allow_tf32 = False
torch.backends.cuda.matmul.allow_tf32 = False

work = models.create(name, sys.argv[5], sys.argv[6])
model = work.model.to(device)
parameters = sum(parameter.numel() for parameter in model.parameters())
if ranks > 1:
    import torch.distributed as dist
    from torch.nn.parallel import DistributedDataParallel
    dist.init_process_group("gloo", init_method="file://" + os.environ["MEETING"], rank=rank, world_size=ranks)
    model = DistributedDataParallel(model)
optimizer = work.optimizer(model.parameters())
inputs, targets = work.training
done = 0


def steps():
    """Trains for ever, a step for each value asked for, and tests at the end of each epoch."""
    global done
    while True:
        # Of all ranks the same order, of which each takes its part.
        order = torch.randperm(len(inputs))[rank::ranks]
        for chosen in order.split(batch):
            optimizer.zero_grad()
            loss = work.loss(model(inputs[chosen].to(device)), targets[chosen].to(device))
            loss.backward()
            optimizer.step()
            loss.item()
            done += len(chosen)
            yield
        with torch.no_grad():
            for tested, answers in zip(*(part.split(EVALUATED_WITH) for part in work.test)):
                work.loss(work.model(tested.to(device)), answers.to(device)).item()


def agreed(value):
    """Rank 0's value, on all ranks: they must take as many steps as each other."""
    if ranks == 1:
        return value
    told = torch.tensor([value], dtype=torch.float64)
    dist.broadcast(told, 0)
    return told.item()


def run(count):
    """Seconds that so many steps take."""
    begun = time.perf_counter()
    for _ in range(count):
        next(training)
    return agreed(time.perf_counter() - begun)


training = steps()
try:
    next(training)
except RuntimeError as error:
    if "deterministic" not in str(error):
        raise
    # A kernel that has no other form: the program uses it as well.
    print(error, file=sys.stderr)
    torch.use_deterministic_algorithms(True, warn_only=True)
    training = steps()
count = 4
while (taken := run(count)) < WARM_UP / 2:
    count *= 2
count = max(1, int(count * seconds / taken))
print("ready", flush=True)
sys.stdin.readline()
before, begun = done, time.perf_counter()
if ranks > 1:
    taken = run(count)
else:
    # Loops side by side are timed for as long as each other.
    while (taken := time.perf_counter() - begun) < seconds:
        next(training)
print(json.dumps({
    "rate": (done - before) / taken,
    "reserved": torch.cuda.max_memory_reserved() if device == "cuda" else 0,
    "resident": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    "parameters": parameters,
}), flush=True)
