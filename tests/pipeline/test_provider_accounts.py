"""Our accounts at providers: learned once for each credentials, and shared by all processes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.errors import Forged
from pipeline.provider_accounts import ProviderAccounts
from pipeline.providers.fal.client import Fal
from tests.conftest import settings_at


@asynccontextmanager
async def fal(home: Path, key: str, **given: object) -> AsyncIterator[Fal]:
    """A client with these credentials."""
    client = Fal(settings_at(home, **{"fal_key": key, "FAL_USER_ID": None, **given}))
    try:
        yield client
    finally:
        await client.close()


async def test_new_credentials_may_be_another_accounts_and_the_old_one_is_heard_still(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    old_process, new_process = ProviderAccounts(engine), ProviderAccounts(engine)
    async with fal(tmp_path, "a:1") as old, fal(tmp_path, "b:1") as new:
        assert not await old_process.is_known(old, "ada")
        await old_process.pin(old, "ada")
        assert await old_process.is_known(old, "ada")
        with pytest.raises(Forged, match="FAL_USER_ID"):
            await old_process.is_known(old, "eve")
        # Nothing is pinned for the new ones yet; what was bought with the old ones is still told of.
        assert not await new_process.is_known(new, "bob")
        assert await new_process.is_known(new, "ada")
        await new_process.pin(new, "bob")
        assert await old_process.is_known(old, "bob")
        for process, provider in ((old_process, old), (new_process, new)):
            with pytest.raises(Forged):
                await process.is_known(provider, "eve")


async def test_who_was_pinned_first_stays(engine: AsyncEngine, tmp_path: Path) -> None:
    first, second = ProviderAccounts(engine), ProviderAccounts(engine)
    async with fal(tmp_path, "a:1") as client:
        await first.pin(client, "ada")
        await second.pin(client, "eve")
        with pytest.raises(Forged):
            await second.is_known(client, "eve")
        assert await second.is_known(client, "ada")


async def test_a_setting_is_all_that_counts(engine: AsyncEngine, tmp_path: Path) -> None:
    accounts = ProviderAccounts(engine)
    async with fal(tmp_path, "a:1") as client, fal(tmp_path, "a:1", FAL_USER_ID="bob") as told:
        await accounts.pin(client, "ada")
        assert await accounts.is_known(told, "bob")
        with pytest.raises(Forged):
            await accounts.is_known(told, "ada")
        with pytest.raises(Forged):
            await accounts.is_known(told, None)
