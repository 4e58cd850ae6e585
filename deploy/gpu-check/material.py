"""The data of the check: the real files, cut so that tests at the end of an epoch take next to no time."""
import gzip
import os
import struct

TESTED = 64
REPEATED = 6
CHARACTERS = 300_000
QUICK_CHARACTERS = 60_000


def prepare(bench, folder):
    """Writes the files that all parts train on and notes where they are."""
    bench.data["whole-mnist"] = os.path.join(folder, "mnist-t10k")
    bench.data["mnist"] = os.path.join(bench.work, "mnist")
    bench.data["text"] = os.path.join(bench.work, "text")
    os.makedirs(bench.data["mnist"])
    os.makedirs(bench.data["text"])
    for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"):
        shape, values = read_idx(bench.data["whole-mnist"], f"t10k-{kind}")
        item = len(values) // shape[0]
        # As many images as MNIST's training set has.
        write_idx(bench.data["mnist"], f"train-{kind}", [shape[0] * REPEATED, *shape[1:]], values * REPEATED)
        write_idx(bench.data["mnist"], f"t10k-{kind}", [TESTED, *shape[1:]], values[:TESTED * item])
    with open(os.path.join(folder, "tinyshakespeare", "input.txt"), encoding="utf-8", newline="") as file:
        text = file.read(QUICK_CHARACTERS if bench.quick else CHARACTERS)
    with open(os.path.join(bench.data["text"], "input.txt"), "w", encoding="utf-8", newline="") as file:
        file.write(text)


def read_idx(folder, name):
    """Shape and bytes of an IDX file, .gz or not."""
    path = os.path.join(folder, name)
    with (open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz", "rb")) as file:
        content = file.read()
    dimensions = content[3]
    return list(struct.unpack(f">{dimensions}I", content[4:4 + 4 * dimensions])), content[4 + 4 * dimensions:]


def write_idx(folder, name, shape, values):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + values)
