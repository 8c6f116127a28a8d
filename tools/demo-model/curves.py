"""Draws the log of a training run as curves: what was learned, over the minutes that it took.

    python3 curves.py results/log.jsonl results/curves.svg
"""
import argparse
import json
from math import log
from pathlib import Path

# (Stage, value, what it is, whether the axis is logarithmic.)
PANELS = (
    ("vae", "psnr", "VAE: round trips of training pictures, dB", False),
    ("text", "loss", "Text encoder alone: loss", True),
    ("diffusion", "error", "UNet and text encoder: error of the noise", True),
    ("decoder", "psnr", "Decoder alone: round trips, dB", False),
    ("classifier", "loss", "Classifier: loss", True),
)
WIDTH, HEIGHT, MARGIN = 360, 150, 34
FONT = 'font-family="sans-serif" font-size="11" fill="#777"'


def panel(rows, column, title, logarithmic, left, top):
    """SVG of one curve in its frame."""
    minutes, values = [row["minutes"] for row in rows], [row[column] for row in rows]
    low, high = min(values), max(values)
    scaled = log if logarithmic else float
    place = lambda value: (scaled(value) - scaled(low)) / ((scaled(high) - scaled(low)) or 1)
    points = " ".join(
        f"{left + MARGIN + (WIDTH - 2 * MARGIN) * m / (minutes[-1] or 1):.1f},{top + HEIGHT - 20 - (HEIGHT - 50) * place(v):.1f}"
        for m, v in zip(minutes, values)
    )
    text = lambda x, y, what, anchor="start": f'<text x="{x}" y="{y}" text-anchor="{anchor}" {FONT}>{what}</text>'
    return [
        text(left + MARGIN, top + 16, title),
        f'<path d="M{left + MARGIN} {top + 28}V{top + HEIGHT - 18}H{left + WIDTH - MARGIN}" fill="none" stroke="#aaa"/>',
        text(left + MARGIN - 4, top + 34, f"{high:.3g}", "end"),
        text(left + MARGIN - 4, top + HEIGHT - 20, f"{low:.3g}", "end"),
        text(left + WIDTH - MARGIN, top + HEIGHT - 4, f"{minutes[-1]:.3g} min", "end"),
        f'<polyline points="{points}" fill="none" stroke="#2f7fd8" stroke-width="1.5"/>',
    ]


def curves(log_text):
    """The text of an SVG file; `log_text` has a JSON object with "stage", "minutes" and values in every line."""
    rows, shown = [json.loads(line) for line in log_text.splitlines()], []
    for name, column, title, logarithmic in PANELS:
        of_stage = [row for row in rows if row["stage"] == name and column in row]
        if of_stage:
            left, top = WIDTH * (len(shown) % 2), HEIGHT * (len(shown) // 2)
            shown.append(panel(of_stage, column, title, logarithmic, left, top))
    height = HEIGHT * ((len(shown) + 1) // 2)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {height}">']
    lines += [element for elements in shown for element in elements]
    return "\n".join([*lines, "</svg>"]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log")
    parser.add_argument("svg")
    options = parser.parse_args()
    Path(options.svg).write_text(curves(Path(options.log).read_text()))


if __name__ == "__main__":
    main()
