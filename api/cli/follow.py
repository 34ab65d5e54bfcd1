"""Watching one generation to its end, in whichever view suits where the output goes."""

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path

from api.cli.exit_codes import ExitCode
from api.cli.picture import pictures_of, save
from api.cli.view import View, choose_view
from api.client import Client, Problem, Progress, Reset, Transition, Unreachable
from pipeline.errors import DarkroomError
from schema.statuses import Status


async def follow(client: Client, generation_id: str, *, json: bool, out: Path | None) -> ExitCode:
    """Show every stage of a generation and save its pictures to `out`. Gives the exit code of its end."""
    with choose_view(json=json) as view:
        try:
            return await _watch(client, generation_id, view, out)
        except asyncio.CancelledError:
            view.close()
            print(f"It goes on without us. To watch again: darkroom watch {generation_id}", file=sys.stderr)
            raise
        except Unreachable as error:
            raise Unreachable(f"{error} To watch again: darkroom watch {generation_id}") from error


async def _watch(client: Client, generation_id: str, view: View, out: Path | None) -> ExitCode:
    code = ExitCode.FAILED
    async with aclosing(client.watch(generation_id, dropped=view.dropped)) as events:
        async for event in events:
            if isinstance(event, Progress):
                view.progress(event)
            elif isinstance(event, Reset):
                view.reset()
            elif event.status == Status.COMPLETED:
                await _finish(client, event, view, out)
                code = ExitCode.COMPLETED
            else:
                view.transition(event)
    return code


async def _finish(client: Client, completed: Transition, view: View, out: Path | None) -> None:
    """Show the last transition when its files are there: whoever reads it may open them."""
    pictures = pictures_of(client, completed.generation)
    try:
        if out is not None:
            pictures = await save(client, pictures, out)
    except (OSError, Problem, Unreachable) as error:
        raise DarkroomError(f"completed, but {out} could not be saved: {error}") from error
    finally:
        # Unsaved ones show their address, so that nothing paid for is lost.
        view.transition(completed, pictures)
