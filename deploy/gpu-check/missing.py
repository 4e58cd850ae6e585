"""Part g: where CUDA's libraries are missing, one line says what to install, and the exit code is 2."""
import os
import re
import shutil

REMEDY = re.compile(r"install|package|nvidia-smi|put .* beside", re.IGNORECASE)


def check(bench):
    job = ["train", "xor", "--steps", "5", "--device", "cuda"]
    if not bench.cuda:
        tell(bench, "libtorch without CUDA", bench.program(*job))
        return
    without_path = bench.environment()
    without_path.pop("LD_LIBRARY_PATH", None)
    tell(bench, "no libtorch_cuda.so", bench.program(*job, app=without(bench, "libtorch_cuda", "libc10_cuda"), environment=without_path))
    tell(bench, "no CUDA runtime beside libtorch", bench.program(*job, environment=without_path))
    tell(bench, "no GPU to be seen", bench.program(*job, environment=dict(bench.environment(), CUDA_VISIBLE_DEVICES="")))


def without(bench, *names):
    """A copy of the program that lacks libraries."""
    folder = os.path.join(bench.work, "without")
    shutil.copytree(bench.app, folder, symlinks=True, ignore=lambda _, files: [file for file in files if file.startswith(names)])
    return folder


def tell(bench, what, result):
    code, output, errors = result
    lines = (output + errors).strip().splitlines()
    if code == 0:
        bench.report.add("missing", what, "CUDA was found elsewhere", "", None)
        return
    good = code == 2 and len(lines) == 1 and REMEDY.search(lines[0]) is not None
    told = "one line that names the remedy" if good else f"exit code {code}, {len(lines)} lines: {lines[0][:120] if lines else ''}"
    bench.report.add("missing", what, told, "1 line, 2", good, {"lines": lines})
