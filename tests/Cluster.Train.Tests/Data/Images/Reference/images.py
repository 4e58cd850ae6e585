"""Writes images.json: files that Pillow wrote, with the pixels that Pillow reads from them, and images that it scaled.

python3 images.py > images.json    (Pillow 9.4.0)
"""
import base64
import io
import json

from PIL import Image


def text(content):
    return base64.b64encode(content).decode()


def formula(mode, width, height):
    """Pixels that have edges, slopes and no symmetry."""
    image = Image.new(mode, (width, height))
    for y in range(height):
        for x in range(width):
            values = ((x * 37 + y * 11) % 256, (x * x + y * 5) % 256, 255 if (x // 3 + y // 2) % 2 else (x + y) % 256)
            image.putpixel((x, y), values if mode == "RGB" else values[0])
    return image


def saved(image, **how):
    stream = io.BytesIO()
    image.save(stream, **how)
    return text(stream.getvalue())


def scaled(mode, size, target):
    image = formula(mode, *size)
    result = image.resize(target, Image.BILINEAR)
    return {"mode": mode, "size": size, "target": target, "source": text(image.tobytes()), "pixels": text(result.tobytes())}


def kinds():
    small = formula("RGB", 6, 4)
    transparent = small.convert("RGBA")
    transparent.putalpha(Image.frombytes("L", (6, 4), bytes(range(0, 240, 10))))
    sixteen = Image.new("I;16", (6, 4))
    for y in range(4):
        for x in range(6):
            sixteen.putpixel((x, y), 257 * (x * 40 + y))
    turned = Image.Exif()
    turned[0x0112] = 6
    other = small.transpose(Image.FLIP_LEFT_RIGHT)
    return {
        "rgb.png": saved(small, format="PNG"),
        "alpha.png": saved(transparent, format="PNG"),
        "palette.png": saved(small.convert("P", palette=Image.ADAPTIVE, colors=8), format="PNG"),
        "bits.png": saved(small.convert("1"), format="PNG"),
        "sixteen.png": saved(sixteen, format="PNG"),
        "animated.png": saved(small, format="PNG", save_all=True, append_images=[other]),
        "animated.gif": saved(small, format="GIF", save_all=True, append_images=[other]),
        "grey.jpg": saved(formula("L", 16, 16), format="JPEG", quality=90),
        "progressive.jpg": saved(formula("RGB", 16, 24), format="JPEG", quality=90, progressive=True),
        "turned.jpg": saved(formula("RGB", 16, 24), format="JPEG", quality=90, exif=turned),
        "cmyk.jpg": saved(formula("RGB", 16, 16).convert("CMYK"), format="JPEG"),
    }


print(json.dumps({
    "scaled": [
        scaled("RGB", (37, 53), (32, 32)), scaled("RGB", (64, 48), (8, 8)), scaled("L", (5, 4), (16, 9)),
        scaled("L", (41, 7), (7, 41)), scaled("RGB", (32, 20), (32, 11)), scaled("RGB", (9, 9), (9, 9)), scaled("L", (1, 1), (3, 2)),
    ],
    "files": kinds(),
}, indent=1))
