"""The checks that only warn: one module each, and one line in a table here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from ld_import.model import Item
from ld_import.validation.address import Address
from ld_import.validation.checks.control_characters import CONTROL_CHARACTERS
from ld_import.validation.checks.credentials import check_credentials
from ld_import.validation.checks.file_endings import check_ending
from ld_import.validation.checks.html_titles import entity_in
from ld_import.validation.checks.ids import check_id
from ld_import.validation.checks.look_alikes import LookAlikes
from ld_import.validation.checks.media_pages import check_page
from ld_import.validation.checks.mis_decoded import MIS_DECODED
from ld_import.validation.checks.null_properties import check_nulls
from ld_import.validation.checks.private_hosts import check_host
from ld_import.validation.checks.problem import TextCheck, TextProblem
from ld_import.validation.checks.shared_urls import SharedUrls
from ld_import.validation.checks.titles import poor_title
from ld_import.validation.checks.unknown_fields import check_fields
from ld_import.validation.finding import Finding
from ld_import.validation.seen_items import SeenItem
from ld_import.validation.subject import Subject

EntryCheck = Callable[[Subject], Iterable[Finding]]
TitleCheck = Callable[[str], TextProblem | None]
UrlCheck = Callable[[Subject, Address], Iterable[Finding]]


class PairCheck(Protocol):
    """A check that compares each item with the earlier ones, at the end of the manifest."""

    def key_of(self, item: Item) -> int:
        """Return a signed 64-bit number that two items to be compared share."""
        ...

    def finding(self, item: SeenItem, earlier: SeenItem) -> Finding | None:
        """Return the finding about an item, and the first one with the same key."""
        ...


# Called for every item; the expensive part of each only for a suspect.
ENTRY_CHECKS: tuple[EntryCheck, ...] = (check_id, check_fields, check_nulls)
# Called for the texts that become a title.
TITLE_CHECKS: tuple[TitleCheck, ...] = (poor_title, entity_in)
# Called for URLs with a host, an ending or a query that is not known to pass all of them.
URL_CHECKS: tuple[UrlCheck, ...] = (
    check_host,
    check_credentials,
    check_page,
    check_ending,
)
# Called for the texts of an entry whose JSON has the trace of a problem.
TEXT_CHECKS: tuple[TextCheck, ...] = (CONTROL_CHARACTERS, MIS_DECODED)
# Made for a kind, and called at the end for items that share a key.
PAIR_CHECKS: tuple[Callable[[str], PairCheck], ...] = (LookAlikes, SharedUrls)
