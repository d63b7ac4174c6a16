"""Texts that make poor titles: empty, with white space at an end or a line break, a file's name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ld_import.validation.finding import Finding
from ld_import.validation.subject import Subject

WHITE_SPACE_RULE = "white-space-in-title"
EMPTY_RULE = "empty-title"
FILE_NAME_RULE = "file-name-as-title"
# Each rule with its sentence after the name of the field, and the advice.
EMPTY = (
    EMPTY_RULE,
    "is empty",
    "use a field that every record has, or leave it out with `| default(omit, true)`",
)
ENDS = (WHITE_SPACE_RULE, "begins or ends with white space", "remove it with `| trim`")
LINE_BREAK = (WHITE_SPACE_RULE, "has a line break", "replace line breaks with `| replace`")
FILE_NAME = (
    FILE_NAME_RULE,
    "is the name of a file; it becomes a title in Livingdocs",
    "use the title of the medium, if the record has one",
)

# A name without blanks and with an ending of a medium; `setup.py` can be a title.
_is_file_name = re.compile(
    r"[^\s/]+\.(?:jpe?g|png|gif|tiff?|webp|avif|mp4|mov|m4v|webm|mkv|avi|mp3|wav|pdf|docx?|xlsx?)",
    re.IGNORECASE,
).fullmatch


def check_titles(subject: Subject) -> Iterable[Finding]:
    """Report poor titles."""
    found = []
    for field, title in subject.titles():
        if (problem := _problem_of(title)) is not None:
            rule, text, advice = problem
            found.append(subject.warning(rule, field, f"`{field}` {text}", advice))
    return found


def _problem_of(title: str) -> tuple[str, str, str] | None:
    inner = title.strip()
    if inner != title or not title:
        return ENDS if inner else EMPTY
    if "\n" in title or "\r" in title:
        return LINE_BREAK
    return FILE_NAME if "." in title and _is_file_name(title) else None
