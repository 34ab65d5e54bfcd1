"""Running a command's coroutine with a client, and turning every error into a sentence and an exit code."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NoReturn

import typer

from api.cli.asked import Asked
from api.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from api.client import Client


def run(asked: Asked, work: Callable[["Client"], Awaitable[ExitCode]]) -> NoReturn:
    """Do `work` with a client for the server asked for, and exit with its code or the error's."""
    raise typer.Exit(_code(asked, work))


def _code(asked: Asked, work: Callable[["Client"], Awaitable[ExitCode]]) -> ExitCode:
    from pydantic import ValidationError

    from api.cli.complaint import complain, complain_of_problem, complain_of_settings
    from api.cli.door import find_door
    from api.client import Client, Problem, Unreachable
    from pipeline.errors import DarkroomError, Invalid
    from pipeline.settings import Settings

    async def with_client() -> ExitCode:
        door = find_door(asked, Settings())
        async with Client(door.url, door.key) as client:
            return await work(client)

    try:
        return asyncio.run(with_client())
    except Problem as problem:
        complain_of_problem(problem, json=asked.json)
        return ExitCode.UNREACHABLE if problem.may_pass else ExitCode.USAGE
    except ValidationError as error:
        complain_of_settings(error, json=asked.json)
        return ExitCode.USAGE
    except Unreachable as error:
        complain(str(error), json=asked.json)
        return ExitCode.UNREACHABLE
    except Invalid as error:
        complain(str(error), json=asked.json)
        return ExitCode.USAGE
    except DarkroomError as error:
        complain(str(error), json=asked.json)
        return ExitCode.FAILED
