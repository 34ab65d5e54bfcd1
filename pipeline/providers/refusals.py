"""Why a provider says no: its own codes first, its words last. Data, not branches: a new spelling is a new line here.

Sources: https://docs.fal.ai/errors, https://fal.ai/docs/documentation/model-apis/request-errors,
https://platform.openai.com/docs/guides/error-codes, Azure's content filtering
(https://learn.microsoft.com/azure/ai-services/openai/how-to/content-filtering),
https://replicate.com/docs/reference/error-codes, the statuses of a task at https://docs.bfl.ai; Stability's,
ByteDance's, Alibaba's, xAI's and Google's errors as issues in public repositories quote them (LiteLLM 19328 and 16231,
vercel/ai 19168, pollinations 10801 and 11722, puter 3719).
"""

import re
from collections.abc import Mapping
from enum import StrEnum

from pipeline.providers.error_body import ErrorBody


class Cause(StrEnum):
    """What is behind a provider's no. The order is that in which they count when an error names several."""

    CONTENT = "content"
    """Moderation: what was asked for, or what came out, is not given to anybody."""
    ROUTE = "route"
    """Credentials, credit, or a model that this account does not have: another provider may do it."""
    CAPACITY = "capacity"
    """Too much at once: the same again later."""
    INPUT = "input"
    """A value that the model does not take: the request's own fault, whoever is asked."""


_SPELLINGS: Mapping[Cause, str] = {
    Cause.CONTENT: """
        content_policy_violation content_policy content_filter content_filtered content_filter_error
        content_moderation content_moderated content_moderation_error content_blocked content_violation
        content_safety content_safety_error moderation_blocked moderation_flagged moderation_error moderated
        request_moderated responsible_ai_policy_violation policy_violation safety_violation safety_error image_safety
        unsafe_content nsfw nsfw_content nsfw_content_detected nsfw_detected flagged content_flagged flagged_content
        sensitive_content sensitive_content_detected text_sensitive_content_detected
        input_image_sensitive_content_detected input_text_sensitive_content_detected
        output_image_sensitive_content_detected output_text_sensitive_content_detected
        output_video_sensitive_content_detected input_image_risk_detection data_inspection_failed
        prohibited_content image_prohibited_content blocklist blocked_reason_safety model_moderated E005
        """,
    Cause.ROUTE: """
        invalid_api_key incorrect_api_key invalid_token authentication_error authentication_failed unauthorized
        unauthenticated permission_denied permission_error access_denied forbidden insufficient_quota
        insufficient_credit insufficient_credits insufficient_balance insufficient_funds exhausted_balance
        payment_required billing_hard_limit_reached billing_not_active billing_error account_deactivated
        account_suspended user_locked model_not_found model_not_available model_not_supported deployment_not_found
        unsupported_country_region_territory not_found_error
        """,
    Cause.CAPACITY: """
        rate_limit rate_limited rate_limit_error rate_limit_exceeded rate_limit_reached too_many_requests requests
        tokens throttled throttling throttling_rate_quota concurrency_limit_exceeded overloaded overloaded_error
        engine_overloaded model_overloaded server_overloaded server_busy slow_down service_unavailable unavailable
        resource_exhausted no_capacity queue_full
        """,
    Cause.INPUT: """
        invalid_request_error validation_error image_generation_user_error value_error missing one_of enum literal_error
        string_type int_type int_parsing float_parsing bool_parsing dict_type extra_forbidden string_too_long
        string_too_short greater_than greater_than_equal less_than less_than_equal multiple_of sequence_too_short
        sequence_too_long image_too_small image_too_large image_load_error file_download_error file_too_large
        face_detection_error unsupported_image_format feature_not_supported invalid_archive bad_request
        no_media_generated invalid_parameter invalid_parameters invalid_argument
        """,
}


def _plain(code: str) -> str:
    return re.sub(r"[^a-z0-9]", "", code.casefold())


CODES: Mapping[str, Cause] = {_plain(code): cause for cause, codes in _SPELLINGS.items() for code in codes.split()}
"""Codes and types without case and punctuation: ContentPolicyViolation and content-policy-violation are one."""

_PARTS = re.compile(r"[.:/\s]+")
_NAME = re.compile(r"\b(?:[A-Za-z]+[_-])+[A-Za-z]+\b|\b[A-Z][a-z]+[A-Z][A-Za-z]*\b|\bE\d{3,4}\b")
"""What looks like a code inside a text: with underscores, in camel case, or one of Replicate's."""

_CONTENT_WORDS = re.compile(
    r"""\bnsfw\b | \bnot\ safe\ for\ work\b
    | \b(?:contents?|prompts?|texts?|images?|pictures?|outputs?|inputs?|requests?)\ (?:\w+\ ){0,4}(?:moderat|flagg)ed\b
    | \bflagged\ (?:as|for|by|and\ reported|content)\b
    | \bcontents?\ (?:\w+\ ){0,2}(?:blocked|filtered|rejected)\b
    | \bcontent[ -](?:policy|policies|moderation|moderator|filters?|filtering|safety|violation)\b
    | \bcontent\ management\ policy\b | \b(?:image|prompt|text|safety)\ moderation\b | \bmoderation\ system\b
    | \b(?:blocked|rejected|refused|flagged|stopped)\ by\ (?:\w+(?:'s)?\ ){0,4}moderation\b
    | \bresponsible\ ai\b
    | \bsafety\ (?:systems?|filters?|filtering|checkers?|checks?|guidelines?|guardrails?|policy|policies|settings|
        violations?|reasons|concerns)\b
    | \bsafety_violations\b
    | (?<![\w-])(?<!case\ )(?<!time\ )sensitive\ (?:content|information|words?|material|topics?|subject|image|text)\b
    | \b(?:deemed|considered|potentially|possibly|as)\ (?:unsafe|sensitive|harmful|inappropriate)\b
    | \b(?:unsafe|inappropriate|harmful|explicit|adult|sexual|illegal)\ (?:content|material|imagery|images?|prompts?)\b
    | \bprohibited\ (?:content|words?|terms?|material|uses?|topics?|subjects?)\b
    | \bviolat(?:es?|ed|ing|ions?)\b.{0,80}\b(?:polic(?:y|ies)|guidelines?|terms|guardrails?|practices|standards)\b
    | \b(?:usage|acceptable\ use)\ (?:polic(?:y|ies)|guidelines?)\b | \bguardrails\b
    | \bgreen\ ?net\b | \brisk\ control\b | \bcopyright\ restrictions?\b
    | \b(?:refuse[ds]?|declined|unable)\ to\ (?:generate|create|draw|produce|depict)\b
        .{0,120}\b(?:polic|content|safety|guideline)""",
    re.IGNORECASE | re.VERBOSE,
)
_NO_VERDICT = re.compile(
    r"""\bno\ nsfw\b
    | \b(?:service|system|endpoint|api|server|check|checker|filter|moderation)\ (?:is\ |was\ )?
        (?:currently\ |temporarily\ )?(?:unavailable|unreachable|overloaded|timed\ out|down)\b
    | \b(?:failed|unable|could\ not|cannot|error)\ (?:to\ )?
        (?:load|run|reach|download|import|start|loading|running|reaching|downloading|importing|starting)\b
    | \bout\ of\ memory\b | \bcuda\ error\b | \btimed\ out\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""Whoever says this has trouble with its moderation, and has judged nothing."""
_ROUTE_WORDS = re.compile(
    r"""\b(?:insufficient|not\ enough|exhausted)\ (?:credits?|balance|funds|quota)\b | \bout\ of\ credits?\b
    | \b(?:user|account)\ is\ (?:locked|suspended|deactivated|disabled)\b | \bpurchase\ (?:more\ )?credits?\b
    | \b(?:invalid|incorrect|expired|revoked)\ (?:api[ -]?key|api[ -]?token|credentials)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_INPUT_WORDS = re.compile(r"\binput validation (?:error|failed)\b|\binvalid input\b", re.IGNORECASE)

BLACKENED = re.compile(r"\bnsfw content was detected\b.{0,80}\ba black image will be returned\b", re.IGNORECASE)
"""What diffusers writes into a log when it has put a black square in a picture's place."""


def cause_by_codes(codes: tuple[str, ...]) -> Cause | None:
    """What an error's codes and types say of its cause; None when none of them is known."""
    named = {CODES[part] for code in codes for part in _spellings_of(code) if part in CODES}
    return next((cause for cause in Cause if cause in named), None)


def cause_by_words(text: str) -> Cause | None:
    """What a text says of its cause, where no code does: moderation, money or input; None when it says neither."""
    named = {CODES.get(_without_error(_plain(name))) for name in _NAME.findall(text)}
    if Cause.CONTENT in named:
        return Cause.CONTENT
    if _CONTENT_WORDS.search(text) and not _NO_VERDICT.search(text):
        return Cause.CONTENT
    if _ROUTE_WORDS.search(text):
        return Cause.ROUTE
    return Cause.INPUT if _INPUT_WORDS.search(text) else None


def cause_of(body: ErrorBody) -> Cause | None:
    """The cause of an error, by its codes and types, and where those leave it open, or say only that the request was
    wrong, by its words.
    """
    by_codes = cause_by_codes(body.codes)
    if by_codes not in (None, Cause.INPUT):
        return by_codes
    by_words = cause_by_words(body.reason)
    return by_words if by_words is not None else by_codes


def _spellings_of(code: str) -> list[str]:
    parts = [code, *_PARTS.split(code)]
    return [spelling for part in parts for spelling in (_plain(part), _without_error(_plain(part)))]


def _without_error(code: str) -> str:
    return code.removesuffix("error").removesuffix("exception")
