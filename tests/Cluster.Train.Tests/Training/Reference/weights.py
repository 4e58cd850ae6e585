"""Produces weights.pth, weights-f16.safetensors, weights-bf16.safetensors and weights.json: a model's state dictionary as PyTorch
writes it, and what the model answers in evaluation mode.

Run with Debian's python3-torch (1.13) or any newer PyTorch:

    /usr/bin/python3 weights.py
"""
import json
import struct

import torch

torch.manual_seed(3)
model = torch.nn.Sequential()
model.add_module("in", torch.nn.Linear(19, 37))
model.add_module("norm", torch.nn.BatchNorm1d(37))
model.add_module("bend", torch.nn.ReLU())
model.add_module("drop", torch.nn.Dropout(0.3))
model.add_module("out", torch.nn.Linear(37, 3))
for _ in range(5):
    model(torch.randn(16, 19))
model.eval()

sample = torch.arange(2 * 19, dtype=torch.float32).reshape(2, 19) / 16 - 1
# As models come that were trained in parallel.
state = {"module." + name: value for name, value in model.state_dict().items()}
torch.save(state, "weights.pth")


def write(path, code, convert):
    """Writes safetensors: the length of a header, the header, the values."""
    header, data = {}, b""
    for name, value in state.items():
        if value.is_floating_point():
            raw, kind = convert(value).contiguous().view(torch.int16).numpy().tobytes(), code
        else:
            raw, kind = value.numpy().tobytes(), "I64"
        header[name] = {"dtype": kind, "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def answer(convert):
    """What the model answers with its values rounded."""
    rounded = {name: convert(value).float() if value.is_floating_point() else value for name, value in model.state_dict().items()}
    other = type(model)(*model.children())
    names = [name for name, _ in model.named_children()]
    other.load_state_dict({f"{names.index(name.split('.')[0])}.{name.split('.')[1]}": value for name, value in rounded.items()})
    other.eval()
    with torch.no_grad():
        return other(sample).flatten().tolist()


with torch.no_grad():
    answers = {"weights.pth": model(sample).flatten().tolist()}
write("weights-f16.safetensors", "F16", lambda value: value.half())
write("weights-bf16.safetensors", "BF16", lambda value: value.bfloat16())
# The two share their parameters: rounded last.
answers["weights-f16.safetensors"] = answer(lambda value: value.half())
model.load_state_dict({name[len("module."):]: value for name, value in torch.load("weights.pth").items()})
answers["weights-bf16.safetensors"] = answer(lambda value: value.bfloat16())
with open("weights.json", "w") as file:
    json.dump(answers, file, indent=1)
