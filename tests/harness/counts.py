"""The counts of a summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def assert_adds_up(summary: Mapping[str, Any]) -> None:
    """Check that the counts of a summary add up: every record read has one outcome."""
    parts = ("invalid", "repeated", "unchanged", "failedBefore", "sent", "notSent")
    assert summary["read"] == sum(summary[part] for part in parts), summary
    assert summary["sent"] == sum(summary["outcomes"].values()), summary
    if summary["dryRun"]:
        assert summary["sent"] == 0
        assert summary["notSent"] >= sum(summary["wouldSend"].values())
