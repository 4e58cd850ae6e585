"""Runs the parts of the check one after another and ends with a table. Is started by check.sh."""
import argparse
import signal
import sys
import time

import bits
import doctor
import exchange
import killed
import material
import memory
import missing
import speed
from bench import Bench, Failed, OutOfTime

PARTS = {
    "doctor": doctor.check,
    "bits": bits.check,
    "speed": speed.check,
    "exchange": exchange.check,
    "killed": killed.check,
    "memory": memory.check,
    "missing": missing.check,
    "ddp": speed.check_ddp,
}


class Stopped(BaseException):
    """SIGTERM came: what is known by then is told."""


def stop(_signal, _frame):
    raise Stopped


def parse():
    parser = argparse.ArgumentParser()
    for name in ("device", "app", "library-path", "data", "work", "out", "parts", "quick"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--limit", type=float, required=True)
    return parser.parse_args()


def run(bench, chosen):
    for part in [name for name in PARTS if name in chosen]:
        begun = time.monotonic()
        try:
            PARTS[part](bench)
        except OutOfTime:
            bench.report.add(part, "what is not above", "the time was used up", "", None)
        except Failed as failure:
            bench.report.add(part, "ended early", str(failure), "", False)
        except Exception as error:  # A part that breaks must not take the others with it.
            bench.report.add(part, "ended early", f"{type(error).__name__}: {error}", "", False)
        print(f"part {part}: {time.monotonic() - begun:.0f} s, {bench.elapsed():.0f} s in all", flush=True)


def main():
    options = parse()
    signal.signal(signal.SIGTERM, stop)
    bench = Bench(options)
    try:
        material.prepare(bench, options.data)
        run(bench, options.parts.split(","))
    except (Stopped, KeyboardInterrupt):
        bench.report.add("", "the rest", "stopped from outside", "", None)
    finally:
        bench.end_all()
    print()
    print(bench.report.table(), flush=True)
    return 0 if bench.report.all_well() else 1


if __name__ == "__main__":
    sys.exit(main())
