"""A small, strict Livingdocs server for tests and rehearsals.

It refuses what the real server refuses, keeps its library in SQLite, and makes trouble on request.
It imports nothing from the rest of the program and writes every wire name a second time: a name
shared with the client would let one wrong name pass every test.
"""

from __future__ import annotations

from ld_import.emulator.emulator import Emulator
from ld_import.emulator.faults import Fault
from ld_import.emulator.settings import Settings, Token

__all__ = ["Emulator", "Fault", "Settings", "Token"]
