"""What every store of pictures can do."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Protocol, Self


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A picture opened for reading; use it in `async with`, or what it holds open leaks."""

    content_type: str
    size: int
    """Bytes in all."""
    chunks: AsyncIterator[bytes]
    """The bytes, to be read once; raises StoreError when the store fails in the middle."""
    close: Callable[[], Awaitable[None]]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key in a listing, and how long ago it was put, by the store's own clock."""

    key: str
    age: timedelta


class Store(Protocol):
    """Keeps pictures under keys (`pipeline.stores.keys`). Every method but public_url may raise StoreError."""

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """Keep `data` under `key`; it is durable once this returns. The same again does no harm.

        Raises Invalid when the key cannot be one, or its extension stands for another content type.
        """

    async def open(self, key: str) -> StoredObject:
        """Open what is under `key`. Raises NotFound when nothing is, or nothing ever could be."""
        ...

    async def delete(self, key: str) -> None:
        """Forget `key`; nothing happens when nothing is there. Raises Invalid when the key cannot be one."""

    def list(self, prefix: str = "") -> AsyncIterator[StoredKey]:
        """Every key that begins with `prefix`, in no order that is promised. Raises Invalid."""
        ...

    def public_url(self, key: str) -> str:
        """The permanent address of `key` for a plain GET; no look is taken whether it is there."""
        ...

    async def check(self) -> None:
        """Return when pictures can be kept; otherwise raise StoreError saying what to do about it."""
