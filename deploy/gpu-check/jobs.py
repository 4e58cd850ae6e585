"""How the program is called for each model, and how long its steps take."""
from collections import namedtuple

from bench import Failed

BATCH = {"xor": 128, "mlp": 64, "cnn": 64, "mlp-large": 64, "gpt": 12}

# Samples and steps a second, and the model's parameters.
Pace = namedtuple("Pace", "samples steps parameters")

# A longer run must take this much longer, else the machine's own noise is measured.
LEAST_SECONDS = 0.2
TRIES = 3


def job(bench, model, **options):
    """The program's arguments for a model; options with underscores in the place of hyphens."""
    arguments = {
        "xor": ["xor"],
        "gpt": ["shakespeare", "--data", bench.data["text"]],
    }.get(model, ["mnist", "--model", model, "--data", bench.data["mnist"]])
    for name, value in options.items():
        arguments += [f"--{name.replace('_', '-')}", str(value)]
    return arguments


def pace(bench, job_of, steps, more, blocks=None):
    """What a longer run adds to a shorter one: start, warm-up and the test at the end count in neither."""
    short = bench.train(job_of(steps), blocks=blocks)
    for _ in range(TRIES):
        long = bench.train(job_of(steps + more), blocks=blocks)
        seconds = long["elapsedSeconds"] - short["elapsedSeconds"]
        if seconds >= LEAST_SECONDS:
            return Pace((long["samples"] - short["samples"]) / seconds, (long["steps"] - short["steps"]) / seconds, long["parameterCount"])
        more *= 2
    raise Failed(f"{more // 2} more steps took {seconds:.2f} s: too little to tell")
