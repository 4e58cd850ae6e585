"""Starts plain loops or ranks of DDP at once and reads what they say."""
import json
import os
import threading

from bench import Failed, last_line


def run(bench, model, batch, copies, ddp=False, seconds=None, meanwhile=None):
    """Runs so many loops side by side, or as ranks of one DDP; all are warm before the first is timed. Returns what each said."""
    limit = bench.patience(60)
    seconds = seconds or (1.0 if bench.quick else 2.5)
    meeting = os.path.join(bench.work, f"meeting-{os.urandom(6).hex()}")
    path = os.path.join(bench.out, "logs", f"loop-{model}-{copies}{'-ddp' if ddp else ''}.log")
    with open(path, "w", encoding="utf-8") as log:
        processes = [bench.loop(model, batch, copies if ddp else 1, rank if ddp else 0, meeting, seconds, log) for rank in range(copies)]
    # A reader that waits in vain is woken by the end of the process.
    watch = threading.Timer(limit, lambda: [process.kill() for process in processes])
    watch.start()
    try:
        for process in processes:
            if process.stdout.readline() != "ready\n":
                raise problem(bench, model, path)
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        if meanwhile:
            meanwhile(processes)
        answers = [process.stdout.readline() for process in processes]
        if not all(answers):
            raise problem(bench, model, path)
        return [json.loads(answer) for answer in answers]
    finally:
        watch.cancel()
        for process in processes:
            bench.end(process)


def problem(bench, model, path):
    # Where the check's own end was near, the loop was not at fault.
    bench.patience(1)
    with open(path, encoding="utf-8") as log:
        return Failed(f"loop of {model}: {last_line(log.read())}")
