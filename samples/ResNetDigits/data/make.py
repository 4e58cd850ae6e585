"""Produces 40 images of each digit, 8 x 8 pixels, as PNG files in a folder for each: data/0/0001.png and so on.

The digits are those of the UCI repository (Alpaydin and Kaynak, 1998), as scikit-learn has them. Run with Debian's python3-sklearn and
python3-pil (1.2 and 9.4) or any newer ones:

    /usr/bin/python3 make.py
"""
import os

from PIL import Image
from sklearn.datasets import load_digits

images, digits = load_digits(return_X_y=True)
for digit in range(10):
    os.makedirs(str(digit), exist_ok=True)
    for number, pixels in enumerate(images[digits == digit][:40]):
        image = Image.frombytes("L", (8, 8), bytes(int(pixel * 255 // 16) for pixel in pixels))
        image.save(f"{digit}/{number:04}.png", optimize=True)
