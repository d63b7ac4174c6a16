"""Which result of a synchronous import belongs to which item; what names nobody is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from ld_import.kinds.media_library.results import is_created, media_id_from, record_from
from ld_import.model import Item

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Matcher:
    """A way to recognise an item: a name it has, and the same name as results tell it."""

    of_item: Callable[[Fields, int], Hashable | None]
    of_result: Callable[[Fields], Hashable | None]


def match_results(items: Sequence[Item], listed: Sequence[Any]) -> list[tuple[Item, Fields]]:
    """Pair items with results, in the order of the items; no item and no result comes twice.

    A result is matched by what it names, and only then by its place.
    """
    sent = [orjson.loads(item.body) for item in items]
    told = {place: one for place, one in enumerate(listed) if isinstance(one, dict)}
    found: dict[int, int] = {}
    for matcher in MATCHERS:
        found |= _by_name(matcher, sent, told, found)
    if len(items) == len(listed):
        found |= _by_place(sent, told, found)
    return [(items[place], told[found[place]]) for place in sorted(found)]


def _by_name(
    matcher: Matcher, sent: Sequence[Fields], told: dict[int, Fields], found: dict[int, int]
) -> dict[int, int]:
    names = [matcher.of_item(fields, place) for place, fields in enumerate(sent)]
    shared = Counter(names)
    # A name that several items share, as an externalId under two systems, tells none of them.
    waiting = {
        name: place
        for place, name in enumerate(names)
        if place not in found and name is not None and shared[name] == 1
    }
    used = set(found.values())
    new: dict[int, int] = {}
    for at, one in told.items():
        place = None if at in used else waiting.pop(matcher.of_result(one), None)
        if place is not None:
            new[place] = at
    return new


def _by_place(
    sent: Sequence[Fields], told: dict[int, Fields], found: dict[int, int]
) -> dict[int, int]:
    # The order of results is not promised: one known to be elsewhere, and places mean nothing.
    if any(place != at for place, at in found.items()):
        return {}
    new: dict[int, int] = {}
    ids = {media_id_from(told[at]) for at in found.values()}
    for place, fields in enumerate(sent):
        one = told.get(place)
        if place in found or one is None or _is_anothers(one, fields, place):
            continue
        media_id = media_id_from(one)
        if media_id is None or media_id not in ids:
            new[place] = place
            ids.add(media_id)
    return new


def _is_anothers(told: Fields, sent: Fields, place: int) -> bool:
    """Tell whether a result names another entry than this."""
    names = ((matcher.of_item(sent, place), matcher.of_result(told)) for matcher in MATCHERS)
    return any(None not in (own, other) and own != other for own, other in names)


def _id_told(told: Fields) -> str | None:
    return media_id_from(told) if is_created(told) else None


def _pair(fields: Fields) -> tuple[str, str] | None:
    system_name, external_id = fields.get("systemName"), fields.get("externalId")
    if isinstance(system_name, str) and isinstance(external_id, str):
        return system_name, external_id
    return None


def _correlation(name: str) -> Callable[[Fields], str | None]:
    def read(told: Fields) -> str | None:
        text = told.get("correlation")
        return text if isinstance(text, str) and text.startswith(f"{name}: ") else None

    return read


def _called(name: str) -> Callable[[Fields, int], str | None]:
    def call(sent: Fields, place: int) -> str | None:
        return f"{name}: {sent[name]}" if name in sent else None

    return call


MATCHERS = (
    Matcher(lambda sent, _: sent.get("id"), _id_told),
    Matcher(lambda sent, _: _pair(sent), lambda told: _pair(record_from(told))),
    Matcher(_called("id"), _correlation("id")),
    Matcher(_called("externalId"), _correlation("externalId")),
    Matcher(lambda _, place: f"index: {place}", _correlation("index")),
)
