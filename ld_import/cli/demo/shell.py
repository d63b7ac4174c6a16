"""Runs commands of the program in a folder, as a user would, and interrupts them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ld_import.cli.output.console import print_out

TOKEN = "demo-token"  # noqa: S105 - of the local emulator
LOOK_SECONDS = 0.1
EXIT_INTERRUPTED = 128 + signal.SIGINT


class Shell:
    """Runs commands with server, token and ledger in the environment."""

    def __init__(self, folder: Path, url: str) -> None:
        """Run commands in this folder, where the ledger will be."""
        self._folder = folder
        self._variables = {
            "LD_IMPORT_SERVER": url,
            "LD_IMPORT_TOKEN": TOKEN,
            "LD_IMPORT_LEDGER": str(folder / "ledger.sqlite3"),
        }

    def run(
        self, arguments: Sequence[str], *, interrupt_when: Callable[[], bool] | None = None
    ) -> int:
        """Show and run a command; return its exit code as a shell shows it.

        Sends the signal of Ctrl-C once `interrupt_when` returns true.
        """
        print_out(f"$ ld-import {' '.join(arguments)}")
        sys.stdout.flush()
        command = [sys.executable, "-m", "ld_import", *arguments]
        environment = {**without_settings(os.environ), **self._variables}
        with subprocess.Popen(command, env=environment, cwd=self._folder) as process:
            try:
                if interrupt_when is not None:
                    _interrupt(process, interrupt_when)
                code = process.wait()
            except BaseException:
                # Not SIGINT: after that of the terminal it would be the second one.
                process.send_signal(signal.SIGHUP)
                raise
        # Python ends some interrupted programs by the signal itself.
        code = 128 - code if code < 0 else code
        print_out(f"(exit code {code})")
        return code


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the user's own settings of the program."""
    prefixes = ("LD_IMPORT_", "LI_")
    return {name: text for name, text in environment.items() if not name.startswith(prefixes)}


def worst(first: int, *others: int) -> int:
    """Return the highest exit code; the interruption of the first command is intended."""
    return max(0 if first == EXIT_INTERRUPTED else first, *others)


def print_step(text: str) -> None:
    """Print the title of a step."""
    print_out(f"\n{text}")


def _interrupt(process: subprocess.Popen[bytes], when: Callable[[], bool]) -> None:
    """Send the signal of Ctrl-C once a condition holds, unless the process ends before."""
    while process.poll() is None:
        if when():
            process.send_signal(signal.SIGINT)
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(LOOK_SECONDS)
