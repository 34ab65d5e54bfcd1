"""What the tests of /rest/v1 stand on."""

import asyncio

import pytest

from tests.api.supabase.rest.people import People, settle_in
from tests.darkroom import Darkroom


@pytest.fixture(scope="module")
def people(darkroom: Darkroom) -> People:
    """Everybody, with their rows; for tests that only read."""
    return asyncio.run(settle_in(darkroom))
