"""A ledger that is removed during a run, or opened through a hard link."""

from __future__ import annotations

import os
import subprocess

import pytest

from ld_import.ledger import exclusive
from tests.harness.records import videos


def test_ledger_removed_after_the_last_request(make_place):
    """A ledger removed after the last request still changes the exit code."""
    place = make_place(job_polls=0, job_seconds=0.2)
    place.write(*videos(2))
    with place.start("videos", "-v", stdin=subprocess.DEVNULL) as process:
        begun = next(line for line in process.stderr if b"started job" in line)
        place.ledger_path.unlink()
        _, err = process.communicate(timeout=20)
    text = err.decode()
    rescued = place.ledger_path.with_name("ledger.sqlite3.rescued")

    assert begun
    assert process.returncode == 9, text
    assert text.count("was removed or renamed while this run was using it") == 1
    assert f"all records are in {rescued.resolve()}" in text
    rescued.replace(place.ledger_path)
    assert place.summary()["unchanged"] == 2


@pytest.mark.parametrize("is_first_linked", [True, False])
def test_second_command_through_a_hard_link(place, is_first_linked):
    """A second run through a hard link ends with 10; alone it works."""
    manifest = place.write(*videos(2))
    place.summary(manifest)
    link = place.folder / "link.sqlite3"
    os.link(place.ledger_path, link)
    first, second = [link, place.ledger_path][:: 1 if is_first_linked else -1]
    with exclusive(first):
        refused = place.run("videos", manifest, "--ledger", second)

    assert refused.code == 10
    assert "under another name (a hard link)" in refused.err
    assert place.summary(manifest, "--ledger", second)["unchanged"] == 2
