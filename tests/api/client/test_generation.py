"""The client's types name nothing that the server does not have."""

import pytest

from api.client import generation
from schema.wire import generation as wire
from schema.wire.shown import Shown


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (generation.Generation, wire.Generation),
        (generation.TimelineEntry, wire.TimelineEntry),
        (generation.Image, wire.Image),
        (generation.GenerationPage, wire.GenerationList),
    ],
)
def test_every_field_is_the_servers(typed: type, shown: type[Shown]) -> None:
    assert typed.__annotations__.keys() <= shown.model_fields.keys()
    assert len(typed.__annotations__) >= 2
