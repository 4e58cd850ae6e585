"""Part c, samples a second beside plain PyTorch, with start and warm-up left out, each run alone on the machine; and DDP's."""
import loops
from bench import Failed
from jobs import BATCH, job, pace

MODELS = ("cnn", "gpt", "mlp", "xor")
ONE_WORKER = {"cnn": 0.95, "gpt": 0.95}
TWO_WORKERS = 0.85


def check(bench):
    for model in MODELS:
        row(bench, "speed", f"{model}: 1 worker / 1 plain loop", lambda model=model: share(bench, model, 1, ONE_WORKER.get(model)))
        row(bench, "speed", f"{model}: 2 workers / 2 loops at once", lambda model=model: share(bench, model, 2, TWO_WORKERS))


def check_ddp(bench):
    for model in MODELS:
        row(bench, "ddp", f"{model}: gloo, 2 processes / 2 loops", lambda model=model: ddp(bench, model))


def row(bench, part, what, measure):
    try:
        value, target, good, numbers = measure()
    except Failed as failure:
        value, target, good, numbers = str(failure), "", False, {}
    bench.report.add(part, what, value, target, good, numbers)


def share(bench, model, workers, target):
    """Our share of so many plain loops, each with its own batch: ours is as many times as large."""
    plain = loops.run(bench, model, BATCH[model], workers)
    limit = bench.data["loops", model, workers] = sum(answer["rate"] for answer in plain)
    batch = BATCH[model] * workers
    # The beginnings of two runs differ by some hundredths of a second: where a target is near, that must not count.
    seconds, warm = (1.0, 0.7) if bench.quick else (5.0 if model in ONE_WORKER else 3.0, 1.5)
    steps, more = (max(20, int(limit / batch * length)) for length in (warm, seconds))
    ours = pace(bench, lambda count: job(bench, model, workers=workers, shards=workers, batch_size=batch, steps=count), steps, more)
    if ours.parameters != plain[0]["parameters"]:
        raise Failed(f"the loop has {plain[0]['parameters']} parameters, the program {ours.parameters}")
    good = target is None or not bench.cuda or ours.samples / limit >= target
    return told(ours.samples, limit), f">= {target}" if target else "", good, {"ours": ours.samples, "plain": limit}


def ddp(bench, model):
    rate = sum(answer["rate"] for answer in loops.run(bench, model, BATCH[model], 2, ddp=True))
    limit = bench.data.get(("loops", model, 2))
    return told(rate, limit) if limit else f"{rate:,.0f} samples/s", "", True, {"ddp": rate}


def told(rate, limit):
    return f"{rate / limit:.2f} ({rate:,.0f} / {limit:,.0f} /s)"
