"""What is a picture and what is not."""

import struct
import tracemalloc
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline.errors import OutputBroken
from pipeline.media.content_types import CONTENT_TYPES
from pipeline.media.formats import FORMATS
from pipeline.media.picture import MAX_BYTES, MAX_PIXELS, Picture, examine
from tests.pipeline.media.samples import HEIGHT, KINDS, WIDTH, sample

NAMES = {
    "progressive": "jpeg",
    "thumbnailed": "jpeg",
    "lossless": "webp",
}


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(width: int, height: int) -> bytes:
    """A few bytes that claim to be a picture of that size, correct in every checksum."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(bytes(64))) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_is_told_by_its_content(kind: str) -> None:
    data = sample(kind)
    name = NAMES.get(kind, kind)
    extension = "jpg" if name == "jpeg" else name
    assert examine(data) == Picture(name, WIDTH, HEIGHT, len(data), f"image/{name}", extension)


def test_every_format_has_a_content_type() -> None:
    assert {kept.extension for kept in FORMATS} | {"svg"} == set(CONTENT_TYPES)


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_is_noticed_wherever_it_falls(kind: str) -> None:
    data = sample(kind)
    for length in range(len(data)):
        with pytest.raises(OutputBroken):
            examine(data[:length])


def test_a_jpeg_cut_after_its_thumbnail_is_no_picture() -> None:
    """Where both markers of an end are there, and they are the thumbnail's."""
    data = sample("thumbnailed")
    with pytest.raises(OutputBroken, match="JPEG"):
        examine(data[: data.index(b"\xff\xd9") + 2 + 200])


@pytest.mark.parametrize(
    "tail", [b"\n", bytes(7), bytes(16), b"\xff" * 9, b"\0\0\1\0free", b"\xff\xda--\x89PNG"], ids=repr
)
@pytest.mark.parametrize("kind", KINDS)
def test_bytes_after_the_end_do_no_harm(kind: str, tail: bytes) -> None:
    """Whatever they look like: a line's end that a gateway adds, fillings, the beginning of something else."""
    assert examine(sample(kind) + tail).width == WIDTH


def test_every_byte_of_a_png_is_covered_by_a_checksum() -> None:
    data = bytearray(sample("png"))
    for at in range(len(data)):
        data[at] ^= 0x10
        with pytest.raises(OutputBroken):
            examine(bytes(data))
        data[at] ^= 0x10


@example(kind="avif", at=0.03125, splice=bytes(5), removed=5)  # Pillow's RuntimeError
@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    at=st.floats(0, 1, exclude_max=True),
    splice=st.binary(max_size=8),
    removed=st.integers(0, 8),
)
def test_damage_is_refused_or_harmless_and_never_an_accident(kind: str, at: float, splice: bytes, removed: int) -> None:
    data = sample(kind)
    where = int(at * len(data))
    with suppress(OutputBroken):
        assert examine(data[:where] + splice + data[where + removed :]).width > 0


@pytest.mark.parametrize(
    ("width", "height"), [(65_535, 65_535), (8193, 8192), (2**31 - 1, 1), (9_000, 12_000), (1, MAX_PIXELS + 1)]
)
def test_a_decompression_bomb_is_refused_by_its_header(width: int, height: int) -> None:
    """Also between Pillow's own limit and twice that, where Pillow only warns."""
    with pytest.raises(OutputBroken, match=f"{width} × {height} pixels; at most 67,108,864"):
        examine(png_of(width, height))


@pytest.mark.parametrize("side", [8_200, 12_000, 16_384])
def test_a_bomb_of_another_format_is_refused(side: int) -> None:
    """GIF in both its sizes, the canvas and a frame; WebP in its canvas."""
    gif = bytearray(sample("gif"))
    gif[6:10] = struct.pack("<HH", side, side)
    frame = bytearray(sample("gif"))
    at = frame.index(b",\0\0\0\0" + struct.pack("<HH", WIDTH, HEIGHT))
    frame[at + 5 : at + 9] = struct.pack("<HH", side, side)
    canvas = struct.pack("<I", side - 1)[:3]
    body = b"WEBPVP8X\x0a\0\0\0\0\0\0\0" + canvas * 2 + sample("webp")[12:]
    webp = b"RIFF" + struct.pack("<I", len(body)) + body
    for data in (bytes(gif), bytes(frame), webp):
        with pytest.raises(OutputBroken, match=r"pixels; at most|damaged WEBP"):
            examine(data)


def test_the_largest_picture_is_kept() -> None:
    assert examine(png_of(8192, 8192)).width == 8192


def test_a_bomb_in_a_comment_is_not_unpacked() -> None:
    """A text chunk of 100 kB that would unpack to 100 MB: no decoder needs it for the picture, and none shows it."""
    text = png_chunk(b"zTXt", b"comment\0\0" + zlib.compress(bytes(100_000_000), 9))
    picture = png_of(8, 8)
    tracemalloc.start()
    try:
        assert examine(picture[:33] + text + picture[33:]).width == 8
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_too_many_bytes_are_refused_by_number() -> None:
    with pytest.raises(OutputBroken, match="33,554,433 bytes; at most 33,554,432"):
        examine(sample("png") + bytes(MAX_BYTES + 1 - len(sample("png"))))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "nothing: 0 bytes"),
        (b"<!DOCTYPE html><html><body>Not found", "a web page"),
        (b"\xef\xbb\xbf\n <HTML>", "a web page"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b'<?xml version="1.0"?>\n<!-- a drawing -->\n<svg/>', "an SVG drawing"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "an XML document"),
        (b'{"detail": "not found"}', "a JSON document"),
        (b"Internal Server Error", "plain text"),
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2mp41", "a format that Darkroom does not keep .it begins with 00 00"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "a format that Darkroom does not keep"),
        (b"BM" + bytes(60), "a format that Darkroom does not keep"),
    ],
)
def test_what_is_no_picture_is_called_what_it_is(data: bytes, words: str) -> None:
    with pytest.raises(OutputBroken, match=words):
        examine(data)


def test_a_moving_gif_is_a_picture_of_its_canvas() -> None:
    frames = [Image.new("P", (20, 10), shade) for shade in (0, 100, 200)]
    buffer = BytesIO()
    frames[0].save(buffer, "gif", save_all=True, append_images=frames[1:], comment=b"made here; " * 50)
    assert (examine(buffer.getvalue()).width, examine(buffer.getvalue()).height) == (20, 10)
    with pytest.raises(OutputBroken, match="cut off"):
        examine(buffer.getvalue()[:-1])
