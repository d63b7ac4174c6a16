"""The table of faults: each one happens, the next run recovers, and the documents describe it."""

from __future__ import annotations

import pytest

from tests.docs import TROUBLESHOOTING
from tests.flow.fault_table import line_of, row_of
from tests.flow.faults import CASES

# Whole programs, whose lines other tests cover.
pytestmark = pytest.mark.no_cover


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_fault_is_recovered_and_documented(case, tmp_path):
    """After the next run every item exists once; `make docs` rewrites the table."""
    row = row_of(case, tmp_path)

    assert line_of(row) in TROUBLESHOOTING.read_text(encoding="utf-8")


def test_there_are_enough_faults():
    """The names of faults are unique."""
    assert len({case.name for case in CASES}) == len(CASES) >= 30
