"""Finished pictures: files in PAINTER_HOME until their time is over.

They are kept as files although painting could be repeated, because serving a file costs next to nothing while
painting again would take the one painting thread from predictions that wait for it.
"""

import io
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.providers.painter.pictures.encoding import encode
from pipeline.providers.painter.pictures.painting import paint
from pipeline.providers.painter.size import PictureRequest

CONTENT_TYPES = {"png": "image/png", "webp": "image/webp", "jpg": "image/jpeg", "svg": "image/svg+xml"}
PREPARED_ENDING = "png"
PREPARED_SIDE = 256


class Outputs:
    """The folder of finished pictures. Every method touches the disk: call them off the event loop."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "outputs"
        self._folder.mkdir(parents=True, exist_ok=True)

    def path(self, prediction: str, name: str) -> Path:
        """Where that output lies or would lie; touches nothing."""
        return self._folder / prediction / name

    def paint(self, prediction: str, index: int, request: PictureRequest, seed: int) -> str:
        """Paint output `index` into its file and return its name."""
        name = f"{index}.{request.ending}"
        path = self.path(prediction, name)
        path.parent.mkdir(exist_ok=True)
        image = paint(request.prompt, seed + index, request.width, request.height)
        # Never half a file under the final name: a kill here leaves a .part that the next run overwrites.
        part = path.with_suffix(".part")
        part.write_bytes(encode(image, request.ending, request.quality))
        part.replace(path)
        return name

    def remove(self, prediction: str) -> None:
        """Delete a prediction's pictures, where it has some."""
        shutil.rmtree(self._folder / prediction, ignore_errors=True)


def prepared_png() -> bytes:
    """The ready picture: 256×256 pixels of noise, about 200 kB because noise does not compress."""
    pixels = np.random.default_rng(0).integers(0, 256, (PREPARED_SIDE, PREPARED_SIDE, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=0)
    return file.getvalue()
