"""The script of faults: which trouble meets which request, and whether it really happened."""

from __future__ import annotations

from dataclasses import dataclass

from ld_import.emulator.faults import ANY_REQUEST, Fault


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
