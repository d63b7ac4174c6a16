"""Places as an import left them, which many tests begin with: made once, then restored.

A restored place has the folder, the files, the ledger and the systemName of the first one, and its
server has the same entries, jobs, counters and settings. The URL of the server is in the ledger, so
that a place with another server gets its own import.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ld_import.emulator import Settings
from tests.harness.place import Place

Make = Callable[[Place], None]


@dataclass(frozen=True)
class _Snapshot:
    """The content of a place and of its server; `copy` is a copy of the folder."""

    folder: Path
    copy: Path
    system_name: str
    settings: Settings
    store: bytes
    requests: Counter[str]
    bodies: dict[str, bytes]

    @classmethod
    def of(cls, place: Place, copy: Path) -> _Snapshot:
        """Return the state of a place in which no program runs; `copy` does not exist yet."""
        shutil.copytree(place.folder, copy, symlinks=True)
        emulator = place.emulator
        store = emulator._store
        with store._lock:
            content = store._connection.serialize()
        return cls(
            place.folder,
            copy,
            place.system_name,
            emulator.settings,
            content,
            emulator.requests.copy(),
            emulator.bodies.copy(),
        )

    def restore(self, place: Place) -> None:
        """Bring a new place into this state."""
        place.folder, place.system_name = self.folder, self.system_name
        shutil.rmtree(self.folder)
        shutil.copytree(self.copy, self.folder, symlinks=True)
        emulator = place.emulator
        emulator.settings = self.settings
        with emulator._store._lock:
            emulator._store._connection.deserialize(self.store)
        emulator.requests.update(self.requests)
        emulator.bodies.update(self.bodies)


class Snapshots:
    """The states that tests of this process have made so far."""

    def __init__(self, new_folder: Callable[[], Path]) -> None:
        """Begin with none; each gets a new folder, since a ledger has the paths of its runs."""
        self._new_folder = new_folder
        self._kept: dict[tuple[Make, str], _Snapshot] = {}

    def begin(self, place: Place, make: Make) -> None:
        """Move a new place to the folder of a state, and into the state that `make` makes.

        The function depends on nothing but the place. The folder becomes the working directory.
        """
        key = make, place.url
        if key in self._kept:
            self._kept[key].restore(place)
            os.chdir(place.folder)
            return
        parent = self._new_folder()
        place.folder = parent / "place"
        place.folder.mkdir()
        os.chdir(place.folder)
        make(place)
        self._kept[key] = _Snapshot.of(place, parent / "copy")
