"""The rules of a plan, and its result: chunks of decisions."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from ld_import.model import Block, Decision, Item, Problem, Remark

SHOWN_IDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of a plan.

    With `patch`, items whose entries have other content on the server are sent again, to be
    patched. An item larger than `largest_item_bytes` does not fit into a request.
    """

    retry_failed: bool = False
    force: bool = False
    only: frozenset[str] | None = None
    limit: int | None = None
    patch: bool = False
    largest_item_bytes: int = 480_000


class Checked(Protocol):
    """The result of a check: with `problems` the item is invalid, with `remarks` it is sent."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The reasons why the server would refuse the item."""
        ...

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """The warnings about the item."""
        ...


class ItemCheck(Protocol):
    """A check of items that would be sent; it can be pickled."""

    def item(self, item: Item) -> Checked:
        """Check an item."""
        ...


@dataclass(frozen=True, slots=True)
class Chunk:
    """The decisions about `read` consecutive records.

    - `learned` holds (row, digest) of unchanged items whose record text is new to the ledger.
    - `block` is set if each of the records was left as settled; `is_block_known` if the ledger
      contains it. If others of them are to be sent, `sending` is set: their rows are 0.
    - `remarks` are warnings about items to send.
    - `met` are the rows of unchanged items whose text the ledger knows, but not by its digest.
    """

    read: int
    decisions: list[Decision]
    learned: list[tuple[int, bytes]]
    block: Block | None = None
    is_block_known: bool = False
    remarks: list[Remark] = field(default_factory=list)
    sending: Block | None = None
    met: list[int] = field(default_factory=list)


class PlannerState(NamedTuple):
    """The state of a planner between two chunks, without its `Seen`; `check` is its check.

    `is_ledger_new`: the ledger had no items when the plan began.
    """

    line_of_row: array[int]
    only_left: set[str]
    left_to_send: int | None
    check: ItemCheck | None = None
    is_ledger_new: bool = False


def not_in_manifest_sentence(not_in_manifest: Sequence[str]) -> str:
    """Return the message about ids requested by `--only` that are not in the manifest."""
    shown = ", ".join(not_in_manifest[:SHOWN_IDS])
    more = (
        f" and {len(not_in_manifest) - SHOWN_IDS:,} more"
        if len(not_in_manifest) > SHOWN_IDS
        else ""
    )
    return (
        f"requested by --only, but not in the manifest: {shown}{more} (ids are compared letter by"
        " letter)"
    )
