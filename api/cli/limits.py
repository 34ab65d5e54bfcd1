"""`darkroom limits`: how much one user may have in flight, submit and spend, and all of them together."""

from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.asked import JsonOption
from api.cli.database import run_on_database

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncEngine

EACH, TOGETHER, ANONYMOUS = "*", "+", ""

app = typer.Typer(
    help="Limit what users may have in flight, submit and spend.",
    epilog="A user's own limits replace those for each. They lie in the database: that of DATABASE_URL, else the one "
    "that `make up` runs in DARKROOM_HOME.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Period(StrEnum):
    """For how long a budget lasts, in UTC."""

    DAY = "day"
    MONTH = "month"


Whose = Annotated[
    str | None, typer.Argument(metavar="[USER]", help="A user's id; or one of --each, --together, --anonymous.")
]
Each = Annotated[bool, typer.Option("--each", help="Every user who has no limits of their own.")]
Together = Annotated[bool, typer.Option("--together", help="All users together: a budget of this server.")]
Anonymous = Annotated[bool, typer.Option("--anonymous", help="What comes with the anonymous key.")]


@app.command()
def ls(context: typer.Context, json: JsonOption = False) -> None:
    """List the limits, and what is left of each budget."""
    as_json = json or context.obj.json

    async def work(engine: "AsyncEngine") -> None:
        from pipeline.limits import list_limits

        limits = [_document(row) for row in await list_limits(engine)]
        if as_json:
            from api.cli.document import print_document

            print_document({"items": limits})
            return
        from rich.console import Console

        from api.cli.limit_table import limit_table

        Console(highlight=False).print(limit_table(limits))

    run_on_database(work, json=as_json)


@app.command(name="set")
def set_(
    context: typer.Context,
    user: Whose = None,
    each: Each = False,
    together: Together = False,
    anonymous: Anonymous = False,
    in_flight: Annotated[int | None, typer.Option(metavar="N", help="Predictions in flight; the rest waits.")] = None,
    per_minute: Annotated[
        int | None, typer.Option(metavar="N", help="Submissions a minute; the rest gets a 429.")
    ] = None,
    budget: Annotated[str | None, typer.Option(metavar="USD", help="Beyond it nothing is bought: a 402.")] = None,
    period: Annotated[Period, typer.Option(help="Of the budget.")] = Period.MONTH,
    json: JsonOption = False,
) -> None:
    """Give these limits instead of what was there; what is not said is not limited. Holds for what waits already."""
    who, usd = _who(user, each=each, together=together, anonymous=anonymous), _usd(budget)

    async def work(engine: "AsyncEngine") -> None:
        from pipeline.limits import set_limits

        asked = {"in_flight": in_flight, "per_minute": per_minute}
        await set_limits(engine, who, **asked, budget_usd=usd, period=period.value)

    run_on_database(work, json=json or context.obj.json)


@app.command()
def rm(
    context: typer.Context,
    user: Whose = None,
    each: Each = False,
    together: Together = False,
    anonymous: Anonymous = False,
    json: JsonOption = False,
) -> None:
    """Take somebody's own limits away; those for each hold then, and for the anonymous key its defaults."""
    who = _who(user, each=each, together=together, anonymous=anonymous)

    async def work(engine: "AsyncEngine") -> None:
        from pipeline.limits import forget_limits

        await forget_limits(engine, who)

    run_on_database(work, json=json or context.obj.json)


def _who(user: str | None, *, each: bool, together: bool, anonymous: bool) -> str:
    named = [who for who, asked in ((EACH, each), (TOGETHER, together), (ANONYMOUS, anonymous)) if asked]
    if user:
        named.append(user)
    if len(named) != 1 or user in (EACH, TOGETHER):
        raise typer.BadParameter("whose? Name one user, or give one of --each, --together and --anonymous")
    return named[0]


def _usd(budget: str | None) -> Decimal | None:
    try:
        usd = None if budget is None else Decimal(budget.removeprefix("$"))
    except InvalidOperation:
        usd = Decimal("NaN")
    if usd is not None and not usd.is_finite():
        raise typer.BadParameter("must be US dollars, such as 25 or 0.50", param_hint="--budget")
    return usd


def _document(row: "Row[Any]") -> dict[str, Any]:
    return {**row._mapping, "updated_at": row.updated_at.isoformat()}
