"""The values that pass between packages: frozen, without behaviour, importable from everywhere.

Raw JSON stays in `manifest`, `kinds` and `api`; all other packages use these types. A type with
one instance per item is a NamedTuple, which is fast to create, to compare and to send to another
process. So is a small value: every start defines it in a quarter of the time of a dataclass.
"""

# NOTE: without `from __future__ import annotations`, since `NamedTuple` compiles each annotation
# that is a text, at every start.

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple, TypeAlias


class State(StrEnum):
    """Progress of one item; the server's own word where it has one.

    `LOST` closes an attempt with an unknown result: its request was never answered, or the server
    no longer knows the job. The next plan decides on the item again.
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
    """Comparison of an entry that already existed with the content that was sent."""

    SAME = "same"
    OTHER = "other"
    UNKNOWN = "unknown"


class SendReason(StrEnum):
    """Reason to send an item."""

    NEW = "new"
    CHANGED = "changed"
    RETRY = "retry"


class LeaveReason(StrEnum):
    """Reason not to send a valid record."""

    UNCHANGED = "unchanged"
    FAILED_BEFORE = "failedBefore"
    REPEATED = "repeated"
    OPEN = "open"
    HELD_BACK = "notSent"


class Problem(NamedTuple):
    """One problem of a record: the field, and a sentence with its value and advice.

    `rule` names the check that found it, empty for the checks that need no project.
    """

    field: str
    text: str
    rule: str = ""


class Remark(NamedTuple):
    """A warning about a record that is sent: the server may refuse it, or treat it differently.

    `rule` names the check, and `field` is the dotted path in the entry.
    """

    line: int
    external_id: str
    rule: str
    field: str
    text: str
    advice: str


class Record(NamedTuple):
    """One legacy record as read: its line in the file (the first is 1) and its JSON text.

    A record that cannot be read has a `problem` and an empty `raw`. The `raw` of any other record
    is not empty, so that the digest of an unreadable record never equals that of an imported one.
    """

    line: int
    raw: bytes
    problem: Problem | None = None


# The constructor of a NamedTuple is a function of Python. For the types with an instance for each
# record that is read, these functions from *all* fields take half the time.
new_record: Callable[[tuple[int, bytes, Problem | None]], Record] = partial(tuple.__new__, Record)


class Invalid(NamedTuple):
    """A record that cannot become an item, with all its problems; it never ends a run."""

    line: int
    external_id: str | None
    problems: tuple[Problem, ...]


class Entry(NamedTuple):
    """A record after mapping: its externalId and the fields of its kind, not yet validated."""

    line: int
    external_id: str
    fields: dict[str, Any]


class ItemKey(NamedTuple):
    """The permanent identity of an item, in the old system and in Livingdocs."""

    system_name: str
    external_id: str


new_entry: Callable[[tuple[int, str, dict[str, Any]]], Entry] = partial(tuple.__new__, Entry)
new_key: Callable[[tuple[str, str]], ItemKey] = partial(tuple.__new__, ItemKey)


class Item(NamedTuple):
    """A validated entry, ready to be sent.

    `body` is the compact JSON that goes into the request. `checksum` is the fingerprint of that
    content, independent of the order of its keys. `record_digest` is the fingerprint of the record
    and of the mapping it came from. `field_hashes` are the hashes of the fields of `body`, empty if
    not computed yet. `fields` are the parsed fields of `body`, only for checks that read them;
    items of a run have none, since thousands of them are in memory at once. `url` is the address in
    the old system, or in the storage if only that is known.

    An item with a `file` is not ready: `body` contains the address of the file, which must be
    prepared first, and `checksum` covers the state of its source. `file_size` is the size that the
    source states, in bytes, `None` if unknown.
    """

    key: ItemKey
    line: int
    body: bytes
    checksum: bytes
    record_digest: bytes
    url: str
    file_name: str
    field_hashes: bytes = b""
    fields: dict[str, Any] | None = None
    file: str = ""
    file_size: int | None = None


ItemFields: TypeAlias = tuple[
    ItemKey, int, bytes, bytes, bytes, str, str, bytes, dict[str, Any] | None, str, int | None
]
new_item: Callable[[ItemFields], Item] = partial(tuple.__new__, Item)


@dataclass(frozen=True, slots=True)
class Target:
    """The destination of items: for another target, every record of a manifest is new."""

    server: str
    project: str
    kind: str


class KnownItem(NamedTuple):
    """An item as the ledger knows it.

    - `row` is its permanent row number.
    - `field_hashes` are those of the content the server is known to hold, empty if unknown.
    - `failed_batch_size` is the size of its last batch if the job of that batch failed as a whole,
      otherwise 0.
    - `lost_since` is the time of the first unanswered request since the last answered one, and
      `lost_field_hashes` are those of the last unanswered request.
    """

    row: int
    state: State
    checksum: bytes
    record_digest: bytes
    media_id: str | None
    field_hashes: bytes
    failed_batch_size: int = 0
    lost_since: datetime | None = None
    lost_field_hashes: bytes = b""


class HeldItem(NamedTuple):
    """An item that has an entry on the server, as far as the ledger knows.

    - `media_id` is `None` if the answer to the import named none.
    - `field_hashes` are those of the content that the server accepted last, empty if unknown.
    - `keeps_other`: the entry existed before and was left with other content; `field_hashes` are
      those of the content that was sent.
    """

    row: int
    key: ItemKey
    state: State
    media_id: str | None
    line: int
    field_hashes: bytes
    keeps_other: bool = False


class Block(NamedTuple):
    """The digest of consecutive records, and the rows of the settled items they produced."""

    digest: bytes
    rows: Sequence[int]


class SentBlock(NamedTuple):
    """A block with records that a run sends, on different lines from the first to the last.

    `rows` are those of the other records, and 0 for each record sent; empty if all are sent.
    """

    digest: bytes
    first_line: int
    last_line: int
    sent_count: int
    rows: Sequence[int]


class Send(NamedTuple):
    """The decision to send an item."""

    item: Item
    reason: SendReason
    known: KnownItem | None = None


new_send: Callable[[tuple[Item, SendReason, KnownItem | None]], Send] = partial(tuple.__new__, Send)


class Repeat(NamedTuple):
    """A record with the key and the content of an earlier one, on `first_line`."""

    line: int
    external_id: str
    first_line: int


@dataclass(frozen=True, slots=True)
class Leave:
    """The decision not to send `count` records; `repeat` names a repeated one."""

    reason: LeaveReason
    count: int = 1
    repeat: Repeat | None = None


Decision = Send | Leave | Invalid


@dataclass(frozen=True, slots=True)
class Batch:
    """The items of one request, in request order.

    - `existing` are the items that already had a media entry.
    - `unconfirmed` are the items with an unanswered earlier request, and the time of the first one.
    - `field_hashes` are those of the content the server last accepted, if the ledger knows it.
    - `suspects` are items that were alone in a job of an earlier run that failed as a whole.
    - `lost_field_hashes` are those of the last request, for items where it was not answered.
    - `attempt` is the number of this request among those sent for these items in this run,
      starting at 1.
    """

    items: tuple[Item, ...]
    existing: frozenset[ItemKey] = frozenset()
    unconfirmed: Mapping[ItemKey, datetime] = field(default_factory=dict)
    field_hashes: Mapping[ItemKey, bytes] = field(default_factory=dict)
    suspects: frozenset[ItemKey] = frozenset()
    lost_field_hashes: Mapping[ItemKey, bytes] = field(default_factory=dict)
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class OpenBatch:
    """A batch in the ledger that is not settled yet.

    - `job_id` is `None` if its request was not answered.
    - `existing` are the keys that had a media entry before this batch: finding an entry for one of
      them proves nothing.
    - `field_hashes` are those of the content that was sent.
    - `unconfirmed` has the meaning it has in `Batch`.
    - `held` are the field hashes of the content the server accepted before, if known.
    - `began` is the monotonic clock at `created_at`, `None` for a batch of an earlier run.
    - `later_runs` are the starts of two runs between the run of this batch and the present one:
      the earliest start, and that of the last run. `None` without a run in between.
    """

    batch_id: int
    keys: tuple[ItemKey, ...]
    created_at: datetime
    job_id: str | None = None
    existing: frozenset[ItemKey] = frozenset()
    field_hashes: Mapping[ItemKey, bytes] = field(default_factory=dict)
    unconfirmed: Mapping[ItemKey, datetime] = field(default_factory=dict)
    held: Mapping[ItemKey, bytes] = field(default_factory=dict)
    began: float | None = None
    later_runs: tuple[datetime, datetime] | None = None


class LearnedTimes(NamedTuple):
    """A learned number of items in a batch, and the times of the jobs that it is based on.

    `fixed_seconds` and `item_seconds` are `None` if jobs of one size only were measured. `most` is
    the limit after larger jobs failed as a whole, `None` if none did.
    """

    size: int
    fixed_seconds: float | None = None
    item_seconds: float | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStart:
    """The description of a run that the ledger stores before the first request.

    `records_file` is the file with the records; several manifests may share it. `activity` is
    `import`, `adopt` or `undo`.
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
    activity: str = "import"


class CreatedItem(NamedTuple):
    """An item that a run sent, with the evidence of who created its entry.

    - `field_hashes` are those of the content that the server accepted last.
    - `is_existing`: whether the entry existed before the last attempt, `None` if unknown.
    - `first_sent_at` is the time of the first attempt, `own_sent_at` that of the first one in the
      run, and `next_sent_at` that of the first one after the run, if any.
    - `settled_at` is the time of the last result, `ended_at` the end of the run of the last
      attempt.
    - `missing_attempts` is the number of attempts that the ledger no longer has.
    - `last_run` is the run of the last attempt, and `last_activity` what that run did.
    """

    row: int
    key: ItemKey
    state: State
    media_id: str | None
    field_hashes: bytes
    is_existing: bool | None
    first_sent_at: datetime
    own_sent_at: datetime
    next_sent_at: datetime | None
    settled_at: datetime | None
    ended_at: datetime | None
    missing_attempts: int
    last_run: str
    last_activity: str


class Archiving(NamedTuple):
    """An entry that a run begins to archive: its version as JSON, and the digest of the rest.

    `run_id` is the run that created the entry.
    """

    row: int
    key: ItemKey
    media_id: str | None
    run_id: str
    version: str
    entry_digest: bytes


class Identity(NamedTuple):
    """The settings that determine the keys of a manifest: another value changes every key."""

    system_name: str
    external_id_template: str | None


class DuplicateUrl(NamedTuple):
    """A known item and a new item with the same URL."""

    known: ItemKey
    new: ItemKey
    url: str


@dataclass(frozen=True, slots=True)
class DuplicateUrls:
    """The number of new items that have the URL of a known item, and one example."""

    count: int
    example: DuplicateUrl | None = None


class MediaFacts(NamedTuple):
    """The stored file of a media entry, as far as answers name it.

    `original_url` is its address in the storage of the CMS. Width and height are pixels, `duration`
    seconds, `size` bytes, and `key` is its name in the storage.
    """

    original_url: str | None = None
    mime_type: str | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    size: int | None = None
    key: str | None = None


class UploadState(StrEnum):
    """Progress of the file of an item: `STARTED` before its bytes are sent."""

    STARTED = "started"
    STORED = "stored"
    FAILED = "failed"


class StoredFile(NamedTuple):
    """A file in a storage, verified.

    `version` counts the different contents of an item, starting at 1. `storage` is the name of the
    storage in the configuration, `key` the name of the object without the prefix of the storage.
    `size` is in bytes, `duration` in seconds; width and height are pixels as displayed.
    """

    version: int
    storage: str
    key: str
    size: int
    sha256: bytes
    etag: str | None
    mime_type: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None


class Upload(NamedTuple):
    """The file of an item as the ledger knows it.

    - `source` is the address of the file in the record, without secrets, and `identity` what its
      source said of its content.
    - `stored` is the content that was stored and verified last, `None` if none was.
    - `version` is the one that was begun last, or 0 if another object was under its key.
    """

    key: ItemKey
    state: UploadState
    source: str
    identity: str
    version: int
    stored: StoredFile | None = None

    @property
    def is_begun(self) -> bool:
        """Whether a put was begun whose result is not recorded."""
        return self.state is UploadState.STARTED


class BegunFile(NamedTuple):
    """The file of an item whose bytes will be sent, as content number `version`."""

    key: ItemKey
    source: str
    identity: str
    version: int


class FinishedFile(NamedTuple):
    """The file of an item that is stored and verified, read at its source as `identity`."""

    key: ItemKey
    identity: str
    stored: StoredFile


class FailedFile(NamedTuple):
    """The file of an item that cannot be stored, and the reason.

    `is_taken`: another object is under its key. The version of the row becomes 0 then.
    """

    key: ItemKey
    reason: str
    is_taken: bool = False


class Outcome(NamedTuple):
    """The result of one item; `is_existing` and `is_id_taken` are those of `Result`.

    `content` compares an entry that already existed with the content that was sent. `held` are the
    field hashes of the entry if its content is known to be neither the sent nor the previous one.
    `facts` are `None` if the answer names none.
    """

    key: ItemKey
    state: State
    reason: str | None = None
    media_id: str | None = None
    is_existing: bool = False
    is_id_taken: bool = False
    content: Content = Content.UNKNOWN
    held: bytes | None = None
    facts: MediaFacts | None = None


class Result(NamedTuple):
    """The result a job reports for one item.

    - `state` is `None` if the server's `word` is unknown.
    - `is_existing`: an entry with this pair already existed, and the server did not change it.
    - `is_id_taken`: the entry brought its own id, and the server has an entry with that id. The
      answer does not say which pair that entry has.
    - `system_name` is `None` if the answer does not contain it.
    """

    external_id: str
    state: State | None
    word: str
    reason: str | None = None
    media_id: str | None = None
    is_existing: bool = False
    is_id_taken: bool = False
    system_name: str | None = None
    facts: MediaFacts | None = None


class Job(NamedTuple):
    """An import job as the server reports it.

    `results` is `None` without a list of items: the job is still running, failed as a whole or is
    lost. A synchronous import is represented by a finished job without a `job_id`.
    """

    job_id: str | None
    state: str
    finished: bool
    results: Sequence[Result] | None = None

    @property
    def is_lost(self) -> bool:
        """Whether the server does not know the job; `finished` stays false for such a job."""
        return self.state == "lost"
