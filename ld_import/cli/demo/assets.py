"""The story of files: uploaded and registered, interrupted, continued, and nothing left to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from ld_import.cli.demo.pictures import MANIFEST, make_files
from ld_import.cli.demo.shell import Shell, print_step, worst
from ld_import.cli.demo.storage import DemoStorage
from ld_import.cli.output.console import print_out

CONFIG = "ld-import.yaml"
# Slow enough that the interruption comes in the middle.
COMMAND = ("media-library", MANIFEST, "--transfers", "4", "--limit-bandwidth", "1M")
INTERRUPT_AFTER_FILES = 20


def show_uploads(
    folder: Path, url: str, storage: DemoStorage, count_entries: Callable[[], int]
) -> int:
    """Run the steps against a server; return 0 if all succeed, else the highest exit code."""
    count = make_files(folder)
    config = _configuration(storage)
    (folder / CONFIG).write_text(config, encoding="utf-8")
    print_out(f"\n{count:,} pictures and films are made, and {CONFIG} names the storage:\n{config}")
    shell = Shell(folder, url)
    print_step("1. Upload and register the files, and press Ctrl-C in the middle")
    first = shell.run(COMMAND, interrupt_when=lambda: storage.count() >= INTERRUPT_AFTER_FILES)
    print_out(f"the storage holds {storage.count():,} files")
    print_step("2. Run the same command again: it uploads only what is not stored")
    second = shell.run(COMMAND)
    print_step("3. Run it once more: no file is opened, and nothing is sent")
    third = shell.run(COMMAND)
    print_step("4. Read the ledger")
    fourth = shell.run(["ledger", "uploads", "--limit", "3"])
    fifth = shell.run(["ledger", "items", "--limit", "3"])
    print_out(
        f"\nthe storage holds {storage.count():,} files, the server {count_entries():,} entries"
    )
    return worst(first, second, third, fourth, fifth)


def _configuration(storage: DemoStorage) -> str:
    # A JSON text is YAML, too.
    lines = [f"    {name}: {json.dumps(value)}\n" for name, value in storage.entry.items()]
    return "".join(["storages:\n", "  media:\n", *lines])
