"""Programs that packages of the test group install beside Python."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


def program_path(name: str, package: str) -> str:
    """Return the path of a program. Skips the test where its package has none for the platform."""
    path = Path(sys.executable).with_name(name)
    if not path.is_file():
        pytest.skip(f"{name} is not installed: pip install {package}")
    return str(path)
