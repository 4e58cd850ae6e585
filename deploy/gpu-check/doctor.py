"""Part a: the program's own look at the machine."""
import re


def check(bench):
    code, output, errors = bench.program("doctor")
    lines = {match[2].strip(): (match[1], match[3]) for match in re.finditer(r"^(\S+) +(\S.{13}) (.*)$", output, re.MULTILINE)}
    bench.report.add("doctor", "this machine can train", (output + errors).strip().splitlines()[-1], "", code == 0)
    state, told = lines.get("CUDA", ("", "nothing said of CUDA"))
    if bench.cuda:
        bench.report.add("doctor", "finds the GPU", told, "", state == "ok" and re.match(r"[1-9]", told) is not None)
    _, numerics = lines.get("numerics", ("", ""))
    kind = numerics.split(" on ")[0].removeprefix("class ")[:17]
    bench.report.add("doctor", "class of the processor's numerics", kind or "none", "", bool(kind))
