"""What all parts share: the program, PyTorch's loops, the time that is left, and every process that was started."""
import json
import os
import re
import subprocess
import sys
import threading
import time

from report import Report

HERE = os.path.dirname(os.path.abspath(__file__))


class Failed(Exception):
    """A run did not do what it should; the message fits a table."""


class OutOfTime(Exception):
    """The whole check's time is used up."""


class Bench:
    """One check of one machine."""

    def __init__(self, options):
        self.device, self.quick, self.work, self.out = options.device, options.quick == "yes", options.work, options.out
        self.cuda = self.device == "cuda"
        self.report = Report(self.out, self.elapsed, self.cuda)
        self.data = {}
        self.app, self._library_path, self._limit = options.app, options.library_path, options.limit
        self._begun = time.monotonic()
        self._live, self._gate, self._logs, self._summaries = set(), threading.Lock(), 0, 0
        os.makedirs(os.path.join(self.out, "logs"), exist_ok=True)

    def elapsed(self):
        """Seconds since the beginning."""
        return time.monotonic() - self._begun

    def patience(self, wanted):
        """How long a run may take, of the time that is left."""
        left = self._limit - self.elapsed()
        if left < 5:
            raise OutOfTime
        return min(wanted, left)

    def environment(self, blocks=None):
        """The program's environment; blocks is staged, device, or None for the program's own choice."""
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith("CLUSTER_TRAIN_") and name != "LD_LIBRARY_PATH"}
        if self._library_path:
            kept["LD_LIBRARY_PATH"] = self._library_path
        if blocks:
            kept["CLUSTER_TRAIN_TEST_BLOCKS"] = blocks
        return kept

    def start(self, command, environment, **pipes):
        """Starts a process that ends with the check at the latest."""
        process = subprocess.Popen(command, env=environment, text=True, **pipes)
        with self._gate:
            self._live.add(process)
        return process

    def end(self, process):
        """Ends a process, if it has not ended."""
        if process.poll() is None:
            process.kill()
        process.wait()
        with self._gate:
            self._live.discard(process)

    def end_all(self):
        """Ends whatever still runs."""
        with self._gate:
            live = list(self._live)
        for process in live:
            self.end(process)

    def program(self, *arguments, blocks=None, app=None, environment=None, wanted=90):
        """Runs the program to its end: exit code, standard output, standard error. Failed if it takes too long."""
        limit = self.patience(wanted)
        command = [os.path.join(app or self.app, "cluster-train"), *map(str, arguments)]
        process = self.start(command, environment or self.environment(blocks), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            output, errors = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            if limit < wanted:
                raise OutOfTime from None
            raise Failed(f"took over {limit:.0f} s: {' '.join(command[1:3])}") from None
        finally:
            self.end(process)
        self.log(command, blocks, process.returncode, output, errors)
        return process.returncode, output, errors

    def train(self, job, blocks=None, wanted=90):
        """Trains and returns the summary; Failed with the program's last line where it did not."""
        with self._gate:
            self._summaries += 1
            summary = os.path.join(self.work, f"summary-{self._summaries}.json")
        code, _, errors = self.program("train", *job, "--device", self.device, "--summary", summary, blocks=blocks, wanted=wanted)
        if code != 0:
            raise Failed(f"exit code {code}: {last_line(errors)}")
        return read_summary(summary)

    def begin(self, log, *arguments):
        """Starts the program without waiting for its end; all that it writes goes to a file."""
        command = [os.path.join(self.app, "cluster-train"), *map(str, arguments)]
        with open(log, "w", encoding="utf-8") as file:
            return self.start(command, self.environment(), stdout=file, stderr=subprocess.STDOUT)

    def loop(self, model, batch, ranks, rank, meeting, seconds, log):
        """Starts a process of a plain loop, or a rank of DDP: see loop.py; its errors go to a file."""
        environment = dict(os.environ, RANK=str(rank), WORLD_SIZE=str(ranks), MEETING=meeting, CUBLAS_WORKSPACE_CONFIG=":4096:8",
                           GLOO_SOCKET_IFNAME="lo", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
        command = [sys.executable, os.path.join(HERE, "loop.py"), model, str(batch), str(seconds), self.device,
                   self.data["mnist"], self.data["text"]]
        return self.start(command, environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)

    def log(self, command, blocks, code, output, errors):
        """Keeps what a run wrote."""
        told = " ".join(os.path.basename(part) for part in [*command[1:], blocks or ""] if not part.startswith("--summary"))
        with self._gate:
            self._logs += 1
            path = os.path.join(self.out, "logs", f"{self._logs:03}-{re.sub(r'[^a-z0-9]+', '-', told.lower())[:80]}.log")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"{' '.join(command)}\nblocks: {blocks or 'as the program chooses'}\nexit code {code}\n{output}{errors}")


def read_summary(path):
    """A summary that the program has written."""
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def last_line(text):
    """The last line that says something."""
    return ([line.strip() for line in text.splitlines() if line.strip()] or ["it wrote nothing"])[-1]
