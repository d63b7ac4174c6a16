"""Exports that replace each other, by the dates in their names."""

from __future__ import annotations

import pytest

from ld_import.ledger.dated_exports import is_earlier_export


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("/x/videos-2026-11-24.csv", "/x/videos-2026-11-25.csv"),
        ("/x/videos-20261130.csv", "/x/videos-20261201.csv"),
        ("/x/videos_2026.11.24.csv.gz", "/x/videos_2027.01.01.csv.gz"),
        ("/x/30.11.2026-videos.csv", "/x/01.12.2026-videos.csv"),
        ("/x/2026-11-24/videos.csv", "/x/2026-11-25/videos.csv"),
        ("/x/videos-2026-11-24T0100.csv", "/x/videos-2026-11-24T0200.csv"),
        ("/x/videos-20261124010000.csv", "/x/videos-20261124010001.csv"),
        ("/x/videos-20261124-1.csv", "/x/videos-20261125-1.csv"),
        ("/x/videos-20261124.csv", "/x/videos-2026-11-25.csv"),
    ],
)
def test_an_earlier_export_of_the_same_name(earlier, later):
    """The later export replaces the earlier one, never the other way round."""
    assert is_earlier_export(earlier, than=later)
    assert not is_earlier_export(later, than=earlier)
    assert not is_earlier_export(later, than=later)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("/x/videos-1.csv", "/x/videos-2.csv"),
        ("/x/part-0001.csv", "/x/part-0002.csv"),
        ("/x/videos-20261124-1.csv", "/x/videos-20261125-2.csv"),
        ("/x/a-2026-11-24.csv", "/x/b-2026-11-25.csv"),
        ("/x/videos-2026-11-24.csv", "/y/videos-2026-11-25.csv"),
        ("/x/videos-2026-11-24.csv", "/x/videos-2026-11-25.yaml"),
        ("/x/videos-20261399.csv", "/x/videos-20261499.csv"),
        ("/x/120261124.csv", "/x/120261125.csv"),
        ("- (a)", "- (b)"),
    ],
)
def test_files_side_by_side(first, second):
    """Parts, other names and other folders are not the same export."""
    assert not is_earlier_export(first, than=second)
    assert not is_earlier_export(second, than=first)
