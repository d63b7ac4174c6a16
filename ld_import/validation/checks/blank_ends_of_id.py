"""Ids that begin or end with white space: another export may not have it."""

from __future__ import annotations

from collections.abc import Iterable

from ld_import.validation.finding import Finding
from ld_import.validation.subject import Subject

RULE = "white-space-around-id"


def check_ends_of_id(subject: Subject) -> Iterable[Finding]:
    """Report white space at the ends of the externalId, which is sent as it is."""
    external_id = subject.item.key.external_id
    if not external_id[0].isspace() and not external_id[-1].isspace():
        return ()
    text = "the externalId begins or ends with white space"
    advice = "remove it with `| trim`: another export may not have it"
    return (subject.warning(RULE, "externalId", text, advice),)
