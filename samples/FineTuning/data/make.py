"""Produces backbone.pth, a network that was trained in PyTorch to tell the digits 0 to 4 apart, and digits.csv, images of the others.

Run with Debian's python3-torch and python3-sklearn (1.13 and 1.2) or any newer ones:

    /usr/bin/python3 make.py
"""
import torch
from sklearn.datasets import load_digits

torch.manual_seed(1)
images, digits = load_digits(return_X_y=True)
known = digits < 5
inputs, targets = torch.tensor(images[known] / 16, dtype=torch.float32), torch.tensor(digits[known])
model = torch.nn.Module()
model.backbone = torch.nn.Sequential(torch.nn.Linear(64, 128), torch.nn.ReLU())
model.head = torch.nn.Linear(128, 5)
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
for _ in range(30):
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(model.head(model.backbone(inputs)), targets).backward()
    optimizer.step()
torch.save(model.state_dict(), "backbone.pth")

with open("digits.csv", "w") as file:
    print("digit," + ",".join(f"p{pixel}" for pixel in range(64)), file=file)
    for image, digit in list(zip(images[~known], digits[~known]))[:500]:
        print(f"{digit}," + ",".join(str(int(pixel)) for pixel in image), file=file)
