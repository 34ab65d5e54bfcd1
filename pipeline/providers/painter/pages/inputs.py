"""Kinds of input, as a model's page states them, and the complaint about a value that is none of the kind."""

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

MOST_SOURCE_CHARACTERS = 512 * 1024
"""Of a data: address; Replicate recommends them up to 256 kB, and refuses bodies that are much larger."""


class Input(Protocol):
    """One input of a model."""

    def complaint(self, value: object) -> str | None:
        """What is wrong with `value`, in the words of a JSON schema's validator; None when nothing is."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string."""

    def complaint(self, value: object) -> str | None:
        """See Input."""
        return None if isinstance(value, str) else "Invalid type. Expected: string"


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number within limits that are allowed themselves."""

    low: int | None = None
    high: int | None = None

    def complaint(self, value: object) -> str | None:
        """See Input."""
        if type(value) is not int:
            return "Invalid type. Expected: integer"
        return _beyond(value, self.low, self.high)


@dataclass(frozen=True, slots=True)
class Number:
    """A number within limits that are allowed themselves."""

    low: float
    high: float

    def complaint(self, value: object) -> str | None:
        """See Input."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            return "Invalid type. Expected: number"
        return _beyond(value, self.low, self.high)


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def complaint(self, value: object) -> str | None:
        """See Input."""
        return None if isinstance(value, bool) else "Invalid type. Expected: boolean"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def complaint(self, value: object) -> str | None:
        """See Input."""
        return None if value in self.words else f"must be one of the following: {', '.join(map(repr, self.words))}"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture by its address: http, https or data."""

    def complaint(self, value: object) -> str | None:
        """See Input."""
        return None if _is_picture(value) else "Does not match format 'uri'"


@dataclass(frozen=True, slots=True)
class Pictures:
    """A list of pictures."""

    most: int

    def complaint(self, value: object) -> str | None:
        """See Input."""
        if not isinstance(value, list):
            return "Invalid type. Expected: array"
        if len(value) > self.most:
            return f"Array must have at most {self.most} items"
        return None if all(map(_is_picture, value)) else "Does not match format 'uri'"


@dataclass(frozen=True, slots=True)
class Size:
    """A size by its name, or as {"width", "height"} in pixels."""

    named: Choice
    multiple_of: int = 1
    highest: int = 14_142

    def complaint(self, value: object) -> str | None:
        """See Input."""
        if not isinstance(value, dict):
            return self.named.complaint(value)
        if value.keys() != {"width", "height"}:
            return "must have width and height, and nothing else"
        found = (Integer(1, self.highest).complaint(side) for side in value.values())
        if complaint := next((one for one in found if one), None):
            return complaint
        if any(side % self.multiple_of for side in value.values()):
            return f"must be multiples of {self.multiple_of}"
        return None


def choice(words: str) -> Choice:
    """A choice of the words that `words` separates by blanks."""
    return Choice(tuple(words.split()))


def _beyond(value: float, low: float | None, high: float | None) -> str | None:
    if low is not None and value < low:
        return f"Must be greater than or equal to {low}"
    if high is not None and value > high:
        return f"Must be less than or equal to {high}"
    return None


def _is_picture(value: object) -> bool:
    if not isinstance(value, str) or len(value) > MOST_SOURCE_CHARACTERS:
        return False
    if value.startswith("data:image/"):
        return ";base64," in value
    parts = urlsplit(value)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
