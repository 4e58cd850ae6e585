"""The table that the check ends with, and the same as JSON and TSV, written anew with each row."""
import json
import os
import platform
import subprocess
import textwrap

WIDTHS = (8, 34, 31, 12, 7)
# Of a long message; the files have all of it.
MOST_LINES = 4
TITLES = ("part", "what", "value", "target", "")


class Report:
    """Rows of a check."""

    def __init__(self, out, elapsed, cuda):
        self._out, self._elapsed, self._rows = out, elapsed, []
        self._heading = heading(cuda)

    def add(self, part, what, value, target="", good=True, numbers=None):
        """Adds a row: good is True, False, or None for what was not run; numbers are for the files only."""
        result = {True: "ok", False: "FAILED", None: "not run"}[good]
        self._rows.append({"part": part, "what": what, "value": value, "target": target, "result": result, "numbers": numbers or {}})
        print(f"[{self._elapsed():6.1f} s] {part}: {what}: {value}  {result}", flush=True)
        self._write()

    def all_well(self):
        """Whether nothing failed."""
        return not any(row["result"] == "FAILED" for row in self._rows)

    def table(self):
        """The table, at most 100 columns wide."""
        lines = [f"{name:<10}{value}" for name, value in self._heading.items()]
        lines += ["", line(TITLES), line(["-" * width for width in WIDTHS])]
        for row in self._rows:
            cells = [textwrap.wrap(str(row[name]), width, max_lines=MOST_LINES, placeholder=" ...") or [""]
                     for name, width in zip(("part", "what", "value", "target", "result"), WIDTHS)]
            for number in range(max(map(len, cells))):
                lines.append(line([cell[number] if number < len(cell) else "" for cell in cells]))
        counts = [sum(row["result"] == result for row in self._rows) for result in ("ok", "FAILED", "not run")]
        return "\n".join([*lines, "", f"{counts[0]} ok, {counts[1]} failed, {counts[2]} not run; {self._elapsed():.0f} s"])

    def _write(self):
        with open(os.path.join(self._out, "results.json"), "w", encoding="utf-8") as file:
            json.dump({"machine": self._heading, "seconds": round(self._elapsed(), 1), "rows": self._rows}, file, indent=2)
        with open(os.path.join(self._out, "results.tsv"), "w", encoding="utf-8") as file:
            for row in self._rows:
                file.write("\t".join(str(row[name]) for name in ("part", "what", "value", "target", "result")) + "\n")


def line(cells):
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, WIDTHS)).rstrip()


def heading(cuda):
    import torch
    machine = {"GPU": "none: a rehearsal on the processor, whose speeds count for nothing"}
    if cuda:
        name, driver, total = query_gpu("name,driver_version,memory.total")
        machine = {"GPU": f"{name}, {total} MiB, driver {driver}"}
    machine["PyTorch"] = f"{torch.__version__}, Python {platform.python_version()}"
    machine["processor"] = f"{processor()}, {os.cpu_count()} cores"
    return machine


def query_gpu(fields):
    """What nvidia-smi says of the first GPU; question marks where it says nothing."""
    try:
        asked = subprocess.run(["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader,nounits", "--id=0"],
                               capture_output=True, text=True, timeout=20, check=True)
        return [value.strip() for value in asked.stdout.strip().split(",")]
    except (OSError, subprocess.SubprocessError):
        return ["?"] * len(fields.split(","))


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return next((text.split(":", 1)[1].strip() for text in file if text.startswith("model name")), platform.machine())
