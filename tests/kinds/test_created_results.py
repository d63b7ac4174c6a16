"""Results of a job that created all its items: as columns they are those of any other job."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from ld_import.created import CreatedResults
from ld_import.kinds.files import FILES
from ld_import.kinds.videos import VIDEOS
from ld_import.model import Job, MediaFacts, Result

# Another state for the last item: then each result is read by itself.
OTHER = {"state": "skipped", "externalId": "last"}
ODD: list[Any] = [None, 7, "", True, [], {}, "x" * 3000, "m\n1", "m1\n", "é", -1, 2**60, "imported"]


def read(kind, listed: list[Any]) -> Sequence[Result]:
    answer = {"finished": True, "state": "success", kind.list_key: listed}
    job: Job | None = kind.job_from(answer, "j1")
    assert job is not None and job.results is not None
    return job.results


def video(number: int, rng: random.Random) -> dict[str, Any]:
    facts = {
        "mimeType": "video/mp4",
        "width": 4,
        "duration": 1.5,
        "originalUrl": f"https://c/{number}",
    }
    kept = {name: value for name, value in facts.items() if rng.random() < 0.7}
    return {
        "state": "imported",
        "externalId": f"v{number}",
        "systemName": "archive",
        "video": {"mediaId": f"m{number}", **kept},
    }


def change(listed: list[Any], rng: random.Random) -> None:
    """Give one member of one result an unusual value, or remove it."""
    result = rng.choice(listed)
    place = rng.choice([result, result["video"]])
    name = rng.choice([*place, "reason", "status", "size"])
    if rng.random() < 0.3:
        place.pop(name, None)
    else:
        place[name] = rng.choice(ODD)


def test_columns_are_the_results():
    """Generated answers, also with unusual values: both ways to read them agree."""
    rng = random.Random(20261126)
    as_columns = 0
    for _ in range(3000):
        listed = [video(number, rng) for number in range(rng.randrange(1, 5))]
        if rng.random() < 0.6:
            change(listed, rng)
        *one_by_one, _ = read(VIDEOS, [*listed, OTHER])
        results = read(VIDEOS, listed)

        assert list(results) == one_by_one
        assert len(results) == len(one_by_one)
        as_columns += isinstance(results, CreatedResults)
    assert 1200 < as_columns < 2600


def test_result_by_position():
    """A single result, and a part of them, are the usual objects."""
    results = read(VIDEOS, [video(number, random.Random(1)) for number in range(3)])

    assert isinstance(results, CreatedResults)
    assert results[1].external_id == "v1"
    assert [result.media_id for result in results[1:]] == ["m1", "m2"]


def test_files_name_their_facts_beside_the_media_id():
    """Results of files have no reference: mediaId and facts are members of the result."""
    listed = [
        {"state": "imported", "externalId": "f1", "mediaId": "m1", "mimeType": "application/pdf"}
    ]
    results = read(FILES, listed)

    assert isinstance(results, CreatedResults)
    (result,) = results
    assert (result.media_id, result.facts) == ("m1", MediaFacts(mime_type="application/pdf"))


@pytest.mark.parametrize("listed", [[], ["text"], [None], [[]], [{"externalId": "v1"}]])
def test_not_results(listed):
    """A list without results of created items is read one by one, and never fails."""
    assert not isinstance(read(VIDEOS, listed), CreatedResults)
