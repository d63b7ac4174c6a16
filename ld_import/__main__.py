"""`python -m ld_import` is the same program as `ld-import`."""

from ld_import.cli.app import run

run()
