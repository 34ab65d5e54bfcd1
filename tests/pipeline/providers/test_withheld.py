"""Withheld pictures: which of an answer's are taken out, and which are not."""

from typing import Any

import pytest

from pipeline.providers.withheld import sift

FILTERED = {"content_filter_results": {"hate": {"filtered": False}, "sexual": {"filtered": True}}}
CLEAN = {"content_filter_results": {"hate": {"filtered": False}, "sexual": {"filtered": False}}}


@pytest.mark.parametrize(
    ("content", "kept", "withheld"),
    [
        ({"images": ["a", "b"], "has_nsfw_concepts": [False, True]}, {"images": ["a"]}, 1),
        ({"images": ["a"], "has_nsfw_concepts": [True]}, {"images": []}, 1),
        ({"images": ["a"], "has_nsfw_concepts": True}, {"images": []}, 1),
        ({"images": ["a", "b"], "has_nsfw_concepts": [0, 1]}, {"images": ["a"]}, 1),
        ({"image": {"url": "a"}, "has_nsfw_concepts": [True]}, {}, 1),
        ({"output": "a", "nsfw_content_detected": ["true"]}, {}, 1),
        # The provider has left the flagged one out itself.
        ({"images": ["a"], "has_nsfw_concepts": [True, False]}, {"images": ["a"]}, 1),
        ({"images": ["a", "b"], "has_nsfw_concepts": [False, False]}, {"images": ["a", "b"]}, 0),
        ({"images": ["a", "b"], "has_nsfw_concepts": []}, {"images": ["a", "b"]}, 0),
        ({"images": ["a", "b"], "has_nsfw_concepts": None}, {"images": ["a", "b"]}, 0),
        # Told of pictures that are whole.
        ({"images": [{"url": "a", "nsfw": True}]}, {"images": [{"url": "a", "nsfw": True}]}, 0),
        ({"images": [{"url": "a", "has_nsfw_concept": True}, {"url": "b"}]}, {"images": [{"url": "b"}]}, 1),
        ([{"url": "a", **FILTERED}, {"url": "b", **CLEAN}], [{"url": "b", **CLEAN}], 1),
        ([{"url": "a", "respect_moderation": False}], [], 1),
        (
            [{"b64_json": "a", "finish_reason": "CONTENT_FILTERED"}, {"b64_json": "b", "finish_reason": "SUCCESS"}],
            [{"b64_json": "b", "finish_reason": "SUCCESS"}],
            1,
        ),
        ("a", "a", 0),
        (None, None, 0),
        ({"images": 3}, {"images": 3}, 0),
        ([None, 3, "a"], [None, 3, "a"], 0),
    ],
)
def test_what_moderation_has_withheld_is_taken_out(content: Any, kept: Any, withheld: int) -> None:
    sifted = sift(content)
    assert sifted.withheld == withheld
    found = sifted.content
    if isinstance(found, dict):
        found = {key: value for key, value in found.items() if "nsfw" not in key}
    assert found == kept
