"""Formats of manifest files; each module turns the bytes of one format into records.

A new format is one module, one line in `FORMATS_BY_SUFFIX`, and its ending in `suffixes.py`.
"""

from __future__ import annotations

from pathlib import Path

from ld_import.errors import UsageError
from ld_import.manifest.base import Format
from ld_import.manifest.files import STANDARD_INPUT
from ld_import.manifest.formats.csv import CSV, TSV
from ld_import.manifest.formats.json import JSON
from ld_import.manifest.formats.jsonl import JSONL
from ld_import.manifest.formats.unknown import unknown_format
from ld_import.manifest.formats.wxr import WXR
from ld_import.manifest.formats.yaml import YAML
from ld_import.suffixes import FORMAT_NAMES
from ld_import.wording import shorten

FORMATS_BY_SUFFIX: dict[str, Format] = {
    ".yaml": YAML,
    ".yml": YAML,
    ".jsonl": JSONL,
    ".ndjson": JSONL,
    ".json": JSON,
    ".csv": CSV,
    ".tsv": TSV,
    ".xml": WXR,
}


def format_for(path: Path, name: str | None = None) -> Format:
    """Return the format with this name, else by the suffix of the path, a final `.gz` ignored.

    Raises `UsageError` for an unknown name or standard input without one, and `ManifestError`
    for an unknown suffix.
    """
    if name is None and path != STANDARD_INPUT:
        return format_by_suffix(path)
    if found := FORMATS_BY_SUFFIX.get(f".{(name or '').lower()}"):
        return found
    problem = (
        f'"{shorten(name)}" is not a manifest format'
        if name is not None
        else "standard input has no file name that shows its format"
    )
    known = ", ".join(FORMAT_NAMES)
    raise UsageError(f"{problem} (known: {known})", hint="set --format to one of them")


def format_by_suffix(path: Path) -> Format:
    """Return the format for a file name, a final `.gz` ignored. Raises `ManifestError`."""
    found = FORMATS_BY_SUFFIX.get(Path(path.name.lower().removesuffix(".gz")).suffix)
    if found is None:
        raise unknown_format(path)
    return found
