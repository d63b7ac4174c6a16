"""The table of faults: each happens, the next run mends it, and the documents show it."""

from __future__ import annotations

import pytest

from tests.docs import TROUBLESHOOTING
from tests.flow.fault_table import line_of, row_of
from tests.flow.faults import CASES


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_fault_is_mended_and_told_in_the_documents(case, tmp_path):
    """After the next run every item is there once; `make docs` writes the table again."""
    row = row_of(case, tmp_path)

    assert line_of(row) in TROUBLESHOOTING.read_text(encoding="utf-8")


def test_there_are_enough_faults():
    """A name stands for one fault."""
    assert len({case.name for case in CASES}) == len(CASES) >= 30
