"""A manifest reads no file outside its directory, unless a flag allows it."""

from __future__ import annotations

import pytest

from tests.harness.records import video

HEADER = "systemName: a\nsource: ../mine.jsonl\n"


@pytest.fixture
def manifest(place):
    """Return a manifest that names a source outside its directory."""
    (place.folder / "mine.jsonl").write_text('{"id": "1", "secret": 1}\n', encoding="utf-8")
    path = place.folder / "partner" / "videos.yaml"
    path.parent.mkdir()
    path.write_text(HEADER, encoding="utf-8")
    return path


@pytest.mark.parametrize("command", [("videos",), ("videos", "-n"), ("validate",)])
def test_outside_source(place, manifest, command):
    """An outside source is exit 4; the error names the line and the flag."""
    ended = place.run(*command, manifest)
    allowed = place.run(*command, manifest, "--allow-outside-source")

    assert ended.code == 4
    assert f"{manifest}, line 2: `source`: " in ended.err
    assert "is outside the folder of the manifest" in ended.err
    assert "--allow-outside-source" in ended.err
    assert allowed.code == 3
    assert place.mine() == []


def test_outside_source_that_is_allowed(place, manifest):
    """With the flag the records of an outside source are imported."""
    (place.folder / "mine.jsonl").write_text(
        '{"id":"v1","url":"https://a.example/1.mp4","fileName":"A","metadata":{}}\n',
        encoding="utf-8",
    )
    manifest.write_text(HEADER.replace("a\n", f"{place.system_name}\n", 1), encoding="utf-8")

    summary = place.summary(manifest, "--allow-outside-source", "--no-wait")

    assert summary["sent"] == len(place.mine()) == 1
    assert video()["id"] == place.mine()[0]["externalId"]
