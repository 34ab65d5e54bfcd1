"""The entry point. What is slow to import is imported by the command that needs it, so `--help` is quick."""

import io
import sys

import typer

from api.cli.asked import Asked, JsonOption, KeyOption, UrlOption
from api.cli.change import cancel, retry, rm
from api.cli.keys import app as keys
from api.cli.lanes import app as lanes
from api.cli.limits import app as limits
from api.cli.ls import ls
from api.cli.migrate_from_supabase import migrate_from_supabase
from api.cli.models import app as models
from api.cli.queue import queue
from api.cli.show import show
from api.cli.submit import submit
from api.cli.torture import torture
from api.cli.up import up
from api.cli.watch import watch
from api.cli.webhooks import app as webhooks

# Help without rich: importing it for a page of text would take three times as long as all the rest.
app = typer.Typer(
    name="darkroom",
    help="Submit image generations to Darkroom and watch them develop.",
    epilog="Exit codes: 0 completed, 1 failed or cancelled, 2 usage, 3 unreachable.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _every_command(
    context: typer.Context, url: UrlOption = None, key: KeyOption = None, json: JsonOption = False
) -> None:
    """Submit image generations to Darkroom and watch them develop."""
    context.obj = Asked(url, key, json)


for command in (up, submit, watch, ls, show, cancel, retry, rm, queue, torture, migrate_from_supabase):
    app.command()(command)
for name, group in (
    ("keys", keys),
    ("lanes", lanes),
    ("limits", limits),
    ("models", models),
    ("webhooks", webhooks),
):
    app.add_typer(group, name=name)


def main() -> None:
    """Run the command line and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal without Unicode gets question marks, not a traceback.
            stream.reconfigure(errors="replace")
    app(prog_name="darkroom")
