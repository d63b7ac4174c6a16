"""The check of several entries at once: the verdict of the checks of each."""

from __future__ import annotations

import random

import pytest

from ld_import.kinds import KINDS
from ld_import.kinds.checker import Checker
from tests.kinds.contract import example, mutated


@pytest.mark.parametrize("name", list(KINDS))
def test_all_are_valid_if_each_is(name):
    """One invalid entry among valid ones is found, in schemas with references, too."""
    checker, rng = Checker(name), random.Random(3)
    kind = KINDS[name]
    document = "library-import" if name == "media-library" else f"{name}-import"
    valid = example(document)["request"]["body"][kind.list_key][0]
    verdicts = set()
    for _ in range(200):
        entries = [valid, mutated(valid, rng) if rng.random() < 0.7 else valid, valid]
        verdict = checker.are_valid(entries)

        assert verdict == all(map(checker.is_valid, entries))
        verdicts.add(verdict)
    assert verdicts == {True, False}
    assert checker.are_valid([])
