"""Outputs that come inside their own address."""

import base64
import tracemalloc
from urllib.parse import quote, quote_from_bytes, unquote_to_bytes

import pytest

from pipeline.egress.guard import Guard
from pipeline.egress.pool import open_pool
from pipeline.errors import OutputBroken
from pipeline.media.data_uri import decode_data_uri
from pipeline.media.download import download
from pipeline.media.picture import examine
from tests.pipeline.media.samples import sample


async def fetch(uri: str, max_bytes: int = 100_000) -> bytes:
    async with open_pool(Guard()) as pool:
        return await download(pool, uri, max_bytes=max_bytes)


async def test_both_encodings_give_the_picture() -> None:
    data = sample("webp")
    encoded = base64.b64encode(data).decode()
    for uri in (
        f"data:image/webp;base64,{encoded}",
        f"DATA:image/png;name=x.jpg;BASE64,{encoded}",
        f"data:;base64,{encoded.replace('+', '%2B').replace('=', '%3D')}",
        f"data:image/webp,{quote_from_bytes(data)}",
    ):
        assert await fetch(uri) == data
    assert examine(data).format == "webp"


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
async def test_base64_is_read_as_a_browser_reads_it(kind: str) -> None:
    data = sample(kind)
    plain, safe = base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()
    for encoded in (
        base64.encodebytes(data).decode(),
        base64.encodebytes(data).decode().replace("\n", "\r\n"),
        plain.rstrip("="),
        safe,
        safe.rstrip("="),
        f" {plain}\t",
        quote(base64.encodebytes(data)),
    ):
        for head in (
            "data:image/png;base64",
            "data:;base64",
            "data:image/png;charset=utf-8; Base64 ",
            "data:x/y;base64;q=1",
        ):
            assert await fetch(f"{head},{encoded}") == data


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("data:image/png;base64", "without data"),
        ("data:image/png;base64,AAAAA", "damaged base64"),
        ("data:image/png;base64,A$==", "damaged base64"),
    ],
)
async def test_a_damaged_one_is_broken(uri: str, words: str) -> None:
    with pytest.raises(OutputBroken, match=words):
        await fetch(uri)


async def test_the_limit_is_of_decoded_bytes() -> None:
    for size, encoded in (
        (1000, f"data:;base64,{base64.b64encode(bytes(1000)).decode()}"),
        (1000, f"data:,{'%00' * 1000}"),
    ):
        assert len(await fetch(encoded, max_bytes=size)) == size
        with pytest.raises(OutputBroken, match="999"):
            await fetch(encoded, max_bytes=999)
    with pytest.raises(OutputBroken, match="more than 10"):
        await fetch(f"data:,{'x' * 31}", max_bytes=10)


@pytest.mark.parametrize("at", range(4))
def test_escapes_are_whole_where_pieces_of_them_meet(at: int) -> None:
    data = b"a" * at + b"%\xff" * 70_000
    assert decode_data_uri(f"data:image/png,{quote_from_bytes(data)}", 10**6) == data
    odd = "%" * 200_000 + "%4" + "%" * 200_000 + "%41"
    assert decode_data_uri(f"data:,{'a' * at}{odd}", 10**6) == unquote_to_bytes("a" * at + odd)


def test_an_output_that_is_all_escapes_takes_no_more_memory_than_its_bytes() -> None:
    uri = f"data:image/png,{'%41' * 1_000_000}"
    tracemalloc.start()
    try:
        decode_data_uri(uri, 2_000_000)
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()
