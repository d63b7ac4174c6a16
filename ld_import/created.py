"""Results and outcomes of items that were all created, as columns.

Most batches end like this, and an object for each item would take longer than anything else that is
done with an answer. Both are sequences of the usual objects, made only for those who ask for one.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import repeat
from typing import Any, TypeVar, overload

from ld_import.model import ItemKey, MediaFacts, Outcome, Result, State

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
# The values of `MediaFacts`, a column for each; no column at all if no answer names a fact.
FactColumns = Sequence[Sequence[Any]]


class Columns(Sequence[T]):
    """A sequence of objects that are made from columns."""

    @abstractmethod
    def __iter__(self) -> Iterator[T]:
        """Yield the objects."""

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        """Return one object, or several; all of them are made."""
        return list(self)[at]


class Pairs(Mapping[K, V]):
    """A mapping of two columns; most are never asked for a value."""

    def __init__(self, names: Sequence[K], column: Sequence[V]) -> None:
        """Keep columns of the same length."""
        self.names = names
        self.column = column

    @cached_property
    def _values(self) -> dict[K, V]:
        return dict(zip(self.names, self.column, strict=True))

    def __getitem__(self, key: K) -> V:
        """Return the value of a key."""
        return self._values[key]

    def __iter__(self) -> Iterator[K]:
        """Yield the keys in order."""
        return iter(self.names)

    def __len__(self) -> int:
        """Return the number of keys."""
        return len(self.names)


class CreatedResults(Columns[Result]):
    """The results of a job that created all its items, which it reported by the same `word`."""

    def __init__(
        self,
        word: str,
        external_ids: Sequence[str],
        system_names: Sequence[str | None],
        media_ids: Sequence[str],
        facts: FactColumns,
    ) -> None:
        """Keep columns of the same length; `facts` may be without columns."""
        self.word = word
        self.external_ids = external_ids
        self.system_names = system_names
        self.media_ids = media_ids
        self.facts = facts

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.external_ids)

    def __iter__(self) -> Iterator[Result]:
        """Yield a result for each item."""
        columns = (self.external_ids, self.media_ids, self.system_names, facts_from(self.facts))
        for external_id, media_id, system_name, facts in zip(*columns, strict=False):
            yield Result(
                external_id,
                State.SUCCESS,
                self.word,
                media_id=media_id,
                system_name=system_name,
                facts=facts,
            )


class CreatedOutcomes(Columns[Outcome]):
    """The outcomes of items that were all created, and have a mediaId."""

    def __init__(
        self, keys: Sequence[ItemKey], media_ids: Sequence[str], facts: FactColumns
    ) -> None:
        """Keep columns of the same length; `facts` may be without columns."""
        self.keys = keys
        self.media_ids = media_ids
        self.facts = facts

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.keys)

    def __iter__(self) -> Iterator[Outcome]:
        """Yield an outcome for each item."""
        columns = (self.keys, self.media_ids, facts_from(self.facts))
        for key, media_id, facts in zip(*columns, strict=False):
            yield Outcome(key, State.SUCCESS, media_id=media_id, facts=facts)


def facts_from(columns: FactColumns) -> Iterator[MediaFacts | None]:
    """Yield the facts of each item, `None` for one without any; endless without columns."""
    if not columns:
        return repeat(None)
    rows = zip(*columns, strict=True)
    return (None if row.count(None) == len(row) else MediaFacts(*row) for row in rows)


def count_states(outcomes: Sequence[Outcome]) -> Counter[State]:
    """Return the number of outcomes in each state that occurs."""
    if isinstance(outcomes, CreatedOutcomes):
        return Counter({State.SUCCESS: len(outcomes)})
    return Counter([outcome.state for outcome in outcomes])


def outcomes_in(outcomes: Sequence[Outcome], states: Collection[State]) -> Sequence[Outcome]:
    """Return the outcomes in one of these states."""
    if isinstance(outcomes, CreatedOutcomes):
        return outcomes if State.SUCCESS in states else ()
    return [outcome for outcome in outcomes if outcome.state in states]
