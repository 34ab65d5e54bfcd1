"""The journal: every frame of a client, word for word, with the number of its connection. Packed, one file a client."""

import gzip
import time
from pathlib import Path


class Journal:
    """Lines of epoch seconds, connection, direction and frame, parted by tabs."""

    def __init__(self, folder: Path, client: int) -> None:
        folder.mkdir(exist_ok=True)
        # The quickest packing: frames repeat each other, so it suffices, and time is short.
        self._file = gzip.open(folder / f"client-{client:03}.gz", "wb", compresslevel=1)  # noqa: SIM115 - it lives as long as its client

    def received(self, connection: int, frame: bytes) -> None:
        """Note what came."""
        self._note(connection, b"<", frame)

    def sent(self, connection: int, frame: bytes) -> None:
        """Note what was sent."""
        self._note(connection, b">", frame)

    def ended(self, connection: int, why: str) -> None:
        """Note the connection's end."""
        self._note(connection, b"!", why.encode())

    def close(self) -> None:
        """Write out everything."""
        self._file.close()

    def _note(self, connection: int, direction: bytes, text: bytes) -> None:
        self._file.write(b"%.6f\t%d\t%s\t%s\n" % (time.time(), connection, direction, text))
