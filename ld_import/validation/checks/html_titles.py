"""HTML entities in titles, which Livingdocs shows as they are: `Rock &amp; Roll`."""

from __future__ import annotations

import re

from ld_import.validation.checks.problem import TextProblem

RULE = "html-in-title"

_entity = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});").search


def entity_in(title: str) -> TextProblem | None:
    """Return the problem of a title with an HTML entity; other texts may be HTML."""
    if "&" not in title or not (match := _entity(title)):
        return None
    text = f'contains the HTML entity "{match.group()}"'
    return TextProblem(RULE, text, "turn HTML into text with `| strip_html`")
