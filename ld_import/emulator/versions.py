"""The age of an API version: which of two names is the later one."""

from __future__ import annotations


def is_from(version: str, since: str) -> bool:
    """Say whether a version is `since` or later; `v1` and `beta` are as old as the oldest."""
    return version[:1].isdigit() and version >= since
