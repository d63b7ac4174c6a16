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
PEER_PYTHON = PEER_VENV / "bin" / "python"
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
    """Return the reason why dlt cannot be used, or None. Creates its environment on first use."""
    if _has_dlt():
        return None
    progress(f"  installing dlt into {PEER_VENV.relative_to(ROOT)}")
    if uv := shutil.which("uv"):
        commands = [
            [uv, "venv", "-q", "--clear", "--python", sys.executable, str(PEER_VENV)],
            [uv, "pip", "install", "-q", "--python", str(PEER_PYTHON), "--group", "bench"],
        ]
    else:
        pip = [str(PEER_PYTHON), "-m", "pip", "install", "-q"]
        commands = [
            [sys.executable, "-m", "venv", "--clear", str(PEER_VENV)],
            [*pip, "--upgrade", "pip"],
            [*pip, "--group", "bench"],
        ]
    for command in commands:
        if message := _run(command):
            return f"dlt cannot be installed: {message}"
    return None if _has_dlt() else "dlt cannot be imported"


def _missing() -> list[str]:
    return [package for tool, package in SHELL_TOOLS.items() if shutil.which(tool) is None]


def _has_dlt() -> bool:
    return PEER_PYTHON.exists() and not _run([str(PEER_PYTHON), "-c", "import dlt"])


def _run(command: Sequence[str | Path]) -> str:
    """Run a command in the repository; return the end of its error output if it failed, else ""."""
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    message = " ".join(result.stderr.split()) or f"exit code {result.returncode}"
    return message[-MESSAGE_LENGTH:] if result.returncode else ""
