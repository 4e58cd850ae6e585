"""Part e: a cluster on loopback loses a worker to kill -9 in the middle and ends with the hash of an undisturbed run."""
import os
import re
import socket
import time

from bench import Failed, last_line, read_summary

WORKERS = 3


def check(bench):
    # The whole files: an epoch is 133 steps, so the first one ends early.
    epochs = 4 if bench.quick else 6 if not bench.cuda else 15
    job = ["mnist", "--model", "cnn", "--data", bench.data["whole-mnist"], "--shards", "6", "--epochs", str(epochs)]
    expected = bench.train([*job, "--workers", str(WORKERS)], wanted=150)["parametersSha256"]
    summary, waited = disturbed(bench, job)
    same = summary["parametersSha256"] == expected
    bench.report.add("killed", "cnn: hash after kill -9 of 1 of 3", f"{summary['parametersSha256'][:16]}", expected[:12], same)
    bench.report.add("killed", "recoveries", f"{summary['recoveries']}, {summary['replayedSteps']} steps again", ">= 1",
                     summary["recoveries"] >= 1)
    bench.report.add("killed", "until the others go on", f"{waited:.1f} s", "", True, {"seconds": waited})


def disturbed(bench, job):
    """The summary of the struck run, and how long the others took to form anew."""
    address = f"127.0.0.1:{free_port()}"
    node = ["--device", bench.device, "--seed-node", address]
    summary, log = os.path.join(bench.work, "killed.json"), os.path.join(bench.out, "logs", "killed-coordinator.log")
    coordinator = bench.begin(log, "coordinator", *job, "--workers", WORKERS, *node, "--listen", address, "--tensor-port", 0,
                              "--summary", summary, "--join-timeout", "60s")
    workers = [bench.begin(os.path.join(bench.out, "logs", f"killed-worker-{number}.log"), "worker", *node,
                           "--data", bench.data["whole-mnist"], "--join-timeout", "60s") for number in range(WORKERS)]
    try:
        await_line(bench, coordinator, log, r"^epoch 1/", 90)
        workers[1].kill()
        struck = time.monotonic()
        await_line(bench, coordinator, log, r"^generation 2: ", 60)
        waited = time.monotonic() - struck
        coordinator.wait(timeout=bench.patience(150))
        if coordinator.returncode != 0:
            raise Failed(f"the coordinator ended with {coordinator.returncode}: {complaint(log)}")
        return read_summary(summary), waited
    except TimeoutError:
        raise Failed("the coordinator did not end") from None
    finally:
        for process in (coordinator, *workers):
            bench.end(process)


def await_line(bench, process, log, pattern, wanted):
    """Waits until a node has written a line."""
    end = time.monotonic() + bench.patience(wanted)
    while True:
        ended = process.poll() is not None
        with open(log, encoding="utf-8") as file:
            if re.search(pattern, file.read(), re.MULTILINE):
                return
        if ended:
            raise Failed(f"ended before it wrote '{pattern}': {complaint(log)}")
        if time.monotonic() > end:
            raise Failed(f"did not write '{pattern}': {complaint(log)}")
        time.sleep(0.02)


def complaint(log):
    with open(log, encoding="utf-8") as file:
        return last_line(file.read())


def free_port():
    """A port that nobody has at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
