"""Match the results of a synchronous import to items; results that match no item are omitted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

import orjson

from ld_import.kinds.media_library.results import is_created, media_id_from, record_from
from ld_import.model import Item

Fields = dict[str, Any]


class Matcher(NamedTuple):
    """A criterion: the name of an item, and the name that a result gives; equal names match."""

    of_item: Callable[[Fields, int], Hashable | None]
    of_result: Callable[[Fields], Hashable | None]


def match_results(items: Sequence[Item], listed: Sequence[Any]) -> list[tuple[Item, Fields]]:
    """Return pairs of items and results, in the order of the items; none of them appears twice.

    Results are matched by name first, and by position only if all positions agree.
    """
    sent = [orjson.loads(item.body) for item in items]
    results = {at: result for at, result in enumerate(listed) if isinstance(result, dict)}
    matches: dict[int, int] = {}
    for matcher in MATCHERS:
        matches |= _by_name(matcher, sent, results, matches)
    if len(items) == len(listed):
        matches |= _by_position(sent, results, matches)
    return [(items[position], results[matches[position]]) for position in sorted(matches)]


def _by_name(
    matcher: Matcher, sent: Sequence[Fields], results: dict[int, Fields], matches: dict[int, int]
) -> dict[int, int]:
    names = [matcher.of_item(fields, position) for position, fields in enumerate(sent)]
    counts = Counter(names)
    # A name of several items, such as an externalId under two systems, identifies none of them.
    unmatched = {
        name: position
        for position, name in enumerate(names)
        if position not in matches and name is not None and counts[name] == 1
    }
    used = set(matches.values())
    new: dict[int, int] = {}
    for at, result in results.items():
        position = None if at in used else unmatched.pop(matcher.of_result(result), None)
        if position is not None:
            new[position] = at
    return new


def _by_position(
    sent: Sequence[Fields], results: dict[int, Fields], matches: dict[int, int]
) -> dict[int, int]:
    # The API does not promise an order: one result at another position makes all unreliable.
    if any(position != at for position, at in matches.items()):
        return {}
    new: dict[int, int] = {}
    ids = {media_id_from(results[at]) for at in matches.values()}
    for position, fields in enumerate(sent):
        result = results.get(position)
        if position in matches or result is None or _names_other(result, fields, position):
            continue
        media_id = media_id_from(result)
        if media_id is None or media_id not in ids:
            new[position] = position
            ids.add(media_id)
    return new


def _names_other(result: Fields, sent: Fields, position: int) -> bool:
    """Return whether a result names an entry other than this one."""
    names = ((matcher.of_item(sent, position), matcher.of_result(result)) for matcher in MATCHERS)
    return any(None not in (own, other) and own != other for own, other in names)


def _created_id(result: Fields) -> str | None:
    return media_id_from(result) if is_created(result) else None


def _pair(fields: Fields) -> tuple[str, str] | None:
    system_name, external_id = fields.get("systemName"), fields.get("externalId")
    if isinstance(system_name, str) and isinstance(external_id, str):
        return system_name, external_id
    return None


def _correlation(name: str) -> Callable[[Fields], str | None]:
    def read(result: Fields) -> str | None:
        text = result.get("correlation")
        return text if isinstance(text, str) and text.startswith(f"{name}: ") else None

    return read


def _sent_as(name: str) -> Callable[[Fields, int], str | None]:
    def read(sent: Fields, position: int) -> str | None:
        return f"{name}: {sent[name]}" if name in sent else None

    return read


MATCHERS = (
    Matcher(lambda sent, _: sent.get("id"), _created_id),
    Matcher(lambda sent, _: _pair(sent), lambda result: _pair(record_from(result))),
    Matcher(_sent_as("id"), _correlation("id")),
    Matcher(_sent_as("externalId"), _correlation("externalId")),
    Matcher(lambda _, position: f"index: {position}", _correlation("index")),
)
