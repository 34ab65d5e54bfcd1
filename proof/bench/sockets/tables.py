"""The gateway's figures as tables for people."""

from collections.abc import Iterator
from statistics import median

from rich.table import Table

from proof.bench.cpu import NOT_OURS
from proof.bench.results import Results
from proof.bench.sockets.commits import Commits
from proof.bench.sockets.fan_out import FanOut
from proof.bench.sockets.push import Push
from proof.bench.sockets.scale import Scale
from proof.bench.sockets.weight import Weights
from proof.bench.tables import spread, table


def gateway_tables(results: Results) -> Iterator[Table]:
    """Those of what was measured."""
    if results.push is not None:
        yield _push(results.push)
    if results.commits is not None:
        yield _commits(results.commits)
        yield _cpu(results.commits)
    if results.sockets is not None:
        yield _sockets(results.sockets)
    if results.fan_out is not None:
        yield _fan_out(results.fan_out)
    if results.scale is not None:
        yield _scale(results.scale)


def _push(push: Push) -> Table:
    title = f"Push: each transition to two of {push.sockets} sockets"
    made = table(title, "transitions/s", "transitions", "delivered", "p50 ms", "p99 ms")
    counts = (f"{push.transitions:,}", f"{push.deliveries:,}")
    made.add_row(f"{push.per_second:.1f}", *counts, *spread(push.latency_ms))
    return made


def _commits(commits: Commits) -> Table:
    title = f"Commits at full speed, {commits.at_once} generations at once: transitions/s, commits/s"
    made = table(title, "round", "pushing", "not", "ratio", "pushing", "not", "ratio")
    for number, one in enumerate(commits.rounds, start=1):
        pushing, silent = one.pushing, one.silent
        rates = (pushing.transitions_per_second, silent.transitions_per_second)
        fewer = (pushing.commits_per_second, silent.commits_per_second)
        made.add_row(str(number), *_compared(*rates), *_compared(*fewer))
    made.add_section()
    made.add_row("medians", "", "", f"{commits.ratio:.2f}", "", "", f"{commits.commits_ratio:.2f}", style="bold")
    return made


def _compared(pushing: float, silent: float) -> tuple[str, str, str]:
    return f"{pushing:,.0f}", f"{silent:,.0f}", f"{pushing / silent:.2f}"


def _cpu(commits: Commits) -> Table:
    made = table("CPU a transition, medians", "process", "pushing µs", "not µs")
    for name in commits.rounds[0].pushing.cpu_us:
        pushing = median(one.pushing.cpu_us[name] for one in commits.rounds)
        silent = median(one.silent.cpu_us[name] for one in commits.rounds)
        made.add_row(name, f"{pushing:.0f}", f"{silent:.0f}", style="dim" if name in NOT_OURS else "")
    return made


def _sockets(sockets: Weights) -> Table:
    made = table(f"Sockets: {sockets.sockets:,}, idle", "", "RSS MB before", "after", "kB a socket", "opened in s")
    for name, weight in (("ours, following", sockets.ours), ("bare Starlette", sockets.bare)):
        figures = (weight.before_mb, weight.after_mb, weight.kb_a_socket, weight.opening_seconds)
        made.add_row(name, *(f"{figure:.1f}" for figure in figures))
    return made


def _fan_out(fan_out: FanOut) -> Table:
    made = table(f"Fan-out: one event to {fan_out.subscribers:,} subscribers", "event", "first ms", "last ms")
    for number, (first, last) in enumerate(zip(fan_out.first_ms, fan_out.last_ms, strict=True), start=1):
        made.add_row(str(number), f"{first:.1f}", f"{last:.1f}")
    made.add_section()
    made.add_row("median", "", f"{fan_out.median_last_ms:.1f}", style="bold")
    return made


def _scale(scale: Scale) -> Table:
    title = f"Scale: pushes at {scale.per_second:.0f} transitions/s"
    made = table(title, "sockets", "generations", "transitions", "delivered", "p50 ms", "p99 ms")
    for one in (scale.few, scale.many):
        counts = (one.sockets, one.generations, one.transitions, one.deliveries)
        made.add_row(*(f"{count:,}" for count in counts), *spread(one.latency_ms))
    made.add_section()
    made.add_row("ratio", "", "", "", f"{scale.p50_ratio:.2f}", f"{scale.p99_ratio:.2f}", style="bold")
    return made
