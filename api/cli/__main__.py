"""`python -m api.cli`: the same as `quire`, where the command is not in PATH."""

from api.cli import main

main()
