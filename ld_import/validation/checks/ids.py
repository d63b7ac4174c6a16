"""Ids that are valid and yet risky: longer than 255 characters, or with white space at an end.

255 is a usual limit of databases; the server documents none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ld_import.validation.finding import Finding
from ld_import.validation.subject import Subject

LENGTH_RULE = "long-id"
ENDS_RULE = "white-space-around-id"
LONGEST = 255


def check_id(subject: Subject) -> Iterable[Finding]:
    """Report an externalId that is long, or has white space at an end; both are sent as is."""
    external_id = subject.item.key.external_id
    if len(external_id) <= LONGEST and external_id.strip() == external_id:
        return ()
    return _findings(subject, external_id)


def _findings(subject: Subject, external_id: str) -> Iterator[Finding]:
    if len(external_id) > LONGEST:
        text = f"the externalId has {len(external_id)} characters; more than {LONGEST} are risky"
        advice = "use a shorter field, or add `| sha256`"
        yield subject.warning(LENGTH_RULE, "externalId", text, advice)
    if external_id.strip() != external_id:
        text = "the externalId begins or ends with white space"
        advice = "remove it with `| trim`: another export may not have it"
        yield subject.warning(ENDS_RULE, "externalId", text, advice)
