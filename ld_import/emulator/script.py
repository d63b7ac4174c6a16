"""The script of faults: which trouble meets which request, and whether it really happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ld_import.emulator.answers import Refusal
from ld_import.emulator.faults import ANY_REQUEST, JOB_ACTIONS, REFUSE_ACTIONS, Fault


@dataclass(slots=True)
class Planned:
    """A scripted fault, with the requests it has seen and the times it came to effect."""

    fault: Fault
    seen: int = 0
    happened: int = 0

    def is_met_by(self, name: str) -> bool:
        """Count a request and say whether this fault is meant for it.

        A fault that asks what is in a request counts when somebody has looked: see `counts`.
        """
        if self.fault.on not in (name, ANY_REQUEST):
            return False
        return self.fault.looks_inside or self.counts()

    def counts(self) -> bool:
        """Count a request that concerns this fault, and say whether its turn has come."""
        self.seen += 1
        return self.fault.nth <= self.seen < self.fault.nth + self.fault.times

    def happens(self) -> Fault:
        """Note that the fault came to effect, and return it."""
        self.happened += 1
        return self.fault


class Script:
    """The faults of one emulator, in the order they were given."""

    def __init__(self) -> None:
        """Start without trouble."""
        self._planned: list[Planned] = []

    def add(self, *faults: Fault) -> None:
        """Append faults; each counts requests from now on."""
        self._planned.extend(Planned(each) for each in faults)

    def meet(self, name: str) -> list[Planned]:
        """Count the arrival of a request and return the faults that are meant for it."""
        return [each for each in self._planned if each.is_met_by(name)]

    def end(self) -> None:
        """Let no further trouble come of the faults that have happened at least once."""
        self._planned = [each for each in self._planned if not each.happened]

    def clear(self) -> None:
        """Forget all faults."""
        self._planned = []

    @property
    def unused(self) -> list[Fault]:
        """The faults that have not happened as often as they should."""
        return [each.fault for each in self._planned if each.happened < each.fault.times]


def refuse_if_scripted(
    planned: Sequence[Planned], list_key: str, items: Sequence[dict[str, Any]]
) -> None:
    """Refuse a request that contains what a scripted fault has in mind."""
    for each in planned:
        if each.fault.action in REFUSE_ACTIONS:
            places = _places_of(each.fault.external_id, items)
            if places and each.counts():
                raise _refusal(each, [f"{list_key}.{place}" for place in places])


def faults_of_job(planned: Sequence[Planned], items: Sequence[dict[str, Any]]) -> list[Planned]:
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
