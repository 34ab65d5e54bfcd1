"""The figures as tables for people."""

from rich.console import Console
from rich.table import Table

from proof.bench.claims.claims import Claims
from proof.bench.cpu import NOT_OURS
from proof.bench.figures import Figures
from proof.bench.flight import Flight
from proof.bench.idle import Idle
from proof.bench.machine import Machine
from proof.bench.marks import Mark
from proof.bench.sockets.tables import gateway_tables
from proof.bench.tables import spread, table
from proof.bench.throughput import Throughput


def report(console: Console, figures: Figures) -> None:
    """Print everything."""
    console.print(f"\n{_machine(figures.machine)}", style="dim")
    results = figures.results
    if results.idle is not None:
        console.print(_idle(results.idle))
    if results.throughput is not None:
        console.print(_rounds(results.throughput))
        console.print(_cpu(results.throughput))
    if results.flight is not None:
        console.print(_flight(results.flight))
    if results.claims is not None:
        console.print(_claims(results.claims))
    for one in gateway_tables(results):
        console.print(one)
    console.print(_marks(figures.marks))


def _machine(machine: Machine) -> str:
    return (
        f"{machine.cores} cores ({machine.architecture}), {machine.system}, Python {machine.python}, "
        f"Postgres {machine.postgres} (fsync {machine.fsync}, synchronous_commit {machine.synchronous_commit})"
    )


def _idle(idle: Idle) -> Table:
    title = f"Idle: {idle.count:,} generations one after the other, after {idle.warm_up} to warm up"
    made = table(title, "", "p50 ms", "p99 ms")
    for name, stage in idle.stages_ms.items():
        made.add_row(name, *spread(stage))
    made.add_section()
    made.add_row("Darkroom, POST to completed frame", *spread(idle.overhead_ms), style="bold")
    made.add_row("the provider, not in it", *spread(idle.provider_ms), style="dim")
    return made


def _rounds(throughput: Throughput) -> Table:
    title = (
        f"Throughput: {throughput.count:,} generations a round by {throughput.clients} clients at an instant "
        f"provider, after {throughput.warm_up} to warm up"
    )
    made = table(title, "round", "generations/s", "floor/s", "share", "latency p50 ms", "p99 ms", "CPU ms")
    for number, one in enumerate(throughput.rounds, start=1):
        rates = (one.generations_per_second, one.floor_per_second)
        made.add_row(str(number), *_rates(*rates, rates[0] / rates[1]), *spread(one.latency_ms), _ms(one.cpu_ms_all_in))
    made.add_section()
    medians = _rates(throughput.generations_per_second, throughput.floor_per_second, throughput.ratio)
    made.add_row("median", *medians, "", "", _ms(throughput.cpu_ms_all_in), style="bold")
    return made


def _rates(generations: float, floor: float, share: float) -> tuple[str, str, str]:
    return f"{generations:.1f}", f"{floor:,.0f}", f"{share:.3f}"


def _cpu(throughput: Throughput) -> Table:
    made = table("CPU a generation, medians", "process", "ms")
    costs = sorted(throughput.cpu_ms.items(), key=lambda cost: -cost[1])
    for name, spent in costs:
        if name not in NOT_OURS:
            made.add_row(name, _ms(spent))
    made.add_section()
    made.add_row("all-in", _ms(throughput.cpu_ms_all_in), style="bold")
    for name, spent in costs:
        if name in NOT_OURS:
            made.add_row(f"{name}, not in it", _ms(spent), style="dim")
    return made


def _flight(flight: Flight) -> Table:
    made = table("In flight: the worker, waiting for a slow provider", "predictions", "RSS MB", "threads")
    for weight in (flight.few, flight.many):
        made.add_row(f"{weight.in_flight:,}", f"{weight.rss_mb:.1f}", str(weight.threads))
    return made


def _claims(claims: Claims) -> Table:
    size = claims.size
    made = table("Claims, one row each, in turn with plain ones", "", "p50 ms", "p99 ms", "plain p50 ms", "ratio")
    for name, pair in (
        (f"{size.finished:,} finished, {size.queued:,} waiting", claims.full),
        (f"… a snapshot held for {size.churned:,} claims", claims.held),
        (f"a user with a full cap and {size.parked:,} waiting", claims.capped),
    ):
        made.add_row(name, *spread(pair.loaded_ms), spread(pair.plain_ms)[0], f"{pair.ratio:.2f}")
    return made


def _ms(figure: float) -> str:
    return f"{figure:.2f}"


def _marks(marks: list[Mark]) -> Table:
    made = table("Marks", "", "figure", "mark", "")
    for mark in marks:
        verdict = "[green]held[/]" if mark.held else "[red]missed[/]"
        made.add_row(mark.name, f"{mark.figure:.4g}", f"{mark.sense} {mark.mark:g}", verdict)
    return made
