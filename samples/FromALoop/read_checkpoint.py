"""Reads the newest checkpoint of a folder and answers for four points: python3 read_checkpoint.py checkpoints"""
import json, struct, sys
from pathlib import Path

import torch


def load(path):
    """A safetensors file: eight bytes that give the header's length, the header as JSON, then the values."""
    content = bytearray(Path(path).read_bytes())
    start = 8 + struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:start])
    header.pop("__metadata__", None)
    return {
        name: torch.frombuffer(content, dtype=torch.float32, offset=start + entry["data_offsets"][0],
                               count=(entry["data_offsets"][1] - entry["data_offsets"][0]) // 4).reshape(entry["shape"])
        for name, entry in header.items()
    }


class Xor(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = torch.nn.Linear(2, 4)
        self.output = torch.nn.Linear(4, 1)

    def forward(self, points):
        return self.output(torch.tanh(self.hidden(points)))


newest = max(Path(sys.argv[1]).glob("step-*"))
model = Xor()
model.load_state_dict(load(newest / "model.safetensors"))
with torch.no_grad():
    for answer in model(torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])).flatten():
        print(f"{answer.item():.6f}")
