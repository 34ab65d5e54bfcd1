"""The whole audit."""

from collections.abc import Callable, Iterator

from proof.gateway.audit.answers import audit_answers, audit_counts
from proof.gateway.audit.deeds import audit_deeds, audit_doors, audit_probes
from proof.gateway.audit.feeds import audit_feeds
from proof.gateway.audit.findings import Finding
from proof.gateway.audit.frames import audit_frames
from proof.gateway.audit.singles import audit_singles
from proof.gateway.audit.world import World
from proof.gateway.options import Options

AUDITS: tuple[Callable[[World], Iterator[Finding]], ...] = (
    audit_feeds,
    audit_singles,
    audit_frames,
    audit_answers,
    audit_counts,
    audit_probes,
    audit_doors,
)


def audit(world: World, options: Options) -> list[Finding]:
    """Everything that is wrong, by every audit there is."""
    found = [finding for one in AUDITS for finding in one(world)]
    return [*found, *audit_deeds(world, options)]
