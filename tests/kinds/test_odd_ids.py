"""Results of a synchronous import whose ids are not of the documented form."""

from __future__ import annotations

import pytest

from ld_import.kinds.media_library.results import result_from
from ld_import.model import State

ODD = "../../admin"


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"ok": True, "id": ODD}, State.SUCCESS),
        ({"id": ODD}, State.SUCCESS),
        ({"status": 409, "error": "Conflict", "error_details": {"mediaId": ODD}}, State.SKIPPED),
    ],
)
def test_odd_media_id_is_noted(fields, state):
    """The state is kept; the id is omitted and the reason mentions it."""
    result = result_from(fields, "v1")

    assert (result.state, result.media_id) == (state, None)
    assert result.reason is not None and "'../../admin'" in result.reason
