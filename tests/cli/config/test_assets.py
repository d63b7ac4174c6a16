"""Storages, sources and flags for files to upload: `ld-import.yaml`, the header, the flags."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from ld_import.cli.config.assets import DEFAULT_KEY
from ld_import.cli.config.file import ConfigMistakes, read_config
from ld_import.cli.config.mistakes import SCHEMA_PATH
from ld_import.cli.config.resolve import resolve_import
from ld_import.cli.config.schemes import SOURCE_KEYS, STORAGE_KEYS
from ld_import.cli.options import LibraryImportFlags
from ld_import.cli.output.sanitize import REDACTOR, sanitize
from ld_import.errors import UsageError
from tests.harness.records import video

ONE = "storages:\n  media:\n    url: s3://bucket/legacy/\n    publicUrl: https://cdn.example/\n"
TWO = ONE + "  films: {url: gs://films, publicUrl: https://films.example}\n"


@pytest.fixture
def assets_of(tmp_path, monkeypatch):
    """Return a function from a configuration, a header and flags to the settings of assets."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)

    def resolve(text, header="", kind="media-library", **flags):
        config = folder / "ld-import.yaml"
        config.write_text(text)
        manifest = Path("m.yaml")
        manifest.write_text(f"systemName: town\n{header}items: []\n")
        given = LibraryImportFlags(config=config, manifest=manifest, **flags)
        return resolve_import(kind, given).assets

    yield resolve
    REDACTOR.clear()


def test_defaults(assets_of):
    """A storage needs a URL and a public URL; it is used for all media."""
    assets = assets_of(ONE)
    storage = assets.storages["media"]

    assert (storage.name, storage.url, storage.public_url) == (
        "media",
        "s3://bucket/legacy",
        "https://cdn.example",
    )
    assert (storage.key, storage.key_with_prefix, storage.checksum) == (
        DEFAULT_KEY,
        False,
        "crc64nvme",
    )
    assert assets.storage == {"image": "media", "video": "media", "file": "media"}
    assert (assets.transfers, assets.verify, assets.workers) == (8, "etag", None)
    assert (assets.reprobe, assets.bytes_per_second, storage.part_size) == (False, None, 8 << 20)
    assert assets.rules.folder == Path.cwd()
    assert not (assets.rules.allow_outside or assets.rules.allow_private or storage.allow_http)


def test_every_key(assets_of, tmp_path):
    """Each key reaches its field; files are relative to the folder of the configuration."""
    assets = assets_of(
        ONE.replace("cdn.example", "cdn.example/legacy")
        + "    endpoint: https://s3.example\n    region: eu-1\n    keyWithPrefix: true\n"
        "    key: '{{ externalId }}{{ suffix }}'\n    checksum: none\n    partSize: 16 MB\n"
        "    accessKeyFile: secrets/id\n    secretKeyFile: /run/key\n"
        "  other: {url: gs://other, publicUrl: 'https://o.example', serviceAccountFile: f.json}\n"
        "sources:\n  old:\n    url: sftp://old.example/export\n    user: archive\n"
        "    passwordFile: pass\n    keyFile: key\n    knownHosts: hosts\n    maxConnections: 4\n"
        "  web: {url: https://old.example, tokenFile: token, allowPrivate: true}\n"
        "  bucket:\n    url: s3://old\n    endpoint: https://s3.example\n    region: eu-2\n"
        "    accessKeyFile: a\n    secretKeyFile: b\n"
        "  google: {url: gs://old, serviceAccountFile: c}\n",
        "storage: media\n",
    )
    storage, other = assets.storages["media"], assets.storages["other"]
    source, web, bucket, google = assets.rules.sources
    folder = tmp_path / "project"

    assert (storage.endpoint, storage.region, storage.key_with_prefix, storage.checksum) == (
        "https://s3.example",
        "eu-1",
        True,
        "none",
    )
    assert (storage.key, storage.part_size) == ("{{ externalId }}{{ suffix }}", 16 << 20)
    assert storage.access_key_file == folder / "secrets/id"
    assert storage.secret_key_file == Path("/run/key")
    assert other.service_account_file == folder / "f.json"
    assert (source.name, source.url, source.user) == ("old", "sftp://old.example/export", "archive")
    assert (source.max_connections, web.allow_private) == (4, True)
    assert (bucket.endpoint, bucket.region) == ("https://s3.example", "eu-2")
    assert [
        source.password_file,
        source.key_file,
        source.known_hosts,
        web.token_file,
        bucket.access_key_file,
        bucket.secret_key_file,
        google.service_account_file,
    ] == [folder / name for name in ("pass", "key", "hosts", "token", "a", "b", "c")]


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("uploads", "HERE/project/uploads"),
        ("../media files/", "HERE/media%20files"),
        ("file:uploads", "HERE/project/uploads"),
        ("file:media%20files", "HERE/project/media%20files"),
        ("/srv/media", "/srv/media"),
        ("file:///srv/media/", "/srv/media"),
        ("file://localhost/srv/media", "/srv/media"),
    ],
)
def test_folder_as_a_storage(assets_of, tmp_path, url, path):
    """A folder is a path or a `file:` URL, relative to the folder of the configuration."""
    text = f"storages: {{a: {{url: '{url}', publicUrl: 'http://127.0.0.1:1'}}}}\n"

    assert assets_of(text).storages["a"].url == f"file://{path.replace('HERE', str(tmp_path))}"


def test_flags_win(assets_of):
    """A flag wins over the section of the command."""
    section = ONE + (
        "media-library: {transfers: 3, workers: 'tls://a.example:1', verify: get,"
        " limitBandwidth: 10M}\n"
    )
    configured = assets_of(section)
    given = assets_of(
        section,
        transfers=5,
        verify="none",
        limit_bandwidth="1.5k",
        reprobe=True,
        allow_private_sources=True,
        allow_http=True,
        allow_outside_source=True,
    )

    assert (configured.transfers, configured.workers) == (3, "tls://a.example:1")
    assert (configured.verify, configured.bytes_per_second) == ("get", 10 * 1024 * 1024)
    assert (given.transfers, given.verify) == (5, "none")
    assert assets_of(section, workers="tcp://127.0.0.1").workers == "tcp://127.0.0.1:8786"
    assert (given.bytes_per_second, given.reprobe) == (1536, True)
    assert given.rules.allow_private
    assert given.rules.allow_http
    assert given.rules.allow_outside
    assert given.storages["media"].allow_http


def test_header_chooses(assets_of):
    """The header names one storage for all, or one for each kind of media."""
    one = assets_of(TWO, "storage: films\n")
    each = assets_of(TWO, "storage: {image: media, video: films, file: media}\n")

    assert one.storage == {"image": "films", "video": "films", "file": "films"}
    assert each.storage == {"image": "media", "video": "films", "file": "media"}
    assert assets_of(ONE, "storage: {video: media}\n").storage["file"] == "media"


@pytest.mark.parametrize(
    ("text", "header", "told", "hint"),
    [
        (TWO, "", "has several storages (media, films), and m.yaml names none", "add `storage: "),
        (TWO, "storage: {image: media}\n", "m.yaml names none for video and file", "a mapping"),
        (ONE, "storage: medai\n", "there is no storage 'medai' in ", "did you mean `media`?"),
        (ONE, "storage: {file: x}\n", "there is no storage 'x' in ", "available: `media`"),
        ("{}\n", "storage: media\n", "names a `storage`, and no storage is conf", "`storages:` to"),
    ],
)
def test_storage_that_cannot_be_chosen(assets_of, text, header, told, hint):
    """A name that is unknown, or missing where there are several, is a usage error."""
    with pytest.raises(UsageError) as raised:
        assets_of(text, header)

    assert told in str(raised.value)
    assert hint in raised.value.hint


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ({"workers": "scheduler:8786"}, "--workers scheduler:8786 is not the address of a Dask"),
        ({"workers": "tls://scheduler:99999"}, "is not the address of a Dask scheduler"),
        ({"workers": "tcp://192.0.2.1:8786"}, "--workers tcp://192.0.2.1:8786 has no TLS"),
        (
            {"workers": "tcp://127.0.0.1:8786", "transfers": 2},
            "--transfers and --workers cannot be combined",
        ),
        ({"verify": "md5"}, "--verify must be one of etag, get, none, not 'md5'"),
        ({"limit_bandwidth": "fast"}, "--limit-bandwidth must be a number of bytes in a second"),
        ({"limit_bandwidth": "1000"}, "1K or more, not '1000'"),
    ],
)
def test_flags_that_cannot_be_used(assets_of, flags, told):
    """Each is a usage error that names the flag."""
    with pytest.raises(UsageError) as raised:
        assets_of(ONE, **flags)

    assert told in str(raised.value)


def test_nothing_without_a_storage(assets_of):
    """Without a storage there are no settings, and other kinds never have any."""
    assert assets_of("{}\n") is None
    # Its map has no `file`: with several storages, none must be chosen for it.
    assert assets_of(TWO, "map: {asset: '{{ a }}'}\n") is None
    assert assets_of(ONE, kind="images") is None


@pytest.mark.parametrize(
    ("flags", "name"),
    [
        ({"transfers": 4}, "--transfers"),
        ({"reprobe": True}, "--reprobe"),
        ({"limit_bandwidth": "1M"}, "--limit-bandwidth"),
    ],
)
def test_flags_need_a_storage(assets_of, flags, name):
    """A flag that would do nothing is a usage error."""
    with pytest.raises(UsageError, match=f"{name} has no meaning: no storage is configured"):
        assets_of("{}\n", **flags)


def test_secrets_are_redacted(assets_of, tmp_path, monkeypatch):
    """Secrets in the files that entries name, and in the environment, appear in no output."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", "one-for-the-session")
    (tmp_path / "project" / "key").write_text("another-for-storage\n")
    (tmp_path / "project" / "pass").write_text("for-the-old-host")

    assets_of(
        ONE + "    secretKeyFile: key\n    accessKeyFile: missing\n"
        "sources: {old: {url: 'sftp://old.example', passwordFile: pass}}\n"
    )

    text = "one-for-the-session, another-for-storage, for-the-old-host"
    assert sanitize(text) == "***, ***, ***"


S3 = "storages:\n  a:\n    url: s3://b\n    publicUrl: https://c.example\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("storages: [a]\n", "line 1: `storages` must be a mapping of names to storages, not a l"),
        ("storages:\n  a: {url: s3://b}\n", "line 2: `storages.a` needs `publicUrl`: the http(s)"),
        ("\nsources:\n  a: {}\n", "line 3: `sources.a` needs `url`: sftp://HOST/PATH, "),
        (S3.replace("s3:", "s4:"), "line 3: `storages.a.url` must be s3://BUCKET/PREFIX, "),
        (S3.replace("//b", "//u:p@b"), "without user and query, not "),
        (S3.replace("https://c", "c"), "line 4: `storages.a.publicUrl` must be the http(s) URL of"),
        (S3 + "    buket: x\n", "line 5: unknown key `storages.a.buket`; "),
        (S3 + "    partSize: 4M\n", "line 5: `storages.a.partSize` must be a number of bytes fro"),
        (S3 + "    partSize: 6G\n", 'from 5M to 5G, such as 16M, not "6G"'),
        (S3 + "    partSize: big\n", 'from 5M to 5G, such as 16M, not "big"'),
        (S3 + "    partSize: 100\n", "from 5M to 5G, such as 16M, not 100"),
        (S3 + "    checksum: md5\n", "must be crc64nvme, sha256 or none, not "),
        (S3 + "    serviceAccountFile: x\n", "has no meaning for s3, only for gs"),
        (
            "storages: {a: {url: media, publicUrl: https://c.example, endpoint: https://s.example}}\n",
            "`storages.a.endpoint` has no meaning for a folder, only for s3, gs, az",
        ),
        (
            "sources:\n  a:\n    url: sftp://h\n    tokenFile: x\n",
            "line 4: `sources.a.tokenFile` has no meaning for sftp, only for https, http",
        ),
        (S3 + "    endpoint: s3.example\n", "`storages.a.endpoint` must be an http(s) URL, witho"),
        ("sources: {a: {url: ftp://h}}\n", "`sources.a.url` must be sftp://HOST/PATH, "),
        (
            "sources: {a: {url: sftp://h, maxConnections: 0}}\n",
            "`sources.a.maxConnections` must be a whole number, 1 or more, not 0",
        ),
        (
            "media-library: {limitBandwidth: 10X}\n",
            "`media-library.limitBandwidth` must be a number of bytes in a second, 1K or more",
        ),
        ("media-library: {limitBandwidth: 0.5K}\n", '1K or more, such as 10M, not "0.5K"'),
        ("media-library: {verify: md5}\n", "must be etag, get or none, not "),
        ("videos: {transfers: 3}\n", "unknown key `videos.transfers`"),
    ],
)
def test_mistakes(tmp_path, text, told):
    """Each mistake in an entry has its line."""
    path = tmp_path / "ld-import.yaml"
    path.write_text(text)

    with pytest.raises(ConfigMistakes) as raised:
        read_config(path)

    assert told in str(raised.value)
    assert len(raised.value.mistakes) == 1


def test_secret_in_the_file_is_refused(tmp_path):
    """A secret belongs into a file of its own; the message names the key for it, not the value."""
    path = tmp_path / "ld-import.yaml"
    path.write_text(
        S3 + "    secretKey: abc-secret\nsources: {o: {url: sftp://h, password: abc-secret}}\n"
    )

    with pytest.raises(ConfigMistakes) as raised:
        read_config(path)

    assert raised.value.mistakes == (
        "line 5: `storages.a.secretKey` is a secret, and must not be in this file; name a file"
        " that contains it with `secretKeyFile`, or set AWS_SECRET_ACCESS_KEY",
        "line 6: `sources.o.password` is a secret, and must not be in this file; name a file that"
        " contains it with `passwordFile`",
    )


def test_storage_has_no_meaning_for_other_kinds(place):
    """A manifest of videos that names a storage is a usage error."""
    ended = place.run("videos", place.write(video(), storage="media"), "-n")

    assert (ended.code, ended.out) == (2, "")
    assert "names a `storage`, which has no meaning for videos" in ended.err


@pytest.mark.parametrize("command", [("media-library", "-n"), ("validate",)])
def test_unknown_storage_ends_the_command(place, command):
    """The commands that read a manifest check the storage that it names."""
    (place.folder / "ld-import.yaml").write_text(ONE)
    path = place.write(list_key="mediaLibraryEntries", storage="medai")

    ended = place.run(*command, path)

    assert (ended.code, ended.out) == (2, "")
    assert "there is no storage 'medai' in ld-import.yaml (media)" in ended.err


def test_each_key_has_a_meaning_for_a_scheme():
    """Keys of the schema are shared by all schemes, or belong to some of them."""
    definitions = orjson.loads(SCHEMA_PATH.read_bytes())["$defs"]
    shared = {
        "storage": {"url", "publicUrl", "key"},
        "source": {"url", "maxConnections"},
    }
    for name, keys in (("storage", STORAGE_KEYS), ("source", SOURCE_KEYS)):
        known = {key for own in keys.values() for key in own}
        assert known == set(definitions[name]["properties"]) - shared[name]
