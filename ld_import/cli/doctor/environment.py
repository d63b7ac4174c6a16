"""Checks of this machine: program and Python, folder for temporary files, optional libraries."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib import metadata

from ld_import import __version__
from ld_import.cli.doctor.check import Check, failed, passed, remark
from ld_import.cli.doctor.facts import Facts
from ld_import.errors import UsageError
from ld_import.tempdir import check_temp_folder, low_space_warning, python_folder

PROGRAM = "program"
TEMPORARY = "temporary files"
EXTRAS = "extras"
DISTRIBUTION = "ld-import"
USES = {
    "emulator": "`ld-import emulator` and `ld-import demo`",
    "listen": "`--listen`",
    "excel": "manifests in .xlsx",
    "report": "`ld-import report` and `--report`",
    "assets": "files to upload",
    "sftp": "files to upload from an SFTP server",
    "cluster": "`--workers`",
}
# `starlette>=0.45; extra == 'emulator'`
REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)[^;]*;.*\bextra\s*==\s*['\"]([^'\"]+)['\"]")


def check_program(facts: Facts) -> Iterator[Check]:
    """Report the versions, for bug reports."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    yield passed(PROGRAM, f"ld-import {__version__}, Python {platform.python_version()}, {system}")


def check_temporary(facts: Facts) -> Iterator[Check]:
    """Check the folder for temporary files."""
    try:
        check_temp_folder()
    except UsageError as error:
        yield failed(TEMPORARY, error)
        return
    warning = low_space_warning()
    yield remark(TEMPORARY, warning) if warning else passed(TEMPORARY, python_folder())


def check_extras(facts: Facts) -> Iterator[Check]:
    """Report which optional libraries are installed; an import needs none of them."""
    try:
        requirements = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        requirements = []
    missing = missing_by_extra(requirements)
    installed = [name for name, libraries in missing.items() if not libraries]
    hints = [
        f"{name} ({USES.get(name, 'optional')}) is not installed: pip install"
        f" '{DISTRIBUTION}[{name}]'"
        for name, libraries in missing.items()
        if libraries
    ]
    yield passed(EXTRAS, f"installed: {', '.join(installed) or 'none'}", *hints)


def missing_by_extra(requirements: list[str]) -> dict[str, list[str]]:
    """Return each extra in the requirements of a package, with its libraries that are missing."""
    found: dict[str, list[str]] = {}
    for requirement in requirements:
        if match := REQUIREMENT.match(requirement):
            library, extra = match.groups()
            missing = found.setdefault(extra, [])
            if not _is_installed(library):
                missing.append(library)
    return found


def _is_installed(library: str) -> bool:
    try:
        metadata.version(library)
    except metadata.PackageNotFoundError:
        return False
    return True
