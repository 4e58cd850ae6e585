"""Part f: the most memory that our process with two workers holds on the GPU, beside a plain loop's; on the processor, what is resident."""
import os
import time

import loops
from bench import Failed
from jobs import BATCH, job
from report import query_gpu

MODELS = ("gpt", "mlp-large")
PAUSE = 0.1


def check(bench):
    for model in MODELS:
        try:
            ours = program(bench, model)
            plain, reserved = loop(bench, model)
        except Failed as failure:
            bench.report.add("memory", f"{model}: 2 workers / a plain loop", str(failure), "", False)
            continue
        told = f"{ours:,.0f} / {plain:,.0f} MB"
        if bench.cuda:
            told += f" ({reserved:,.0f} of torch)"
        bench.report.add("memory", f"{model}: 2 workers / a plain loop", told, "", ours > 0,
                         {"ours": ours, "plain": plain, "reserved": reserved})


def program(bench, model):
    before = used(bench)
    steps = {"gpt": 1000, "mlp-large": 600} if bench.cuda else {"gpt": 20, "mlp-large": 20}
    log = os.path.join(bench.out, "logs", f"memory-{model}.log")
    process = bench.begin(log, "train", *job(bench, model, workers=2, shards=2, batch_size=2 * BATCH[model], steps=steps[model]),
                          "--device", bench.device)
    try:
        most = watch(bench, [process], before, bench.patience(90))
        if process.returncode != 0:
            raise Failed(f"exit code {process.returncode}, see the log memory-{model}.log")
        return most
    finally:
        bench.end(process)


def loop(bench, model):
    """Megabytes of a plain loop measured as ours, and those that its torch had reserved."""
    before, most = used(bench), []
    [answer] = loops.run(bench, model, BATCH[model], 1, seconds=1.5,
                         meanwhile=lambda processes: most.append(watch(bench, processes, before, 1.5)))
    return (most[0] if bench.cuda else answer["resident"] / 1e6), answer["reserved"] / 1e6


def watch(bench, processes, before, seconds):
    """The most megabytes until the processes end or the time is over."""
    most, end = 0.0, time.monotonic() + seconds
    while time.monotonic() < end and processes[0].poll() is None:
        most = max(most, used(bench) - before if bench.cuda else resident(processes[0].pid))
        time.sleep(PAUSE)
    return most


def used(bench):
    """Megabytes that all processes hold on the GPU: inside a container, those of one cannot be told apart."""
    if not bench.cuda:
        return 0.0
    [value] = query_gpu("memory.used")
    return float(value) * 1.048576 if value != "?" else 0.0


def resident(pid):
    """The most megabytes that a process has held so far."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            return next((int(text.split()[1]) * 1024 / 1e6 for text in file if text.startswith("VmHWM")), 0.0)
    except OSError:
        return 0.0
