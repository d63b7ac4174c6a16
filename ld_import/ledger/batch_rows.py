"""The rows of the items of a batch, and the mediaIds of their outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ld_import.created import CreatedOutcomes, Pairs
from ld_import.model import ItemKey, Outcome


class NewRows(Pairs[ItemKey, int]):
    """The rows of a batch of new items: consecutive ones, in the order of the items."""

    def __init__(self, first: int, keys: Sequence[ItemKey]) -> None:
        """Number these keys from `first` on."""
        self.rows = range(first, first + len(keys))
        super().__init__(keys, self.rows)


def rows_of(outcomes: Sequence[Outcome], row_of: Mapping[ItemKey, int]) -> Sequence[int]:
    """Return the row of each outcome; a range if the whole batch was created, in its order."""
    if not isinstance(outcomes, CreatedOutcomes):
        return [row_of[outcome.key] for outcome in outcomes]
    if isinstance(row_of, NewRows) and list(outcomes.keys) == list(row_of.names):
        return row_of.rows
    return [row_of[key] for key in outcomes.keys]


def media_ids_of(outcomes: Sequence[Outcome]) -> Sequence[str | None]:
    """Return the mediaId of each outcome."""
    if isinstance(outcomes, CreatedOutcomes):
        return outcomes.media_ids
    return [outcome.media_id for outcome in outcomes]
