"""Texts that make poor titles: empty, with white space at an end or a line break, a file's name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ld_import.validation.checks.problem import TextProblem

WHITE_SPACE_RULE = "white-space-in-title"
LINE_BREAK_RULE = "line-break-in-title"
EMPTY_RULE = "empty-title"
FILE_NAME_RULE = "file-name-as-title"

EMPTY = TextProblem(
    EMPTY_RULE,
    "is empty",
    "use a field that every record has, or leave it out with `| default(omit, true)`",
)
ENDS = TextProblem(WHITE_SPACE_RULE, "begins or ends with white space", "remove it with `| trim`")
LINE_BREAK = TextProblem(
    LINE_BREAK_RULE, "has a line break", r'replace it with `| replace("\n", " ")`'
)
FILE_NAME = TextProblem(
    FILE_NAME_RULE,
    "is the name of a file; it becomes a title in Livingdocs",
    "use the title of the medium, if the record has one",
)

# A name without blanks and with an ending of a medium; `setup.py` can be a title.
_is_file_name = re.compile(
    r"[^\s/]+\.(?:jpe?g|png|gif|tiff?|webp|avif|mp4|mov|m4v|webm|mkv|avi|mp3|wav|pdf|docx?|xlsx?)",
    re.IGNORECASE,
).fullmatch


def are_plain(titles: Mapping[str, str]) -> bool:
    """Return whether titles pass all checks of titles; the quick answer for most of them."""
    # Often a name and a title are the same text.
    return all(map(_is_plain, set(titles.values())))


def _is_plain(title: str) -> bool:
    return (
        title.strip() == title
        and "\n" not in title
        and "\r" not in title
        and "." not in title
        and "&" not in title
        and title != ""
    )


def poor_title(title: str) -> TextProblem | None:
    """Return the problem of a title that is empty, untidy or the name of a file."""
    inner = title.strip()
    if inner != title or not title:
        return ENDS if inner else EMPTY
    if "\n" in title or "\r" in title:
        return LINE_BREAK
    return FILE_NAME if "." in title and _is_file_name(title) else None
