"""Helpers for records under new ids and the runs that they stop."""

from __future__ import annotations

from ld_import.errors import UsageError

TOLD = "entries would be created twice"


def renamed(records, prefix="new-"):
    """Return the same records under other ids."""
    return [{**record, "id": f"{prefix}{record['id']}"} for record in records]


def stopped(program, **options):
    """Run, and return the text of the error that stopped it before its first request."""
    before = dict(program.emulator.requests)
    try:
        ended = program.run(**options)
    except UsageError as error:
        told = str(error)
    else:
        assert ended.exit_code == 2, ended
        assert ended.tally.sent == 0
        told = str(ended.error)
    assert dict(program.emulator.requests) == before
    return told
