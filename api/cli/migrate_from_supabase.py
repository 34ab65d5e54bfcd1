"""`darkroom migrate-from-supabase`: brings the old design's tables in, or takes that back."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.asked import JsonOption
from api.cli.database import run_on_database

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

Address = Annotated[str, typer.Option("--database-url", metavar="URL", help="The old project's Postgres.")]
Apply = Annotated[bool, typer.Option("--apply", help="Do it; without this it is only looked at.")]
Back = Annotated[bool, typer.Option("--rollback", help="The way back: write Darkroom's rows into the old tables.")]
LeaveOut = Annotated[
    list[str] | None, typer.Option(metavar="TABLE.COLUMN", help="Go on without this; may be given several times.")
]


def migrate_from_supabase(
    context: typer.Context,
    database_url: Address,
    apply: Apply = False,
    rollback: Back = False,
    leave_out: LeaveOut = None,
    json: JsonOption = False,
) -> None:
    """Bring the tables of the old Supabase design in: copied from another database, or in place in DATABASE_URL's own.

    Shows first what it would do. May be repeated: what is here already stays as it is.
    """
    as_json = json or context.obj.json
    left_out = frozenset(leave_out or ())

    async def work(engine: "AsyncEngine") -> None:
        from pipeline.errors import Invalid
        from pipeline.migration.run import go_back, look, move, opened

        if rollback and not apply:
            raise Invalid("rollback", "rollback: writes into the old tables; say --apply too")
        async with opened(database_url) as origin:
            if rollback:
                written = await go_back(engine, origin)
                _show({"written_back": vars(written)}, as_json)
                return
            planned = await look(engine, origin, left_out)
            document = planned.as_document()
            if planned.refusals:
                raise Invalid("source", _refused(planned.refusals))
            if apply:
                generations, images = await move(engine, origin, planned, left_out)
                document |= {"moved": {"generations": generations, "images": images}}
            _show(document, as_json)

    run_on_database(work, json=as_json, as_owner=True)


def _refused(refusals: list[str]) -> str:
    return "nothing was changed:\n" + "\n".join(f"  {one}" for one in refusals)


def _show(document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        from api.cli.document import print_document

        print_document(document)
        return
    from api.cli.migration_view import lines

    typer.echo("\n".join(lines(document)))
