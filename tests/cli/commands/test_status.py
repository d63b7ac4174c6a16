"""`ld-import status`: the server's view of a job beside the ledger's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ld_import.emulator import Fault
from ld_import.ledger import exclusive
from tests.harness.records import videos

STATUS = "GET import/videos/status"


def submit(place):
    place.emulator.settings = replace(place.emulator.settings, fail_url={"/2.mp4": "gone"})
    place.write(*videos(3))
    place.summary("--no-wait")


@pytest.fixture
def job(place, begin):
    """Return the id of a job that is finished on the server and open in the ledger."""
    begin(place, submit)
    return place.jobs()[0]["id"]


def states(place):
    """Return the states of all items in the ledger."""
    rows = place.run("ledger", "items", "--json").document
    return [one["state"] for one in rows]


def test_looking_records_nothing(place, job):
    """Without `--watch` the job is shown with its items, and the ledger does not change."""
    ended = place.run("status", job)

    assert ended.code == 3
    assert ended.out.startswith(f"videos job {job} on {place.url}: success, finished\n")
    assert "2  success" in ended.out
    assert "1  failed" in ended.out
    rows = ended.lines[3:]
    assert rows[0] == ["externalId", "state", "mediaId", "line", "reason"]
    assert rows[1] == ["v1", "submitted", "", "2", ""]
    assert states(place) == ["submitted"] * 3


def test_watching_records_the_outcomes(place, job):
    """`--watch` follows the job and records the outcomes of its items."""
    ended = place.run("status", job, "--watch", "--json")

    assert ended.code == 3
    assert ended.err == f"job {job} is success\n"
    document = ended.document
    assert (document["id"], document["kind"], document["target"]) == (job, "videos", place.url)
    assert (document["state"], document["finished"]) == ("success", True)
    assert document["outcomes"] == {"success": 2, "failed": 1}
    assert [one["state"] for one in document["items"]] == ["success", "failed", "success"]
    assert document["items"][1]["reason"] == "gone"
    assert states(place) == ["success", "failed", "success"]
    assert place.summary(code=3)["requests"]["status"] == 0


def test_watching_a_job_that_failed_as_a_whole(make_place):
    """A job that failed as a whole fails no item; the next run sends them again."""
    place = make_place(Fault(on="POST import/videos", action="fail_job"))
    place.write(*videos(3))
    job = place.summary("--no-wait")["jobs"][0]["id"]

    ended = place.run("status", job, "--watch")

    assert ended.code == 3
    assert states(place) == ["submitted"] * 3
    assert place.summary()["outcomes"]["success"] == 3


def test_watching_beside_a_run(place, job):
    """Watching beside a run that holds the ledger records nothing and does not disturb it."""
    with exclusive(place.ledger_path):
        ended = place.run("status", job, "--watch")

    assert ended.code == 3
    assert states(place) == ["submitted"] * 3


def test_watching_a_job_that_works(make_place):
    """Each state of a watched job is printed once."""
    place = make_place(job_polls=3)
    place.write(*videos(1))
    job = place.summary("--no-wait")["jobs"][0]["id"]
    for _ in range(2):
        assert place.run("status", job).code == 0

    ended = place.run("status", job, "--watch")

    assert ended.code == 0
    assert ended.err == f"job {job} is started\njob {job} is success\n"


def test_watching_too_long(make_place):
    """After `--max-wait` watching is exit 8, and the job stays open."""
    place = make_place(job_polls=9)
    place.write(*videos(1))
    job = place.summary("--no-wait")["jobs"][0]["id"]

    ended = place.run("status", job, "--watch", "--max-wait", "0")

    assert (ended.code, ended.out) == (8, "")
    assert f"the import job {job} is still 'started'" in ended.err
    assert states(place) == ["submitted"]


@pytest.mark.parametrize("is_watched", [False, True])
def test_job_without_a_ledger(place, job, tmp_path, is_watched):
    """A job that is not in the ledger is shown, and no ledger is created."""
    elsewhere = tmp_path / "other.db"
    flags = ["--watch"] if is_watched else []

    ended = place.run("status", job, "--ledger", elsewhere, *flags)

    assert ended.code == 3
    rows = [line for line in ended.lines if line[0].startswith("v") and len(line) == 5]
    assert [row[1] for row in rows] == ["success", "failed", "success"]
    assert rows[1][-1] == "gone"
    assert rows[0][2]
    assert not elsewhere.exists()


def test_watching_a_job_of_another_ledger(place, job):
    """A job of another ledger is followed without a change to the ledger here."""
    place.emulator.settings = replace(place.emulator.settings, fail_url={})
    other = place.folder / "other.db"
    place.summary("--ledger", other, "--no-wait")

    place.run("status", job, "--watch", "--ledger", other)

    rows = place.run("ledger", "items", "--json", "--ledger", other).document
    assert {one["state"] for one in rows} == {"submitted"}


@pytest.mark.parametrize("flags", [[], ["--watch"]])
def test_unknown_job(place, flags):
    """A job that the server does not know is exit 3 with a hint."""
    ended = place.run("status", "unknown", *flags)

    assert ended.code == 3
    assert ended.out.startswith(f"videos job unknown on {place.url}: lost, not finished\n")
    assert "hint: the server does not know this job" in ended.err


def test_answer_that_is_not_a_job(make_place):
    """A JSON answer other than a job is exit 6."""
    place = make_place(Fault(on=STATUS, action="status", status=200, body={"hello": "there"}))

    ended = place.run("status", "job1")

    assert (ended.code, ended.out) == (6, "")
    assert "the answer about job job1 does not describe a job" in ended.err


@pytest.mark.parametrize(
    ("kind", "hint"), [("films", "`files`"), ("Videos", "`videos`"), ("xyz", "videos")]
)
def test_unknown_kind(place, kind, hint):
    """An unknown kind is a usage error that names the nearest kind, or all of them."""
    ended = place.run("status", "job1", "--kind", kind)

    assert ended.code == 2
    assert f"unknown kind {kind!r}" in ended.err
    assert hint in ended.err.splitlines()[-1]


def test_needs_a_server(place, monkeypatch):
    """`status` needs a server."""
    monkeypatch.delenv("LD_IMPORT_SERVER")

    assert place.run("status", "job1").code == 2
