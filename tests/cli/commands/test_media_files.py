"""`ld-import media-library` with files to upload: flags, dry run, summary, log, metrics, ledger."""

from __future__ import annotations

import re

import jsonschema_rs
import orjson
import pytest
from PIL import Image

from ld_import.cli.schemas import schema_of

CONFIG = """\
storages:
  media: {url: store, publicUrl: 'https://cdn.example/media'}
media-library: {transfers: 2, verify: get, limitBandwidth: 100M}
"""


@pytest.fixture
def library(place):
    """Return a place with a storage, two pictures, and a manifest that names a third one."""
    (place.folder / "store").mkdir()
    (place.folder / "ld-import.yaml").write_text(CONFIG)
    for number in (1, 2):
        Image.new("RGB", (30, 20), (number, 9, 9)).save(place.folder / f"{number}.png")
    records = [
        {"externalId": f"p{number}", "file": f"{number}.png", "metadata": {"title": "One"}}
        for number in (1, 2, 3)
    ]
    place.write(*records, name="media-library.json", list_key="mediaLibraryEntries")
    return place


def stored(place):
    return [path for path in (place.folder / "store").rglob("*") if path.is_file()]


def check(name, document):
    validator = jsonschema_rs.validator_for(schema_of(name), validate_formats=True)
    assert [error.message for error in validator.iter_errors(document)] == []


def test_dry_run_counts_files(library):
    """A dry run shows how many files and bytes it would upload, and stores none."""
    size = sum((library.folder / f"{number}.png").stat().st_size for number in (1, 2))
    shown = library.run("media-library", "-n")

    summary = library.summary("-n", command="media-library")

    assert summary["uploads"] == {"files": 3, "bytes": size, "unknownSizes": 1}
    check("summary", summary)
    assert f"\n  3 files to upload, {size} bytes, 1 of them without a known size\n" in shown.out
    assert '1 file could not be read now: "3.png" cannot be read: the file does not' in shown.err
    assert stored(library) == []


def test_run_and_its_outputs(library):
    """Summary, text, log, metrics and ledger agree on what was stored and what failed."""
    ended = library.run(
        *("media-library", "--log-file", "run.log", "--log-format", "json", "--log-level", "debug"),
        *("--metrics-file", "run.prom", "--transfers", "3"),
    )
    (run,) = library.run("ledger", "runs", "--json").document
    uploads = run["summary"] if isinstance(run["summary"], dict) else orjson.loads(run["summary"])
    lines = [orjson.loads(line) for line in (library.folder / "run.log").read_text().splitlines()]
    metrics = (library.folder / "run.prom").read_text()

    assert ended.code == 3
    sent = sum(path.stat().st_size for path in stored(library))
    assert len(stored(library)) == 2
    counts = uploads["uploads"]
    assert (counts["stored"], counts["same"], counts["failed"]) == (2, 0, 1)
    assert counts["bytes"] == sent
    assert f"\n  files: 2 stored, 1 failed; {sent} bytes sent\n" in ended.out
    last = [line for line in lines if line["event"] == "transferred"][-1]
    assert (last["stored"], last["failed"], last["in_flight"]) == (2, 1, 0)
    for line in lines:
        check("event", line)
    assert re.search(r'ld_import_uploads\{.*result="stored".*\} 2\.0', metrics)
    assert re.search(rf"ld_import_uploaded_bytes\{{.*\}} {float(sent)}", metrics)
    states = library.run("ledger", "uploads", "--json").document
    assert {row["externalId"]: row["state"] for row in states} == {
        "p1": "stored",
        "p2": "stored",
        "p3": "failed",
    }


def test_second_run_has_no_files(library):
    """Nothing is left to upload, so that no line mentions files."""
    library.run("media-library")

    summary = library.summary(command="media-library", code=3)
    text = library.run("media-library").out

    assert (summary["unchanged"], summary["failedBefore"]) == (2, 1)
    assert not any(summary["uploads"].values())
    assert "files:" not in text


def test_file_outside_the_folder(library):
    """A file outside the folder of the manifest needs `--allow-outside-source`."""
    inner = library.folder / "inner"
    inner.mkdir()
    record = {"externalId": "out", "file": "../1.png", "metadata": {"title": "One"}}
    path = library.write(record, name="inner/out.json", list_key="mediaLibraryEntries")

    refused = library.summary(path, command="media-library", code=3)
    allowed = library.summary(
        path, "--allow-outside-source", "--retry-failed", command="media-library"
    )

    assert refused["uploads"]["failed"] == 1
    assert allowed["uploads"]["stored"] == 1


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--verify", "md5"), "--verify must be one of etag, get, none"),
        (("--limit-bandwidth", "10X"), "--limit-bandwidth must be a number of bytes in a second"),
        (("--transfers", "0"), "--transfers"),
        (("--workers", "tcp://192.0.2.1:1"), "has no TLS"),
    ],
)
def test_flags_that_cannot_be_used(library, flags, told):
    """Each is a usage error before a file is opened."""
    ended = library.run("media-library", *flags)

    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert stored(library) == []


@pytest.fixture
def in_bucket(library, bucket):
    """Return a function that configures a bucket as the storage, with this secret."""

    def configure(secret, url=bucket.url):
        (library.folder / "id").write_text(bucket.credentials.key)
        (library.folder / "secret").write_text(secret)
        (library.folder / "ld-import.yaml").write_text(
            f"storages: {{media: {{url: '{url}/legacy', endpoint: '{bucket.endpoint}',"
            " region: us-east-1, publicUrl: 'https://cdn.example', accessKeyFile: id,"
            " secretKeyFile: secret}}\n"
        )
        return library

    return configure


def test_bucket_of_the_configuration(in_bucket, bucket):
    """Files go to the bucket and prefix, with the credentials of the files."""
    summary = in_bucket(bucket.credentials.secret).summary(command="media-library", code=3)

    assert summary["uploads"]["stored"] == 2
    keys = bucket.keys()
    assert len(keys) == 2
    assert all(key.startswith("legacy/town-") for key in keys)


def test_refused_credentials(in_bucket):
    """They end the run with 5; the secret appears nowhere."""
    library = in_bucket("another-secret-of-nobody")

    ended = library.run("media-library", "--log-file", "run.log", "--log-level", "debug")

    log = (library.folder / "run.log").read_text()
    assert ended.code == 5
    assert "another-secret" not in ended.out + ended.err + log
    assert {row["state"] for row in library.run("ledger", "uploads", "--json").document} <= {
        "started",
        "failed",
    }


def test_missing_bucket(in_bucket, bucket):
    """A bucket that does not exist ends the run with 2, and nothing is registered."""
    library = in_bucket(bucket.credentials.secret, "s3://no-such-bucket-anywhere")

    ended = library.run("media-library")

    assert ended.code == 2
    assert "no-such-bucket-anywhere" in ended.err
    assert library.mine() == []


def test_dry_run_names_a_changed_file(library):
    """With patch, a file that changed at its source is named, and no member of its asset."""
    library.run("media-library")
    Image.new("RGB", (60, 40), (9, 9, 9)).save(library.folder / "1.png")

    summary = library.summary("-n", "--on-existing", "patch", command="media-library", code=3)

    assert summary["changed"] == [{"externalId": "p1", "fields": ["file"]}]
    assert summary["uploads"]["files"] == 1
