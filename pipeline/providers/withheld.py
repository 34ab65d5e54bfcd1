"""Pictures that a provider's moderation has withheld from an answer that is a success otherwise: taken out and counted.

fal puts a black square in such a picture's place and says so beside it; OpenAI-compatible servers leave it empty.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pipeline.providers.refusals import Cause, cause_by_codes

_BESIDE = ("has_nsfw_concepts", "has_nsfw_concept", "nsfw_content_detected", "has_nsfw_content")
"""Keys of a flag for each picture. `nsfw` alone is none of them: some models tell so of pictures that are whole."""
_PICTURES = ("images", "image", "outputs", "output", "pictures", "data")
_FINISHED = ("finish_reason", "finishReason")
WITHHELD = "the provider's moderation has withheld {number}"


class Sifted(NamedTuple):
    """An answer without its withheld pictures, and how many they were."""

    content: Any
    withheld: int


def sift(content: Any) -> Sifted:
    """Take the pictures out of a result (an object with pictures in it, or a list of them) that were withheld."""
    if isinstance(content, list):
        return _sifted_list(content, ())
    if not isinstance(content, dict):
        return Sifted(content, 0)
    flags = next((_flags(content[key]) for key in _BESIDE if key in content), ())
    for key in _PICTURES:
        match content.get(key):
            case list(pictures):
                kept, withheld = _sifted_list(pictures, flags)
                return Sifted({**content, key: kept}, withheld) if withheld else Sifted(content, 0)
            case str() | dict() as picture:
                if any(flags) or _is_withheld(picture):
                    return Sifted({name: value for name, value in content.items() if name != key}, 1)
                return Sifted(content, 0)
    return Sifted(content, 0)


def told_of(withheld: int) -> str:
    """In words, for the generation's owner."""
    return WITHHELD.format(number="its picture" if withheld == 1 else f"{withheld} pictures")


def _sifted_list(pictures: Sequence[Any], flags: Sequence[bool]) -> Sifted:
    if len(pictures) <= flags.count(False) and any(flags):
        # The flagged ones were left out by the provider itself.
        return Sifted(list(pictures), sum(flags))
    kept = [
        picture
        for index, picture in enumerate(pictures)
        if not (index < len(flags) and flags[index]) and not _is_withheld(picture)
    ]
    return Sifted(kept, len(pictures) - len(kept))


def _flags(told: Any) -> list[bool]:
    return [_is_set(one) for one in (told if isinstance(told, list) else [told])]


def _is_set(flag: Any) -> bool:
    return flag in (True, 1) or (isinstance(flag, str) and flag.casefold() in {"true", "1", "yes"})


def _is_withheld(picture: Any) -> bool:
    if not isinstance(picture, Mapping):
        return False
    if any(_is_set(picture.get(key)) for key in _BESIDE) or picture.get("respect_moderation") is False:
        return True
    ended = [str(picture[key]) for key in _FINISHED if isinstance(picture.get(key), str)]
    if cause_by_codes(tuple(ended)) == Cause.CONTENT:
        return True
    # Azure says of each category whether the filter has taken the picture out.
    filters = picture.get("content_filter_results")
    found = filters.values() if isinstance(filters, Mapping) else ()
    return any(isinstance(one, Mapping) and _is_set(one.get("filtered")) for one in found)
