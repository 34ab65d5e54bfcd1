"""The short form of the fuzz: so many hostile calls and conversations, always the same, and no 5xx."""

from collections.abc import AsyncIterator, Iterator
from itertools import islice

import pytest

from proof.fuzz.drawing import draw_calls, draw_conversations
from proof.fuzz.sending import Sender
from proof.fuzz.single_faults import single_faults
from tests.darkroom import Darkroom

CALLS, CONVERSATIONS = 400, 60
STEP = 17
"""Of the single faults, which are thousands, every so many-th is sent; the long form sends all."""


@pytest.fixture
async def caller(darkroom: Darkroom) -> AsyncIterator[tuple[str, str]]:
    """A user's key, and a generation of theirs."""
    async with darkroom.user() as user:
        yield user.key, (await user.submit())["id"]


@pytest.fixture
def sender(darkroom: Darkroom, caller: tuple[str, str]) -> Iterator[Sender]:
    """Who sends."""
    key, generation_id = caller
    keys = {"service": darkroom.service_key, "user": key, "anonymous": "the-anon-key", "nobody": None}
    with Sender(darkroom.url, keys, generation_id) as sender:
        yield sender


def test_no_single_fault_is_answered_with_a_5xx(sender: Sender) -> None:
    for call in islice(single_faults(), 0, None, STEP):
        sender.send(call)
    sender.check_alive()


def test_no_call_is_answered_with_a_5xx(sender: Sender) -> None:
    draw_calls(sender, CALLS, chosen=14)


def test_no_conversation_breaks_a_socket(sender: Sender) -> None:
    draw_conversations(sender, CONVERSATIONS, chosen=14)
