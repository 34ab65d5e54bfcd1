"""JSON as gateways and models send it: what a strict reader refuses is mended, and nothing is raised."""

import inspect
import json
import sys
import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.providers.lenient_json import read_json

HALF = "\ufffd"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (rb'{"id":"p1","logs":"cut \ud83d"}', {"id": "p1", "logs": f"cut {HALF}"}),
        (rb'{"id":"p1","logs":"cut \uDE00 here"}', {"id": "p1", "logs": f"cut {HALF} here"}),
        (rb'{"logs":"\ud83d\ude00 \ud83d"}', {"logs": f"\U0001f600 {HALF}"}),
        (rb'{"logs":"\ud83d\ud83d\ude00"}', {"logs": f"{HALF}\U0001f600"}),
        # A backslash that is itself escaped begins no escape.
        (rb'{"logs":"\\ud83d\udc00"}', {"logs": rf"\ud83d{HALF}"}),
        (rb'{"logs":"\\\ud83d"}', {"logs": f"\\{HALF}"}),
        (
            b'{"metrics":{"predict_time":NaN,"a":Infinity,"b":-Infinity}}',
            {"metrics": {"predict_time": None, "a": None, "b": None}},
        ),
        (b'{"seconds":1e400,"seed":7}', {"seconds": None, "seed": 7}),
        (b'{"seed":' + b"9" * 5_000 + b',"id":"p1"}', {"seed": None, "id": "p1"}),
        (b'{"seed":18446744073709551616,"a":NaN}', {"seed": 2**64, "a": None}),
        (b'\xef\xbb\xbf{"id":"p1"}', {"id": "p1"}),
        ('{"id":"p1"}'.encode("utf-16"), {"id": "p1"}),
        ('{"id":"p1"}'.encode("utf-32-le"), {"id": "p1"}),
        (b'{"id":"p1","logs":"\xff\xfe cut \xf0\x9f"}', {"id": "p1", "logs": f"{HALF}{HALF} cut {HALF}"}),
        (b'{"id":"p1","logs":"a\nb\tc\x00d"}', {"id": "p1", "logs": "a\nb\tc\0d"}),
        (b'{"id":"p1","id":"p2","x":NaN}', {"id": "p2", "x": None}),
        (b'{"id":"p1"}\n\0\0', {"id": "p1"}),
        (b'  {"id":"p1","x":NaN}  ', {"id": "p1", "x": None}),
    ],
)
def test_what_says_nothing_about_the_rest_is_mended(body: bytes, expected: object) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(body)
    found = read_json(body)
    assert found == expected
    # It can be sent on: a text that no JSON takes would hold up every row of its batch.
    orjson.dumps(found if "18446744073709551616" not in body.decode("latin-1") else None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>502</html>",
        b'{"id":"p1"',
        b'{"id":"p1"}{"id":"p2"}',
        b"[" * 5_000,
        b"[" * 1_000_000,
        b"\xff\xfe\xff",
        b"\0",
    ],
)
def test_what_is_no_json_is_nothing(body: bytes) -> None:
    assert read_json(body) is None


@pytest.mark.parametrize("deep", [("[", "]"), ('{"a":', "}"), ('[{"[{":[', "]}]")])
@pytest.mark.parametrize("levels", [500, 950, 1_100, 100_000])
def test_what_is_nested_too_deep_hides_nothing_beside_it(deep: tuple[str, str], levels: int) -> None:
    nested = f'{deep[0] * levels}"x]\\"}}"{deep[1] * levels}'
    found = read_json(f'{{"results":[{{"id":"a","output":{nested},"z":"]"}},{{"id":"b","c":[1,{{}}]}}]}}'.encode())
    assert (found["results"][0]["id"], found["results"][0]["z"]) == ("a", "]")
    assert found["results"][1:] == [{"id": "b", "c": [1, {}]}]


def test_looking_for_depth_is_bounded() -> None:
    began = time.process_time()
    assert read_json(b"[" * 5_000 + b"[]," * 3_000_000) is None
    assert read_json(b"[" * 5_000 + b'"\\"' * 1_000_000) is None
    assert time.process_time() - began < 5


def test_depth_raises_nothing_however_little_of_the_stack_is_left() -> None:
    body = b"[" * 500 + b"NaN" + b"]" * 500

    def under(frames: int) -> object:
        return under(frames - 1) if frames else read_json(body)

    deepest = sys.getrecursionlimit() - 200 - len(inspect.stack())
    assert under(10) is not None
    assert under(deepest) is None


@given(st.binary(max_size=200))
def test_no_bytes_raise(body: bytes) -> None:
    read_json(body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(st.characters(codec=None)),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_python_writes_comes_back_as_what_a_row_can_keep(value: object) -> None:
    found = read_json(json.dumps(value).encode())
    orjson.dumps(found)
