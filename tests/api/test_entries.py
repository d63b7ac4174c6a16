"""Reading entries by their ids, and servers without this look-up."""

from __future__ import annotations

import asyncio

import pytest

from ld_import.api.client import IDS_A_REQUEST
from ld_import.errors import RequestRefused
from tests.api.scripted import Script, find

PAIR = {"externalId": "v1", "systemName": "archive"}


def entries(client, ids):
    """Read entries by their ids."""
    return asyncio.run(client.entries(ids))


def listed(*ids):
    """Return an answer with entries of these ids."""
    return {"json": {"results": [{"id": media_id, **PAIR} for media_id in ids]}}


def test_ids_are_requested_in_groups(clock):
    """Ids are requested in groups, so that there are few requests with short URLs."""
    ids = [f"m{number}" for number in range(IDS_A_REQUEST + 2)]
    script = Script(listed(*ids[:IDS_A_REQUEST]), listed(*ids[IDS_A_REQUEST:]))

    result = entries(script.client(clock), ids)

    assert list(result) == ids
    assert [request.url.params["ids"].count(",") for request in script.requests] == [39, 1]


def test_other_entries_are_ignored(clock):
    """Entries that were not requested and invalid members are ignored."""
    script = Script({"json": {"results": [{"id": "other"}, None, {"id": 5}, {"id": "m1"}]}})

    assert list(entries(script.client(clock), ["m1", "m2"])) == ["m1"]


def test_server_without_the_look_up_is_not_a_missing_entry(clock):
    """A 404 for the URL does not mean that the entry is missing."""
    script = Script({"status_code": 404, "json": {"error_details": {"url": "/api/x"}}})

    with pytest.raises(RequestRefused):
        find(script.client(clock))
