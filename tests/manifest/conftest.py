"""Fixtures: a folder for manifests, and the real records if they are on this machine."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from ld_import.errors import ManifestError
from ld_import.manifest import open_manifest

Write = Callable[..., Path]
REAL_DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file into the folder of the test; a name that ends in `.gz` is packed."""

    def write(name: str, content: str | bytes) -> Path:
        data = content.encode() if isinstance(content, str) else content
        path = tmp_path / name
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return write


@pytest.fixture
def refusal(write: Write) -> Callable[[str, str | bytes], str]:
    """Open an invalid manifest; return the message of the error without its folder."""

    def refusal(name: str, content: str | bytes) -> str:
        path = write(name, content)
        with pytest.raises(ManifestError) as caught:
            open_manifest(path)
        assert caught.value.hint
        return str(caught.value).replace(f"{path.parent}/", "")

    return refusal


@pytest.fixture
def real_data() -> Path:
    """The folder of real records, which is not part of this project."""
    if not REAL_DATA.is_dir():
        pytest.skip("the real records are not on this machine")
    return REAL_DATA
