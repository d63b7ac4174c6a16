"""Every kind that can be chosen passes the suite of all kinds."""

from __future__ import annotations

import pytest

from ld_import.kinds import KINDS
from ld_import.kinds.base import SHOWN_VALUE_LENGTH, shown
from tests.kinds.contract import KindContract


class TestEveryKind(KindContract):
    @pytest.fixture(params=KINDS)
    def kind(self, request):
        return KINDS[request.param]


@pytest.mark.parametrize("name", KINDS)
def test_kind_is_registered_under_its_name(name):
    """A kind is chosen by the name it calls itself; its request goes to the path of that name."""
    kind = KINDS[name]

    assert (kind.name, kind.path) == (name, f"import/{name}")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        ("a", '"a"'),
        ({"a": [1, 2.5]}, '{"a":[1,2.5]}'),
        ("ü", '"ü"'),
        (2**70, str(2**70)),
        ({1: 2}, "{1: 2}"),
        ("\ud800", "'\\ud800'"),
    ],
)
def test_value_in_a_sentence(value, text):
    """A value is shown as JSON, and as Python has it where JSON cannot say it."""
    assert shown(value) == text


def test_long_value_is_cut():
    """A long value is recognised by its start."""
    text = shown("x" * 500)

    assert len(text) == SHOWN_VALUE_LENGTH
    assert text.startswith('"xxx')
    assert text.endswith("x…")
