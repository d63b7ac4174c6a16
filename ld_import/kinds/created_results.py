"""Reads the results of a job that created all its items, column by column.

Anything unusual is left to the way that reads one result after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import getitem
from typing import Any

from ld_import.created import CreatedResults
from ld_import.ids import are_ids
from ld_import.kinds.media_facts import fact_columns
from ld_import.model import State


def created_results(
    listed: Sequence[Any], media_id_at: Sequence[str], states: Mapping[str, State]
) -> CreatedResults | None:
    """Return the results if each is a success with a mediaId and no reason, otherwise `None`.

    `media_id_at` is the path of the mediaId in a result, and `states` are the words of a server.
    """
    try:
        return _read(listed, media_id_at, states)
    except (KeyError, TypeError, AttributeError):
        return None


def _read(
    listed: Sequence[Any], media_id_at: Sequence[str], states: Mapping[str, State]
) -> CreatedResults | None:
    words = {result["state"] for result in listed}
    if len(words) != 1 or {result.get("reason") for result in listed} != {None}:
        return None
    external_ids = [result["externalId"] for result in listed]
    system_names = [result.get("systemName") for result in listed]
    *reference_at, id_name = media_id_at
    references = [reduce(getitem, reference_at, result) for result in listed]
    media_ids = [reference[id_name] for reference in references]
    (word,) = words
    is_plain = (
        states.get(word) is State.SUCCESS
        and _are_texts(external_ids)
        and _are_texts([name for name in system_names if name is not None])
        and are_ids(media_ids)
    )
    if not is_plain:
        return None
    facts = fact_columns(references)
    return CreatedResults(word, external_ids, system_names, media_ids, facts)


def _are_texts(values: Sequence[Any]) -> bool:
    return {str}.issuperset(map(type, values))
