"""A file has the format that its name says, whatever the model brought."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from api.cli.picture import convert_to_suffix


def described(path: Path, kind: str) -> Any:
    return {"url": "/images/x", "width": 64, "height": 48, "format": kind, "file_size": path.stat().st_size, "idx": 0}


@pytest.mark.parametrize(("name", "format_"), [("a.png", "PNG"), ("a.JPG", "JPEG"), ("a.jpeg", "JPEG")])
def test_another_suffix_converts(tmp_path: Path, name: str, format_: str) -> None:
    path = tmp_path / name
    Pillow.new("RGBA", (64, 48), (200, 30, 60, 255)).save(path, "WEBP")
    image = convert_to_suffix(described(path, "webp"), path)
    with Pillow.open(path) as picture:
        assert (picture.format, picture.size) == (format_, (64, 48))
    assert (image["format"], image["file_size"]) == (format_.lower(), path.stat().st_size)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["a.webp", "a", "a.bin"])
def test_the_same_or_no_known_suffix_leaves_the_bytes_alone(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    Pillow.new("RGB", (64, 48)).save(path, "WEBP")
    before = path.read_bytes()
    image = described(path, "webp")
    assert convert_to_suffix(image, path) == image
    assert path.read_bytes() == before


def test_a_drawing_is_not_turned_into_pixels(tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    path.write_text("<svg/>")
    with pytest.raises(OSError, match=r"save it as \.svg"):
        convert_to_suffix(described(path, "svg"), path)
    drawing = path.rename(tmp_path / "cat.svg")
    assert convert_to_suffix(described(drawing, "svg"), drawing)["format"] == "svg"
