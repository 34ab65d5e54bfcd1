"""`python -m pipeline.providers.painter`: paint on loopback until SIGTERM."""

import errno
import logging
import sys

import uvloop
from pydantic import ValidationError
from pydantic_settings import SettingsError

from pipeline.providers.painter.ledger import LedgerError
from pipeline.providers.painter.problems import Problem
from pipeline.providers.painter.server import serve
from pipeline.settings.painter import PainterSettings


def main() -> int:
    """Serve with the environment's settings; the exit code is 1, with one line of reason, when that cannot be."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        settings = PainterSettings()
        uvloop.run(serve(settings))
    except ValidationError as error:
        wrong = error.errors()[0]
        print(f"painter: PAINTER_{str(wrong['loc'][0]).upper()}: {wrong['msg']}", file=sys.stderr)
    except SettingsError as error:
        print(f"painter: {error} ({error.__cause__})", file=sys.stderr)
    except Problem as problem:
        print(f"painter: PAINTER_FAULTS: {problem.detail}", file=sys.stderr)
    except LedgerError as error:
        print(f"painter: {error}", file=sys.stderr)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        port = settings.port
        print(f"painter: port {port} is taken: stop what listens there or set PAINTER_PORT.", file=sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
