"""Ids in an undocumented form: reported, not stored, and the run continues."""

from __future__ import annotations

import pytest

from ld_import.emulator import Fault
from tests.harness.records import names, videos

POST = "POST import/videos"
STATUS = "GET import/videos/status"


@pytest.mark.parametrize("job_id", ["x" * 65_536, "../admin", "a\u202eb", "a\x1b[2J"])
def test_odd_job_id_is_looked_up(make_program, job_id):
    """A job with an odd id is not polled; its items are looked up."""
    program = make_program(job_polls=0)
    program.write(videos(4))
    odd = Fault(on=POST, action="status_after", status=200, body={"id": job_id}, times=2)
    program.emulator.script(odd)

    assert program.run().exit_code == 0
    program.check_identities(names(4))
    assert set(program.states().values()) == {"success"}
    assert program.run().requests == {}


@pytest.mark.parametrize("media_id", ["../../../../admin/users", "x" * 65_536, "a\u202eb"])
def test_odd_media_id_is_noted(make_program, media_id):
    """An odd media id is named in the reason and never used in a URL."""
    program = make_program(job_polls=0)
    program.write(videos(1))
    result = {"systemName": "archive", "externalId": "v1", "state": "imported"}
    job = {"finished": True, "state": "success", "id": "j"}
    body = {**job, "videos": [{**result, "video": {"mediaId": media_id}}]}
    program.emulator.script(Fault(on=STATUS, action="status", status=200, body=body))

    assert program.run().exit_code == 0
    row = program.rows()["v1"]
    assert (row["state"], row["mediaId"]) == ("success", None)
    assert "not of the documented form" in row["reason"]
    assert len(row["reason"]) < 250
    assert program.run(on_existing="patch").exit_code == 0
