"""HTML entities in titles, which Livingdocs shows as they are: `Rock &amp; Roll`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ld_import.validation.finding import Finding
from ld_import.validation.subject import Subject

RULE = "html-in-title"
ADVICE = "turn HTML into text with `| strip_html`"

_entity = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});").search


def check_entities(subject: Subject) -> Iterable[Finding]:
    """Report HTML entities in the title; other texts may be HTML."""
    if b"&" not in subject.item.body:
        return ()
    return [
        subject.warning(
            RULE, field, f"`{field}` contains the HTML entity `{match.group()}`", ADVICE
        )
        for field, title in subject.titles()
        if (match := _entity(title))
    ]
