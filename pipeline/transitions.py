"""Every legal transition of a generation, who performs it, and the one way to write it.

No other module writes `status`: they take the SET clause from `move`, which refuses a pair that is not in the table.
"""

from typing import NamedTuple

from schema.statuses import Status


class Transition(NamedTuple):
    """One arrow of the lifecycle."""

    source: Status | None
    target: Status
    performers: tuple[str, ...]
    reason: str


WORKERS = ("start", "collect", "clock", "outside")
"""Who may find that an attempt came to nothing; `outside` is a worker that claimed by SQL (sql/claim_next_job.sql)."""

TRANSITIONS = (
    Transition(None, Status.QUEUED, ("door",), "accepted"),
    Transition(None, Status.PENDING, ("door",), "accepted for later"),
    Transition(Status.PENDING, Status.QUEUED, ("clock",), "due"),
    Transition(Status.PENDING, Status.FAILED, ("clock",), "came by SQL, and cannot be developed as it stands"),
    Transition(
        Status.QUEUED, Status.PROCESSING, ("start", "outside"), "claimed; the attempt is committed before the call"
    ),
    Transition(Status.PROCESSING, Status.DOWNLOADING, ("collect", "outside"), "the provider has finished"),
    Transition(Status.DOWNLOADING, Status.COMPLETED, ("store",), "every picture lies in the store"),
    Transition(Status.PROCESSING, Status.PENDING, WORKERS, "another try, after a while"),
    Transition(Status.PROCESSING, Status.QUEUED, ("start", "clock"), "the next provider on its route, at once"),
    Transition(Status.PROCESSING, Status.FAILED, WORKERS, "refused, or out of attempts"),
    Transition(Status.DOWNLOADING, Status.FAILED, ("store",), "the outputs cannot be kept"),
    Transition(Status.DOWNLOADING, Status.PENDING, ("store",), "the outputs are gone for good; another attempt"),
    Transition(Status.PENDING, Status.CANCELLED, ("door",), "called off"),
    Transition(Status.QUEUED, Status.CANCELLED, ("door",), "called off"),
    Transition(Status.PROCESSING, Status.CANCELLED, ("door",), "called off; the actor cancel stops the meter"),
    Transition(Status.DOWNLOADING, Status.CANCELLED, ("door",), "called off"),
    Transition(Status.QUEUED, Status.FAILED, ("clock", "start"), "its deadline passed, or a budget is spent"),
    Transition(Status.FAILED, Status.QUEUED, ("door",), "tried again by hand"),
    Transition(Status.CANCELLED, Status.QUEUED, ("door",), "tried again by hand"),
    Transition(Status.FAILED, Status.PENDING, ("door",), "tried again by hand; came by SQL, and has yet to be read"),
    Transition(Status.CANCELLED, Status.PENDING, ("door",), "tried again by hand; came by SQL, and has yet to be read"),
)

_LEGAL = {(transition.source, transition.target) for transition in TRANSITIONS}


class IllegalTransition(ValueError):
    """Somebody tried to write a transition that the table does not have."""


def entry(target: Status, version: str, attempt: str, why: str | None = None) -> str:
    """One timeline entry as an SQL expression; the arguments are SQL too. A NULL `why` leaves the key out."""
    fields = f"'v', {version}, 'status', '{target}', 'at', now(), 'attempt', {attempt}"
    if why is None:
        return f"jsonb_build_object({fields})"
    return f"jsonb_strip_nulls(jsonb_build_object({fields}, 'why', {why}))"


def move(source: Status, target: Status, *, attempt: str = "g.attempt_number", why: str | None = None) -> str:
    """The SET clause of `UPDATE image_generations AS g` that moves a row from `source` to `target`.

    Statuses stand in it as literals: a bound one would defeat the partial indexes under a generic plan. The caller
    guards with `g.status = '<source>'` and, where a worker holds the row, with its fence.
    """
    if (source, target) not in _LEGAL:
        raise IllegalTransition(f"{source} → {target} is not in the table of transitions")
    return (
        f"status = '{target}', version = g.version + 1, updated_at = now(), changed = pg_current_xact_id(), "
        f"changes = g.changes || pg_current_xact_id(), "
        f"timeline = g.timeline || {entry(target, 'g.version + 1', attempt, why)}"
    )


def move_any(sources: frozenset[Status], target: Status, *, why: str | None = None) -> str:
    """As `move`, from whichever of `sources` the row stands in. Raises IllegalTransition when one may not."""
    (clause,) = {move(source, target, why=why) for source in sources}
    return clause


def performers_of(source: Status | None, target: Status) -> tuple[str, ...]:
    """Who may perform this transition; empty when it is not legal."""
    return next((t.performers for t in TRANSITIONS if (t.source, t.target) == (source, target)), ())
