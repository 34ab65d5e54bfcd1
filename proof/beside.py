"""The work of a proof beside the house that it is done in, which must not end by itself."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from proof.hosting import Hosted

Outcome = TypeVar("Outcome")


async def beside(house: Hosted, work: Coroutine[Any, Any, Outcome]) -> Outcome:
    """Do `work`. Raises the house's `failure` when it ends meanwhile, which its supervisor does when it gives up."""
    end = asyncio.create_task(house.end())
    doing = asyncio.create_task(work)
    try:
        await asyncio.wait([end, doing], return_when=asyncio.FIRST_COMPLETED)
        return await (doing if doing.done() else end)
    except ExceptionGroup as group:
        raise _first_of(group) from group
    finally:
        doing.cancel()
        end.cancel()
        await asyncio.wait([doing, end])


def _first_of(group: ExceptionGroup) -> Exception:
    """What ended one of the tasks, and with it all the others."""
    first = group.exceptions[0]
    return _first_of(first) if isinstance(first, ExceptionGroup) else first
