"""The token that the painter's callers show, in every provider's place: random, made once and kept in PAINTER_HOME.

Whoever has it buys, reads and dials faults. Other users of the machine have none, and no page that a browser shows.
"""

import os
import secrets

from pipeline.settings.painter import PainterSettings

TOKEN_FILE = "token"
TOKEN_BYTES = 32


def painter_token(settings: PainterSettings) -> str:
    """PAINTER_TOKEN, else the token of this home; made at the first call, readable by its owner only."""
    if settings.token is not None:
        return settings.token.get_secret_value()
    path = settings.home / TOKEN_FILE
    if not path.exists():
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_name(f"{TOKEN_FILE}.{secrets.token_hex(8)}.part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(TOKEN_BYTES))
        # Linked when whole, and only where there is none: two that start together keep the same one.
        try:
            path.hardlink_to(part)
        except FileExistsError:
            pass
        finally:
            part.unlink()
    return path.read_text()
