"""Pictures to PNG files, and sheets of them with words below; needs nothing but numpy."""
import struct
import textwrap
import zlib

import numpy as np

# Letters 3 pixels wide and 5 high: five rows, from the top, of three bits each.
_LETTERS = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789,.():-%'/",
        "25755 65656 34443 65556 74647 74644 34553 55755 72227 11152 55655 44447 57755 65555 25552 65644 25573 65655 34216 "
        "72222 55557 55552 55775 55255 55222 71247 75557 26227 71747 71317 55711 74717 74757 71222 75757 75717 00024 00002 "
        "24442 21112 02020 00700 51245 22000 11244".split(),
    )
)
_WIDE, _LINE = 4, 7


def png(pixels):
    """The bytes of a file of uint8 [height, width, 3]."""
    height, width, _ = pixels.shape
    # Each row as what differs from the row above ("up"), which suits flat colours and slow gradients.
    above = np.concatenate([np.zeros_like(pixels[:1]), pixels[:-1]])
    rows = np.concatenate([np.full((height, 1), 2, np.uint8), (pixels - above).reshape(height, -1)], 1)
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)) + chunk(b"IEND", b"")


def write_words(page, x, y, words, scale=2):
    """Writes on uint8 [height, width, 3], from (x, y) on."""
    for letter in words.upper():
        for row, bits in enumerate(_LETTERS.get(letter, "00000")):
            for column in range(3):
                if int(bits) >> (2 - column) & 1:
                    top, left = y + row * scale, x + column * scale
                    page[top : top + scale, left : left + scale] = 60
        x += _WIDE * scale


def sheet(cells, columns, size, lines=2, margin=8, scale=2):
    """uint8 page of `cells`: (picture uint8 [s, s, 3], words below it), each shown `size` pixels wide."""
    width, height = size + margin, size + margin + lines * _LINE * scale
    rows = -(-len(cells) // columns)
    page = np.full((rows * height + margin, columns * width + margin, 3), 255, np.uint8)
    for index, (picture, words) in enumerate(cells):
        x, y = margin + index % columns * width, margin + index // columns * height
        page[y : y + size, x : x + size] = enlarged(picture, size)
        for number, line in enumerate(textwrap.wrap(words, size // (_WIDE * scale))[:lines]):
            write_words(page, x, y + size + 4 + number * _LINE * scale, line, scale)
    return page


def enlarged(picture, size):
    """A square picture at another size, between its pixels as browsers show it (bilinear)."""
    if picture.shape[0] == size:
        return picture
    places = np.clip((np.arange(size) + 0.5) * picture.shape[0] / size - 0.5, 0, picture.shape[0] - 1)
    first = np.minimum(places.astype(int), picture.shape[0] - 2)
    share = (places - first)[:, None, None]
    rows = picture[first] * (1 - share) + picture[first + 1] * share
    share = share.reshape(1, -1, 1)
    return (rows[:, first] * (1 - share) + rows[:, first + 1] * share + 0.5).astype(np.uint8)
