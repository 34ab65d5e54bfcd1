"""The signing secret, made once and kept in PAINTER_HOME."""

import base64
import os
import secrets
from pathlib import Path

SECRET_FILE = "webhook-secret"
SECRET_BYTES = 24
"""Standard Webhooks asks for 24 to 64 random bytes, written as `whsec_` and base64."""


def webhook_secret(home: Path) -> str:
    """The secret of this home; made at the first call, readable by its owner only."""
    path = home / SECRET_FILE
    if not path.exists():
        made = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
        part = path.with_suffix(".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(made)
        # Renamed when whole: a kill between the two must not leave an empty secret behind.
        part.replace(path)
    return path.read_text()
