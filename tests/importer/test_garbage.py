"""Garbage collection during a run is rare, and afterwards as before."""

from __future__ import annotations

import gc

import pytest

from ld_import.importer.garbage import NEW_OBJECTS, rare_collection


@pytest.fixture(autouse=True)
def threshold():
    """Restore the threshold of the test run."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_settings_are_restored():
    """Also after an error."""
    gc.set_threshold(700, 10, 10)
    with pytest.raises(KeyError), rare_collection():
        assert gc.get_threshold()[0] == NEW_OBJECTS
        raise KeyError
    assert gc.get_threshold() == (700, 10, 10)


@pytest.mark.parametrize("chosen", [0, NEW_OBJECTS + 1])
def test_settings_of_the_program_are_kept(chosen):
    """A program that disabled collection, or made it rarer, finds that unchanged."""
    gc.set_threshold(chosen)
    with rare_collection():
        assert gc.get_threshold()[0] == chosen
    assert gc.get_threshold()[0] == chosen
