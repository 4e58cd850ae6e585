"""One rank of gloo's all-reduce: reads "run FLOATS TIMES" lines, answers each with "took SECONDS" for all of them, and hears "done"."""
import os
import sys
import time

import torch
import torch.distributed as dist

rank, ranks = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
torch.set_num_threads(1)
dist.init_process_group("gloo", init_method="file://" + os.environ["MEETING"], rank=rank, world_size=ranks)
print("ready .", flush=True)

for line in sys.stdin:
    if line == "done\n":
        continue
    _, floats, times = line.split()
    values = torch.full((int(floats),), float(rank + 1))
    dist.all_reduce(values)
    assert values[0] == ranks * (ranks + 1) / 2 and values[-1] == values[0]
    values.zero_()
    dist.barrier()
    start = time.perf_counter()
    for _ in range(int(times)):
        dist.all_reduce(values)
    print("took", time.perf_counter() - start, flush=True)
