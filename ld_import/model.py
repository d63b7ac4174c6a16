"""The values that pass from room to room: frozen, without behaviour, imported by everyone.

Raw JSON never travels further than `manifest`, `kinds` and `api`; past them there is only what
stands here. What exists once an item is a NamedTuple, which is quick to make, to compare and to
send to another process; the rest are dataclasses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple


class State(StrEnum):
    """How far one item came; the words of the server where the server has one.

    `LOST` closes an attempt whose end nobody can tell: the answer to its request never came,
    or the server forgot its job. Nothing was learned, so the item is decided anew.
    """

    PENDING = "pending"
    SUBMITTED = "submitted"
    SUCCESS = "success"
    SKIPPED = "skipped"
    FAILED = "failed"
    REFUSED = "refused"
    LOST = "lost"


OPEN = frozenset({State.PENDING, State.SUBMITTED})


class Content(StrEnum):
    """How the content of an entry that was there before compares with what was sent."""

    SAME = "same"
    OTHER = "other"
    UNKNOWN = "unknown"


class Why(StrEnum):
    """Why an item is sent."""

    NEW = "new"
    CHANGED = "changed"
    RETRY = "retry"


class Left(StrEnum):
    """Why a record is not sent although nothing is wrong with it."""

    UNCHANGED = "unchanged"
    FAILED_BEFORE = "failedBefore"
    REPEATED = "repeated"
    OPEN = "open"
    HELD_BACK = "notSent"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a record: the field it concerns and a sentence with value and advice."""

    field: str
    text: str


class Record(NamedTuple):
    """One legacy record as read: its line in the file (first is 1) and its JSON text.

    `problem` is the reason why there is no such text: `raw` is empty then. No other record is
    empty, so this one never has the digest of one that was imported.
    """

    line: int
    raw: bytes
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Invalid:
    """A record that cannot become an item, with every reason at once; it never ends a run."""

    line: int
    external_id: str | None
    problems: tuple[Problem, ...]


class Entry(NamedTuple):
    """A record after mapping: its externalId and the fields of its kind, not yet checked."""

    line: int
    external_id: str
    fields: dict[str, Any]


class ItemKey(NamedTuple):
    """The identity of an item on both sides, for ever."""

    system_name: str
    external_id: str


class Item(NamedTuple):
    """A checked entry, ready to be sent.

    `body` is its compact JSON as it stands in the request, `checksum` the fingerprint of that
    content (the order of keys does not count), `record_digest` the fingerprint of the record and
    the mapping it came from. `marks` are those of the body, where they were made already.
    """

    key: ItemKey
    line: int
    body: bytes
    checksum: bytes
    record_digest: bytes
    url: str
    file_name: str
    marks: bytes = b""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a ledger's items live: the same manifest against another target is all new."""

    server: str
    project: str
    kind: str


class KnownItem(NamedTuple):
    """What the ledger remembers of an item.

    `row` is its number there, for as long as it exists; `marks` are those of what the server is
    known to hold, empty where that is not known. `undone_with` is the size of its last batch where
    that one's job failed as a whole, else 0. `lost_since` is the time of the first request without
    an answer since the last one that had one, and `lost_marks` are those of the last such request.
    """

    row: int
    state: State
    checksum: bytes
    record_digest: bytes
    media_id: str | None
    marks: bytes
    undone_with: int = 0
    lost_since: datetime | None = None
    lost_marks: bytes = b""


@dataclass(frozen=True, slots=True)
class Block:
    """Records in a row, by their digest, and the rows of the settled items that came from them."""

    digest: bytes
    rows: Sequence[int]


class Send(NamedTuple):
    """The decision to send an item."""

    item: Item
    why: Why
    known: KnownItem | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """The decision to leave `count` records as they are."""

    why: Left
    count: int = 1


Decision = Send | Leave | Invalid


@dataclass(frozen=True, slots=True)
class Batch:
    """The items of one request, in request order.

    `marks` are those of what the server took last, where the ledger knows it; `existing` had a
    media entry before; `unsure` are items of which an earlier request had no answer, with the time
    of the first such request; the job of each of the `suspects` failed in an earlier run although
    it was alone there. `lost_marks` are those of what was sent last, of items of which the last
    request had no answer. `attempt` is the number of this request among those for these items in
    this run, starting at 1.
    """

    items: tuple[Item, ...]
    existing: frozenset[ItemKey] = frozenset()
    unsure: Mapping[ItemKey, datetime] = field(default_factory=dict)
    marks: Mapping[ItemKey, bytes] = field(default_factory=dict)
    suspects: frozenset[ItemKey] = frozenset()
    lost_marks: Mapping[ItemKey, bytes] = field(default_factory=dict)
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class OpenBatch:
    """A batch the ledger knows and that has not settled.

    Without `job_id` its request had no answer. `existing` are the keys that had a media entry
    before this batch, so that finding one proves nothing; `marks` are those of what was sent.
    `unsure` as in `Batch`; `held` are the marks of what the server took before, where it is known.

    `began` is the monotonic clock at `created_at`, `None` for a batch of an earlier run; for such
    a batch `later_runs` are two starts of runs between its run and this one: the earliest moment,
    and that of the last run.
    """

    batch_id: int
    keys: tuple[ItemKey, ...]
    created_at: datetime
    job_id: str | None = None
    existing: frozenset[ItemKey] = frozenset()
    marks: Mapping[ItemKey, bytes] = field(default_factory=dict)
    unsure: Mapping[ItemKey, datetime] = field(default_factory=dict)
    held: Mapping[ItemKey, bytes] = field(default_factory=dict)
    began: float | None = None
    later_runs: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStart:
    """What the ledger notes of a run before anything is sent.

    `records_file` is where the records are, which several manifests may share.
    """

    run_id: str
    manifest: str
    records_file: str | None
    system_name: str
    external_id_template: str | None
    command: str
    host: str
    pid: int
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes the keys of a manifest: change it, and every item gets another one."""

    system_name: str
    external_id_template: str | None


class Double(NamedTuple):
    """An item of the ledger and a new one with the same URL."""

    known: ItemKey
    new: ItemKey
    url: str


@dataclass(frozen=True, slots=True)
class Doubles:
    """How many new items have the URLs of known ones, and one of them."""

    count: int
    example: Double | None = None


class Outcome(NamedTuple):
    """How one item ended; `is_existing` and `is_id_taken` as in `Result`.

    `content` compares an entry that was there before with what was sent. `held` are the marks of
    what the entry holds, where that is known to be neither what was sent nor what it was before.
    """

    key: ItemKey
    state: State
    reason: str | None = None
    media_id: str | None = None
    is_existing: bool = False
    is_id_taken: bool = False
    content: Content = Content.UNKNOWN
    held: bytes | None = None


class Result(NamedTuple):
    """What a job says of one item; `state` is one of ours, `None` when the word is unknown.

    `is_existing`: the pair was there before, and the server left it as it was. `is_id_taken`: the
    id that the entry brought belongs to an entry, whose pair the server does not name.
    `system_name` is `None` where the answer does not name it.
    """

    external_id: str
    state: State | None
    word: str
    reason: str | None = None
    media_id: str | None = None
    is_existing: bool = False
    is_id_taken: bool = False
    system_name: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """An import job as the server tells it.

    `results` is `None` while there is no list of items: the job still runs, failed as a whole or
    is lost. A synchronous import is a job that is born finished; it has no `job_id`.
    """

    job_id: str | None
    state: str
    finished: bool
    results: tuple[Result, ...] | None = None

    @property
    def is_lost(self) -> bool:
        """The server does not know this job; it says so with `finished: false`, for ever."""
        return self.state == "lost"
