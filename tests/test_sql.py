"""The SQL is accepted by the Python versions to come."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ld_import

FOLDER = Path(ld_import.__file__).parent
PACKAGES = ("emulator", "exports", "ledger", "url_checks")


@pytest.mark.parametrize("name", PACKAGES)
def test_no_numbered_parameters(name):
    """Numbered parameters with a sequence are an error from Python 3.14 on.

    https://docs.python.org/3.12/library/sqlite3.html#sqlite3.Cursor.execute
    """
    for path in (FOLDER / name).rglob("*.py"):
        assert re.findall(r"\?\d", path.read_text(encoding="utf-8")) == [], path
