"""The table of faults: each one happens, the next run recovers, and the README describes it."""

from __future__ import annotations

import pytest

from tests.flow.fault_table import line_of, row_of
from tests.flow.faults import CASES
from tests.readme import README


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_fault_is_recovered_and_in_the_readme(case, tmp_path):
    """After the next run every item exists once; `make readme` rewrites the table."""
    row = row_of(case, tmp_path)

    assert line_of(row) in README.read_text(encoding="utf-8")


def test_there_are_enough_faults():
    """The names of faults are unique."""
    assert len({case.name for case in CASES}) == len(CASES) >= 30
