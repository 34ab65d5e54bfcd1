"""`darkroom up`."""

import typer


def up() -> None:
    """Start everything on this machine; Ctrl-C stops it."""
    from pipeline.embedded.__main__ import main

    raise typer.Exit(main())
