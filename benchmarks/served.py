"""A server in a process of its own, while a block runs."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.sample import ROOT

# No proxy stands between two processes of one machine, whatever the environment says.
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; its counts only grow."""

    url: str

    def counts(self) -> dict[str, float]:
        """Return what it was asked so far, and the CPU seconds that took."""
        with DIRECTLY.open(f"{self.url}/counts") as answer:
            counts: dict[str, float] = json.loads(answer.read())
        return counts


@contextmanager
def served(*arguments: object) -> Iterator[Server]:
    """Start the sink, or with JOB_SECONDS and AT_ONCE the modelled server; stop it in the end."""
    command = [sys.executable, "-m", "benchmarks.server", *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Server(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.terminate()
