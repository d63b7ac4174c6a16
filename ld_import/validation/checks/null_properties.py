"""Metadata properties that are null: a patch of an existing entry removes such a property."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from ld_import.validation.finding import Finding
from ld_import.validation.subject import Subject

RULE = "null-property"
ADVICE = "an update removes the property from the entry; `| default(omit, true)` leaves it out"


def check_nulls(subject: Subject) -> Iterable[Finding]:
    """Report properties of the metadata, and of its translations, that are null."""
    if "translations" not in subject.fields:
        # The usual case: most entries have no null at all.
        metadata = subject.fields.get("metadata")
        if not metadata or None not in metadata.values():
            return ()
    return [
        subject.warning(RULE, *_field_and_text(path, name), ADVICE)
        for path, metadata in subject.metadata()
        for name, value in metadata.items()
        if value is None
    ]


@lru_cache(maxsize=256)
def _field_and_text(path: str, name: str) -> tuple[str, str]:
    # A catalogue has few properties, and often the same ones are null in each of its records.
    return f"{path}.{name}", f"`{path}.{name}` is null"
