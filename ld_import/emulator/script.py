"""The script of faults: matches faults to requests and items, and counts their occurrences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from ld_import.emulator.answers import Refusal
from ld_import.emulator.faults import ANY_REQUEST, JOB_ACTIONS, REFUSE_ACTIONS, Fault


@dataclass(slots=True)
class ScriptedFault:
    """A scripted fault with its counters of matching requests and of occurrences."""

    fault: Fault
    seen: int = 0
    happened: int = 0

    def applies_to(self, name: str) -> bool:
        """Count a request by name and return whether the fault applies to it.

        A fault that depends on the items of a request is counted later, by `counts`.
        """
        if self.fault.on not in (name, ANY_REQUEST):
            return False
        return self.fault.looks_inside or self.counts()

    def counts(self) -> bool:
        """Count a matching request and return whether it is within `nth` and `times`."""
        self.seen += 1
        return self.fault.nth <= self.seen < self.fault.nth + self.fault.times

    def happens(self) -> Fault:
        """Count an occurrence of the fault and return the fault."""
        self.happened += 1
        return self.fault


class Script:
    """The faults of one emulator, in the order given."""

    def __init__(self) -> None:
        """Start without faults."""
        self._faults: list[ScriptedFault] = []

    def add(self, *faults: Fault) -> None:
        """Append faults. Each counts requests from now on."""
        self._faults.extend(ScriptedFault(fault) for fault in faults)

    def faults_for(self, name: str) -> list[ScriptedFault]:
        """Count a received request and return the faults that apply to it."""
        return [scripted for scripted in self._faults if scripted.applies_to(name)]

    def end(self) -> None:
        """Remove the faults that have occurred at least once."""
        self._faults = [scripted for scripted in self._faults if not scripted.happened]

    def clear(self) -> None:
        """Remove all faults."""
        self._faults = []

    @property
    def unused(self) -> list[Fault]:
        """The faults that have not occurred `times` times yet."""
        return [
            scripted.fault for scripted in self._faults if scripted.happened < scripted.fault.times
        ]


def refuse_if_scripted(
    faults: Sequence[ScriptedFault], list_key: str, items: Sequence[dict[str, Any]]
) -> None:
    """Raise the Refusal of a scripted fault that matches one of the items."""
    for scripted in faults:
        if scripted.fault.action in REFUSE_ACTIONS:
            indexes = _indexes_of(scripted.fault.external_id, items)
            if indexes and scripted.counts():
                raise _refusal(scripted, [f"{list_key}.{index}" for index in indexes])


def faults_of_job(
    faults: Sequence[ScriptedFault], items: Sequence[dict[str, Any]]
) -> list[ScriptedFault]:
    """Return the faults that affect the job of a request with these items."""
    job_faults = [scripted for scripted in faults if scripted.fault.action in JOB_ACTIONS]
    return [
        scripted
        for scripted in job_faults
        if not scripted.fault.looks_inside
        or (_indexes_of(scripted.fault.external_id, items) and scripted.counts())
    ]


def _indexes_of(external_id: str | None, items: Sequence[dict[str, Any]]) -> list[int]:
    return [
        index
        for index, item in enumerate(items)
        if external_id in (None, item.get("externalId"), item.get("id"))
    ]


def _refusal(scripted: ScriptedFault, paths: list[str]) -> Refusal:
    fault = scripted.happens()
    if fault.action == "refuse_request":
        return Refusal(
            HTTPStatus.BAD_REQUEST, {"message": fault.reason or "The request is not valid."}
        )
    return Refusal(HTTPStatus.BAD_REQUEST, dict.fromkeys(paths, fault.reason or "is not valid"))
