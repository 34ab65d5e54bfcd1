"""`python -m api.cli` is `darkroom`."""

from api.cli.main import main

main()
