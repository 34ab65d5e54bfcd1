"""Where the server is and which key opens it."""

from typing import NamedTuple

from api.cli.asked import Asked
from pipeline.errors import Invalid
from pipeline.settings import Settings


class Door(NamedTuple):
    """An address and a key for it."""

    url: str
    key: str


def find_door(asked: Asked, settings: Settings) -> Door:
    """What was asked for, else what the settings say, else the key of `make up`.

    Raises Invalid when there is no key.
    """
    return Door(asked.url or settings.web_url, asked.key or _configured_key(settings))


def _configured_key(settings: Settings) -> str:
    if settings.api_key is not None:
        return settings.api_key.get_secret_value()
    path = settings.home / "api-key"
    try:
        key = path.read_text().strip()
    except OSError as error:
        raise Invalid(
            "key",
            f"no API key: pass --key or set DARKROOM_API_KEY. `make up` writes one for this machine to "
            f"{path}, but that cannot be read ({error.strerror}).",
        ) from error
    if not key:
        raise Invalid("key", f"no API key: {path} is empty. Pass --key or set DARKROOM_API_KEY.")
    return key
