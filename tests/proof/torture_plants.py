"""The planted faults: what each changes in the source, the scenario that brings it to light, and what must be found."""

from dataclasses import dataclass

from proof.torture.audit.findings import Class


@dataclass(frozen=True)
class Plant:
    """One promise taken out of the source, by an exact replacement."""

    file: str
    old: str
    new: str
    scenario: tuple[str, ...]
    """Options under which the unplanted source has no finding."""
    finds: Class


SHORT = ("--json", "--seconds=8", "--no-visitors", "--worth=2", "--settle=15")

PLANTS = {
    # A worker that slept through its leases has stale answers in its hand, and writes them over what others did since.
    "fence removed": Plant(
        file="pipeline/advance.py",
        old="WHERE g.id = :id AND {stands(Status.PROCESSING)} AND g.fence = :fence\n    RETURNING {MOVED}",
        new="WHERE g.id = :id AND {stands(Status.PROCESSING)} AND g.fence >= :fence\n    RETURNING {MOVED}",
        scenario=(
            *("--only=freeze", "--kills=1", "--freeze-at=answer"),
            *("--faults=none", "--generations=70", "--pace=6.5-7"),
        ),
        finds=Class.PAID_TWICE,
    ),
    # Another provider is asked although the first may have sold: its answer was lost, and its webhook with it.
    "sent on before it is known": Plant(
        file="actors/buyer.py",
        old="if (verdict := on_error(error, row.retry_count)) is None:",
        new="if (verdict := on_error(ProviderDown(str(error)), row.retry_count)) is None:",
        scenario=(
            *("--only=none", "--faults=reset_after,lost_webhook", "--often=0.5"),
            *("--generations=60", "--pace=0.5-1"),
        ),
        finds=Class.PAID_TWICE,
    ),
    # A purchase without an answer is nobody's any more: no lease ends, so nobody takes the row over.
    "lease removed": Plant(
        file="schema/sql/claim.sql",
        old="begun + make_interval(secs => lease)",
        new="begun + interval '1 hour'",
        scenario=("--only=none", "--faults=hang", "--often=0.4", "--generations=60", "--pace=0.5-1"),
        finds=Class.STUCK,
    ),
    # The provider forgets its outputs before the watcher asks: what the webhook said must be in the row by then.
    "webhook commit removed": Plant(
        file="api/callbacks/doors.py",
        old="taken = await state.callbacks.commit(generation_id, attempt, prediction.id, told, provider=provider.name)",
        new="taken = True",
        scenario=("--only=none", "--faults=none", "--generations=60", "--pace=0.5-1", "--outputs-last=4"),
        finds=Class.PAID_TWICE,
    ),
    # A worker that slept through its leases buys what others have bought and received meanwhile.
    "deadline check removed": Plant(
        file="actors/buyer.py",
        old="if lease_ends - asyncio.get_running_loop().time() <= timeout:",
        new="if not timeout:",
        scenario=(
            *("--only=freeze", "--kills=1", "--freeze-at=claim"),
            *("--faults=none", "--generations=100", "--pace=0.3-0.8"),
        ),
        finds=Class.PAID_TWICE,
    ),
    # The outbox forgets how most generations end.
    "event not written": Plant(
        file="schema/sql/write_event_trigger.sql",
        old="NEW.status IN ('completed', 'failed', 'cancelled')",
        new="NEW.status IN ('failed', 'cancelled')",
        scenario=("--only=none", "--faults=none", "--generations=60", "--pace=0.5-1"),
        finds=Class.UNTOLD,
    ),
    # A budget that grows with what is spent of it.
    "budget removed": Plant(
        file="schema/sql/budget_left.sql",
        old="l.budget_usd - coalesce",
        new="l.budget_usd + coalesce",
        scenario=("--only=none", "--faults=none", "--generations=60", "--pace=0.5-1"),
        finds=Class.OVERSPENT,
    ),
}
