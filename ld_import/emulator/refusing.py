"""Requests refused, and jobs struck, because of one item, as the script of faults wants it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ld_import.emulator.answers import Refusal
from ld_import.emulator.faults import JOB_ACTIONS, REFUSE_ACTIONS
from ld_import.emulator.script import Planned


def refuse_if_scripted(
    planned: Sequence[Planned], list_key: str, items: Sequence[dict[str, Any]]
) -> None:
    """Refuse a request that contains what a scripted fault has in mind."""
    for each in planned:
        if each.fault.action in REFUSE_ACTIONS:
            places = _places_of(each.fault.external_id, items)
            if places and each.counts():
                raise _refusal(each, [f"{list_key}.{place}" for place in places])


def striking_among(planned: Sequence[Planned], items: Sequence[dict[str, Any]]) -> list[Planned]:
    """Return the faults that happen to the job of a request with these items."""
    jobs = [each for each in planned if each.fault.action in JOB_ACTIONS]
    return [
        each
        for each in jobs
        if not each.fault.looks_inside
        or (_places_of(each.fault.external_id, items) and each.counts())
    ]


def _places_of(external_id: str | None, items: Sequence[dict[str, Any]]) -> list[int]:
    return [
        place
        for place, item in enumerate(items)
        if external_id in (None, item.get("externalId"), item.get("id"))
    ]


def _refusal(planned: Planned, paths: list[str]) -> Refusal:
    fault = planned.happens()
    if fault.action == "refuse_request":
        return Refusal(400, {"message": fault.reason or "The request is not valid."})
    return Refusal(400, dict.fromkeys(paths, fault.reason or "is not valid"))
