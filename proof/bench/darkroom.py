"""The Darkroom to measure: one worker, one web, and a painter whose pictures are ready before they are asked for."""

from contextlib import AbstractContextManager

from proof.bench.failure import BenchFailed
from proof.hosting import Hosted, hosted


def running_darkroom(painter_seconds: str, **env: str) -> AbstractContextManager[Hosted]:
    """Start one whose painter takes `painter_seconds` ("0", "0.05-0.15") for the ready picture; stop it at the end.

    `env` are more settings.

    Raises BenchFailed when it does not start.
    """
    return hosted(
        workers=1,
        gateways=1,
        keep=False,
        failure=BenchFailed,
        prefix="darkroom-bench-",
        PAINTER_SECONDS=painter_seconds,
        PAINTER_PREPARED="true",
        **env,
    )
