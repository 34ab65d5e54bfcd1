"""Keeps pictures as files below a directory."""

import asyncio
import errno
import itertools
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager, suppress
from io import FileIO
from pathlib import Path
from secrets import token_hex
from typing import Final

from pipeline.errors import NotFound, StoreError
from pipeline.stores.directory_walk import walk
from pipeline.stores.durable_file import make_directory, sync_directory, write_aside
from pipeline.stores.keys import check_key, check_prefix, content_type_of, is_key
from pipeline.stores.store import StoredKey, StoredObject

_CHUNK_BYTES: Final = 256 * 1024
_LISTED_AT_ONCE: Final = 500
_LEFTOVER_SECONDS: Final = 3600.0  # no put takes as long
_ADVICE: Final = {
    errno.ENOSPC: "free some space there",
    errno.EDQUOT: "free some space there",
    errno.EACCES: "let this user write there, or set DARKROOM_HOME",
    errno.EPERM: "let this user write there, or set DARKROOM_HOME",
    errno.EROFS: "the disk is read-only: set DARKROOM_HOME to another",
}


class DirectoryStore:
    """The store of a single machine, below `root`; `picture_base` precedes "/<key>" in public addresses."""

    def __init__(self, root: Path, picture_base: str) -> None:
        self._root = root
        self._incoming = root / ".incoming"  # on the same disk, for the rename; no key begins with a dot
        self._picture_base = picture_base

    async def prepare(self) -> None:
        """Make the directory, for this user alone, and clear what interrupted puts have left. Raises StoreError."""
        await asyncio.to_thread(self._prepare)

    def _prepare(self) -> None:
        with self._explained("be opened"):
            make_directory(self._incoming)
            # Whoever is to see a picture has its address; what is private is in here too.
            if (made := self._root.stat()).st_uid == os.geteuid() and made.st_mode & 0o077:
                self._root.chmod(0o700)
            for leftover in self._incoming.iterdir():
                with suppress(FileNotFoundError):  # another process clears as well, or has just put it
                    if time.time() - leftover.stat().st_mtime > _LEFTOVER_SECONDS:
                        leftover.unlink()

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """See Store; about as long as the disk takes for two fsyncs."""
        check_key(key, content_type)
        await asyncio.to_thread(self._put, key, data)

    def _put(self, key: str, data: bytes) -> None:
        target, aside = self._root / key, self._incoming / token_hex(16)
        with self._explained(f"keep {key}"):
            try:
                write_aside(aside, data)
                try:
                    make_directory(target.parent)
                    aside.replace(target)
                except FileNotFoundError:
                    # A delete has taken the empty shelf away in between; it will not be empty again.
                    make_directory(target.parent)
                    aside.replace(target)
            except OSError:
                aside.unlink(missing_ok=True)
                raise
            sync_directory(target.parent)

    async def open(self, key: str) -> StoredObject:
        """See Store."""
        if not is_key(key):
            raise NotFound(f"There is no picture {key[:80]!r}.")
        file, size = await asyncio.to_thread(self._open, key)

        async def close() -> None:
            # Not in a thread: closing what was only read takes no time, and whoever is cancelled here must not keep it.
            file.close()

        return StoredObject(content_type_of(key), size, self._chunks(file, key), close)

    def _open(self, key: str) -> tuple[FileIO, int]:
        with self._explained(f"give {key}"):
            try:
                file = (self._root / key).open("rb", buffering=0)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
                raise NotFound(f"There is no picture {key!r}.") from error
            return file, os.fstat(file.fileno()).st_size

    async def _chunks(self, file: FileIO, key: str) -> AsyncIterator[bytes]:
        with self._explained(f"give {key}"):
            while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
                yield chunk

    async def delete(self, key: str) -> None:
        """See Store; a generation's directory goes with its last picture."""
        check_key(key)
        await asyncio.to_thread(self._delete, key)

    def _delete(self, key: str) -> None:
        target = self._root / key
        with self._explained(f"delete {key}"):
            with suppress(FileNotFoundError, NotADirectoryError):
                target.unlink()
            if target.parent == self._root:
                return
            try:
                target.parent.rmdir()
            except OSError as error:
                # Another picture is still there, or nothing is any more.
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT, errno.ENOTDIR):
                    raise

    async def list(self, prefix: str = "") -> AsyncIterator[StoredKey]:
        """See Store; some hundreds of names are read at a time, in a thread."""
        check_prefix(prefix)
        with self._explained("be listed"), closing(walk(self._root, prefix)) as keys:
            while batch := await asyncio.to_thread(lambda: tuple(itertools.islice(keys, _LISTED_AT_ONCE))):
                for stored in batch:
                    yield stored

    def public_url(self, key: str) -> str:
        """See Store."""
        return f"{self._picture_base}/{key}"

    async def check(self) -> None:
        """See Store; writes a few bytes and takes them away again."""
        await asyncio.to_thread(self._check)

    def _check(self) -> None:
        probe = self._incoming / token_hex(16)
        with self._explained("be written to"):
            make_directory(self._incoming)
            probe.write_bytes(b"probe")
            probe.unlink()

    @contextmanager
    def _explained(self, action: str) -> Iterator[None]:
        """Turn what the system says into a StoreError that says what to do."""
        try:
            yield
        except OSError as error:
            advice = _ADVICE.get(error.errno or 0, "look at the disk")
            raise StoreError(
                f"The picture directory {self._root} cannot {action}: {error.strerror}; {advice}."
            ) from error
