"""`ld-import demo`: import samples into a local server, interrupt, continue, and run again."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

import ld_import
from ld_import.cli.commands.emulator import import_emulator
from ld_import.cli.demo.shell import Shell, print_step, worst
from ld_import.cli.options import command_flags, command_of
from ld_import.cli.output.console import print_err, print_out
from ld_import.cli.output.sanitize import sanitize
from ld_import.cli.signals import Signals
from ld_import.errors import UsageError

SAMPLE = "talks.yaml"
PROJECT = "project-config.json"
JOB_SECONDS = 0.8
# Some batches have arrived then, and others are in flight.
INTERRUPT_AFTER_ENTRIES = 40


@command_flags
class DemoFlags:
    """The flags of `demo`."""

    manifest: Annotated[
        Path | None,
        typer.Argument(metavar="MANIFEST", help="Manifest of videos. [default: built-in samples]"),
    ] = None
    assets: Annotated[
        bool,
        typer.Option(
            "--assets",
            help="Make pictures and a film, upload them to a storage, and register them.",
        ),
    ] = False
    keep: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for ledger and server; it is not deleted."),
    ] = None


def show_demo(flags: DemoFlags) -> int:
    """Run the steps of the demo; return 0 if all succeed, else the highest exit code."""
    import_emulator()
    if flags.assets:
        _check_assets(flags)
    with (
        Signals(has_recorded=False).installed() as signals,
        signals.raising(),
        _folder(flags.keep) as folder,
    ):
        return _show_uploads(folder) if flags.assets else _show_videos(flags, folder)


command = command_of(DemoFlags, show_demo)


def _check_assets(flags: DemoFlags) -> None:
    from ld_import.assets.probe import check_probing

    if flags.manifest is not None:
        raise UsageError(
            "--assets makes its own files and its own manifest", hint="omit the manifest"
        )
    check_probing()


def _show_uploads(folder: Path) -> int:
    from ld_import.cli.demo.assets import show_uploads
    from ld_import.cli.demo.storage import own_environment, storage_in

    with (
        own_environment(),
        storage_in(folder) as storage,
        _server(folder, project_config=_sample_project()) as (url, count),
    ):
        return show_uploads(folder, url, storage, count)


def _show_videos(flags: DemoFlags, folder: Path) -> int:
    manifest = flags.manifest
    path = _copied_sample(folder) if manifest is None else manifest.resolve()
    # It describes the sample only; other manifests have other properties.
    project = _sample_project() if manifest is None else None
    settings = {"job_polls": 0, "job_seconds": JOB_SECONDS, "jobs_at_once": 1}
    with _server(folder, project_config=project, **settings) as (url, count):
        return _run_steps(path, folder, url, count)


@contextmanager
def _server(folder: Path, **settings: Any) -> Iterator[tuple[str, Callable[[], int]]]:
    """Run the local server; yield its address, and a function that counts its entries."""
    package = import_emulator()
    emulator = package.Emulator(package.Settings(**settings), store_path=folder / "server.sqlite3")
    try:
        with package.serve.serving(emulator) as url:
            yield url, lambda: len(emulator.entries())
    finally:
        emulator.close()


def _run_steps(path: Path, folder: Path, url: str, count_entries: Callable[[], int]) -> int:
    command = ["videos", path.name if path.parent == folder else str(path), "--batch-size", "20"]
    shell = Shell(folder, url)
    print_step("1. Import, and press Ctrl-C during the run")
    first = shell.run(command, interrupt_when=lambda: count_entries() >= INTERRUPT_AFTER_ENTRIES)
    print_step("2. Run the same command again: it finishes the work")
    second = shell.run(command)
    print_step("3. Run it once more: nothing is left to send")
    third = shell.run(command)
    print_step("4. Read the ledger")
    fourth = shell.run(["ledger", "jobs"])
    shell.run(["ledger", "items", "--limit", "3"])
    print_out(f"\nthe server holds {count_entries():,} videos")
    return worst(first, second, third, fourth)


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
