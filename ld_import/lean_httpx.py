"""Loads httpx without its command line; import this before httpx.

Where click is installed, httpx imports that command line, and with it rich and pygments: a sixth of
the time of `status`, and 6 MB. Where it is not, httpx ignores an `ImportError`. `None` in
`sys.modules` causes one: https://docs.python.org/3/reference/import.html#the-module-cache
"""

from __future__ import annotations

import sys

COMMAND_LINE = "httpx._main"

_is_first = "httpx" not in sys.modules
if _is_first:
    sys.modules[COMMAND_LINE] = None  # type: ignore[assignment]
try:
    import httpx
finally:
    # Later it can be imported as usual.
    if _is_first:
        del sys.modules[COMMAND_LINE]

__all__ = ["httpx"]
