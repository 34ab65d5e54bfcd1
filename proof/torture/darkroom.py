"""The Darkroom to torture: two workers, short leases, quick sweeps."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from proof.hosting import Hosted, hosted
from proof.stack import numbered
from proof.torture.failure import CouldNotRun
from proof.torture.options import LEASE_SECONDS, SLOTS, Options

WORKERS = numbered("worker", 2)
"""When one is frozen, the other takes its rows over."""
SWEEP_SECONDS = 2
ORPHAN_SECONDS = 12
"""Older than any lease: what nobody refers to by then is an orphan."""


@dataclass(frozen=True)
class Darkroom(Hosted):
    """A running one, with what its tormentors know of it."""

    options: Options
    frozen: set[str] = field(default_factory=set)
    """Workers that are stopped at the moment."""


@contextmanager
def running_darkroom(options: Options, *, keep: bool) -> Iterator[Darkroom]:
    """Start one; stop it at the end, and remove its directory unless `keep`. Raises CouldNotRun."""
    with hosted(
        workers=len(WORKERS),
        gateways=1,
        keep=keep,
        failure=CouldNotRun,
        prefix="darkroom-torture-",
        **_environment(options),
    ) as house:
        yield Darkroom(**vars(house), options=options)


def _environment(options: Options) -> dict[str, str]:
    return {
        "MAX_PARALLEL_JOBS": str(SLOTS),
        "DARKROOM_LEASE_SECONDS": str(LEASE_SECONDS),
        "DARKROOM_STORE_SWEEP_SECONDS": str(SWEEP_SECONDS),
        "DARKROOM_ORPHAN_SECONDS": str(ORPHAN_SECONDS),
        "PAINTER_SECONDS": options.painter_seconds,
        "PAINTER_OUTPUT_TTL_SECONDS": str(options.outputs_last),
        "PAINTER_PREPARED": "true",
        "PAINTER_SEED": str(options.seed),
    }
