"""Starts a server in a child process for the duration of a block."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.sample import ROOT

# Connections on this machine ignore proxies set in the environment.
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. Its counts only increase."""

    url: str

    def counts(self) -> dict[str, float]:
        """Return the numbers of requests and items so far, and the server's CPU seconds."""
        with DIRECTLY.open(f"{self.url}/counts") as response:
            counts: dict[str, float] = json.loads(response.read())
        return counts


@contextmanager
def served(*arguments: object) -> Iterator[Server]:
    """Run a server; the arguments are those of `benchmarks.server`, none for the sink."""
    command = [sys.executable, "-m", "benchmarks.server", *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Server(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.terminate()
