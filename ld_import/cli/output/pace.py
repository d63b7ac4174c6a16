"""The speeds of a run: of reading records, and of settling items; recent values weigh more."""

from __future__ import annotations

from dataclasses import dataclass, field

SETTLING_HALF_LIFE_SECONDS = 60.0
READING_HALF_LIFE_SECONDS = 10.0
# Records with changes are often together, so the next records resemble the last ones.
DENSITY_HALF_LIFE_RECORDS = 2_000
# The part of records to send below which reading is most of the work.
RARE = 0.02


@dataclass(slots=True, eq=False, repr=False)
class RecentRatio:
    """An amount per unit, where the weight of a unit is halved after `half_life` further units."""

    half_life: float
    amount: float = 0.0
    units: float = 0.0

    def add(self, amount: float, units: float) -> None:
        """Add an amount that took these units."""
        kept = 0.5 ** (units / self.half_life)
        self.amount = self.amount * kept + amount
        self.units = self.units * kept + units

    def with_units(self, units: float) -> float | None:
        """Return the ratio if these further units bring nothing; `None` without an amount."""
        kept = 0.5 ** (units / self.half_life)
        total = self.units * kept + units
        return self.amount * kept / total if self.amount and total else None


@dataclass(slots=True, eq=False, repr=False)
class Pace:
    """Speeds and the density of items to send.

    Unchanged records are read a thousand times faster than items are settled. Therefore the time in
    which items are in flight counts for the speed of settling only, and the rest for reading.
    Files to upload have a speed of their own, since a batch waits for the files of all its items.
    """

    settling: RecentRatio = field(default_factory=lambda: RecentRatio(SETTLING_HALF_LIFE_SECONDS))
    preparing: RecentRatio = field(default_factory=lambda: RecentRatio(SETTLING_HALF_LIFE_SECONDS))
    reading: RecentRatio = field(default_factory=lambda: RecentRatio(READING_HALF_LIFE_SECONDS))
    sending: RecentRatio = field(default_factory=lambda: RecentRatio(DENSITY_HALF_LIFE_RECORDS))

    def seconds_for(
        self, items: float, records: float, since: float, *, is_busy: bool
    ) -> float | None:
        """Return the time to settle these items and to read these records; `None` if unknown.

        `since` is the time since the last event, in which items are in flight if `is_busy`.
        """
        settled = self.settling.with_units(since if is_busy else 0.0)
        read = self.reading.with_units(0.0 if is_busy else since)
        reading = records / read if read else 0.0
        if not items:
            return reading
        if settled is not None:
            return items / settled + reading
        # Before the first outcome: the few items of a usual night take less time than reading.
        is_rare = not is_busy and self.share_to_send() < RARE
        return reading if is_rare and reading else None

    def seconds_for_files(self, files: float, since: float) -> float | None:
        """Return the time to upload these files; `None` if unknown.

        `since` is the time since the last progress of the files.
        """
        prepared = self.preparing.with_units(since)
        return None if prepared is None else files / prepared

    def share_to_send(self) -> float:
        """Return the part of the records read lately that are to be sent, from 0 to 1."""
        return min(self.sending.with_units(0.0) or 0.0, 1.0)
