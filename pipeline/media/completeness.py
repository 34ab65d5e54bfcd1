"""Whether a picture's bytes reach its end.

Pillow's verify() checks a PNG's checksums and nothing at all of the other formats, so a JPEG or WebP that was
cut in half passes it. Each format says in its own structure where it ends; these functions read that, and
never a pixel. They answer for bytes whose beginning Pillow has already parsed.
"""

_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"  # the last chunk: no bytes, name, checksum (PNG specification, 11.2.5)
_JPEG_SCAN = b"\xff\xda"
_JPEG_END = b"\xff\xd9"


def png_is_whole(data: bytes) -> bool:
    """The last chunk is there with its checksum; Pillow stops reading before that checksum."""
    return data.rfind(_PNG_END) > 0


def jpeg_is_whole(data: bytes) -> bool:
    """An end-of-image marker follows the last scan.

    Inside a scan 0xff is stuffed with 0x00 (ITU-T T.81, B.1.1.5), so neither marker occurs there by chance;
    an embedded thumbnail brings a pair of its own, before the picture's scan.
    """
    end = data.rfind(_JPEG_END)
    return end > 0 and data.find(_JPEG_SCAN, end) < 0 and data.rfind(_JPEG_SCAN, 0, end) > 0


def webp_is_whole(data: bytes) -> bool:
    """As many bytes as the RIFF header says (WebP container specification); more do no harm."""
    return len(data) >= 8 + int.from_bytes(data[4:8], "little")


def gif_is_whole(data: bytes) -> bool:
    """The blocks lead to the trailer (GIF89a specification, 15–27)."""
    try:
        at = 13 + _colour_table(data[10])
        while data[at] != 0x3B:  # trailer
            if data[at] == 0x2C:  # an image: descriptor, its colour table, LZW code size, data
                at += 11 + _colour_table(data[at + 9])
            elif data[at] == 0x21:  # an extension: its label, data
                at += 2
            else:
                return False
            while data[at]:  # sub-blocks, the empty one is the last
                at += 1 + data[at]
            at += 1
    except IndexError:
        return False
    return True


def _colour_table(flags: int) -> int:
    """The length in bytes of the colour table that a descriptor's packed field announces."""
    return 3 << ((flags & 0x07) + 1) if flags & 0x80 else 0


def avif_is_whole(data: bytes) -> bool:
    """The top-level boxes fill the file (ISO/IEC 14496-12, 4.2) and there is one with the picture."""
    at, kinds = 0, set()
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        kinds.add(data[at + 4 : at + 8])
        if size == 1:  # the real size follows the kind, in 64 bits
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        elif size == 0:  # up to the end
            size = len(data) - at
        if size < 8:
            return False
        at += size
    return at == len(data) and b"mdat" in kinds
