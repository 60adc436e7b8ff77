"""The command line. Importing it costs `click` alone: every command imports what it needs when it runs."""

from api.cli.root import main

__all__ = ["main"]
