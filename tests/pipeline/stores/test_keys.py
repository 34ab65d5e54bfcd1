"""Names of pictures, and the addresses made of them."""

import hashlib
from uuid import UUID

import pytest

from pipeline.media.content_types import CONTENT_TYPES
from pipeline.settings import Settings
from pipeline.stores import open_store, picture_key
from pipeline.stores.keys import content_type_of, generation_of, is_key

GENERATION = UUID("018f0000-0000-7000-8000-000000000001")


def test_a_key_names_generation_index_content_and_format() -> None:
    key = picture_key(GENERATION, 2, b"picture", "webp")
    assert key == f"01/{GENERATION}-2-{hashlib.sha256(b'picture').hexdigest()[:32]}.webp"
    assert is_key(key)
    assert content_type_of(key) == "image/webp"


def test_the_same_picture_has_the_same_key_and_another_has_another() -> None:
    key = picture_key(GENERATION, 2, b"picture", "png")
    assert key == picture_key(GENERATION, 2, b"picture", "png")
    assert key != picture_key(GENERATION, 2, b"another", "png")
    assert key != picture_key(GENERATION, 3, b"picture", "png")


@pytest.mark.parametrize("idx", [0, 3, 12])
@pytest.mark.parametrize("extension", sorted(CONTENT_TYPES))
def test_a_key_tells_its_generation(idx: int, extension: str) -> None:
    assert generation_of(picture_key(GENERATION, idx, b"picture", extension)) == GENERATION


@pytest.mark.parametrize(
    "key",
    [
        "",
        "logo.png",
        f"{GENERATION}-0-{'0' * 32}.png",
        f"02/{GENERATION}-0-{'0' * 32}.png",  # another's shelf
        f"01/{GENERATION}-0-{'0' * 31}.png",
        f"01/{GENERATION}-0-{'g' * 32}.png",
        f"01/{GENERATION}-x-{'0' * 32}.png",
        f"01/{GENERATION}-0-{'0' * 32}.html",
        f"01/{GENERATION}-0-{'0' * 32}.png.png",
        f"01/{GENERATION}-0-{'0' * 32}.png\n",
        f"x/01/{GENERATION}-0-{'0' * 32}.png",
        f"01/{str(GENERATION).upper()}-0-{'0' * 32}.png",
        f"01/{GENERATION.hex}-0-{'0' * 32}.png",
        f"01/{GENERATION}-٠-{'0' * 32}.png",
    ],
)
def test_a_key_that_we_never_made_tells_none(key: str) -> None:
    assert generation_of(key) is None


@pytest.mark.parametrize(
    ("changes", "address"),
    [
        ({}, "http://127.0.0.1:8123/images/g/0-a.png"),
        ({"public_url": "https://room.example"}, "https://room.example/images/g/0-a.png"),
        (
            {"public_url": "https://room.example", "s3_bucket": "b", "s3_endpoint_url": "http://127.0.0.1:1"},
            "https://room.example/images/g/0-a.png",
        ),
        (
            {"public_url": "https://room.example", "s3_bucket": "b", "s3_public_url": "https://cdn.example/b"},
            "https://cdn.example/b/g/0-a.png",
        ),
    ],
)
async def test_where_the_world_finds_a_picture(
    directory_settings: Settings, changes: dict[str, str], address: str
) -> None:
    async with open_store(directory_settings.model_copy(update=changes)) as store:
        assert store.public_url("g/0-a.png") == address
