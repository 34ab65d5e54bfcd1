"""`python -m api`: the web process."""

import logging

import uvicorn

from api.app import create_app
from pipeline.settings import Settings
from schema.wire.frames import MAX_FRAME_BYTES

PING_SECONDS = 20.0
LEAVE_SECONDS = 3
"""How long open requests may take once the process is told to leave; uvicorn's own default is for ever."""


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
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        # Status frames gain little from compression, and it costs 40 kB a socket.
        ws_per_message_deflate=False,
        ws_max_size=4 * MAX_FRAME_BYTES,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=LEAVE_SECONDS,
        server_header=False,
    )


if __name__ == "__main__":
    main()
