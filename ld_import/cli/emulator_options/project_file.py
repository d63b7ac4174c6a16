"""`--project-config FILE`: the project of the emulator, as JSON or YAML."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from ld_import.errors import ManifestError, UsageError
from ld_import.small_file import check_small, read_small

if TYPE_CHECKING:
    from ld_import.emulator import InvalidProjectConfig

LARGEST_BYTES = 32_000_000
HINT = (
    "store the answer of GET projectConfig, or write an object such as"
    ' {"mediaTypes": [{"type": "mediaImage", "handle": "image",'
    ' "metadata": [{"handle": "title", "type": "li-text"}]}]}'
)


def read_project_config(path: Path) -> Mapping[str, Any]:
    """Return the object in a file: `.json` is JSON, any other name YAML. Raises UsageError."""
    try:
        if path.suffix.lower() != ".json":
            check_small(path, limit=LARGEST_BYTES)
            return _yaml(path)
        config = orjson.loads(read_small(path, limit=LARGEST_BYTES).decode("utf-8-sig"))
    except orjson.JSONDecodeError as error:
        text = f"{path}: line {error.lineno}: this is not JSON: {error.msg}"
        raise UsageError(text, hint=HINT) from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: the text is not UTF-8", hint=HINT) from None
    except OSError as error:
        text = f"--project-config {path} cannot be read: {error.strerror}"
        raise UsageError(text, hint="name another file") from None
    if not isinstance(config, dict):
        raise UsageError(f"{path}: the configuration must be an object", hint=HINT)
    return config


def invalid_project(path: Path, error: InvalidProjectConfig) -> UsageError:
    """Return the error for a file that is not a project configuration, with lines if possible."""
    lines = _lines(path)

    def position(place: tuple[str | int, ...]) -> str:
        keys = tuple(map(str, place))
        around = (keys[:length] for length in range(len(keys), 0, -1))
        line = next((lines[outer] for outer in around if outer in lines), None)
        return f"line {line}: " if line else ""

    return UsageError(f"{path}: {error.text_of(position)}", hint=HINT)


def _yaml(path: Path) -> Mapping[str, Any]:
    from ld_import.manifest import read_mapping

    if path.suffix.lower() == ".gz":
        # Its uncompressed size has no limit.
        raise UsageError(f"--project-config {path} is compressed", hint="decompress it")
    try:
        return read_mapping(path)[0]
    except ManifestError as error:
        raise UsageError(str(error), hint=HINT) from None


def _lines(path: Path) -> Mapping[tuple[str, ...], int]:
    """Return the lines of keys. JSON is read as YAML, which has a limit for each value."""
    from ld_import.manifest import read_mapping

    try:
        return read_mapping(path)[1]
    except ManifestError:
        return {}
