"""Calls: one HTTP request at any endpoint, with something hostile in its path, query, headers or body."""

from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

from proof.fuzz.hostile import JSON, KNOWN_ID, TEXTS, objects

_GENERATION = {
    "prompt": "a lighthouse",
    "model_id": "black-forest-labs/flux-schnell",
    "width": 512,
    "height": 512,
    "seed": 7,
    "num_outputs": 1,
    "priority": 0,
    "deadline": "2099-01-01T00:00:00Z",
    "scheduled_at": "2098-01-01T00:00:00Z",
    "max_attempts": 1,
    "metadata": {"a": 1},
}
_ROW = {"prompt": "a lighthouse", "model": "black-forest-labs/flux-schnell", "steps": 4, "seed": 1, "user_id": "u"}
_CHANGE = {"status": "cancelled", "error_message": None, "priority": 1, "updated_at": "2026-01-01"}
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/v1/generations"): _GENERATION,
    ("POST", "/v1/batches"): {"prompts": ["a", {"prompt": "b"}], "settings": _GENERATION, "name": "n"},
    ("POST", "/functions/v1/start-generation"): _GENERATION,
    ("POST", "/functions/v1/batch-generate"): {"prompts": ["a"], "shared_settings": {"width": 512}, "batch_name": "n"},
    ("POST", "/rest/v1/image_generations"): _ROW,
    ("PATCH", "/rest/v1/image_generations"): _CHANGE,
    ("PATCH", "/rest/v1/job_queue"): _CHANGE,
    ("POST", "/rest/v1/rpc/enqueue_job"): {"p_job_type": "generate-image", "p_payload": _GENERATION, "p_priority": 0},
    ("POST", "/rest/v1/rpc/get_user_limits"): {"p_user_id": "u"},
    ("POST", "/v1/callbacks/replicate/{id}/1"): {"id": "p", "status": "succeeded", "output": ["x"], "logs": "1%"},
}
"""Endpoints that read a body, and a body that each of them takes or nearly takes."""
BARE = [
    ("GET", "/v1/generations"),
    ("GET", "/v1/generations/{id}"),
    ("POST", "/v1/generations/{id}/cancel"),
    ("POST", "/v1/generations/{id}/retry"),
    ("DELETE", "/v1/generations/{id}"),
    ("GET", "/v1/batches/{id}"),
    ("POST", "/v1/batches/{id}/cancel"),
    ("POST", "/v1/batches/{id}/retry-failed"),
    ("GET", "/v1/webhooks/deliveries"),
    ("GET", "/v1/webhooks/deliveries/{id}"),
    ("POST", "/v1/webhooks/deliveries/{id}/replay"),
    ("POST", "/v1/webhooks/secret/rotate"),
    ("GET", "/v1/models"),
    ("GET", "/v1/queue"),
    ("GET", "/rest/v1/image_generations"),
    ("GET", "/rest/v1/images"),
    ("GET", "/rest/v1/job_queue"),
    ("DELETE", "/rest/v1/image_generations"),
    ("DELETE", "/rest/v1/images"),
    ("GET", "/rest/v1/rpc/get_user_limits"),
    ("GET", "/images/{id}"),
    ("GET", "/{id}"),
]
PAGES = ["limit", "cursor", "status", "model_id", "batch_id", "state", "generation_id"]
COLUMNS = [
    "id",
    "prompt",
    "created_at",
    "seed",
    "guidance_scale",
    "width",
    "status",
    "payload",
    "payload->a",
    "user_id",
]
OF_TABLES = ["select", "order", "limit", "offset", "or", "and", "not.or", "images.id", "p_user_id"]
FILTERS = ["eq", "neq", "gt", "lte", "like", "ilike", "is", "in", "not.eq"]
_HEADERS = st.sampled_from(["Idempotency-Key", "Prefer", "Range", "Accept", "Last-Event-ID", "Content-Type"])
_PREFERENCES = st.sampled_from(["count=exact", "return=representation", "max-affected=99999999999", "wait=x", "tx=x"])


SHOWN = 600
"""Characters of a call's parts in a finding."""


class Call(NamedTuple):
    """A request, ready to be sent; KNOWN_ID in it stands for the id of a generation that is there."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes | None
    key: str
    """Whose: `service`, `user`, `anonymous` or `nobody`."""

    def __str__(self) -> str:
        body = "" if self.body is None else _shortened(repr(self.body))
        return f"{self.method} {_shortened(self.target)} {self.headers} {body} as {self.key}"


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text)})"


def _encodable(text: str) -> str:
    return text.encode(errors="surrogatepass").decode("latin-1")


@st.composite
def _queries(draw: st.DrawFn, path: str) -> str:
    """Up to two parameters, mostly such as the endpoint reads."""
    pairs = []
    for _ in range(draw(st.integers(0, 2))):
        value = draw(TEXTS)
        if not path.startswith("/rest/v1/"):
            name = draw(st.sampled_from(PAGES))
        elif draw(st.booleans()):
            name = draw(st.sampled_from(COLUMNS))
            value = draw(st.sampled_from(["{}.{}", "{}.({})", "{}"])).format(draw(st.sampled_from(FILTERS)), value)
        else:
            name = draw(st.sampled_from(OF_TABLES) | TEXTS)
            value = draw(st.sampled_from(["{}", "(id.eq.{})", "(seed.in.({}))", "id,{}", "id.{}"])).format(value)
        pairs.append((name.encode(errors="surrogatepass"), value.encode(errors="surrogatepass")))
    return urlencode(pairs)


@st.composite
def _headers(draw: st.DrawFn) -> dict[str, str]:
    headers = {}
    for _ in range(draw(st.sampled_from([0, 0, 0, 1]))):
        value = draw(_PREFERENCES | TEXTS)
        # A line's end or a NUL is refused by any HTTP library, ours too, before anything of ours sees it.
        headers[draw(_HEADERS)] = "".join(one for one in _encodable(value) if one >= " ")
    return headers


def _bodies(usual: dict[str, Any]) -> st.SearchStrategy[str]:
    spoiled = objects(usual)
    return st.one_of(spoiled, spoiled, spoiled, JSON, st.text(max_size=9))


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """Any call."""
    usual: dict[str, Any] | None = None
    if draw(st.booleans()):
        (method, path), usual = draw(st.sampled_from(list(BODIES.items())))
    else:
        method, path = draw(st.sampled_from(BARE))
    place = draw(st.one_of(st.just(KNOWN_ID), st.just(KNOWN_ID), st.just(KNOWN_ID), TEXTS))
    target = path.replace("{id}", quote(place.encode(errors="surrogatepass"), safe=draw(st.sampled_from(["", "/"]))))
    query = draw(_queries(path))
    if path.startswith("/rest/v1/") and method in ("PATCH", "DELETE") and draw(st.booleans()):
        query = f"id=eq.{KNOWN_ID}" + (f"&{query}" if query else "")
    bodies = (
        st.one_of(objects(usual), objects(usual), objects(usual), JSON, st.text(max_size=9)) if usual else st.just("")
    )
    body = draw(bodies).encode(errors="surrogatepass") if usual else None
    return Call(
        method,
        target + (f"?{query}" if query else ""),
        draw(_headers()),
        body,
        draw(st.sampled_from(["service", "service", "user", "user", "anonymous", "nobody"])),
    )
