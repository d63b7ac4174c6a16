"""The externalId of an export: chosen by measured properties of the columns, with the reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

from ld_import.manifest import Manifest
from ld_import.proposal.columns import Column
from ld_import.proposal.distinct import HashStore
from ld_import.proposal.measure import Measured, distinct_pairs
from ld_import.proposal.metadata import is_addressable
from ld_import.proposal.names import words_of
from ld_import.proposal.paths import Path, expression
from ld_import.proposal.wording import example_of, name_of, share_of

PAIRED_COLUMNS = 5
LONGEST_MEAN = 120
# Roles of columns whose values several records can share, even if none do so far.
SHARED_ROLES = ("measure", "duration", "language", "tags")
SHOWN_REJECTED = 8
COUNTERS = {
    "no",
    "nr",
    "num",
    "number",
    "nummer",
    "row",
    "zeile",
    "index",
    "pos",
    "position",
    "lfd",
}


@dataclass(slots=True)
class Identity:
    """A template of the externalId, what was seen, and why other columns were not chosen.

    `is_sound` is False if no column works: then `reasons` say what to do.
    """

    template: str
    reasons: list[str] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    is_sound: bool = True


def identity_of(manifest: Manifest, measured: Measured, url: Column | None) -> Identity:
    """Return the best externalId: one column, else two, else the least bad one.

    Reads the manifest a second time if no single column works.
    """
    usable = [
        column
        for path, column in measured.columns.items()
        if 0 not in path and is_addressable(measured, path)
    ]
    faults = {column.path: _fault(measured, column) for column in usable}
    rejected = [
        f"{name_of(column.path)}: {faults[column.path]}"
        for column in sorted(usable, key=lambda column: -_rank(column))
        if faults[column.path] and _is_expected(column)
    ]
    sound = [column for column in usable if not faults[column.path]]
    if sound:
        best = max(sound, key=_rank)
        return Identity(
            _template(best.path), list(_seen(measured, best)), rejected[:SHOWN_REJECTED]
        )
    counting = [column for column in usable if _is_counting(column) and _is_id(column)]
    if counting:
        warning = "it counts 1, 2, 3 …: check that a later export gives each record the same number"
        reasons = [*_seen(measured, counting[0]), warning]
        return Identity(_template(counting[0].path), reasons, rejected[:SHOWN_REJECTED])
    identity = _pair(manifest, measured, usable) or _least_bad(measured, usable, url)
    identity.rejected = rejected[:SHOWN_REJECTED]
    return identity


def _template(*paths: Path) -> str:
    return "-".join(f"{{{{ {expression(path)} }}}}" for path in paths)


def _fault(measured: Measured, column: Column) -> str:
    """Return why a column cannot identify records, or an empty text."""
    if not measured.is_full(column):
        return share_of(measured, column)
    if column.types.keys() - {"text", "integer"}:
        return "not a text or a whole number"
    if column.exact is None or column.folded is None:
        return "its values are too long"
    if column.id_fault:
        return column.id_fault.split(";")[0]
    if column.urls.signed:
        return "URLs with a signature or an expiry, which change"
    if column.exact.repeat is not None:
        return f"repeated, first in record {column.exact.repeat:,}"
    return _doubt(column) or ("" if column.exact.is_unique() else "repeated")


def _doubt(column: Column) -> str:
    """Return why unique values are not ids, or an empty text."""
    if _is_date(column):
        return "dates, which several records can share"
    if column.total_length > LONGEST_MEAN * column.filled:
        return "long texts"
    if column.role in SHARED_ROLES:
        return "by its name not an id, so that several records can share a value"
    if _is_counting(column):
        return "row numbers, which another export can assign differently"
    return ""


def _is_date(column: Column) -> bool:
    forms = column.dates.forms() if column.dates is not None else ()
    is_number = column.dates is not None and column.dates.is_digits
    return bool(forms) and (not is_number or column.role == "date")


def _is_counting(column: Column) -> bool:
    """Return whether the values are 1, 2, 3 … or 0, 1, 2 … in the order of the records."""
    is_whole = column.exact is not None and column.exact.repeat is None
    return is_whole and column.offset in (0, -1)


def _is_id(column: Column) -> bool:
    last = column.path[-1]
    return column.role == "id" and not COUNTERS.intersection(words_of(str(last)))


def _is_expected(column: Column) -> bool:
    """Return whether a reader expects a column to be the id: by its name or its values."""
    if column.role == "id":
        return column.filled > 0
    exact = column.exact
    return exact is not None and exact.share > 0.99 and len(column.path) == 1


def _has_twins(column: Column) -> bool:
    return column.folded is not None and not column.folded.is_unique()


def _rank(column: Column) -> float:
    """Return how well a column fits: ids, then codes, then paths, then URLs, then texts."""
    mean = column.total_length / column.filled if column.filled else 0
    score = 5.0
    if column.role == "id":
        score = 50.0
    elif column.urls.count:
        score = 10.0
    elif column.urls.path_endings:
        score = 20.0
    elif column.is_number:
        score = 15.0
    elif not column.is_spaced and mean <= 64 and column.role != "title":
        score = 30.0
    if column.role == "id" and "".join(words_of(str(column.path[-1]))) in ("id", "uuid", "guid"):
        score += 5
    if column.exact is not None and column.exact.repeat is None and _has_twins(column):
        score -= 26
    return score - len(column.path)


def _seen(measured: Measured, column: Column) -> Iterator[str]:
    yield f"{name_of(column.path)} is in every record and unique, such as {example_of(column)}"
    if _has_twins(column):
        yield (
            "some values differ only in case, blanks or leading zeros: spreadsheets and people"
            " confuse them"
        )
    if column.urls.count or column.urls.path_endings:
        yield "it is a URL or a path, which changes if files move: prefer a number if there is one"
    elif column.role != "id" and column.is_spaced:
        yield "it is a text, which changes if it is edited: prefer a number if there is one"


def _pair(manifest: Manifest, measured: Measured, usable: list[Column]) -> Identity | None:
    """Return the first pair of columns that is unique together."""
    candidates = [
        column
        for column in usable
        if measured.is_full(column)
        and not column.types.keys() - {"text", "integer"}
        and column.exact is not None
        and not column.id_fault
        and not column.urls.signed
        and not _is_counting(column)
        and column.total_length <= LONGEST_MEAN * column.filled
    ]
    candidates.sort(key=_pair_rank)
    pairs = [
        (first.path, second.path) for first, second in combinations(candidates[:PAIRED_COLUMNS], 2)
    ]
    scratch = HashStore()
    try:
        found = distinct_pairs(manifest, pairs, scratch) if pairs else []
    finally:
        scratch.close()
    if not found:
        return None
    first, second = found[0]
    reason = f"no single column is unique; {name_of(first)} and {name_of(second)} together are"
    return Identity(_template(first, second), [reason])


def _pair_rank(column: Column) -> tuple[bool, bool, float]:
    """Return the order of columns for pairs: ids first, dates, titles and measures last."""
    is_weak = _is_date(column) or column.role in (*SHARED_ROLES, "title")
    return column.role != "id", is_weak, -(column.exact or _NONE).share


class _NoDistinct:
    share = 0.0


_NONE = _NoDistinct()


def _least_bad(measured: Measured, usable: list[Column], url: Column | None) -> Identity:
    """Return the column that repeats least, and say that no column works."""
    candidates = [
        column
        for column in usable
        if not column.types.keys() - {"text", "integer"}
        and measured.is_full(column)
        and column.exact is not None
        and not column.id_fault
    ]
    ranked = sorted(candidates, key=lambda column: -(column.exact or _NONE).share)
    best = ranked[0] if ranked else url
    if best is None:
        best = max(usable, key=lambda column: column.filled)
    reasons = [
        "NO COLUMN WORKS: none is in every record and unique",
        f"{name_of(best.path)} comes closest; records that lack or repeat it are invalid",
        "export again with the id that the old system gives each record, and name its column",
    ]
    return Identity(_template(best.path), reasons, is_sound=False)
