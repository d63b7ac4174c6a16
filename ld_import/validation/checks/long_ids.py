"""Ids longer than 255 characters, a usual limit of databases; the server documents none."""

from __future__ import annotations

from collections.abc import Iterable

from ld_import.validation.finding import Finding
from ld_import.validation.subject import Subject

RULE = "long-id"
LONGEST = 255


def check_length_of_id(subject: Subject) -> Iterable[Finding]:
    """Report an externalId that is longer than 255 characters."""
    length = len(subject.item.key.external_id)
    if length <= LONGEST:
        return ()
    text = f"the externalId has {length} characters; more than {LONGEST} are risky"
    advice = "use a shorter field, or add `| sha256`"
    return (subject.warning(RULE, "externalId", text, advice),)
