"""Formats of manifest files; each module turns the bytes of one format into records.

A new format is one module, one line in `HOMES`, and its ending in `suffixes.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import cast

from ld_import.errors import UsageError
from ld_import.manifest.base import Format
from ld_import.manifest.files import STANDARD_INPUT
from ld_import.suffixes import FORMAT_NAMES
from ld_import.wording import shorten

# The module of each format in this package, and its name there.
HOMES = {
    ".yaml": ("yaml", "YAML"),
    ".yml": ("yaml", "YAML"),
    ".jsonl": ("jsonl", "JSONL"),
    ".ndjson": ("jsonl", "JSONL"),
    ".json": ("json", "JSON"),
    ".csv": ("csv", "CSV"),
    ".tsv": ("csv", "TSV"),
    ".xlsx": ("xlsx", "XLSX"),
    ".xml": ("wxr", "WXR"),
}


class Formats(Mapping[str, Format]):
    """Formats by suffix, each imported on first access: a manifest has one or two."""

    def __getitem__(self, suffix: str) -> Format:
        """Return a format."""
        module, name = HOMES[suffix]
        return cast(Format, getattr(import_module(f"{__name__}.{module}"), name))

    def __iter__(self) -> Iterator[str]:
        """Yield the suffixes."""
        return iter(HOMES)

    def __len__(self) -> int:
        """Return the number of suffixes."""
        return len(HOMES)


FORMATS_BY_SUFFIX = Formats()


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
        from ld_import.manifest.formats.unknown import unknown_format

        raise unknown_format(path)
    return found
