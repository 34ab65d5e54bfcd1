"""What a hostile model can do with one purchase, and what may come of it. Data; the provider performs it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

COMPLETED = frozenset({"completed"})
FAILED = frozenset({"failed"})
EITHER = COMPLETED | FAILED

LONE_SURROGATE = "50%|\ud83d"
"""Half an emoji, as a log that was cut between two code units has it; JSON can write it, UTF-8 cannot."""


class Places(NamedTuple):
    """Where a model can point to."""

    files: str
    """Address of the provider's files, without a slash at its end."""
    inside: str
    """Address of a service inside the network, which nobody outside may reach."""


class Behaviour(NamedTuple):
    """One way to treat a purchase."""

    ends: frozenset[str]
    """The final statuses that may come of it."""
    answer: Callable[[Places], dict[str, Any]]
    """The fields of the finished prediction that differ from a good one's."""
    purchases: int = 1
    """How many the provider may sell for such a generation."""
    webhook: str = "sent"
    """`sent`, `twice`, `lost`, `garbled` (signed, but not JSON) or `foreign` (before it, another prediction's)."""
    sale: str = "answered"
    """`answered`, `unanswered` (sold, and the connection closed) or `refused-once` (408 first, nothing sold)."""


def _file(name: str) -> Callable[[Places], dict[str, Any]]:
    return lambda places: {"output": [f"{places.files}/{name}"]}


def _says(**fields: Any) -> Callable[[Places], dict[str, Any]]:
    return lambda _: fields


def _failed(error: Any) -> Callable[[Places], dict[str, Any]]:
    return _says(status="failed", output=None, error=error)


def _output(shape: Callable[[str], Any]) -> Callable[[Places], dict[str, Any]]:
    """A good picture, given in a shape of the model's own; `shape` takes its address."""
    return lambda places: {"output": shape(f"{places.files}/good.webp")}


BEHAVIOURS: Mapping[str, Behaviour] = MappingProxyType(
    {
        # Answers in odd spellings about good pictures: they were paid for, and are kept.
        "log with half an emoji": Behaviour(COMPLETED, _says(logs=LONE_SURROGATE)),
        "metrics that are no numbers": Behaviour(COMPLETED, _says(metrics={"predict_time": float("nan")})),
        "moments nobody can read": Behaviour(COMPLETED, _says(created_at="soon", completed_at=17)),
        "a mapping of images": Behaviour(COMPLETED, _output(lambda url: {"images": [{"url": url}]})),
        "a list of objects": Behaviour(COMPLETED, _output(lambda url: [{"url": url, "content_type": "image/webp"}])),
        "more than was asked for": Behaviour(COMPLETED, _output(lambda url: [f"{url}?{n}" for n in range(100)])),
        "a webhook twice": Behaviour(COMPLETED, _says(), webhook="twice"),
        "a lost webhook": Behaviour(COMPLETED, _says(), webhook="lost"),
        "a garbled webhook": Behaviour(COMPLETED, _says(), webhook="garbled"),
        "a webhook about somebody else's": Behaviour(COMPLETED, _says(), webhook="foreign"),
        "a lost answer": Behaviour(COMPLETED, _says(), sale="unanswered"),
        "a request timeout before the sale": Behaviour(COMPLETED, _says(), sale="refused-once"),
        "a PNG with compressed text": Behaviour(COMPLETED, _file("compressed-text.png")),
        "a JPEG with a byte behind it": Behaviour(COMPLETED, _file("trailing-byte.jpg")),
        "an SVG of a drawing program": Behaviour(COMPLETED, _file("drawing.svg")),
        # Refusals, in a provider's words and fields: once.
        "refused content": Behaviour(FAILED, _failed("NSFW content detected. Try running it again.")),
        "flagged as sensitive": Behaviour(FAILED, _failed("The input or output was flagged as sensitive. (E005)")),
        "a refusal as an object": Behaviour(FAILED, _failed({"detail": [{"type": "content_policy_violation"}]})),
        # Failures that may be tried again: a failed prediction is not billed.
        "an error as a list": Behaviour(FAILED, _failed(["CUDA", "out of memory\0"]), purchases=3),
        "an error with half an emoji": Behaviour(FAILED, _failed(f"worker lost {LONE_SURROGATE}"), purchases=3),
        # Outputs that are none: booked, told, not bought again.
        "a data: address of spaces": Behaviour(FAILED, _says(output=[f"data:{' ' * 200_000}x"])),
        "a number": Behaviour(FAILED, _says(output=42)),
        "an object without a picture": Behaviour(FAILED, _says(output={"result": {"ok": True}})),
        "no output at all": Behaviour(FAILED, _says(output=[]), purchases=3),
        # Addresses inside the network.
        "this machine": Behaviour(FAILED, lambda places: {"output": [f"{places.inside}/secret.png"]}),
        "the cloud's metadata": Behaviour(FAILED, _says(output=["http://169.254.169.254/latest/meta-data/"])),
        "a redirect inside": Behaviour(FAILED, lambda places: {"output": [f"{places.files}/redirect-inside"]}),
        "a file of the machine's": Behaviour(FAILED, _says(output=["file:///etc/passwd"])),
        # Bytes that are made to hurt whoever looks into them.
        "a data: address of escapes": Behaviour(FAILED, _says(output=[f"data:image/png,{'%41' * 2_000_000}"])),
        "an endless body": Behaviour(FAILED, _file("endless")),
        "a body that is cut off": Behaviour(FAILED, _file("cut-off.webp")),
        "a page instead of a picture": Behaviour(FAILED, _file("page.html")),
        "nothing instead of a picture": Behaviour(FAILED, _file("empty.png")),
        "a PNG of absurd size": Behaviour(FAILED, _file("huge-sides.png")),
        "a PNG with 200,000 chunks": Behaviour(EITHER, _file("many-chunks.png")),
        "a GIF with 300,000 frames": Behaviour(EITHER, _file("many-frames.gif")),
        "an SVG with an open comment": Behaviour(EITHER, _file("open-comment.svg")),
        "an SVG full of spaces": Behaviour(EITHER, _file("spaces.svg")),
        "a deep SVG": Behaviour(FAILED, _file("deep.svg")),
        "an SVG whose entities grow": Behaviour(FAILED, _file("entities.svg")),
    }
)
"""By name. A generation's prompt names one: see `prompt_of`."""

_MARK = "hostile: "


def prompt_of(name: str, number: int) -> str:
    """The prompt of the `number`th generation whose purchase is treated that way."""
    return f"{_MARK}{name} #{number}"


def behaviour_of(prompt: str) -> str | None:
    """The name of the behaviour that a prompt asks for; None for an honest one."""
    name = prompt.removeprefix(_MARK).rpartition(" #")[0]
    return name if prompt.startswith(_MARK) and name in BEHAVIOURS else None
