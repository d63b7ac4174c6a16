"""Values that become headers of requests to buckets: the library for buckets panics on others."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ld_import.errors import UsageError

PREFIXES = ("AWS_", "AZURE_", "GOOGLE_")


def check_values(config: Mapping[str, Any], place: str) -> None:
    """Raise UsageError for a value of a bucket, or a variable for it, that no header can have.

    `config` are the settings for the library, `place` names the bucket in the sentence.
    """
    for name, value in os.environ.items():
        if name.startswith(PREFIXES) and not _is_plain(value):
            raise UsageError(
                f"the environment variable {name} has a line break, or another character that no"
                " request can have",
                hint="set it again without this character; it is often the last one",
            )
    for name, value in config.items():
        if isinstance(value, str) and not _is_plain(value):
            raise UsageError(
                f"`{name}` of {place} has a line break, or another character that no request can"
                " have",
                hint="correct the value in ld-import.yaml, or in the file that it names",
            )


def _is_plain(value: str) -> bool:
    return value.isascii() and value.isprintable()
