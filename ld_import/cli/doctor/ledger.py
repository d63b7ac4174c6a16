"""Checks of the ledger: its file, its folder, its disk, and the run that holds it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ld_import.cli.config.discovery import find_ledger, find_manifest
from ld_import.cli.doctor.check import Check, failed, passed, remark, skipped
from ld_import.cli.doctor.facts import Facts
from ld_import.errors import LdImportError, LedgerError, UsageError
from ld_import.kinds import KINDS
from ld_import.wording import amount, size

NAME = "ledger"
FOLDER = "ledger folder"
LEAST_FREE_BYTES = 1024 * 1024
LOW_FREE_BYTES = 100 * 1024 * 1024


def check_ledger(facts: Facts) -> Iterator[Check]:
    """Check the ledger that a run would use."""
    if facts.config_problem and not facts.flags.ledger:
        yield skipped(NAME, facts.config_problem)
        return
    try:
        path = find_ledger(facts.flags.ledger, facts.profile, facts.config, folder=_folder(facts))
    except UsageError as error:
        yield failed(NAME, error)
        return
    try:
        is_found = not (facts.flags.ledger or facts.profile.get("ledger"))
        yield from _file_checks(path, is_found=is_found)
    except LdImportError as error:
        yield failed(NAME, error)
    yield from _folder_checks(path)


def _folder(facts: Facts) -> Path:
    """Return the folder of the manifest, else the working directory."""
    kind = facts.flags.kind
    kinds = [kind] if kind is not None and kind in KINDS else list(KINDS)
    with suppress(UsageError):
        return find_manifest(None, "doctor", facts.config, kinds).parent
    return Path()


def _file_checks(path: Path, *, is_found: bool) -> Iterator[Check]:
    from ld_import.ledger.condition import examine
    from ld_import.ledger.connect import check_missing
    from ld_import.ledger.ownership import check_owner, permission_warning

    if is_found:
        check_owner(path)
        if warning := permission_warning(path):
            yield remark(NAME, warning)
    if not path.exists():
        check_missing(path)
        yield passed(NAME, f"{path} does not exist yet; the first import creates it")
        return
    condition = examine(path)
    schema = f"schema {condition.schema_version}"
    if condition.schema_version < condition.newest_version:
        schema += f" (the next run updates it to {condition.newest_version} and keeps a copy)"
    items = "" if condition.item_count is None else f", {amount(condition.item_count, 'item')}"
    text = f"{path}: {size(condition.byte_count)}{items}, {schema}"
    if condition.holder:
        yield remark(NAME, f"{text}; another run holds it ({condition.holder})", "wait for its end")
    elif condition.has_log:
        yield remark(NAME, f"{text}; a run was killed, or another program has it open")
    else:
        yield passed(NAME, f"{text}, {'intact' if condition.is_checked else 'not checked: large'}")
    if not os.access(path, os.R_OK | os.W_OK):
        raise LedgerError(f"the ledger {path} is not writable by this user")


def _folder_checks(path: Path) -> Iterator[Check]:
    folder = _existing(Path(os.path.realpath(path)).parent)
    if not os.access(folder, os.W_OK | os.X_OK):
        error = LedgerError(
            f"{folder} is not writable by this user",
            hint="an import writes the ledger there: change its permissions, or name another file"
            " with --ledger",
        )
        yield failed(FOLDER, error)
        return
    try:
        free = shutil.disk_usage(folder).free
    except OSError as unknown:
        yield remark(FOLDER, f"{folder}: the free space is unknown: {unknown.strerror}")
        return
    text = f"{folder} is writable; {size(free)} free"
    if free < LEAST_FREE_BYTES:
        error = LedgerError(
            f"the disk of {folder} is full ({size(free)} free)",
            hint="free space there, or name a file on another disk with --ledger",
        )
        yield failed(FOLDER, error)
    elif free < LOW_FREE_BYTES:
        yield remark(FOLDER, text, "free some space: a million items need about 500 MB")
    else:
        yield passed(FOLDER, text)


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())
