"""A dry run makes the same decisions as the real run, for every kind, and sends nothing."""

from __future__ import annotations

import orjson
import pytest

from tests.harness.records import video

ASSET = {
    "key": "a.pdf",
    "url": "https://bucket.example/a.pdf",
    "size": 1,
    "filename": "a.pdf",
    "mimeType": "application/pdf",
}


def of_kind(command, number, title="Film"):
    """Return a record of a kind."""
    if command == "media-library":
        metadata = {"title": title}
        return {
            "externalId": f"v{number}",
            "mediaType": "file",
            "asset": {**ASSET, "key": f"{number}.pdf"},
            "metadata": metadata,
        }
    media_type = {} if command == "videos" else {"mediaType": command.removesuffix("s")}
    return video(number, metadata={"title": title}, **media_type)


LISTS = {"media-library": "mediaLibraryEntries"}


@pytest.mark.parametrize("command", ["videos", "images", "files", "media-library"])
def test_same_decisions_as_the_real_run(place, command):
    """New, changed, unchanged, repeated and invalid records are counted as in the real run."""
    list_key = LISTS.get(command, command)
    first = [of_kind(command, number) for number in range(1, 6)]
    place.write(*first, list_key=list_key)
    place.summary("manifest.json", command=command)
    later = [*first[:3], of_kind(command, 4, "Renamed"), first[0], of_kind(command, 9), {"id": "x"}]
    place.write(*later, list_key=list_key)
    before, ledger = place.emulator.requests.total(), place.ledger_path.read_bytes()

    dry = place.summary("manifest.json", "--dry-run", "--batch-size", "1", command=command, code=3)

    assert place.emulator.requests.total() == before
    assert place.ledger_path.read_bytes() == ledger
    assert dry["wouldSend"] == {"new": 1, "changed": 1, "retry": 0}
    assert dry["changed"] == [{"externalId": "v4", "fields": ["metadata.title"]}]
    assert dry["wouldRequest"]["import"] == 2
    assert "demo-token" not in str(dry)
    real = place.summary("manifest.json", "--batch-size", "1", command=command, code=3)
    assert real["sent"] == 2
    assert real["requests"]["import"] == dry["wouldRequest"]["import"]
    for name in ("read", "invalid", "repeated", "unchanged", "failedBefore"):
        assert dry[name] == real[name]


@pytest.mark.parametrize("command", ["videos", "media-library"])
def test_first_request_is_the_one_that_is_sent(place, command):
    """The first request shown equals the body that the server receives."""
    list_key = LISTS.get(command, command)
    place.write(of_kind(command, 1), of_kind(command, 2), list_key=list_key)

    shown = place.summary("manifest.json", "--dry-run", command=command)["firstRequest"]
    place.summary("manifest.json", command=command)

    kind = "mediaLibrary" if command == "media-library" else command
    assert shown["method"] == "POST"
    assert shown["url"].endswith(f"/import/{kind}")
    assert shown["body"] == orjson.loads(place.emulator.bodies[kind])
