"""Finds the pictures in what a model answered. Every provider's output is read here.

Models, gateways and servers that imitate an API agree on no shape. Seen in the wild: a single address; lists of them,
nested; `{"images": […]}`; objects with the picture under `url`, `uri`, `image_url`, `b64_json` and the like (OpenAI,
fal, Stability, Together, Imagen, Gradio's FileData, Replicate's FileOutput); JSON written into a string. The walk is
bounded in depth, nodes and pictures, because whoever owns a model writes its output.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

import orjson

from pipeline.providers.output_text import as_address, as_drawing, as_encoded, has_signature
from pipeline.providers.shortened import shortened

MOST_PICTURES: Final = 64
DEEPEST: Final = 12
MOST_NODES: Final = 10_000
LONGEST_JSON: Final = 2**20
"""Characters of a string that is tried as JSON."""


def _keys(names: str) -> tuple[str, ...]:
    return tuple(names.split())


_ENCODED = _keys("b64json b64 base64 imagebase64 base64image imagebase64data bytesbase64encoded imagebytes imagedata")
"""Keys of base64. Keys are compared in lower case and without `_`, `-` and spaces."""
_NAMED = _keys(
    "url uri href imageurl imageuri fileurl downloadurl outputurl publicurl signedurl mediaurl src link "
    "image picture file content data sample output result"
)
"""Keys of one picture: an address, a data: URI, or base64 that begins as a picture does."""
_HOLDERS = frozenset(
    _keys(
        "images image imageurl imageurls imageuri pictures picture files file outputs output data result results "
        "artifacts predictions generations generatedimages candidates choices message content parts inlinedata assets "
        "items samples media url"
    )
)
"""Keys under which lists and objects of pictures are looked for first."""
_ASIDE = ("preview", "thumb", "mask")
"""Parts of a key, or of an object's `type`, that say: beside the picture. Taken only where there is no other."""
_NEVER = frozenset(
    _keys(
        "input inputs request params parameters metadata meta metrics timings usage logs log debug urls webhook prompt "
        "error errors"
    )
)
"""Keys whose addresses are never an output: among them the source picture that the caller gave."""


class Output(NamedTuple):
    """What was found in a model's output."""

    addresses: list[str]
    """http(s) addresses, each once, and data: URIs, in the model's order."""
    unreadable: str | None
    """The output as JSON, shortened, when something came and no picture could be found in it."""


def read_output(given: object, *, kind: str = "png") -> Output:
    """The pictures in `given`, a JSON value. `kind` is the format of base64 whose beginning tells none.

    A picture that one object gives in several forms (an address and base64) is taken once, the form that needs no
    download first. Never raises.
    """
    walk = _Walk(kind)
    found = _each_once(walk.pictures(given, 0))[:MOST_PICTURES]
    return Output(found, None if found or walk.is_empty(given, 0) else shortened(given))


class _Walk:
    """One walk through an output."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._nodes_left = MOST_NODES

    def pictures(self, value: object, depth: int) -> list[str]:
        """The addresses in `value`, in order, perhaps doubled."""
        self._nodes_left -= 1
        if depth > DEEPEST or self._nodes_left < 0:
            return []
        match value:
            case str():
                return self._of_text(value, depth)
            case list():
                return self._of_list(value, depth)
            case dict():
                return self._of_mapping(value, depth)
        return []

    def _of_text(self, text: str, depth: int) -> list[str]:
        if address := as_address(text) or self._signed(text) or as_drawing(text):
            return [address]
        # Some models write their JSON into a string.
        if text.lstrip()[:1] in ("[", "{", '"') and len(text) <= LONGEST_JSON:
            try:
                return self.pictures(orjson.loads(text), depth + 1)
            except orjson.JSONDecodeError:
                return []
        return []

    def _of_list(self, items: Sequence[object], depth: int) -> list[str]:
        found: list[str] = []
        aside: list[Mapping[str, Any]] = []
        for item in items:
            if self._nodes_left < 0 or len(found) >= MOST_PICTURES:
                break
            if isinstance(item, dict) and isinstance(kind := item.get("type"), str) and _is_aside(kind):
                aside.append(item)
            else:
                found += self.pictures(item, depth + 1)
        return found or [one for item in aside for one in self._of_mapping(item, depth + 1)]

    def _of_mapping(self, given: Mapping[str, Any], depth: int) -> list[str]:
        named = [(_key(name), value) for name, value in islice(given.items(), MOST_NODES)]
        wanted = {key: value for key, value in named if key not in _NEVER and not _is_aside(key)}
        own = self._own(wanted)
        inside = self._inside(wanted, depth)
        if own:
            # One more inside is the same picture in another form; of several, this one may be the first.
            return [own] if len(set(inside)) < 2 else inside if own in inside else [own, *inside]
        if inside:
            return inside
        loose = [value for value in wanted.values() if isinstance(value, str)]
        if found := [address for text in loose for address in self.pictures(text, depth + 1)]:
            return found
        return self._each((value for key, value in named if _is_aside(key)), depth)

    def _own(self, wanted: Mapping[str, Any]) -> str | None:
        """The picture that an object is about, from whichever of its keys can be read."""
        encoded = [text for key in _ENCODED if isinstance(text := wanted.get(key), str)]
        named = [text for key in _NAMED if isinstance(text := wanted.get(key), str)]
        for text in (*encoded, *named):
            if address := self._signed(text) or as_address(text):
                return address
        # The key alone says that it is base64; what it holds is told when it is decoded.
        return next((one for text in encoded if (one := as_encoded(text, self._kind))), None)

    def _inside(self, wanted: Mapping[str, Any], depth: int) -> list[str]:
        nested = {key: value for key, value in wanted.items() if isinstance(value, dict | list)}
        held = self._each((value for key, value in nested.items() if key in _HOLDERS), depth)
        return held or self._each((value for key, value in nested.items() if key not in _HOLDERS), depth)

    def _each(self, values: Iterable[object], depth: int) -> list[str]:
        found: list[str] = []
        seen = set[str]()
        for value in values:
            if self._nodes_left < 0 or len(found) >= MOST_PICTURES:
                break
            # Two keys may tell of the same pictures.
            found += [one for one in self.pictures(value, depth + 1) if one not in seen]
            seen.update(found)
        return found

    def _signed(self, text: str) -> str | None:
        return as_encoded(text, self._kind) if has_signature(text) else None

    def is_empty(self, value: object, depth: int) -> bool:
        """Whether nothing came: null, "", [], {}, or an object whose places for pictures are empty."""
        self._nodes_left -= 1
        if depth > DEEPEST or self._nodes_left < 0:
            return False
        match value:
            case None:
                return True
            case str():
                return not value.strip()
            case list():
                return all(self.is_empty(item, depth + 1) for item in value)
            case dict():
                named = ((_key(name), held) for name, held in islice(value.items(), MOST_NODES))
                places = [held for key, held in named if key in _HOLDERS or key in _ENCODED]
                return (bool(places) or not value) and all(self.is_empty(one, depth + 1) for one in places)
        return False


def _each_once(addresses: Iterable[str]) -> list[str]:
    """The addresses without those that came before; data: URIs stay: a picture delivered twice was sold twice."""
    seen: dict[str, str] = {}
    for nth, address in enumerate(addresses):
        seen.setdefault(f"{nth}" if address.startswith("data:") else address, address)
    return list(seen.values())


def _key(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


def _is_aside(key: str) -> bool:
    return any(part in key.lower() for part in _ASIDE)
