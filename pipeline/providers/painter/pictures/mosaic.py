"""A picture as a vector drawing: a mosaic of rectangles, one for each run of alike stones."""

from itertools import groupby

from PIL import Image

STONES = 64
"""Along the longer side."""
SHADES = 48


def mosaic(image: Image.Image) -> bytes:
    """The drawing as SVG, as large as the picture."""
    scale = STONES / max(image.size)
    across, down = (max(1, round(side * scale)) for side in image.size)
    stones = image.resize((across, down), Image.Resampling.BOX).quantize(SHADES).convert("RGB")
    rows = (_row(stones, across, down_to) for down_to in range(down))
    width, height = image.size
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {across} {down}"'
    return f'{head} shape-rendering="crispEdges">{"".join(rows)}</svg>'.encode()


def _row(stones: Image.Image, across: int, y: int) -> str:
    drawn, x = [], 0
    for colour, run in groupby(stones.getpixel((at, y)) for at in range(across)):
        length = len(list(run))
        assert isinstance(colour, tuple)
        fill = "".join(f"{part:02x}" for part in colour)
        drawn.append(f'<rect x="{x}" y="{y}" width="{length}" height="1" fill="#{fill}"/>')
        x += length
    return "".join(drawn)
