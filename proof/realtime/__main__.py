"""`python -m proof.realtime`: many old apps at once on one gateway, and what each of them was told.

Exit codes: 0 no finding, 1 findings, 2 usage, 3 it could not run.
"""

import asyncio
import signal
import sys
import time
from typing import Annotated

import typer

from proof.hosting import Hosted, hosted
from proof.plain_connection import connect
from proof.realtime.audit import audit
from proof.realtime.crowd import ANON_KEY, SECRET, App, CouldNotRun, gather_crowd

FINDINGS = 1
COULD_NOT_RUN = 3
SHOWN = 20

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    apps: Annotated[int, typer.Option(min=2, help="Each a user with supabase-js and a channel.")] = 200,
    generations: Annotated[int, typer.Option(min=2, help="That they submit, all together.")] = 500,
    seconds: Annotated[float, typer.Option(min=1, help="How long they may take.")] = 300.0,
) -> None:
    """Let a crowd of old apps submit and follow; then audit what each of them was told."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if generations < apps:
        raise typer.BadParameter("at least one for each app", param_hint="--generations")
    begun = time.monotonic()
    try:
        with hosted(
            failure=CouldNotRun,
            prefix="darkroom-realtime-",
            SUPABASE_ANON_KEY=ANON_KEY,
            SUPABASE_JWT_SECRET=SECRET,
            PAINTER_SECONDS="0.2-1.2",
            PAINTER_PREPARED="true",
            MAX_PARALLEL_JOBS="64",
        ) as house:
            found, told = asyncio.run(_prove(house, apps, generations, seconds))
    except CouldNotRun as reason:
        sys.stderr.write(f"The proof could not run: {reason}\n")
        raise typer.Exit(COULD_NOT_RUN) from reason
    for finding in found[:SHOWN]:
        typer.echo(f"finding: {finding}")
    changes = sum(len(one.feed) + len(one.pictures) + sum(map(len, one.channels.values())) for one in told)
    typer.echo(
        f"{len(told)} apps, {sum(len(one.submitted) for one in told)} generations, {changes} changes told, "
        f"{len(found)} findings, {time.monotonic() - begun:.0f} s"
    )
    if found:
        raise typer.Exit(FINDINGS)


async def _prove(house: Hosted, apps: int, generations: int, seconds: float) -> tuple[list[str], list[App]]:
    told = await gather_crowd(house.url, apps, generations, seconds)
    connection = await connect(house.database_url)
    try:
        rows = await connection.fetch("SELECT id::text AS id, user_id FROM image_generations")
    finally:
        await connection.close()
    found = audit(told, {row["id"]: row["user_id"] for row in rows})
    if (submitted := sum(len(one.submitted) for one in told)) != generations or len(rows) != generations:
        found.append(f"{generations} generations were wanted, {submitted} submitted, {len(rows)} are in the database")
    return found, told


if __name__ == "__main__":
    app(prog_name="python -m proof.realtime")
