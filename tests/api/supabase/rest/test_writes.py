"""The conformance table of what is written, through three real builders. No worker: only the table moves rows."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from pipeline.settings import Settings
from tests.api.auth.minting import SECRET
from tests.api.conftest import Web
from tests.api.supabase.rest.calls import CALLS
from tests.api.supabase.rest.deletes import DELETES
from tests.api.supabase.rest.inserts import INSERTS
from tests.api.supabase.rest.jobs import JOBS
from tests.api.supabase.rest.people import ANON, People, settle_in, settle_in_more
from tests.api.supabase.rest.updates import NOT_UPDATED, UPDATES
from tests.supabase.clients import VERSIONS, run_table

# In this order: each case finds what those before it have left.
WRITES = [*UPDATES, *NOT_UPDATED, *INSERTS, *CALLS, *DELETES, *JOBS]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with the old project's keys."""
    given = {"supabase_anon_key": ANON, "supabase_jwt_secret": SECRET}
    return Settings.model_validate({**settings.model_dump(by_alias=True), **given})


@pytest.fixture
async def people(web: Web) -> AsyncIterator[People]:
    """Everybody, with their rows."""
    async with web.darkroom.user("service") as service:
        everybody = await settle_in(web.darkroom, service.key)
        await settle_in_more(web.darkroom, everybody)
        yield everybody


@pytest.mark.parametrize("client", VERSIONS)
async def test_the_table(web: Web, people: People, client: str) -> None:
    cases = [case for case in WRITES if client not in case.unknown_to]
    table = [case.given for case in cases]
    said = await asyncio.to_thread(run_table, client, web.darkroom.url, people.keys, people.ids, table)
    wrong = {}
    for case in cases:
        try:
            case.check(said[case.name], people)
        except AssertionError as error:
            wrong[case.name] = str(error)[:600]
    assert not wrong
