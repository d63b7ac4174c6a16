"""The published versions of the Public API, for advice about a version the server rejects."""

from __future__ import annotations

# https://docs.livingdocs.io/reference/public-api/versioning/, oldest first. `v1` and `beta` equal
# 2025-03 and are removed in release-2027-03: they are never recommended.
VERSIONS = (
    "2025-03",
    "2025-05",
    "2025-07",
    "2025-09",
    "2025-11",
    "2026-01",
    "2026-03",
    "2026-05",
)
NEWEST = VERSIONS[-1]
# The announced ends: https://docs.livingdocs.io/operations/releases/, release-2026-09.
ENDS = {"v1": "March 2027", "beta": "March 2027", "2025-03": "May 2027"}


def end_of(version: str) -> str | None:
    """Return the month in which servers remove a version, `None` if none is announced."""
    return ENDS.get(version)


def older_than(version: str) -> list[str]:
    """Return the published versions before a dated one, newest first; empty for other names."""
    is_dated = version[:4].isdecimal()
    return [published for published in reversed(VERSIONS) if is_dated and published < version]


def is_newest(version: str) -> bool:
    """Return whether a version is the newest published one, or newer."""
    return version[:4].isdecimal() and version >= NEWEST
