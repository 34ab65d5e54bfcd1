"""`python -m proof.bench.sockets.audience`: listens as it is told (see proof/bench/sockets/obey.py)."""

import gc
import sys

import uvloop

from proof.bench.sockets.audience.audience import Audience
from proof.bench.sockets.obey import Verb, obey


async def main() -> int:
    """Obey until standard input ends; the exit code."""
    audience = Audience()
    # With 10,000 clients one collection takes long enough to be taken for a slow gateway.
    gc.disable()
    verbs: tuple[Verb, ...] = (
        audience.open,
        audience.follow,
        audience.unfollow,
        audience.answers,
        audience.gather,
        audience.quiet,
        audience.leave,
    )
    return await obey({verb.__name__: verb for verb in verbs})


if __name__ == "__main__":
    sys.exit(uvloop.run(main()))
