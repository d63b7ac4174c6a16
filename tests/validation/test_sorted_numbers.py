"""Sorted numbers: complete and in order, however many there are and however they are spread."""

from __future__ import annotations

import random
from contextlib import closing

import pytest

from ld_import.validation.sorted_numbers import RUN_LENGTH, SortedNumbers


@pytest.mark.parametrize("count", [0, 1, 1000, RUN_LENGTH, RUN_LENGTH + 1, 3 * RUN_LENGTH + 7])
def test_sorted(count):
    """Numbers of one run and of several are sorted as a whole."""
    source = random.Random(count)
    numbers = [source.getrandbits(63) for _ in range(count)]
    with closing(SortedNumbers()) as found:
        for at in range(0, count, 100):
            found.add(numbers[at : at + 100])

        assert list(found) == sorted(numbers)


def test_equal_numbers():
    """Numbers that are all equal, and those at the limits of 64 bits, are complete."""
    numbers = [7] * (2 * RUN_LENGTH) + [2**63 - 1, -(2**63), 7]
    with closing(SortedNumbers()) as found:
        for number in numbers:
            found.add([number])

        assert list(found) == sorted(numbers)
