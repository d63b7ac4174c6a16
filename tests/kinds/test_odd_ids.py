"""Results of a synchronous import with ids of another form than the documented one."""

from __future__ import annotations

import pytest

from ld_import.kinds.media_library.results import result_from
from ld_import.model import State

ODD = "../../admin"


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({"ok": True, "id": ODD}, State.SUCCESS),
        ({"id": ODD}, State.SUCCESS),
        ({"status": 409, "error": "Conflict", "error_details": {"mediaId": ODD}}, State.SKIPPED),
    ],
)
def test_odd_media_id_is_noted(told, state):
    """The verdict holds; the id is not kept and the reason says so."""
    result = result_from(told, "v1")

    assert (result.state, result.media_id) == (state, None)
    assert result.reason is not None and "'../../admin'" in result.reason
