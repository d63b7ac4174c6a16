"""A finding from a problem: the sentence and its advice are apart."""

from __future__ import annotations

import pytest

from ld_import.model import Invalid, Problem
from ld_import.validation import Level, finding_from


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`url` is missing; it is required", ("`url` is missing", "it is required")),
        ("`url` is missing", ("`url` is missing", "")),
    ],
)
def test_advice_is_the_part_after_the_semicolon(text, expected):
    """Problems are written as `what; advice`."""
    problem = Problem("url", text)

    finding = finding_from(Invalid(7, "a", (problem,)), problem)

    assert (finding.text, finding.advice) == expected
    assert (finding.level, finding.line, finding.external_id) == (Level.ERROR, 7, "a")
