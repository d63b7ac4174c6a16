"""Invariants after each night, from the server's record, without rules of the program.

A claim of the ledger is right when the server held that content at some time since it was first
sent: others may have changed it afterwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ld_import.importer.result import Facts, summary_of
from ld_import.ledger import LedgerReader
from tests.flow.nights_book import Arrival, Book
from tests.flow.nights_faults import UNCLEAR
from tests.flow.nights_place import Place, Played
from tests.flow.nights_records import (
    content_of,
    differences,
    own_id,
    record_of,
    visible_differences,
)
from tests.flow.nights_story import Night
from tests.harness.program import Ended

Row = dict[str, Any]

DONE = ("success", "skipped")
OPEN = ("pending", "submitted")
ENDS = (0, 3)
# Fields that a PATCH cannot change; a row whose reason names one claims nothing about it.
UNPATCHABLE = ("url", "fileName", "translations", "mediaType")
PATCHED = ("patched", "nothing to patch")
LOOKED_UP = ("found on the server", "written by an earlier request")
# An overdue job is given up for the night after an hour.
LONGEST_QUIET_SECONDS = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Finding:
    """A violated invariant: its short name and the details."""

    promise: str
    text: str

    def __str__(self) -> str:
        """Return the finding for a log."""
        return f"{self.promise}: {self.text}"


class Oracle:
    """Checks ledger and server after a night."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._kind = place.story.kind
        self._book: Book = place.book
        self._unrecorded: list[Finding] = []
        self._book.on_post = self._on_post
        self._arrival_count = 0
        self._had_open = False
        self._may_fail = False
        # The rows as last written, and the versions of their entries at that time.
        self._written: dict[str, tuple[Row, int]] = {}
        self._began = 0.0

    def begin(self) -> None:
        """Store the state before a night."""
        self._arrival_count = len(self._book.arrivals)
        self._had_open = bool(self._place.program.ledger_path.exists() and self._open_count())
        self._began = self._place.clock.elapsed

    def look(self, night: Night, played: Played) -> list[Finding]:
        """Return the findings after a night."""
        found, self._unrecorded = self._unrecorded, []
        if played.bug is not None:
            return [*found, Finding("no bug", f"{type(played.bug).__name__}: {played.bug}")]
        rows, invalid_lines = self.rows()
        self._note_written(rows)
        found += [*self._once(), *self._media_ids(rows)]
        found += self._sent_once(night)
        self._may_fail = self._may_fail or night.may_fail
        found += [] if self._may_fail else self._failures(rows)
        if played.ended is not None:
            found += self._counts(night, played.ended)
            found += _refusals(night, played.ended)
            if is_complete(played.ended):
                found += self._claims(night, rows)
                found += self._exit_code(night, played.ended, rows, invalid_lines)
        return found

    def settled(self, night: Night, *, is_patched: bool = False) -> list[Finding]:
        """Return items that quiet nights left unsettled, or a patch night left unpatched."""
        rows, _ = self.rows()
        found = [
            Finding("settled at last", f"{name} is {rows.get(name, {}).get('state')}: {reason}")
            for name in contents_of(self._kind, night)
            if (reason := _unsettled(rows.get(name)))
            and not self._is_squatted(name)
            and not (is_patched and self._is_others(name))
        ]
        if open_count := self._open_count():
            found.append(Finding("settled at last", f"{open_count} jobs are open"))
        return [*found, *(self._unpatched(night, rows) if is_patched else ())]

    def patience(self) -> list[Finding]:
        """Return whether a night without trouble took longer than any job is waited for."""
        seconds = self._place.clock.elapsed - self._began
        if seconds <= LONGEST_QUIET_SECONDS:
            return []
        return [Finding("waits are bounded", f"the night took {seconds / 3600:.0f} hours")]

    def _open_count(self) -> int:
        return len(self._place.program.open_jobs())

    def rows(self) -> tuple[dict[str, Row], list[int]]:
        """Return the ledger's items by externalId, and the lines of its invalid records."""
        with LedgerReader(self._place.program.ledger_path) as reader:
            found = list(reader.items())
        items = {row["externalId"]: row for row in found if row["state"] != "invalid"}
        return items, [row["line"] for row in found if row["state"] == "invalid"]

    def _on_post(self, names: tuple[str, ...]) -> None:
        if self._book.author != "ours":
            return
        rows, _ = self.rows()
        missing = [name for name in names if rows.get(name, {}).get("state") not in OPEN]
        if missing:
            self._unrecorded.append(Finding("recorded before sent", ", ".join(missing)))

    def _once(self) -> Iterator[Finding]:
        entries = self._place.emulator.entries()
        pairs = Counter((entry["systemName"], entry["externalId"]) for entry in entries)
        known = {name for one in self._book.arrivals for name in one.contents}
        for entry in entries:
            name = entry["externalId"]
            is_once = entry["created"] == 1 and pairs[entry["systemName"], name] == 1
            if not is_once or name not in known:
                yield Finding("created once", f"{name}: {entry['created']} times, {pairs}")

    def _media_ids(self, rows: Mapping[str, Row]) -> Iterator[Finding]:
        ids = {entry["externalId"]: entry["id"] for entry in self._place.emulator.entries()}
        for name, row in rows.items():
            if row["mediaId"] is not None and row["mediaId"] != ids.get(name):
                text = f"{name} has {row['mediaId']}, on the server it is {ids.get(name)}"
                yield Finding("mediaId is of the pair", text)

    def _sent_once(self, night: Night) -> Iterator[Finding]:
        """Find items that were sent twice although no fault had happened."""
        tonight = [
            one for one in self._book.arrivals[self._arrival_count :] if one.author == "ours"
        ]
        counts = Counter(name for one in tonight for name in one.contents)
        if night.is_calm and not self._had_open and any(count > 1 for count in counts.values()):
            yield Finding("sent once on a calm night", str(dict(counts)))

    def _failures(self, rows: Mapping[str, Row]) -> Iterator[Finding]:
        """Find failed items without a cause on this night or before."""
        for name, row in rows.items():
            if row["state"] == "failed" and not self._is_squatted(name):
                yield Finding("failed has a cause", f"{name}: {row['reason']}")

    def _note_written(self, rows: Mapping[str, Row]) -> None:
        versions = self._book.versions()
        for name, row in rows.items():
            if name not in self._written or self._written[name][0] != row:
                self._written[name] = (row, versions.get(name, 0))

    def _counts(self, night: Night, ended: Ended) -> Iterator[Finding]:
        told = summary(ended)
        parts = ("invalid", "repeated", "unchanged", "failedBefore", "sent", "notSent")
        counts = {name: told[name] for name in ("read", *parts)} | told["outcomes"]
        if told["read"] != sum(told[name] for name in parts):
            yield Finding("identity of counts", f"read is not the sum: {counts}")
        if told["sent"] != sum(told["outcomes"].values()):
            yield Finding("identity of counts", f"sent is not the sum of outcomes: {counts}")
        if any(count < 0 for count in counts.values()):
            yield Finding("identity of counts", f"below zero: {counts}")
        if ended.error is None and told["read"] != len(night.lines):
            yield Finding("every line is read", f"{told['read']} of {len(night.lines)}")

    def _claims(self, night: Night, rows: Mapping[str, Row]) -> Iterator[Finding]:
        held = self._book.versions()
        for name, content in contents_of(self._kind, night).items():
            row = rows.get(name)
            if row is None:
                yield Finding("every line has a row", name)
            elif row["state"] in DONE and name not in held:
                yield Finding("success is proved", f"{name}: the server has no such entry")
            elif row["state"] == "success" and (wrong := self._unproved(name, content, row)):
                yield Finding("success is proved", f"{name} ({row['reason']}): {wrong}")

    def _exit_code(
        self, night: Night, ended: Ended, rows: Mapping[str, Row], invalid_lines: Sequence[int]
    ) -> Iterator[Finding]:
        states = Counter(
            rows[name]["state"] for name in contents_of(self._kind, night) & rows.keys()
        )
        troubled = states["failed"] + len(invalid_lines)
        if (ended.exit_code == 3) != (troubled > 0):
            text = f"{ended.exit_code} with {dict(states)}, {len(invalid_lines)} invalid"
            yield Finding("exit code", text)

    def _unproved(self, name: str, content: Mapping[str, Any], row: Row) -> str:
        """Return the fields that differ in every version since the content was sent."""
        history = self.history(name)
        since = _since(self._kind, self._ours(name), name, content, history)
        found = [
            self._unexcused(content, one, row["reason"] or "")
            for one in history
            if one["version"] >= since or _is_looked_up(row)
        ]
        if not found:
            return f"the server had no version since {since}"
        return "" if [] in found else f"{', '.join(found[-1])} differ since version {since}"

    def _is_squatted(self, name: str) -> bool:
        """Return whether the own id of an item belongs to another pair."""
        own = own_id(int(name[1:]))
        entries = self._place.emulator.entries()
        return any(entry["id"] == own and entry["externalId"] != name for entry in entries)

    def _is_others(self, name: str) -> bool:
        """Return whether others changed an entry: then a PATCH may be refused as a conflict."""
        is_edited = any(one["cause"] == "edit" for one in self.history(name))
        return is_edited or any(
            one.author != "ours" and name in one.contents for one in self._book.arrivals
        )

    def _unexcused(
        self, content: Mapping[str, Any], version: Mapping[str, Any], reason: str
    ) -> list[str]:
        found = differences(self._kind, content, version)
        if reason.startswith((*PATCHED, *LOOKED_UP)):
            # Patched or looked-up content can be compared only in its readable fields.
            title_shown = self._place.emulator.settings.title_shown
            found = visible_differences(self._kind, content, version, title_shown)
        return [name for name in found if name not in UNPATCHABLE or name not in reason]

    def _unpatched(self, night: Night, rows: Mapping[str, Row]) -> Iterator[Finding]:
        for name, content in contents_of(self._kind, night).items():
            row = rows.get(name)
            if row is None or row["state"] != "skipped":
                continue
            # Later changes of others are not claims of the row.
            _, then = self._written[name]
            (version,) = (one for one in self.history(name) if one["version"] == then)
            wrong = differences(self._kind, content, version)
            if left := [each for each in wrong if each not in UNPATCHABLE]:
                yield Finding("skipped is patched", f"{name} ({row['reason']}): {', '.join(left)}")

    def history(self, name: str) -> list[dict[str, Any]]:
        """Return every version of an entry."""
        emulator = self._place.emulator
        for entry in emulator.entries():
            if entry["externalId"] == name:
                return emulator.history(entry["id"])
        return []

    def _ours(self, name: str) -> list[Arrival]:
        return [one for one in self._book.arrivals if one.author == "ours" and name in one.contents]


def is_complete(ended: Ended) -> bool:
    """Return whether a run finished with every record decided and nothing open."""
    told = summary(ended)
    is_over = ended.exit_code in ENDS and ended.error is None
    return is_over and not told["notSent"] and not told["outcomes"]["open"]


def _refusals(night: Night, ended: Ended) -> Iterator[Finding]:
    """Find a run that ended as refused although no answer refused it."""
    statuses = {fault.status for fault in night.faults} & set(UNCLEAR)
    if ended.exit_code == 6 and any(f" {status} " in f"{ended.error} " for status in statuses):
        yield Finding("unclear is not refused", str(ended.error))


def summary(ended: Ended) -> dict[str, Any]:
    """Return the JSON summary of a run."""
    facts = Facts(
        run_id="",
        kind="",
        target="",
        system_name="",
        manifest="",
        is_dry_run=False,
        seconds=0.0,
        exit_code=ended.exit_code,
    )
    return summary_of(ended.tally, facts, requests=ended.requests, more={})


def contents_of(kind: str, night: Night) -> dict[str, dict[str, Any]]:
    """Return the contents of a manifest by externalId: the first valid line of each counts."""
    found: dict[str, dict[str, Any]] = {}
    for line in night.lines:
        if not line.is_flawed:
            found.setdefault(line.name, content_of(record_of(kind, line)))
    return found


def _since(
    kind: str,
    ours: Sequence[Arrival],
    name: str,
    content: Mapping[str, Any],
    history: Sequence[Mapping[str, Any]],
) -> int:
    """Return the version from which on the server must have held a content we claim it has.

    That is the version at its first sending, counted anew after any other content of ours that the
    server accepted.
    """
    floor, start = 0, None
    for one in ours:
        if one.contents[name] == content:
            start = one.before[name] if start is None else start
        elif name in one.taken:
            floor, start = _after(kind, one, name, content, history), None
    return floor if start is None else max(floor, start)


def _after(
    kind: str,
    one: Arrival,
    name: str,
    content: Mapping[str, Any],
    history: Sequence[Mapping[str, Any]],
) -> int:
    """Return the version after the one that an arrival made, or that it met."""
    before = one.before[name]
    made = [
        version["version"]
        for version in history
        if version["version"] > before
        and not differences(kind, one.contents[name], version)
        and differences(kind, content, version)
    ]
    return made[0] + 1 if made else before


def _unsettled(row: Row | None) -> str:
    if row is None:
        return "no row"
    return "" if row["state"] in DONE else str(row["reason"])


def _is_looked_up(row: Row) -> bool:
    # When an entry was written is known by two clocks, each of which may be set between two nights,
    # and a file behind a URL cannot be read: such a claim is of the content that can be read.
    return (row["reason"] or "").startswith(LOOKED_UP)
