"""`--max-failures` and `maxFailures`: a run in which everything fails, as a user sees it."""

from __future__ import annotations

import pytest

from ld_import.emulator import Fault
from tests.harness.records import videos

POST = "POST import/videos"


@pytest.fixture
def failing(place):
    """Return a directory with 12 videos, all of which fail on the server."""
    place.write(*videos(12))
    place.emulator.script(
        Fault(on=POST, action="fail_item", times=999, reason="Could not upload video 'x'")
    )
    yield place
    place.emulator.recover()


def test_message_names_the_cause_and_what_to_do(failing):
    """The run ends with 6; the error is one sentence with the cause and a hint."""
    ended = failing.run("videos", "--batch-size", "2", "--max-failures", "4", "--json")

    assert ended.code == 6
    summary = ended.document
    assert summary["outcomes"]["failed"] + summary["notSent"] == 12
    assert summary["requests"]["import"] <= 3
    error = ended.err.splitlines()[-2:]
    assert "are all failures, and all have one cause: Could not upload video 'x'" in error[0]
    assert "--retry-failed" in " ".join(error)


@pytest.mark.parametrize(("number", "code"), [(0, 3), (4, 6)])
def test_configuration_sets_the_limit(failing, number, code):
    """`maxFailures` applies without the flag; 0 never stops a run."""
    (failing.folder / "ld-import.yaml").write_text(f"videos: {{maxFailures: {number}}}\n")

    assert failing.run("videos", "--batch-size", "2").code == code


@pytest.mark.parametrize("word", ["-1", "many"])
def test_limit_is_a_number(place, word):
    """A limit that is not a number of 0 or more is wrong usage."""
    place.write(*videos(1))

    assert place.run("videos", "--max-failures", word).code == 2
