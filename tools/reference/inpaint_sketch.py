"""Reference data of A1111's "Inpaint sketch": tests/reference/pictures/inpaint_sketch.{json,safetensors.gz}.

What modules/img2img.py (webui 1.10.1, mode 3) computes before a picture is made, by Pillow's own functions, in its order.
Needs Pillow and numpy: python3 tools/reference/inpaint_sketch.py
"""

import gzip
import json
from pathlib import Path

import numpy
import PIL
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "reference" / "pictures"


def original(rng, width, height):
    """Smooth colours with noise: every value occurs."""
    y, x = numpy.mgrid[0:height, 0:width]
    planes = [127 + 120 * numpy.sin(x / (3 + c) + y / (7 - c)) for c in range(3)]
    noise = rng.integers(-20, 21, (height, width, 3))
    return Image.fromarray(numpy.clip(numpy.stack(planes, -1) + noise, 0, 255).astype(numpy.uint8))


def painted(rng, picture):
    """Lines, and spots that differ by 1 in one channel or not at all."""
    drawn = picture.copy()
    draw = ImageDraw.Draw(drawn)
    for _ in range(3):
        ends = [(int(rng.integers(0, picture.width)), int(rng.integers(0, picture.height))) for _ in range(2)]
        draw.line(ends, fill=tuple(int(v) for v in rng.integers(0, 256, 3)), width=int(rng.integers(1, 9)))
    pixels = numpy.array(drawn)
    for channel in range(3):
        y, x = rng.integers(0, picture.height), rng.integers(0, picture.width)
        pixels[y, x, channel] ^= 1
    return Image.fromarray(pixels)


def compose(image, before, mask_blur, mask_alpha):
    differs = numpy.any(numpy.array(image) != numpy.array(before), axis=-1)
    mask = Image.fromarray(differs.astype(numpy.uint8) * 255)
    mask = ImageEnhance.Brightness(mask).enhance(1 - mask_alpha / 100)
    blur = ImageFilter.GaussianBlur(mask_blur)
    return Image.composite(image.filter(blur), before, mask.filter(blur)), mask


def safetensors(tensors):
    header, data = {}, b""
    for name in sorted(tensors):
        bytes_ = tensors[name].tobytes()
        header[name] = {
            "dtype": "U8",
            "shape": list(tensors[name].shape),
            "data_offsets": [len(data), len(data) + len(bytes_)],
        }
        data += bytes_
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data


def main():
    rng = numpy.random.default_rng(7)
    tensors, cases = {}, []
    for index, (width, height) in enumerate([(48, 32), (33, 57), (9, 5), (64, 1)]):
        before = original(rng, width, height)
        image = painted(rng, before)
        tensors[f"{index}.original"], tensors[f"{index}.painted"] = numpy.array(before), numpy.array(image)
        for mask_blur, mask_alpha in [(0, 0), (4, 0), (4, 35), (17, 50), (64, 7), (64, 99), (2, 100), (0, 29)]:
            picture, mask = compose(image, before, mask_blur, mask_alpha)
            name = f"{index}.{mask_blur}.{mask_alpha}"
            tensors[f"{name}.picture"], tensors[f"{name}.mask"] = numpy.array(picture), numpy.array(mask)
            cases.append(
                {
                    "original": f"{index}.original",
                    "painted": f"{index}.painted",
                    "mask_blur": mask_blur,
                    "mask_alpha": mask_alpha,
                    "picture": f"{name}.picture",
                    "mask": f"{name}.mask",
                }
            )
    about = {
        "source": "AUTOMATIC1111/stable-diffusion-webui 1.10.1 (82a973c0), modules/img2img.py, img2img, mode 3 (inpaint sketch)",
        "versions": {"pillow": PIL.__version__, "numpy": numpy.__version__},
        "notes": "painted, original -> picture (init image) and mask, as they go into StableDiffusionProcessingImg2Img.",
        "cases": cases,
    }
    (FOLDER / "inpaint_sketch.json").write_text(json.dumps(about, indent=1) + "\n")
    (FOLDER / "inpaint_sketch.safetensors.gz").write_bytes(gzip.compress(safetensors(tensors), mtime=0))


if __name__ == "__main__":
    main()
