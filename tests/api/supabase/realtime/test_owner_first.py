"""A channel's filter is asked only about rows that its subscriber may be told of, and can only say yes or no then."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from api.auth.identity import ANONYMOUS, Identity
from api.gateway.events import Slot
from api.gateway.outbox import Outbox
from api.gateway.subscription import Ends
from api.gateway.topic_names import Kind, TopicName
from api.gateway.view import View
from api.supabase.realtime.bindings import Binding
from api.supabase.realtime.filters import OPERATORS, BadFilter, Condition, read_filter
from api.supabase.realtime.messages import Version
from api.supabase.realtime.subscription import Changes, Speech
from api.supabase.records import COLUMNS, moment
from pipeline.deletions import Deletion
from tests.api.conftest import Web
from tests.api.supabase.realtime.life import Life

TABLES = frozenset(COLUMNS)
EVENTS = frozenset({"INSERT", "UPDATE", "DELETE"})


class Listening(NamedTuple):
    """A subscription, what its filters were asked about, and where its frames go."""

    subscription: Changes
    asked: list[str]
    line: Slot


def listening(identity: Identity, topic: TopicName, generation_id: UUID) -> Listening:
    """One that asks for a generation, and whose filters note every value that they read."""
    asked, line = list[str](), Slot()

    def note(shown: str) -> UUID:
        asked.append(shown)
        return UUID(shown)

    bindings = [
        Binding(1, EVENTS, TABLES, [Condition("id", "eq", generation_id, False, note)]),
        Binding(2, EVENTS, TABLES, [Condition("id", "neq", generation_id, False, note)]),
    ]
    nothing = Ends(lambda: None, lambda: None)
    outbox = Outbox(line, nothing.too_slow)
    speech = Speech("realtime:x", Version.TWO)
    made = Changes(speech, topic, bindings, identity, outbox, reached=lambda: None, ends=nothing)
    made.take_held()
    made.is_live()
    return Listening(made, asked, line)


@pytest.mark.parametrize(
    ("owner", "who", "by_id", "is_told"),
    [
        ("ada", Identity("ada", "user"), False, True),
        ("ada", Identity("bob", "user"), False, False),
        ("ada", Identity("bob", "user"), True, False),
        ("ada", ANONYMOUS, False, False),
        ("ada", ANONYMOUS, True, False),
        (None, ANONYMOUS, False, False),
        (None, ANONYMOUS, True, True),
        (None, Identity("bob", "user"), False, False),
        (None, Identity("s", "service"), False, True),
    ],
)
async def test_a_filter_is_asked_only_about_rows_that_may_be_told(
    old: Web, owner: str | None, who: Identity, by_id: bool, is_told: bool
) -> None:
    """When a channel begins, when the row moves, when it is deleted."""
    life = await Life.begin(old.state, owner)
    topic = TopicName(Kind.GENERATION, life.id) if by_id else TopicName(Kind.GENERATIONS, None)
    await life.process()
    row = await old.state.looks.read(life.id)
    assert row is not None
    view, gone = View(row), Deletion("image_generations", life.id, life.id, owner, None)
    told: list[Callable[[Changes], None]] = [lambda one: one.offer(view), lambda one: one.gone(gone)]
    if by_id:
        told.append(lambda one: one.show_now(view, None))
    for tell in told:
        subscription, asked, line = listening(who, topic, life.id)
        tell(subscription)
        assert bool(asked) == (not line.is_writable) == is_told


VALUES = {
    "uuid": st.uuids().map(str),
    "text": st.text(max_size=20),
    "int2": st.integers(-(2**15), 2**15 - 1),
    "int4": st.integers(-(2**31), 2**31 - 1),
    "int8": st.integers(-(2**63), 2**63 - 1),
    "float8": st.floats(allow_nan=False),
    "timestamptz": st.datetimes(timezones=st.timezones()).map(lambda at: moment(_within(at))),
}
"""What a column can show, by its type."""
WRITTEN = st.one_of(
    *(values.map(str) for values in VALUES.values()),
    st.sampled_from(
        ["null", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1e999", "-inf", "nan", '"', ""]
    ),
    st.text(max_size=12),
)
RECORD = {name: st.none() | VALUES[kind] for columns in COLUMNS.values() for name, kind in columns.items()}


def _within(at: Any) -> Any:
    """Away from the ends of what a datetime holds, where a change of zone leaves it."""
    return at.replace(year=min(9998, max(2, at.year)))


@st.composite
def conditions(draw: st.DrawFn) -> tuple[str, Mapping[str, str]]:
    """A filter in an app's words, and the columns of its table."""
    columns = COLUMNS[draw(st.sampled_from(sorted(COLUMNS)))]
    name, word = draw(st.sampled_from(sorted(columns))), draw(st.sampled_from(OPERATORS))
    negated, value = draw(st.sampled_from(["", "not."])), draw(WRITTEN | VALUES[columns[name]].map(str))
    if word == "in":
        value = f"({','.join([value, *draw(st.lists(WRITTEN, max_size=3))])})"
    return f"{name}={negated}{word}.{value}", columns


@settings(max_examples=1500, deadline=None)
@given(conditions(), st.fixed_dictionaries(RECORD))
def test_a_filter_that_was_taken_says_yes_or_no_of_every_row(
    filtered: tuple[str, Mapping[str, str]], record: dict[str, Any]
) -> None:
    try:
        read = read_filter(*filtered)
    except BadFilter:
        event("refused")
        return
    event("taken")
    for condition in read:
        assert condition.holds(record) in (True, False)
        assert isinstance(condition.named, frozenset)
