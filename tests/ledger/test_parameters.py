"""The SQL of the ledger is accepted by the Python versions to come."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ld_import.ledger

SOURCES = sorted(Path(ld_import.ledger.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_numbered_parameters(path):
    """Numbered parameters with a sequence are an error from Python 3.14 on.

    https://docs.python.org/3.12/library/sqlite3.html#sqlite3.Cursor.execute
    """
    assert re.findall(r"\?\d", path.read_text(encoding="utf-8")) == []
