"""`python -m api`: the web process."""

import logging
import sys

from api.app import create_app
from api.server import Server
from pipeline.settings import Settings

NOT_STARTED = 3
"""Exit code, as uvicorn's own."""


class WithoutQuery(logging.Filter):
    """Cuts query strings out of uvicorn's lines: old clients can send their key nowhere else."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, its addresses shortened."""
        if isinstance(record.args, tuple):
            record.args = tuple(_path_only(argument) for argument in record.args)
        return True


def _path_only(argument: object) -> object:
    return argument.partition("?")[0] if isinstance(argument, str) else argument


def main() -> None:
    """Serve until SIGTERM."""
    settings = Settings()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("uvicorn.error").addFilter(WithoutQuery())
    server = Server(create_app(settings), settings)
    server.run()
    if not server.started:
        sys.exit(NOT_STARTED)


if __name__ == "__main__":
    main()
