"""Part d: what an exchange between two workers costs at 14 million parameters, through host memory and on the device.

The same job with one worker does the same arithmetic, both shards one after another, without an exchange; what a step of two
workers takes longer is the exchange. Workers that overlap can hide it: then a hundredth of the step is counted.
"""
from jobs import job, pace

TARGET = 5


def check(bench):
    one = step(bench, 1, None)
    bench.report.add("exchange", "mlp-large: a step of 1 worker", f"{one:.2f} ms", "", True, {"milliseconds": one})
    staged = step(bench, 2, "staged")
    device = step(bench, 2, "device")
    for name, taken in (("staged", staged), ("device", device)):
        bench.report.add("exchange", f"mlp-large: a step of 2, {name}", f"{taken:.2f} ms, so {taken - one:.2f} exchange", "", True,
                         {"milliseconds": taken})
    ratio = max(staged - one, 0) / max(device - one, one / 100)
    bench.report.add("exchange", "staged / device, less 1 worker's", f"device {ratio:.1f} times as fast", f">= {TARGET}",
                     ratio >= TARGET or not bench.cuda, {"ratio": ratio})


def step(bench, workers, blocks):
    """Milliseconds of a step with a batch so small that the parameters decide."""
    few = 20 if bench.quick or not bench.cuda else 60 if blocks == "staged" else 150
    more = few * 2 if not bench.cuda or blocks == "staged" else few * 5
    rate = pace(bench, lambda count: job(bench, "mlp-large", workers=workers, shards=2, batch_size=4, steps=count), few, more, blocks).steps
    return 1000 / rate
