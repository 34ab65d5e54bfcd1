"""Outputs of every shape: those that models, gateways and imitations of an API answer with, and those of nobody."""

import base64
import time
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.providers.outputs import MOST_NODES, MOST_PICTURES, read_output
from pipeline.providers.shortened import LONGEST, shortened
from tests.pipeline.media.samples import KINDS, sample

A, B = "https://host/a.png?X-Signature=%2Bab%2F%3D", "https://host/b.png"
PNG = base64.b64encode(sample("png")).decode()
JPEG = base64.urlsafe_b64encode(sample("jpeg")).decode()
OF_PNG, OF_JPEG = f"data:image/png;base64,{PNG}", f"data:image/jpeg;base64,{JPEG}"

SHAPES: dict[str, tuple[Any, list[str]]] = {
    "one address": (A, [A]),
    "a list": ([A, B], [A, B]),
    "a list with gaps": ([None, A, "", 3, B], [A, B]),
    "nested lists": ([[A], [[B]]], [A, B]),
    "fal": ({"images": [{"url": A, "content_type": "image/png", "width": 8}], "seed": 7, "prompt": B}, [A]),
    "fal, one": ({"image": {"url": A, "file_name": "a.png"}, "images": None}, [A]),
    "fal, with a mask": ({"image": {"url": A}, "mask_image": {"url": B}}, [A]),
    "OpenAI": ([{"b64_json": PNG}], [OF_PNG]),
    "OpenAI's address": ([{"url": A, "revised_prompt": f"a lighthouse, see {B}"}], [A]),
    "empty base64 beside an address": ([{"b64_json": "", "url": A}], [A]),
    "no base64 beside an address": ([{"b64_json": None, "url": A}], [A]),
    "base64 and its address": ([{"url": A, "b64_json": PNG}], [OF_PNG]),
    "damaged base64 beside an address": ([{"url": A, "b64_json": "<html>"}], [A]),
    "Stability": ({"artifacts": [{"base64": PNG, "finishReason": "SUCCESS", "seed": 7}]}, [OF_PNG]),
    "AUTOMATIC1111": ({"images": [PNG], "parameters": {"init_images": [B]}, "info": '{"seed": 7}'}, [OF_PNG]),
    "Together": ({"data": [{"index": 0, "url": A}]}, [A]),
    "Imagen": ({"predictions": [{"mimeType": "image/png", "bytesBase64Encoded": PNG}]}, [OF_PNG]),
    "Gemini": (
        {"candidates": [{"content": {"parts": [{"text": "here"}, {"inlineData": {"mimeType": "x", "data": PNG}}]}}]},
        [OF_PNG],
    ),
    "OpenRouter": (
        {"choices": [{"message": {"content": "", "images": [{"type": "image_url", "image_url": {"url": OF_PNG}}]}}]},
        [OF_PNG],
    ),
    "OpenAI's responses": ({"output": [{"type": "image_generation_call", "result": PNG}]}, [OF_PNG]),
    "Gradio": ([[{"image": {"path": "/tmp/a.png", "url": A, "orig_name": "a.png"}, "caption": None}]], [A]),
    "Cloudflare": ({"result": {"image": JPEG}, "success": True}, [OF_JPEG]),
    "BFL": ({"status": "Ready", "result": {"sample": A, "prompt": "x", "seed": 7}}, [A]),
    "MiniMax": ({"data": {"image_urls": [A, B]}, "metadata": {"failed_count": "0"}}, [A, B]),
    "Runware": ({"data": [{"taskUUID": "x", "imageURL": A}]}, [A]),
    "Luma": ({"state": "completed", "assets": {"image": A}}, [A]),
    "DashScope": ({"output": {"task_status": "SUCCEEDED", "results": [{"url": A}]}}, [A]),
    "a file": ({"file": A}, [A]),
    "href and uri": ([{"href": A}, {"uri": B}], [A, B]),
    "the address under content": ({"content": A}, [A]),
    "addresses under the model's own names": ({"front": A, "back": B, "seed": 7}, [A, B]),
    "final beside preview": ({"preview": B, "image": A, "thumbnail_url": B}, [A]),
    "nothing but a preview": ({"preview": B, "seed": 7}, [B]),
    "parts of a stream": ([{"type": "preview", "url": B}, {"type": "final", "url": A}], [A]),
    "one picture told twice": ({"image": A, "images": [A]}, [A]),
    "the first of several told twice": ({"image_url": A, "images": [{"url": A}, {"url": B}]}, [A, B]),
    "the same address twice": ([A, A], [A]),
    "the same bytes twice": ([OF_PNG, OF_PNG], [OF_PNG, OF_PNG]),
    "a prediction with its own addresses": ({"output": [A], "urls": {"get": B}, "input": {"image": B}}, [A]),
    "JSON in a text": (orjson.dumps({"images": [A]}).decode(), [A]),
    "a quoted address": (f'"{A}"', [A]),
    "blanks around": (f" \t{A}\n", [A]),
    "a byte order mark": (f"\ufeff{A}", [A]),
    "broken across lines": (A.replace("host", "ho\r\nst"), [A]),
    "capitals": (A.replace("https", "HTTPS"), [A]),
    "without a scheme": (A.removeprefix("https:"), [A]),
    "a data URI in capitals": (f"DATA:IMAGE/PNG;BASE64,{PNG}", [f"data:IMAGE/PNG;BASE64,{PNG}"]),
    "a data URI with parameters": (
        f"data:image/png;charset=utf-8;base64, {PNG}",
        [f"data:image/png;charset=utf-8;base64, {PNG}"],
    ),
    "a data URI that does not say base64": (f"data:image/png,{PNG}", [OF_PNG]),
    "a data URI without a type": (f"data:;base64,{PNG}", [f"data:;base64,{PNG}"]),
    "a drawing behind a comment": (
        "<!-- by hand --><!DOCTYPE svg>\n<svg/>",
        ["data:image/svg+xml;base64,PCEtLSBieSBoYW5kIC0tPjwhRE9DVFlQRSBzdmc+CjxzdmcvPg=="],
    ),
    "a drawing": ("<svg xmlns='x'></svg>", ["data:image/svg+xml;base64,PHN2ZyB4bWxucz0neCc+PC9zdmc+"]),
}  # fmt: skip


class Counted(list[Any]):
    """A list that counts what is taken from all of its kind."""

    seen = 0

    def __iter__(self) -> Iterator[Any]:
        for item in super().__iter__():
            Counted.seen += 1
            yield item


@pytest.mark.parametrize("shape", SHAPES)
def test_pictures_are_found_in_every_shape(shape: str) -> None:
    given_output, expected = SHAPES[shape]
    assert read_output(given_output) == (expected, None)


@pytest.mark.parametrize("kind", KINDS)
def test_bare_base64_of_every_format_is_told_by_its_beginning(kind: str) -> None:
    data = sample(kind)
    for encoded in (base64.b64encode(data), base64.urlsafe_b64encode(data), base64.encodebytes(data)):
        (address,) = read_output([encoded.decode()]).addresses
        assert address.startswith("data:image/")


@pytest.mark.parametrize(
    "empty",
    [None, "", " ", [], {}, [None], [[]], {"images": []}, {"images": None, "image": None, "seed": 7}, {"output": {}}],
)
def test_nothing_is_nothing(empty: Any) -> None:
    assert read_output(empty) == ([], None)


@pytest.mark.parametrize(
    "strange",
    [
        42, True, "a lighthouse", "s3://bucket/a.png", "data: none, sadly", "/tmp/a.png", "http://", "https:///a.png",
        {"filename": "a.png"}, [{"id": 1}], {"result": {"text": "sorry"}}, {"input": {"image": A}}, "http://a/\0.png",
        ["javascript:alert(1)"],
        "<!DOCTYPE html><html><svg></svg></html>", "<!-- open",
        {"images": [{"path": "/tmp/a.png"}]}, [[[[[[[[[[[[[[A]]]]]]]]]]]]]], "https://a/\ud800",
        {"error": {"message": A}},
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_kept_as_it_came(strange: Any) -> None:
    addresses, unreadable = read_output(strange)
    assert addresses == []
    assert unreadable is not None
    assert len(unreadable) <= LONGEST
    assert "\0" not in unreadable
    assert unreadable.encode()


def test_what_is_kept_is_shortened_and_says_so() -> None:
    assert shortened({"a": "x" * 1_000}) == f'{{"a":"{"x" * 160}… (1,000 characters)"}}'
    assert shortened(list(range(30))).endswith('19,"… (30 items)"]')
    assert shortened({str(n): n for n in range(30)}).endswith('"…":"30 keys"}')
    assert shortened({"huge": 2**80, "nul": "a\0b", "half": "\ud800"}) == (
        f'{{"huge":"{hex(2**80)}","nul":"ab","half":"?"}}'
    )


def test_number_depth_and_size_are_bounded() -> None:
    assert len(read_output([f"https://host/{n}.png" for n in range(1_000)]).addresses) == MOST_PICTURES
    assert read_output(f"https://host/{'x' * 20_000}").addresses == []
    deep: Any = A
    for _ in range(900):
        deep = [deep]
    assert read_output(deep).addresses == []
    assert read_output([{"type": deep, "url": A}]).addresses == [A]
    wide = Counted(Counted({"n": n} for n in range(300)) for _ in range(1_000))
    assert read_output(wide).unreadable is not None
    assert Counted.seen <= MOST_NODES + 1_000, "300,000 objects are not all looked at"


LONG: dict[str, Callable[[], Any]] = {
    "spaces behind data:": lambda: [f"data:{' ' * 1_000_000}x"],
    "spaces before its colon": lambda: [f"data{' ' * 1_000_000}x"],
    "a type without end": lambda: [f"data:{'a' * 500_000}/{'a' * 500_000}"],
    "thousands of addresses in one object": lambda: {
        "images": {f"k{n}": {"url": f"https://host/{'a' * 3_000}{n}"} for n in range(4_900)}
    },
    "a drawing of letters that addresses encode": lambda: [f"<svg {'<é>' * 700_000}"],
    "an address in spaces": lambda: [f"https://host/{' ' * 1_000_000}x"],
    "base64 of spaces": lambda: [{"b64_json": f"iVBORw0KGg{' ' * 1_000_000}="}],
}
"""What takes long to read where a reader goes over the same characters again and again."""


@pytest.mark.parametrize("name", LONG)
def test_the_loop_is_not_held_by_what_a_model_answers(name: str) -> None:
    """Outputs are read on the loops of web and workers; by this process's own processor time."""
    given = LONG[name]()
    began = time.process_time()
    read_output(given)
    assert time.process_time() - began < 0.5


_LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(st.characters(exclude_categories=[])),
    st.sampled_from([A, B, PNG, OF_PNG, f'["{A}"]']),
)  # fmt: skip
_NAMES = st.one_of(st.text(max_size=8), st.sampled_from(["images", "url", "b64_json", "data", "preview", "image"]))
_VALUES = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4))


@given(_VALUES)
def test_whatever_comes_is_read_without_an_error_and_can_be_stored(value: Any) -> None:
    addresses, unreadable = read_output(value)
    assert all(address.startswith(("http://", "https://", "data:")) for address in addresses)
    assert "\0" not in "".join([*addresses, unreadable or ""])
    assert orjson.dumps([addresses, unreadable])
    assert not (addresses and unreadable)
