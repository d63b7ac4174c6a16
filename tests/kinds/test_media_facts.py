"""The stored file of a medium, from answers of every kind; odd values are left out."""

from __future__ import annotations

import pytest

from ld_import.kinds.images import IMAGES
from ld_import.kinds.media_facts import facts_from_entry, facts_from_reference
from ld_import.kinds.media_library.results import result_from
from ld_import.kinds.videos import VIDEOS
from ld_import.model import MediaFacts

ASSET = {
    "key": "a/1.jpg",
    "url": "https://cdn.example/a/1.jpg",
    "width": 4,
    "height": 3,
    "size": 12,
    "mimeType": "image/jpeg",
    "filename": "old.jpg",
}
FACTS = MediaFacts("https://cdn.example/a/1.jpg", "image/jpeg", 4, 3, None, 12, "a/1.jpg")


def test_image_of_a_job():
    """An image's reference names address, type and pixels."""
    reference = {
        "mediaId": "m1",
        "originalUrl": "https://cdn.example/a.jpg",
        "url": "https://images.example/a.jpg?w=9",
        "width": 4,
        "height": 3,
        "mimeType": "image/jpeg",
    }
    listed = [{"state": "imported", "externalId": "v1", "systemName": "s", "image": reference}]
    job = IMAGES.job_from({"finished": True, "state": "success", "images": listed}, "j1")

    assert job and job.results
    (result,) = job.results
    assert (result.media_id, result.facts) == (
        "m1",
        MediaFacts("https://cdn.example/a.jpg", "image/jpeg", 4, 3),
    )


def test_reference_with_the_id_alone():
    """A reference without facts has none."""
    listed = [{"state": "imported", "externalId": "v1", "video": {"mediaId": "m1"}}]
    job = VIDEOS.job_from({"finished": True, "state": "success", "videos": listed}, "j1")

    assert job and job.results
    assert job.results[0].facts is None


def test_entry():
    """The asset of an entry, alone or as the record of an import, names all facts."""
    entry = {"id": "m1", "asset": ASSET}

    assert facts_from_entry(entry) == FACTS
    assert result_from({"ok": True, "id": "m1", "record": entry}, "v1").facts == FACTS


@pytest.mark.parametrize("odd", [True, -1, "4", 4.5, 2**60, None, [4], float("nan")])
def test_odd_numbers(odd):
    """A number that cannot be a width is left out; the other facts remain."""
    facts = facts_from_entry({"asset": {**ASSET, "width": odd}})

    assert facts == FACTS._replace(width=None)


@pytest.mark.parametrize("odd", [7, "", "x" * 3000, None, {}])
def test_odd_texts(odd):
    """A text that cannot be an address is left out."""
    assert facts_from_entry({"asset": {**ASSET, "url": odd}}) == FACTS._replace(original_url=None)


@pytest.mark.parametrize("odd", [None, "a", [], {}])
def test_nothing_to_read(odd):
    """Without a reference or an asset there are no facts."""
    assert facts_from_reference(odd) is None
    assert facts_from_entry({"asset": odd}) is None
