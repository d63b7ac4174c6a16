"""Warnings in groups: counted by rule and field, with their first lines."""

from __future__ import annotations

from ld_import.model import Remark
from ld_import.pipeline.remarks import RemarkGroups


def test_records_on_one_line():
    """Each record counts; a line that several share is shown once."""
    groups = RemarkGroups()
    for line, name in ((1, "a"), (1, "b"), (1, "c"), (2, "d")):
        groups.add(Remark(line, name, "rule", "title", "it is long", "shorten it"))

    (sentence,) = groups.sentences()
    assert sentence == "4 records (line 1, 2 …): it is long; shorten it"
