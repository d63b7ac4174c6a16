"""A workbook of Excel with the ending of a text format."""

from __future__ import annotations

import pytest

from ld_import.errors import ManifestError
from ld_import.manifest import open_manifest


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"])
@pytest.mark.parametrize("suffix", ["csv", "jsonl", "json", "yaml"])
def test_workbook_with_another_ending(tmp_path, start, suffix):
    """A workbook of Excel is recognized whatever its ending, and is not said to be damaged."""
    path = tmp_path / f"photos.{suffix}"
    path.write_bytes(start + bytes(range(1, 200)))

    with pytest.raises(ManifestError, match="this is a workbook of") as raised:
        open_manifest(path)

    assert ".xlsx" in raised.value.hint
