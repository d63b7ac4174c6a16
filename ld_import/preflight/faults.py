"""A fault of an entry that a check of the project found: a refusal, or a warning.

The rules are those of a Livingdocs import: the server refuses an entry for some of them, and for
the others either accepts it or does not document what it does.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Rule(StrEnum):
    """The checks; the value is the name of the rule in reports."""

    # The server refuses the entry.
    UNKNOWN_PROPERTY = "unknown-property"
    WRONG_TYPE = "wrong-type"
    UNKNOWN_MEDIA_TYPE = "unknown-media-type"
    OTHER_KIND = "media-type-of-other-kind"
    UNCONFIRMED_MEDIA_TYPE = "unconfirmed-media-type"
    ASSET = "asset-of-media-type"
    # The server may accept the entry.
    NO_DEFAULT_MEDIA_TYPE = "no-default-media-type"
    MISSING_REQUIRED = "missing-required"
    TEXT_LENGTH = "text-length"
    LINE_BREAK = "line-break"
    RANGE = "range"
    NOT_IN_LIST = "not-in-list"
    LIST_LENGTH = "list-length"
    NOT_A_DATE = "not-a-date"
    NOT_A_COLOR = "not-a-color"
    NOT_ON_MEDIA = "not-on-media"
    UNKNOWN_LOCALE = "unknown-locale"
    DEFAULT_LOCALE = "default-locale"
    NOT_TRANSLATABLE = "not-translatable"
    ASSET_NOT_TRANSLATABLE = "asset-not-translatable"
    NO_LICENSE_PROFILE = "no-license-profile"
    DELETION_ROUTINE = "deletion-routine"
    MARKED_INVALID = "marked-invalid"
    VALIDITY_OVER = "validity-over"


REFUSALS = frozenset(
    {
        Rule.UNKNOWN_PROPERTY,
        Rule.WRONG_TYPE,
        Rule.UNKNOWN_MEDIA_TYPE,
        Rule.OTHER_KIND,
        Rule.UNCONFIRMED_MEDIA_TYPE,
        Rule.ASSET,
    }
)


class Fault(NamedTuple):
    """A fault in one field: the rule, the dotted path, a sentence, and what to do."""

    rule: Rule
    field: str
    text: str
    advice: str

    @property
    def is_refusal(self) -> bool:
        """Whether the server refuses the entry because of it."""
        return self.rule in REFUSALS
