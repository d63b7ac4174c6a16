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

    `row` is its number there, for as long as it exists; `marks` tell which field is another now.
    `undone_with` is the size of its last batch where that one's job failed as a whole, else 0.
    """

    row: int
    state: State
    checksum: bytes
    record_digest: bytes
    media_id: str | None
    marks: bytes
    undone_with: int = 0


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

    `marks` are those of what the server took last, of every item the ledger knows; `existing` had a
    media entry before; what became of an earlier request for the `unsure` is not known; the job of
    each of the `suspects` failed in an earlier run although it stood alone there. `attempt` tells
    the how-manieth request for these items it is in this run.
    """

    items: tuple[Item, ...]
    existing: frozenset[ItemKey] = frozenset()
    unsure: frozenset[ItemKey] = frozenset()
    marks: Mapping[ItemKey, bytes] = field(default_factory=dict)
    suspects: frozenset[ItemKey] = frozenset()
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class OpenBatch:
    """A batch the ledger knows and that has not settled.

    Without `job_id` its request had no answer. `existing` are the keys that had a media entry
    before this batch, so that finding one proves nothing; `marks` are those of what was sent. Of
    the `unsure` an earlier request had no answer, and none since told how they ended.
    """

    batch_id: int
    keys: tuple[ItemKey, ...]
    created_at: datetime
    job_id: str | None = None
    existing: frozenset[ItemKey] = frozenset()
    marks: Mapping[ItemKey, bytes] = field(default_factory=dict)
    unsure: frozenset[ItemKey] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStart:
    """What the ledger notes of a run before anything is sent."""

    run_id: str
    manifest: str
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


class Outcome(NamedTuple):
    """How one item ended; `is_existing` as in `Result`."""

    key: ItemKey
    state: State
    reason: str | None = None
    media_id: str | None = None
    is_existing: bool = False


class Result(NamedTuple):
    """What a job says of one item; `state` is one of ours, `None` when the word is unknown.

    `is_existing`: the pair was there before, and the server left it as it was.
    """

    external_id: str
    state: State | None
    word: str
    reason: str | None = None
    media_id: str | None = None
    is_existing: bool = False


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
