"""Reading: a file becomes records, a record becomes an entry; what an entry means is for others.

`open_manifest` finds the header and streams `Record`s; `Mapping` makes an `Entry` of each. A new
format is one file and one line in `READERS`.
"""

from __future__ import annotations

from collections.abc import Mapping as Values
from pathlib import Path
from typing import Any, BinaryIO

from ld_import.errors import ManifestError
from ld_import.manifest.base import Reader
from ld_import.manifest.files import STANDARD_INPUT, ByteFile
from ld_import.manifest.formats.csv import CSV, TSV
from ld_import.manifest.formats.json import JSON
from ld_import.manifest.formats.jsonl import JSONL
from ld_import.manifest.formats.yaml import YAML
from ld_import.manifest.formats.yaml_lines import Place, places_of
from ld_import.manifest.header import Header
from ld_import.manifest.manifest import Manifest, format_names, open_document
from ld_import.manifest.mapping import Mapping

READERS: dict[str, Reader] = {
    ".jsonl": JSONL,
    ".ndjson": JSONL,
    ".yaml": YAML,
    ".yml": YAML,
    ".json": JSON,
    ".csv": CSV,
    ".tsv": TSV,
}
FORMATS = format_names(READERS)


def open_manifest(
    path: Path,
    format_name: str | None = None,
    stream: BinaryIO | None = None,
    *,
    allow_outside_source: bool = False,
) -> Manifest:
    """Open a manifest, its header checked and its structure walked once to the end.

    `format_name` is one of `FORMATS` and stands above the end of the name. The path `-` reads
    `stream` to its end, needs a format, and unpacks gzip by its first bytes.

    The `source` of a manifest must be in its folder, symbolic links resolved, unless
    `allow_outside_source`.

    Raises `ManifestError` with file, line and column; a single bad record is no reason for it.
    Raises `UsageError` for a format that is missing or unknown.
    """
    return open_document(
        path, READERS, format_name, stream, allow_outside_source=allow_outside_source
    )


def read_mapping(path: Path) -> tuple[Values[str, Any], Values[Place, int]]:
    """Read a YAML file that is one mapping, by the rules of manifests; also the line of each key.

    A key is named with those it stands under. Raises `ManifestError`.
    """
    file = ByteFile(path)
    survey = YAML.survey(file)
    if survey.header is None:
        raise ManifestError(f"{path}: this is a list, a mapping is needed")
    return survey.header, places_of(file)


__all__ = [
    "FORMATS",
    "READERS",
    "STANDARD_INPUT",
    "Header",
    "Manifest",
    "Mapping",
    "Reader",
    "open_manifest",
    "read_mapping",
]
