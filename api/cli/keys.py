"""`darkroom keys`: who may knock. There is no door for it, so it works on the database itself."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.asked import JsonOption
from api.cli.database import run_on_database

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncEngine

app = typer.Typer(
    help="Make, list and revoke API keys.",
    epilog="They lie in the database: that of DATABASE_URL, else the one that `make up` runs in DARKROOM_HOME.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class KeyRole(StrEnum):
    """What a key may see."""

    USER = "user"
    SERVICE = "service"


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What you will know it by.")],
    user: Annotated[
        str | None, typer.Option(metavar="ID", help="Whose generations it makes and sees; else NAME's.")
    ] = None,
    role: Annotated[KeyRole, typer.Option(help="`service` sees and changes everybody's.")] = KeyRole.USER,
    expires: Annotated[int | None, typer.Option(metavar="DAYS", help="When it ends; else never.")] = None,
    json: JsonOption = False,
) -> None:
    """Make a key and print it, this once: only its hash is kept."""
    as_json = json or context.obj.json

    async def work(engine: "AsyncEngine") -> None:
        from api.cli.document import print_document
        from pipeline.api_keys import new_key, save_key

        key = new_key()
        row = await save_key(
            engine, key, name=name, user_id=name if user is None else user, role=role.value, days=expires
        )
        assert row is not None, "256 random bits came twice"
        if as_json:
            print_document({**_document(row), "key": key})
            return
        # The key alone on stdout, for KEY=$(darkroom keys create …).
        typer.echo(key)
        sys.stderr.write(f"darkroom: made key {row.id} for {row.user_id} ({row.role}); it is shown only now.\n")

    run_on_database(work, json=as_json)


@app.command()
def ls(context: typer.Context, json: JsonOption = False) -> None:
    """List the keys, newest first, the revoked and expired ones too."""
    as_json = json or context.obj.json

    async def work(engine: "AsyncEngine") -> None:
        from pipeline.api_keys import list_keys

        keys = [_document(row) for row in await list_keys(engine)]
        if as_json:
            from api.cli.document import print_document

            print_document({"items": keys})
            return
        from rich.console import Console

        from api.cli.key_table import key_table

        Console(highlight=False).print(key_table(keys))

    run_on_database(work, json=as_json)


@app.command()
def revoke(
    context: typer.Context,
    which: Annotated[str, typer.Argument(metavar="ID", help="A key's id, or the end of it.")],
    json: JsonOption = False,
) -> None:
    """Let a key in no more: within 5 seconds at the doors, within 15 on open sockets."""
    as_json = json or context.obj.json

    async def work(engine: "AsyncEngine") -> None:
        from api.cli.document import print_document
        from pipeline.api_keys import revoke_key

        row = await revoke_key(engine, which)
        if as_json:
            print_document(_document(row))
        else:
            typer.echo(f"{row.id} revoked")

    run_on_database(work, json=as_json)


def _document(row: "Row[Any]") -> dict[str, Any]:
    moments = {name: moment and moment.isoformat() for name, moment in row._mapping.items() if name.endswith("_at")}
    return {**row._mapping, **moments, "id": str(row.id)}
