"""The figures as tables for people."""

from rich import box
from rich.console import Console
from rich.table import Table

from proof.bench.cpu import NOT_OURS
from proof.bench.figures import Figures
from proof.bench.flight import Flight
from proof.bench.idle import Idle
from proof.bench.machine import Machine
from proof.bench.marks import Mark
from proof.bench.spread import Spread
from proof.bench.throughput import Throughput


def report(console: Console, figures: Figures) -> None:
    """Print everything."""
    console.print(f"\n{_machine(figures.machine)}", style="dim")
    if figures.idle is not None:
        console.print(_idle(figures.idle))
    if figures.throughput is not None:
        console.print(_rounds(figures.throughput))
        console.print(_cpu(figures.throughput))
    if figures.flight is not None:
        console.print(_flight(figures.flight))
    console.print(_marks(figures.marks))


def _machine(machine: Machine) -> str:
    return (
        f"{machine.cores} cores ({machine.architecture}), {machine.system}, Python {machine.python}, "
        f"Postgres {machine.postgres} (fsync {machine.fsync}, synchronous_commit {machine.synchronous_commit})"
    )


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column(columns[0])
    for column in columns[1:]:
        table.add_column(column, justify="right")
    return table


def _idle(idle: Idle) -> Table:
    title = f"Idle: {idle.count:,} generations one after the other, after {idle.warm_up} to warm up"
    table = _table(title, "", "p50 ms", "p99 ms")
    for name, stage in idle.stages_ms.items():
        table.add_row(name, *_spread(stage))
    table.add_section()
    table.add_row("Darkroom, POST to completed frame", *_spread(idle.overhead_ms), style="bold")
    table.add_row("the provider, not in it", *_spread(idle.provider_ms), style="dim")
    return table


def _spread(spread: Spread) -> tuple[str, str]:
    return f"{spread.p50:.1f}", f"{spread.p99:.1f}"


def _rounds(throughput: Throughput) -> Table:
    title = (
        f"Throughput: {throughput.count:,} generations a round by {throughput.clients} clients at an instant "
        f"provider, after {throughput.warm_up} to warm up"
    )
    table = _table(title, "round", "generations/s", "floor/s", "share", "latency p50 ms", "p99 ms", "CPU ms")
    for number, one in enumerate(throughput.rounds, start=1):
        rates = (one.generations_per_second, one.floor_per_second)
        table.add_row(
            str(number), *_rates(*rates, rates[0] / rates[1]), *_spread(one.latency_ms), _ms(one.cpu_ms_all_in)
        )
    table.add_section()
    medians = _rates(throughput.generations_per_second, throughput.floor_per_second, throughput.ratio)
    table.add_row("median", *medians, "", "", _ms(throughput.cpu_ms_all_in), style="bold")
    return table


def _rates(generations: float, floor: float, share: float) -> tuple[str, str, str]:
    return f"{generations:.1f}", f"{floor:,.0f}", f"{share:.3f}"


def _cpu(throughput: Throughput) -> Table:
    table = _table("CPU a generation, medians", "process", "ms")
    costs = sorted(throughput.cpu_ms.items(), key=lambda cost: -cost[1])
    for name, spent in costs:
        if name not in NOT_OURS:
            table.add_row(name, _ms(spent))
    table.add_section()
    table.add_row("all-in", _ms(throughput.cpu_ms_all_in), style="bold")
    for name, spent in costs:
        if name in NOT_OURS:
            table.add_row(f"{name}, not in it", _ms(spent), style="dim")
    return table


def _flight(flight: Flight) -> Table:
    table = _table("In flight: the worker, waiting for a slow provider", "predictions", "RSS MB", "threads")
    for weight in (flight.few, flight.many):
        table.add_row(f"{weight.in_flight:,}", f"{weight.rss_mb:.1f}", str(weight.threads))
    return table


def _ms(figure: float) -> str:
    return f"{figure:.2f}"


def _marks(marks: list[Mark]) -> Table:
    table = _table("Marks", "", "figure", "mark", "")
    for mark in marks:
        verdict = "[green]held[/]" if mark.held else "[red]missed[/]"
        table.add_row(mark.name, f"{mark.figure:.4g}", f"{mark.sense} {mark.mark:g}", verdict)
    return table
