"""The conformance table of what is read and what is refused, through three real clients' builders."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from tests.api.supabase.rest.case import Case
from tests.api.supabase.rest.embeds import EMBEDS
from tests.api.supabase.rest.filters import FILTERS
from tests.api.supabase.rest.owners import OWNERS
from tests.api.supabase.rest.pages import PAGES
from tests.api.supabase.rest.people import People
from tests.api.supabase.rest.refused import REFUSED
from tests.darkroom import Darkroom
from tests.supabase.clients import VERSIONS, run_table

CASES = [*FILTERS, *PAGES, *EMBEDS, *OWNERS, *REFUSED]
Said = Callable[[str], dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def said(darkroom: Darkroom, people: People) -> Said:
    """What the whole table came to, by client; a Node process each, and only one."""

    def run(client: str) -> dict[str, dict[str, Any]]:
        table = [case.given for case in CASES if client not in case.unknown_to]
        return run_table(client, darkroom.url, people.keys, people.ids, table)

    return cache(run)


def test_no_two_cases_have_one_name() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


KNOWN = [(client, case) for client in VERSIONS for case in CASES if client not in case.unknown_to]


@pytest.mark.parametrize(("client", "case"), KNOWN, ids=lambda one: getattr(one, "name", one))
def test_the_client_gets_what_the_table_says(said: Said, people: People, client: str, case: Case) -> None:
    case.check(said(client)[case.name], people)
