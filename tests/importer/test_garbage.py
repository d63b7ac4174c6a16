"""Garbage collection during a run is rare, and afterwards as before."""

from __future__ import annotations

import gc

import pytest

from ld_import.importer.garbage import NEW_OBJECTS, rare_collection


@pytest.fixture
def settings():
    """Return the thresholds; no object is frozen. All is restored as the test run had it."""
    before, is_frozen = gc.get_threshold(), gc.get_freeze_count() > 0
    gc.unfreeze()
    yield before
    gc.set_threshold(*before)
    if is_frozen:
        gc.freeze()
    else:
        gc.unfreeze()


def test_settings_are_restored(settings):
    """Also after an error; existing objects are searched again."""
    with pytest.raises(KeyError), rare_collection():
        assert gc.get_threshold()[0] == NEW_OBJECTS
        assert gc.get_freeze_count() > 0
        raise KeyError
    assert gc.get_threshold() == settings
    assert gc.get_freeze_count() == 0


def test_settings_of_the_program_are_kept(settings):
    """A program that disabled collection, or has frozen its objects, finds both unchanged."""
    gc.set_threshold(0)
    gc.freeze()
    with rare_collection():
        assert gc.get_threshold()[0] == 0
    assert gc.get_freeze_count() > 0
