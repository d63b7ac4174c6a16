"""Loads httpx and tenacity without what they import only because it is installed.

Import this before them. httpx imports its own command line where click is installed, and with it
rich and pygments: a sixth of the time of `status`. tenacity does the same with tornado. Both work
without, and say so: they ignore an `ImportError` here. `None` in `sys.modules` causes one:
https://docs.python.org/3/reference/import.html#the-module-cache
"""

from __future__ import annotations

import sys
from importlib import import_module

# Libraries, each with the module that it tries to import.
UNUSED_PARTS = {"httpx": "httpx._main", "tenacity": "tornado"}


def _load(library: str, unused: str) -> None:
    """Import a library; `unused` can be imported afterwards as if this had not happened."""
    if library in sys.modules or unused in sys.modules:
        return
    sys.modules[unused] = None  # type: ignore[assignment]
    try:
        import_module(library)
    finally:
        del sys.modules[unused]


for _library, _unused in UNUSED_PARTS.items():
    _load(_library, _unused)
