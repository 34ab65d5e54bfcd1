"""`python -m pipeline.embedded`: what `darkroom up` does."""

import sys

from pydantic import ValidationError

from pipeline.embedded.up import up
from pipeline.settings import Settings


def main() -> int:
    """Run Darkroom with the environment's settings; the process's exit code."""
    try:
        settings = Settings()
    except ValidationError as wrong:
        for error in wrong.errors():
            name = ".".join(str(part) for part in error["loc"]).upper()
            # Without its value, which may be a secret.
            sys.stderr.write(f"{name}: {error['msg']}. Mend it in the environment or in .env.\n")
        return 2
    return up(settings)


if __name__ == "__main__":
    sys.exit(main())
