"""`darkroom up`."""

import typer


def up() -> None:
    """Start everything on this machine; Ctrl-C stops it."""
    from pipeline.embedded.up import up as start
    from pipeline.settings import Settings

    raise typer.Exit(start(Settings()))
