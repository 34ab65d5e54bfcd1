"""What an error says survives, in whatever shape it comes: on one line, bounded, as a row can keep it."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.providers.error_body import LONGEST_REASON, UNTOLD, read_error_body

PYDANTIC = [
    {"loc": ["body", "prompt"], "msg": "flagged by a content checker", "type": "content_policy_violation"},
    {"loc": ["body", "size"], "msg": "too small", "type": "greater_than_equal", "ctx": {"ge": 64}},
]
AZURE = {
    "error": {
        "code": "content_policy_violation",
        "inner_error": {
            "code": "ResponsibleAIPolicyViolation",
            "content_filter_results": {"violence": {"filtered": True}},
        },
        "message": "Your request was rejected as a result of our safety system.",
        "type": "invalid_request_error",
    }
}
GOOGLE = {
    "error": {
        "code": 429,
        "message": "Quota exceeded",
        "status": "RESOURCE_EXHAUSTED",
        "details": [{"retryDelay": "39s"}],
    }
}


@pytest.mark.parametrize(
    ("content", "reason", "codes"),
    [
        ({"detail": "because"}, "because", ()),
        ({"error": "because"}, "because", ()),
        ({"message": "because"}, "because", ()),
        ({"errors": ["because", "and so"]}, "because: and so", ()),
        (["because", {"message": "and so"}], "because: and so", ()),
        ("upstream connect error", "upstream connect error", ()),
        ({"title": "Unprocessable", "detail": "because", "status": 422}, "because", ("422",)),
        ({"title": "Unprocessable", "detail": None, "type": "about:blank"}, "Unprocessable", ()),
        (
            {"detail": PYDANTIC},
            "flagged by a content checker (content_policy_violation): too small (greater_than_equal)",
            ("content_policy_violation", "greater_than_equal"),
        ),
        (PYDANTIC[:1], "flagged by a content checker (content_policy_violation)", ("content_policy_violation",)),
        (
            {"detail": [PYDANTIC]},
            "flagged by a content checker (content_policy_violation): too small (greater_than_equal)",
            ("content_policy_violation", "greater_than_equal"),
        ),
        (
            AZURE,
            "Your request was rejected as a result of our safety system. (content_policy_violation)",
            ("content_policy_violation", "invalid_request_error", "ResponsibleAIPolicyViolation"),
        ),
        (GOOGLE, "Quota exceeded (RESOURCE_EXHAUSTED)", ("429", "RESOURCE_EXHAUSTED")),
        (
            {"errors": ["You were flagged."], "name": "content_moderation"},
            "You were flagged. (content_moderation)",
            ("content_moderation",),
        ),
        ({"error": {"code": {"id": "E7", "message": "it broke"}}}, "it broke", ()),
        ({"error": {"message": "it broke", "code": 7}}, "it broke", ("7",)),
        ({"error": {"message": "it broke", "type": "https://docs.example/errors#7"}}, "it broke", ()),
        ({"error": True, "message": "it broke"}, "it broke", ()),
        (
            {"detail": "Request timed out", "error_type": "request_timeout"},
            "Request timed out (request_timeout)",
            ("request_timeout",),
        ),
        ({"error": "imagine", "detail": "imagine", "message": "imagine"}, "imagine", ()),
        ({"detail": "bad\0weights\x1b[31m\ud83d\u202e\n\n  twice"}, "badweights[31m twice", ()),
        ("<html><head><title>502 Bad\nGateway</title></head><body>nginx</body></html>", "502 Bad Gateway", ()),
        ("  <!DOCTYPE html><h1>Blocked</h1><p>by a proxy</p>", "Blocked by a proxy", ()),
        (None, UNTOLD, ()),
        ({}, UNTOLD, ()),
        ([], UNTOLD, ()),
        ("", UNTOLD, ()),
        ({"code": 7}, "{'code': 7}", ("7",)),
        ({"unknown": "words"}, "{'unknown': 'words'}", ()),
    ],
)
def test_the_reason_and_the_codes_survive(content: Any, reason: str, codes: tuple[str, ...]) -> None:
    body = read_error_body(content)
    assert body.reason == reason
    assert body.codes == codes


def test_what_is_long_many_or_deep_is_bounded() -> None:
    deep: Any = "at the bottom"
    for _ in range(900):
        deep = {"error": [deep]}
    for content in ({"detail": "x" * 10**6}, {"detail": ["x" * 500] * 10_000}, deep, {"code": deep}, "<" * 10**6):
        assert 0 < len(read_error_body(content).reason) <= LONGEST_REASON


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["error", "detail", "code", "type", "loc", "msg", "title", "raw", "x"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(json_values)
def test_any_body_is_told_on_one_printable_line_that_json_and_postgres_take(content: Any) -> None:
    body = read_error_body(content)
    assert body.reason.isprintable()
    assert body.reason
    orjson.dumps([body.reason, *body.codes])
