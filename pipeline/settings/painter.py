"""The painter's settings: every PAINTER_ variable, with its default and its unit."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _seconds_range(value: object) -> object:
    """Read "0.6" as (0.6, 0.6) and "0.05-0.15" as (0.05, 0.15)."""
    if not isinstance(value, str):
        return value
    low, dash, high = value.partition("-")
    try:
        return float(low), float(high if dash else low)
    except ValueError:
        raise ValueError('give seconds as "0.6" or a range as "0.05-0.15"') from None


class PainterSettings(BaseSettings):
    """The painter's settings: the environment first, then `.env`, then these defaults."""

    model_config = SettingsConfigDict(
        env_prefix="PAINTER_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        8001, description="Loopback port; 0 takes a free one, which the first log line names"
    )
    home: Path = Field(Path(".darkroom/painter"), description="Ledger, webhook secret, finished pictures")
    token: SecretStr | None = Field(
        None, description="What callers have to show; empty: a random one, made once and kept in the home"
    )
    seconds: Annotated[tuple[float, float], NoDecode, BeforeValidator(_seconds_range)] = Field(
        (1.5, 2.5), description='How long a prediction takes besides painting: "0.6", or "0.05-0.15"'
    )
    prepared: bool = Field(False, description="Paint nothing: every output is one ready 200 kB PNG")
    output_ttl_seconds: float = Field(
        3600.0, gt=0, description="How long after completion input, output and logs are kept"
    )
    seed: int = Field(0, description="Seed of the faults' dice")
    faults: list[dict[str, Any]] = Field(
        default_factory=list, description="Fault rules as JSON, see pipeline/providers/painter/faults"
    )

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("seconds")
    @classmethod
    def _ordered(cls, seconds: tuple[float, float]) -> tuple[float, float]:
        if not 0 <= seconds[0] <= seconds[1]:
            raise ValueError("a range goes from the shorter to the longer time, both at least 0")
        return seconds
