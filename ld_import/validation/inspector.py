"""Warnings about valid items: what the server may accept, and a migration lead wants to know."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

import orjson

from ld_import.model import Item
from ld_import.validation.address import address_of
from ld_import.validation.checks import (
    ENTRY_CHECKS,
    PAIR_CHECKS,
    TEXT_CHECKS,
    TITLE_CHECKS,
    URL_CHECKS,
    EntryCheck,
    PairCheck,
    UrlCheck,
)
from ld_import.validation.checks.dates import Dates
from ld_import.validation.checks.expiring_urls import ExpiringUrls
from ld_import.validation.checks.own_media_types import check_media_type
from ld_import.validation.checks.problem import TextProblem
from ld_import.validation.checks.titles import are_plain
from ld_import.validation.finding import Finding
from ld_import.validation.passing_urls import PassingUrls
from ld_import.validation.seen_items import SeenItems
from ld_import.validation.subject import LIBRARY, Subject, texts_of

# ASCII without backslash and DEL.
_HARMLESS = bytes(byte for byte in range(0x7F) if byte != ord("\\"))
_has_hint = re.compile(b"|".join(check.hint for check in TEXT_CHECKS)).search
_control_escape = re.compile(rb"\\(?:u00|[bf])").search


class Inspector:
    """Inspects the valid items of one manifest, in its order; each costs 5 to 8 µs.

    Memory does not grow with the number of items: their ids, and hashes of ids and URLs, are in
    temporary files until `close`, some 80 bytes for each item. A full disk raises TempSpaceError.
    """

    def __init__(
        self, kind: str, *, now: datetime, date_fields: frozenset[str] | None = None
    ) -> None:
        """Prepare all checks for a kind of import.

        `now` is an aware time, with which the expiry of signed URLs is compared. `date_fields` are
        the handles of the project's date properties; `None` if the project is not known: names
        and values decide which texts are dates.
        """
        self._kind = kind
        self._dates = Dates(date_fields)
        self._entry_checks: tuple[EntryCheck, ...] = (*ENTRY_CHECKS, self._dates.check)
        if kind == LIBRARY and date_fields is None:
            self._entry_checks += (check_media_type,)
        self._url_checks: tuple[UrlCheck, ...] = (*URL_CHECKS, ExpiringUrls(now).check)
        self._pair_checks: tuple[PairCheck, ...] = tuple(each(kind) for each in PAIR_CHECKS)
        self._keys_of = [check.key_of for check in self._pair_checks]
        self._passing_urls = PassingUrls(kind)
        self._seen = SeenItems(len(PAIR_CHECKS))

    def inspect(self, item: Item) -> Iterable[Finding]:
        """Return the findings about one item, without those that need the whole manifest."""
        fields = item.fields
        subject = Subject(item, orjson.loads(item.body) if fields is None else fields, self._kind)
        found: list[Finding] = []
        for check in self._entry_checks:
            found += check(subject)
        if item.url not in self._passing_urls:
            found += self._about_url(subject)
        if not are_plain(subject.titles()):
            found += _about_titles(subject)
        if _is_suspect(item.body):
            found += _about_texts(subject)
        keys = [key_of(item) for key_of in self._keys_of]
        self._seen.add(item.line, item.key.external_id, keys)
        return found

    def finish(self) -> Iterator[Finding]:
        """Yield the findings that need the whole manifest; call it once, after the last item."""
        yield from self._dates.finish()
        for number, check in enumerate(self._pair_checks):
            for item, earlier in self._seen.pairs(number):
                if (finding := check.finding(item, earlier)) is not None:
                    yield finding

    def close(self) -> None:
        """Remove the temporary files."""
        self._seen.close()

    def _about_url(self, subject: Subject) -> list[Finding]:
        address = address_of(subject.item.url)
        found = [one for check in self._url_checks for one in check(subject, address)]
        if not found:
            self._passing_urls.add(subject.item.url, address)
        return found


def _about_titles(subject: Subject) -> Iterable[Finding]:
    return [
        _about_text(subject, field, problem)
        for field, title in subject.titles().items()
        for check in TITLE_CHECKS
        if (problem := check(title))
    ]


def _is_suspect(body: bytes) -> bool:
    """Return whether JSON may have the trace of a problem of texts; a quick answer."""
    if body.isascii() and b"\\" not in body and b"\x7f" not in body:
        return False
    rest = body.translate(None, _HARMLESS)
    # Most backslashes are those of quotes and line breaks.
    return bool(rest) and bool(
        _has_hint(rest) or (b"\\" in rest and _control_escape(body)),
    )


def _about_texts(subject: Subject) -> Iterator[Finding]:
    # Characters that are neighbours in the traces may be apart in the body.
    checks = [check for check in TEXT_CHECKS if check.is_suspect(subject.item.body)]
    for field, text in texts_of(subject.fields) if checks else ():
        for check in checks:
            for problem in check.problems_of(text):
                yield _about_text(subject, field, problem)


def _about_text(subject: Subject, field: str, problem: TextProblem) -> Finding:
    return subject.warning(problem.rule, field, f"`{field}` {problem.text}", problem.advice)
