"""The check of files that records name, before anything is uploaded."""

from __future__ import annotations

import pytest

from ld_import.assets.base import SourceRules
from ld_import.importer.file_checks import FileInspection
from ld_import.kinds.media_library import MEDIA_LIBRARY
from ld_import.model import Entry, Item
from ld_import.validation import grouped
from ld_import.validation.finding import Level


def found(folder, file, **rules):
    """Return level, line and text of each finding about a file."""
    return [(one.level, one.line, one.text) for one in inspected(folder, file, **rules)]


def inspected(folder, file, **rules):
    """Return the findings about a file."""
    entry = Entry(7, file, {"externalId": file, "file": file})
    item = MEDIA_LIBRARY.item_from(entry, "archive", b"")
    assert isinstance(item, Item)
    return FileInspection(SourceRules(folder=folder, **rules)).inspect(item)


def test_a_file_that_is_there_has_no_finding(tmp_path):
    """Nothing but the existence of a local file is checked."""
    (tmp_path / "a.jpg").write_bytes(b"anything")

    assert found(tmp_path, "a.jpg") == []


def test_a_missing_file_is_an_error(tmp_path):
    """An import would fail the item."""
    ((level, line, text),) = found(tmp_path, "a.jpg")

    assert (level, line) == (Level.ERROR, 7)
    assert "does not exist" in text


def test_each_cause_is_a_group(tmp_path):
    """Files that are missing are one group, those outside of the folder another one."""
    findings = [
        finding for file in ("a.jpg", "b.jpg", "../c.jpg") for finding in inspected(tmp_path, file)
    ]

    assert [(group.count, group.advice) for group in grouped(findings).sorted()] == [
        (2, ""),
        (1, "allow it with --allow-outside-source"),
    ]


@pytest.mark.parametrize("file", ["ftp://host.example/a.jpg", "https://user:pw@host.example/a.jpg"])
def test_an_address_that_can_never_be_read(tmp_path, file):
    """It is reported without asking the host."""
    ((level, _, text),) = found(tmp_path, file)

    assert level is Level.WARNING
    assert "pw" not in text
