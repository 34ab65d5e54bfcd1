"""Why a provider says no: messages as they were seen in the wild, and those that only look like a refusal."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.providers.error_body import read_error_body
from pipeline.providers.refusals import CODES, Cause, cause_by_codes, cause_by_words, cause_of

MODERATED = [
    "NSFW content detected. Try running it again, or try a different prompt.",
    "All generated images contained NSFW content. Try running it again with a different prompt.",
    "The input or output was flagged as sensitive. Please try again with different inputs. (E005) (abc123)",
    "Content Moderated",
    "Request Moderated",
    "BFL API did not return an image due to: Request Moderated.",
    "Your request was rejected as a result of our safety system. Your prompt may contain text that is not allowed.",
    "Your request was rejected by the safety system. safety_violations=[sexual].",
    "The prompt could not be submitted. It contains words that violate Google's Responsible AI practices.",
    "Unable to show generated images. All images were filtered out because they violated our usage guidelines.",
    "This request has been blocked by our content filters.",
    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
    "Green net check failed for image (input): Input data may contain inappropriate content.",
    "Prediction failed: ContentModerationError: Content flagged for: sexual",
    "Content flagged and reported for containing illegal material",
    "Prompt contains unsafe content: sexual, violence",
    "Vertex AI Gemini image generation failed: Content policy violation detected in response",
    "litellm.BadRequestError: litellm.ContentPolicyViolationError: AzureException",
    "OutputImageSensitiveContentDetected",
    "System detected potentially unsafe or sensitive content in input or generation.",
    "Generated image rejected by content moderation.",
    "The content was flagged by a content checker.",
    "Your prompt may violate our guardrails around nudity.",
    "Failure to pass the risk control system",
    "Traceback (most recent call last): Exception: NSFW content detected",
]
NOT_MODERATED = [
    "The file name is case-sensitive",
    "Parameter names are case sensitive text",
    "CUDA out of memory while running the safety checker",
    "Failed to load safety checker weights",
    "Content moderation service is temporarily unavailable, try again later",
    "no NSFW filter is installed",
    "safety_tolerance must be between 1 and 6",
    "time-sensitive token expired",
    "The service is currently experiencing high load. Please try again later.",
    "Prediction interrupted; please retry (code: PA)",
    "connection refused to generate-server",
    "director: unexpected error handling prediction (E9243)",
    "access prohibited",
    "request was rejected: queue full",
    "policy of retries exhausted",
    "",
]


@pytest.mark.parametrize("text", MODERATED)
def test_moderation_is_known_by_its_words(text: str) -> None:
    assert cause_by_words(text) == Cause.CONTENT


@pytest.mark.parametrize("text", NOT_MODERATED)
def test_what_only_sounds_like_it_is_none(text: str) -> None:
    assert cause_by_words(text) is not Cause.CONTENT


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ({"error": {"code": "moderation_blocked", "message": "x"}}, Cause.CONTENT),
        ({"error": {"code": "content_policy_violation", "type": "invalid_request_error"}}, Cause.CONTENT),
        (
            {
                "error": {
                    "code": "400",
                    "provider_specific_fields": {"innererror": {"code": "ResponsibleAIPolicyViolation"}},
                }
            },
            Cause.CONTENT,
        ),
        ({"code": "imagine:content-moderated", "error": "no"}, Cause.CONTENT),
        ({"error": {"code": "OutputImageSensitiveContentDetected.PolicyViolation", "message": "x"}}, Cause.CONTENT),
        ({"name": "content_moderation", "errors": ["denied"]}, Cause.CONTENT),
        ({"code": "DataInspectionFailed", "message": "x"}, Cause.CONTENT),
        ({"detail": [{"loc": ["body"], "msg": "x", "type": "content_policy_violation"}]}, Cause.CONTENT),
        # The provider's own field says that it is about an input, whatever its words quote.
        ({"error": {"code": "insufficient_quota", "message": "see our content policy"}}, Cause.ROUTE),
        ({"error": {"type": "authentication_error", "message": "no"}}, Cause.ROUTE),
        ({"detail": "User is locked. Reason: Exhausted balance."}, Cause.ROUTE),
        ({"error": "Insufficient credits"}, Cause.ROUTE),
        ({"error": {"type": "requests", "code": "rate_limit_exceeded"}}, Cause.CAPACITY),
        ({"error": {"code": "slow_down"}}, Cause.CAPACITY),
        ({"detail": [{"loc": ["body", "w"], "msg": "too small", "type": "greater_than_equal"}]}, Cause.INPUT),
        ({"detail": [{"loc": ["body"], "msg": "none", "type": "no_media_generated"}]}, Cause.INPUT),
        ({"error": {"type": "invalid_request_error", "message": "violates our usage policies"}}, Cause.CONTENT),
        ({"error": "Input validation error: width"}, Cause.INPUT),
        ({"error": "CUDA out of memory"}, None),
        ({"detail": "Internal Server Error", "error_type": "runner_server_error"}, None),
    ],
)
def test_its_own_type_and_fields_come_first(content: Any, cause: Cause | None) -> None:
    assert cause_of(read_error_body(content)) == cause


def test_several_causes_count_in_their_order() -> None:
    assert cause_by_codes(("invalid_request_error", "rate_limit", "insufficient_quota", "nsfw")) == Cause.CONTENT
    assert cause_by_codes(("invalid_request_error", "rate_limit", "insufficient_quota")) == Cause.ROUTE
    assert cause_by_codes(("invalid_request_error", "rate_limit")) == Cause.CAPACITY
    assert cause_by_codes(("unknown",)) is None


def test_every_code_is_spelt_once() -> None:
    assert len(CODES) > 100
    assert all(code.isalnum() and code.islower() for code in CODES)


@given(st.text(max_size=2_000))
def test_no_text_raises(text: str) -> None:
    cause_by_words(text)
