"""Part b: the same bits for any number of workers, each time, and wherever the blocks lie."""
import os
from concurrent.futures import ThreadPoolExecutor

from bench import Failed
from jobs import job

SHARDS = 6
STEPS = {"xor": 60, "mlp": 40, "cnn": 40, "gpt": 20}
AT_ONCE = 4

# Rules of the update besides each task's own. The norm is added up in the GPU's order where blocks are staged or on a device:
# a processor's own is another, so these are compared with each other alone.
RULES = {
    "mlp, AdamW": ("mlp", {"optimizer": "adamw"}),
    "mlp, clip 0.1": ("mlp", {"clip_norm": 0.1}),
    "gpt, clip 0.1": ("gpt", {"clip_norm": 0.1}),
    "xor, momentum": ("xor", {"momentum": 0.9}),
}


def check(bench):
    repeats = 1 if bench.quick else 2
    groups = {}
    for model in STEPS:
        runs = [(workers, None) for workers in (1, 2, 3) for _ in range(repeats)]
        groups[f"{model}: 1, 2, 3 workers{', twice' if repeats > 1 else ''}"] = [(model, {}, *run) for run in runs]
    for model in STEPS:
        groups[f"{model}: staged and device"] = [(model, {}, 2, "staged"), (model, {}, 2, "device"), (model, {}, 3, "device")]
    for title, (model, rule) in RULES.items():
        groups[f"{title}: staged and device"] = [(model, rule, 1, "device"), (model, rule, 2, "staged"), (model, rule, 3, "device")]
    with ThreadPoolExecutor(min(AT_ONCE, os.cpu_count() or 1)) as pool:
        waiting = {title: [pool.submit(train, bench, *run) for run in runs] for title, runs in groups.items()}
        try:
            for title, runs in waiting.items():
                compare(bench, title, [run.result for run in runs])
        except BaseException:
            # Whatever ends the check must not wait for runs that nobody will look at.
            pool.shutdown(wait=False, cancel_futures=True)
            bench.end_all()
            raise
    same_in_all(bench)


def train(bench, model, rule, workers, blocks):
    steps = max(10, STEPS[model] // 2) if bench.quick else STEPS[model]
    summary = bench.train(job(bench, model, shards=SHARDS, workers=workers, steps=steps, **rule), blocks=blocks)
    return f"{workers} workers{', ' + blocks if blocks else ''}", summary["parametersSha256"]


def compare(bench, title, results):
    hashes = {}
    try:
        for result in results:
            run, value = result()
            hashes.setdefault(value, []).append(run)
    except Failed as failure:
        bench.report.add("bits", title, str(failure), "same hash", False)
        return
    model = title.split(":")[0]
    bench.data.setdefault("hashes", {}).setdefault(model, set()).update(hashes)
    told = next(iter(hashes))[:16] if len(hashes) == 1 else "; ".join(f"{value[:8]}: {', '.join(runs)}" for value, runs in hashes.items())
    bench.report.add("bits", title, f"{sum(map(len, hashes.values()))} runs: {told}", "same hash", len(hashes) == 1, {"hashes": hashes})


def same_in_all(bench):
    """The two rows of a model are of one job: their hash is one as well."""
    known = bench.data.get("hashes", {})
    differing = [model for model, hashes in known.items() if len(hashes) > 1]
    told = f"not {', '.join(differing)}" if differing else "yes" if known else "no hash is known"
    bench.report.add("bits", "each job has one hash in all rows", told, "", not differing if known else None)
