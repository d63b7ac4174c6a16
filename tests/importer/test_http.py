"""The HTTP connection of an import."""

from __future__ import annotations

import subprocess
import sys

CONNECT = """
import sys
from ld_import.importer.http import connect
from ld_import.importer.server import Server

connect(Server(url="http://127.0.0.1:9", token="demo-token"), parallel=1)
print([name for name in ("httpx", "httpx._main", "rich", "pygments") if name in sys.modules])
import httpx
print(httpx.AsyncClient.__name__, callable(httpx.main))
"""


def test_connection_does_not_load_the_command_of_httpx():
    """Its libraries would take 6 MB and 0.1 s; httpx itself is complete."""
    done = subprocess.run(
        [sys.executable, "-c", CONNECT], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["['httpx']", "AsyncClient True"]
