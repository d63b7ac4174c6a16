"""Ids of the server: the documented form, and the treatment of all others."""

from __future__ import annotations

import pytest

from ld_import.ids import is_id, shown_id, usable_id


@pytest.mark.parametrize("value", ["25bzj8j", "yLBGtTjWN4ba", "a-b", "x" * 64, "0"])
def test_documented_form(value):
    """Letters, digits and hyphens, 64 at most."""
    assert is_id(value)


@pytest.mark.parametrize(
    "value", ["", "x" * 65, "a\n", "a b", "a/b", "..", "\u0661", "\u202ea", None, 7, ["x"], b"x"]
)
def test_any_other_form(value):
    """Everything else is not an id."""
    assert not is_id(value)


def test_unusable_id_is_noted():
    """It is dropped, and the reason mentions it in a few visible characters."""
    media_id, reason = usable_id("\x1b[31m" + "x" * 70_000, "already exists")

    assert media_id is None
    assert reason is not None
    assert reason.startswith("already exists; the server gave it the id '\\x1b[31mxxx")
    assert reason.isprintable() and len(reason) < 250
    assert usable_id("a1", "already exists") == ("a1", "already exists")
    assert usable_id(None, None) == (None, None)
    assert shown_id("..") == "'..'"
