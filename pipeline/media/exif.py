"""The one thing that is read from a picture's EXIF: how it has to be turned. Source: EXIF 2.32, 4.5 and 4.6.4."""

from typing import Final

_ORIENTATION: Final = 0x0112
_SHORT: Final = 3
_ENTRY: Final = 12
"""Bytes of one entry of a directory."""


def orientation_of(exif: bytes) -> int:
    """The orientation, 1 (upright) to 8; 1 as well when the block has none or cannot be read. Raises nothing."""
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "little", b"MM\0*": "big"}.get(tiff[:4])
    if order is None:
        return 1
    number = int.from_bytes
    big = order == "big"
    directory = number(tiff[4:8], "big" if big else "little")
    count = number(tiff[directory : directory + 2], "big" if big else "little")
    for at in range(directory + 2, min(directory + 2 + _ENTRY * count, len(tiff)), _ENTRY):
        entry = tiff[at : at + _ENTRY]
        tag, kind, value = (number(entry[i : i + 2], "big" if big else "little") for i in (0, 2, 8))
        if tag == _ORIENTATION:
            return value if kind == _SHORT and 1 <= value <= 8 else 1
    return 1
