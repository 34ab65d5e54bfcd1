"""GIF: a screen, then images and extensions made of sub-blocks, then a trailer. Source: GIF89a specification, 15–27."""

from pipeline.media.structure.parts import CutOff, Damaged, NoPicture, Parts

_BLOCKS = 16
"""How many sub-blocks count for one part: passing one over takes so much less than looking at a part."""
_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B


def gif_size(data: bytes, parts: Parts) -> tuple[int, int]:
    """Width and height in pixels, once the blocks have led to the trailer.

    The size is the screen's, or the first image's where that reaches beyond it, as decoders take it; the pixels of a
    later image that is larger are counted as well. Raises StructureError.
    """
    try:
        return _size(data, parts)
    except IndexError as error:
        raise CutOff from error


def _size(data: bytes, parts: Parts) -> tuple[int, int]:
    size = int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    images, at = 0, 13 + _colour_table(data[10])
    while (kind := data[at]) != _TRAILER:
        if kind == _IMAGE:
            images += 1
            left, top, width, height = (int.from_bytes(data[i : i + 2], "little") for i in range(at + 1, at + 9, 2))
            if images == 1 or width * height > size[0] * size[1]:
                size = max(size[0], left + width), max(size[1], top + height)
            at += 11 + _colour_table(data[at + 9])
        elif kind == _EXTENSION:
            at += 2
        elif images:
            break  # Decoders end here too, and show what they have.
        else:
            raise Damaged(f"there is no block at byte {at:,}")
        parts.count()
        blocks = 0
        while length := data[at]:
            at += 1 + length
            blocks += 1
            if not blocks % _BLOCKS:
                # As they are met: the bytes of one image may hold millions.
                parts.count()
        at += 1
    if not images:
        raise NoPicture
    if not (size[0] and size[1]):
        raise Damaged("it has no size")
    return size


def _colour_table(flags: int) -> int:
    """The length in bytes of the colour table that a descriptor's packed field announces."""
    return 3 << ((flags & 0x07) + 1) if flags & 0x80 else 0
