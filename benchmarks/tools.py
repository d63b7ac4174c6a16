"""What the peers need: installed where that is possible, else a reason why they do not run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.contest import progress
from benchmarks.sample import ROOT

# Of its own: dlt brings three dozen packages that the program must not meet.
PEER_VENV = ROOT / "build" / "bench-venv"
PEER_PYTHON = PEER_VENV / "bin" / "python"
SHELL_TOOLS = {"parallel": "parallel", "jq": "jq", "curl": "curl", "bash": "bash"}
TOLD_LENGTH = 200


def missing_shell_tools() -> str | None:
    """Return why GNU parallel and its helpers cannot be used, `None` when they can."""
    missing = _missing()
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        progress(f"  installing {', '.join(missing)}")
        _run(["apt-get", "install", "-y", "-q", *missing])
        missing = _missing()
    if missing:
        return f"{', '.join(missing)} not installed (apt-get install {' '.join(missing)})"
    return None


def missing_dlt() -> str | None:
    """Return why dlt cannot be used, `None` when it can; makes its environment once."""
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
        if told := _run(command):
            return f"dlt cannot be installed: {told}"
    return None if _has_dlt() else "dlt cannot be imported"


def _missing() -> list[str]:
    return [package for tool, package in SHELL_TOOLS.items() if shutil.which(tool) is None]


def _has_dlt() -> bool:
    return PEER_PYTHON.exists() and not _run([str(PEER_PYTHON), "-c", "import dlt"])


def _run(command: Sequence[str | Path]) -> str:
    """Run a command in the top folder; return what it complained of, nothing if it went well."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    told = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
    return told[-TOLD_LENGTH:] if done.returncode else ""
