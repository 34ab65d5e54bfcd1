"""What a family's sheet may say: one TOML file is read into these, and a word that they do not know stops the start."""

from datetime import date
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict
from pydantic import Field as PydanticField

from pipeline.errors import Invalid


class Sheet(BaseModel):
    """A sheet, or a part of one."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Field(Sheet):
    """A field of the request that a family takes, and what becomes of it. Limits are inclusive."""

    input: str | None = None
    """The provider's name for it. None where an input is made of it and others: width and height, an aspect ratio."""
    convert: Literal["complement", "list"] | None = None
    """`complement`: the provider wants 1 − value. `list`: it wants a list with the value in it."""
    default: int | float | str | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    multiple_of: int | None = None
    max_length: int | None = None
    """Characters."""
    choices: tuple[str, ...] = ()

    def check(self, name: str, value: Any, model_id: str) -> None:
        """Raise Invalid, which names the field, the model and the limit, when `value` is past one."""
        if limit := self.broken_limit(value):
            raise Invalid(name, f"{model_id} takes {limit}")

    def broken_limit(self, value: Any) -> str | None:
        """The limit that `value` is past, in words; None when it is within all."""
        if self.choices and value not in self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.max_length is not None and len(value) > self.max_length:
            return f"at most {self.max_length:,} characters, not {len(value):,}"
        if isinstance(value, str):
            return None
        low, high = self.minimum, self.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            span = f"{low} to {high}" if None not in (low, high) else f"at least {low}" if high is None else None
            return f"{span or f'at most {high}'}, not {value}"
        if self.multiple_of and value % self.multiple_of:
            return f"a multiple of {self.multiple_of}, not {value}"
        return None

    def nearest(self, value: Any) -> Any:
        """The value that it takes and that comes nearest to `value`; None when nothing does."""
        if isinstance(value, str):
            return value if self.broken_limit(value) is None else None
        if self.multiple_of:
            value = max(1, round(value / self.multiple_of)) * self.multiple_of
        if self.minimum is not None:
            value = max(value, self.minimum)
        if self.maximum is not None:
            value = min(value, self.maximum)
        return value

    def converted(self, value: Any) -> Any:
        """The value as the provider wants it."""
        match self.convert:
            case "complement":
                # Six digits: 1 − 0.8 shall be 0.2.
                return round(1 - value, 6)
            case "list":
                return [value]
            case _:
                return value


class Shape(Sheet):
    """An input that is one of several shapes, chosen by width and height."""

    input: str
    choices: tuple[str, ...]
    """`16:9` or `1365x1024`."""
    as_sides: bool = False
    """Whether the provider wants `1536x1024` as {"width": 1536, "height": 1024}."""
    of_source: str | None = None
    """The choice that means the source picture's own shape; taken when no size is asked for."""

    def nearest(self, width: int, height: int) -> str | dict[str, int]:
        """The choice whose shape comes nearest to width × height."""
        chosen = _nearest_shape(self.choices, width / height)
        return Sides(input=self.input).nearest(*map(int, chosen.split("x"))) if self.as_sides else chosen


class Sides(Sheet):
    """An input that has width and height in it."""

    input: str

    def nearest(self, width: int, height: int) -> dict[str, int]:
        """The two as they are."""
        return {"width": width, "height": height}


@lru_cache(maxsize=1024)
def _nearest_shape(choices: tuple[str, ...], wanted: float) -> str:
    # Kept: most requests ask for one of a few shapes.
    def distance(choice: str) -> float:
        across, down = choice.replace("x", ":").split(":")
        ratio = int(across) / int(down)
        return max(ratio / wanted, wanted / ratio)

    return min(choices, key=distance)


class Tiers(Sheet):
    """An input that names a size in steps, chosen by the longer side."""

    input: str
    steps: tuple[tuple[int, str], ...]
    """Up to so many pixels, and the step's name; the smallest first."""
    above: str
    """The name of what is larger than every step."""

    def nearest(self, width: int, height: int) -> str:
        """The step that width × height falls into."""
        longer = max(width, height)
        return next((name for most, name in self.steps if longer <= most), self.above)


class Price(Sheet):
    """What one picture costs with the defaults. Providers change prices: it is as true as its date is young."""

    usd: float
    """US dollars a picture; or, with `per`, a second that the provider works on one."""
    per: Literal["picture", "second"] = "picture"
    date: date
    source: str
    models: dict[str, float] = PydanticField(default_factory=dict)
    """For those models of the family that cost something else."""

    def of(self, model_id: str) -> float:
        """US dollars a picture or a second."""
        return self.models.get(model_id, self.usd)

    def booked(self, model_id: str) -> dict[str, float]:
        """As a row keeps it, for the moment when its prediction has ended."""
        return {self.per: self.of(model_id)}

    def estimate(self, model_id: str, pictures: int, usual_seconds: float | None) -> float | None:
        """US dollars for so many pictures with the defaults, or None when nobody knows how long one takes."""
        if self.per == "picture":
            return self.of(model_id) * pictures
        return None if usual_seconds is None else self.of(model_id) * usual_seconds * pictures


class VersionPrice(NamedTuple):
    """What a version costs, and how many seconds one picture takes."""

    price: Price
    usual_seconds: float | None


class Output(Sheet):
    """What comes out. For people who choose a model: what is stored is told by its content."""

    format: Literal["webp", "png", "svg", "any"]
    list: bool
    """Whether the provider answers with a list of addresses; else with one address."""
