"""`ld-import demo`: import samples into a local server, interrupt, continue, and run again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

import ld_import
from ld_import.cli.commands.emulator import import_emulator
from ld_import.cli.options import command_flags, command_of
from ld_import.cli.output.console import print_err, print_out
from ld_import.cli.output.sanitize import sanitize
from ld_import.errors import UsageError

TOKEN = "demo-token"  # noqa: S105 - of the local emulator
SAMPLE = "talks.yaml"
PROJECT = "project-config.json"
JOB_SECONDS = 0.8
# Some batches have arrived then, and others are in flight.
INTERRUPT_AFTER_ENTRIES = 40
LOOK_SECONDS = 0.1
EXIT_INTERRUPTED = 128 + signal.SIGINT


@command_flags
class DemoFlags:
    """The flags of `demo`."""

    manifest: Annotated[
        Path | None,
        typer.Argument(metavar="MANIFEST", help="Manifest of videos. [default: built-in samples]"),
    ] = None
    keep: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for ledger and server; it is not deleted."),
    ] = None


def show_demo(flags: DemoFlags) -> int:
    """Run the steps of the demo; return 0 if all succeed, else the highest exit code."""
    manifest, keep = flags.manifest, flags.keep
    emulator_package = import_emulator()
    with _folder(keep) as folder:
        path = _copied_sample(folder) if manifest is None else manifest.resolve()
        settings = emulator_package.Settings(
            job_polls=0,
            job_seconds=JOB_SECONDS,
            jobs_at_once=1,
            # It describes the sample only; other manifests have other properties.
            project_config=_sample_project() if manifest is None else None,
        )
        emulator = emulator_package.Emulator(settings, store_path=folder / "server.sqlite3")
        try:
            with emulator_package.serve.serving(emulator) as url:
                return _run_steps(path, folder, url, lambda: len(emulator.entries()))
        finally:
            emulator.close()


command = command_of(DemoFlags, show_demo)


def _run_steps(path: Path, folder: Path, url: str, count_entries: Callable[[], int]) -> int:
    command = ["videos", path.name if path.parent == folder else str(path), "--batch-size", "20"]
    shell = _Shell(folder, url)
    _print_step("1. Import, and press Ctrl-C during the run")
    first = shell.run(command, interrupt_when=lambda: count_entries() >= INTERRUPT_AFTER_ENTRIES)
    _print_step("2. Run the same command again: it finishes the work")
    second = shell.run(command)
    _print_step("3. Run it once more: nothing is left to send")
    third = shell.run(command)
    _print_step("4. Read the ledger")
    fourth = shell.run(["ledger", "jobs"])
    shell.run(["ledger", "items", "--limit", "3"])
    print_out(f"\nthe server holds {count_entries():,} videos")
    return max(0 if first == EXIT_INTERRUPTED else first, second, third, fourth)


class _Shell:
    """Runs commands as a user would, with server, token and ledger in the environment."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._variables = {
            "LD_IMPORT_SERVER": url,
            "LD_IMPORT_TOKEN": TOKEN,
            "LD_IMPORT_LEDGER": str(folder / "ledger.sqlite3"),
        }

    def run(
        self, arguments: Sequence[str], *, interrupt_when: Callable[[], bool] | None = None
    ) -> int:
        print_out(f"$ ld-import {' '.join(arguments)}")
        sys.stdout.flush()
        command = [sys.executable, "-m", "ld_import", *arguments]
        environment = {**os.environ, **self._variables}
        with subprocess.Popen(command, env=environment, cwd=self._folder) as process:
            if interrupt_when is not None:
                _interrupt(process, interrupt_when)
            code = process.wait()
        # As a shell shows it: Python ends some interrupted programs by the signal itself.
        code = 128 - code if code < 0 else code
        print_out(f"(exit code {code})")
        return code


def _interrupt(process: subprocess.Popen[bytes], when: Callable[[], bool]) -> None:
    """Send the signal of Ctrl-C once a condition holds, unless the process ends before."""
    while process.poll() is None:
        if when():
            process.send_signal(signal.SIGINT)
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(LOOK_SECONDS)


def _print_step(text: str) -> None:
    print_out(f"\n{text}")


def _copied_sample(folder: Path) -> Path:
    for name in (SAMPLE, "talks.jsonl"):
        shutil.copyfile(_samples() / name, folder / name)
    return folder / SAMPLE


def _sample_project() -> Any:
    return orjson.loads((_samples() / PROJECT).read_bytes())


def _samples() -> Path:
    package = Path(ld_import.__file__).parent
    # In a checkout the samples are beside the package, when installed they are inside.
    for folder in (package / "samples", package.parent / "sample-manifests"):
        if (folder / SAMPLE).is_file():
            return folder
    raise UsageError(
        "the sample manifests are not installed",
        hint="name a manifest of videos: ld-import demo MANIFEST",
    )


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        print_err(f"ledger and server are in {sanitize(keep)}")
        return
    with tempfile.TemporaryDirectory(prefix="ld-import-demo-") as folder:
        yield Path(folder)
