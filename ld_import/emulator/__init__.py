"""A small, strict Livingdocs server for tests and trial runs.

It rejects the requests that the real server rejects, stores its library in SQLite, and injects
scripted faults. It imports nothing from the rest of the program and defines every wire name again:
with shared names, one wrong name would pass every test.
"""

from __future__ import annotations

from ld_import.emulator.emulator import Emulator
from ld_import.emulator.faults import Fault
from ld_import.emulator.project_validation import InvalidProjectConfig
from ld_import.emulator.settings import Settings, Token

__all__ = ["Emulator", "Fault", "InvalidProjectConfig", "Settings", "Token"]
