"""Configuration files that a user may have meant, but that are not read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from shlex import quote

CONFIG_NAME = "ld-import.yaml"
SIMILAR_NAMES = ("ld-import.yml", "ld_import.yaml", "ld-import.yaml.txt", ".ld-import.yaml")
SEARCHED_PARENTS = 8


def overlooked_config() -> Path | None:
    """Return a configuration with a similar name, or in a folder above; `None` if there is none."""
    return next((path for path in _candidates() if path.is_file()), None)


def overlooked_hint() -> str:
    """Return the end of a hint for a command without a configuration, empty if none is found."""
    path = overlooked_config()
    return "" if path is None else f"; {path} is not read: use it with --config {quote(str(path))}"


def _candidates() -> Iterator[Path]:
    yield from map(Path, SIMILAR_NAMES)
    try:
        here = Path.cwd()
    except FileNotFoundError:
        return
    for count, _ in enumerate(islice(here.parents, SEARCHED_PARENTS), start=1):
        yield Path(*[os.pardir] * count) / CONFIG_NAME
