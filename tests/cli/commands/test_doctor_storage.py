"""`ld-import doctor`: the storages and sources that `ld-import.yaml` names."""

from __future__ import annotations

import pytest

from ld_import.cli.doctor.environment import USES

PUBLIC = "publicUrl: 'https://cdn.example'"


@pytest.fixture
def storage_checks(place):
    """Return a function from a configuration to the checks of storages and sources."""

    def checks(text, *arguments, code=0):
        (place.folder / "ld-import.yaml").write_text(text)
        ended = place.run("doctor", *arguments, "--json")
        assert ended.code == code, ended
        found = ended.document["checks"]
        return [
            (check["name"], check["state"], check["text"])
            for check in found
            if check["name"] in ("storage", "source")
        ]

    return checks


def test_nothing_to_check(storage_checks):
    """Without storages there is no line, and none for another kind."""
    assert storage_checks("videos: {parallel: 1}\n") == []
    assert storage_checks(f"storages: {{a: {{url: nowhere, {PUBLIC}}}}}\n", "videos") == []


def test_folders(storage_checks, place):
    """A folder must exist and be writable."""
    (place.folder / "media").mkdir()
    good = f"good: {{url: media, {PUBLIC}}}"

    found = storage_checks(
        f"storages: {{{good}, lost: {{url: nowhere, {PUBLIC}}}}}\n", "media-library", code=2
    )

    assert [state for _, state, _ in found] == ["ok", "failed"]
    assert found[0][2] == f"good: file://{place.folder}/media is a writable folder"
    assert "the storage `lost` has no folder" in found[1][2]


def test_settings_that_cannot_work(storage_checks):
    """Settings are checked before a request is sent."""
    text = f"storages: {{a: {{url: 's3://bucket', endpoint: 'http://s3.example', {PUBLIC}}}}}\n"

    ((_, state, told),) = storage_checks(text, code=2)

    assert state == "failed"
    assert "`endpoint` has no TLS" in told


def test_bucket(storage_checks, bucket, place):
    """The storage is asked; refused credentials end an import with 5, and appear nowhere."""
    (place.folder / "id").write_text(bucket.credentials.key)
    (place.folder / "right").write_text(bucket.credentials.secret)
    (place.folder / "wrong").write_text("another-secret-of-nobody")
    common = f"url: '{bucket.url}', endpoint: '{bucket.endpoint}', region: us-east-1, {PUBLIC}"
    entry = "storages: {media: {%s, accessKeyFile: id, secretKeyFile: %s}}\n"

    (accepted,) = storage_checks(entry % (common, "right"))
    (refused,) = storage_checks(entry % (common, "wrong"), code=5)

    assert accepted == ("storage", "ok", f"media: {bucket.url} accepts the credentials")
    assert refused[1] == "failed"
    assert "another-secret" not in refused[2]


def test_missing_file_of_a_source(storage_checks, place):
    """A file with a secret that cannot be read is a remark: other sources work without it."""
    (place.folder / "key").write_text("a key")
    text = "sources: {old: {url: 'sftp://old.example', keyFile: key, passwordFile: pass}}\n"

    ((name, state, told),) = storage_checks(text)

    assert (name, state) == ("source", "warning")
    assert told == "old: `passwordFile` is pass, which is not a readable file"


@pytest.mark.parametrize("extra", ["assets", "sftp", "cluster"])
def test_extras_have_a_use(extra):
    """A missing extra is listed with what needs it."""
    assert USES[extra]
