"""The JSON Schemas that `ld-import schema` prints: of outputs, and of files for editors."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

# Names, each with its summary.
SCHEMAS = {
    "videos": "A manifest of videos.",
    "images": "A manifest of images.",
    "files": "A manifest of files.",
    "media-library": "A manifest of media library entries.",
    "config": "The configuration file ld-import.yaml.",
    "summary": "The result of an import with --json.",
    "item": "A row of `ledger items --json`, and a line of `ledger export`.",
    "upload": "A row of `ledger uploads --json`.",
    "event": "A line of a log with --log-format json.",
}
OUTPUTS = ("summary", "item", "upload", "event")


def schema_of(name: str) -> dict[str, Any]:
    """Return a schema by a name of `SCHEMAS`."""
    import orjson

    if name in OUTPUTS:
        schema: dict[str, Any] = orjson.loads(files(__name__).joinpath(f"{name}.json").read_bytes())
        return schema
    from ld_import.cli.schemas.inputs import config_schema, manifest_schema

    return config_schema() if name == "config" else manifest_schema(name)
