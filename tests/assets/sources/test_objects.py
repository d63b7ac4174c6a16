"""Objects of buckets, read by the real client from a scripted host."""

from __future__ import annotations

from dataclasses import replace
from unicodedata import normalize
from urllib.parse import quote

import pytest

from ld_import.assets.base import FileProblem, SourceChanged, SourceSettings
from ld_import.assets.source import check_source, open_source, state_of
from ld_import.assets.sources import buffered, object_stores, objects
from ld_import.errors import StorageRefused, StorageUnavailable, UsageError
from tests.assets.sources.host import CONTENT, MODIFIED

KEY = "s3://media/films/a b+1#2.mp4"


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    """Let a file of 100 KB be a large one, and the client try once."""
    monkeypatch.setattr(buffered, "SMALL_BYTES", 1_000)
    monkeypatch.setattr(object_stores, "RETRIES", 0)
    monkeypatch.setattr(objects, "CHUNK_BYTES", 1_000)


@pytest.fixture
def rules(host, rules, tmp_path):
    """Rules with an entry for the bucket `media`."""
    host.answer = object_at("/media/films/a%20b%2B1%232.mp4")
    for name in ("id", "secret"):
        (tmp_path / name).write_text(f"the-{name}-of-the-test\n")
    entry = SourceSettings(
        name="bucket",
        url="s3://media",
        endpoint=host.url,
        region="eu-central-1",
        access_key_file=tmp_path / "id",
        secret_key_file=tmp_path / "secret",
    )
    return replace(rules, sources=(entry,))


def object_at(path, cuts=(), **headers):
    """Answer one path with an object; GETs are cut one after another."""
    left = list(cuts)

    def answer(request):
        if request.path != path:
            return error(request, 404, "NoSuchKey")
        cut = left.pop(0) if left and request.command == "GET" else None
        return request.send_file(cut=cut, Last_Modified=MODIFIED, **headers)

    return answer


def error(request, status, code, message="said so"):
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
    request.send(status, body, Content_Type="application/xml")


def failing(status, code):
    return lambda request: error(request, status, code)


def test_state_and_ranges(host, rules):
    """The state is one head request, signed with the files of the entry; parts are ranges."""
    source = open_source(KEY, rules)

    assert source.state == ('"v1"', len(CONTENT)) == state_of(KEY, rules)
    assert source.read(1_000, 300) == CONTENT[1_000:1_300]
    assert source.read(len(CONTENT) - 10, 300) == CONTENT[-10:]
    assert source.read(len(CONTENT), 10) == b""
    assert b"".join(source.stream()) == CONTENT
    source.close()
    method, _, headers = host.requests[0]
    assert method == "HEAD"
    assert "Credential=the-id-of-the-test" in headers["authorization"]
    assert {headers.get("range") for _, _, headers in host.requests} == {
        None,
        "bytes=1000-1299",
        f"bytes={len(CONTENT) - 10}-{len(CONTENT) - 1}",
    }


def test_stream_continues(host, rules, waits):
    """A lost connection is continued where it was, on condition of the same ETag."""
    host.answer = object_at("/media/films/a%20b%2B1%232.mp4", [40_000, 30_000])
    source = open_source(KEY, rules, pause=waits.append)

    assert b"".join(source.stream()) == CONTENT
    assert host.requests[-1][2]["if-match"] == '"v1"'
    assert [headers.get("range") for _, _, headers in host.requests[1:]] == [
        None,
        "bytes=40000-",
        "bytes=70000-",
    ]
    source.close()


def test_host_that_hangs_up_again_and_again(host, rules, waits):
    """The file has failed when connections bring next to nothing."""
    host.answer = object_at("/media/films/a%20b%2B1%232.mp4", [100] * 20)

    with pytest.raises(FileProblem, match="the host closed the connection before the end"):
        list(open_source(KEY, rules, pause=waits.append).stream())
    assert len(waits) == 3


def test_host_without_ranges(host, rules):
    """A server that ignores ranges is read once, as a whole."""
    host.answer = lambda request: request.send(200, CONTENT, ETag='"v1"', Last_Modified=MODIFIED)
    source = open_source(KEY, rules)

    assert source.read(10, 20) == CONTENT[10:30]
    assert b"".join(source.stream()) == CONTENT
    assert host.methods == ["HEAD", "GET", "GET"]
    source.close()


@pytest.mark.parametrize("etag", ['"v2"', None])
def test_change_meanwhile(host, rules, etag):
    """Another ETag is noticed even if the server ignores the condition."""
    source = open_source(KEY, rules)
    host.answer = lambda request: request.send_file(etag=etag, Last_Modified=MODIFIED)

    with pytest.raises(SourceChanged, match="changed while it was read"):
        source.read(0, 10)
    with pytest.raises(SourceChanged):
        list(source.stream())


def test_condition_of_the_server(host, rules):
    """A server that honours `If-Match` refuses a changed object."""
    source = open_source(KEY, rules)
    host.answer = failing(412, "PreconditionFailed")

    with pytest.raises(SourceChanged, match="changed while it was read"):
        list(source.stream())


@pytest.mark.parametrize("stored", ["NFC", "NFD"])
def test_both_spellings_of_a_key(host, rules, stored):
    """Composed and decomposed letters name the same object."""
    host.answer = object_at("/media/" + quote(normalize(stored, "Brücke.jpg")))

    for form in ("NFC", "NFD"):
        assert state_of("s3://media/" + normalize(form, "Brücke.jpg"), rules).size == len(CONTENT)


@pytest.mark.parametrize(
    ("status", "code", "kind", "reason"),
    [
        (404, "NoSuchKey", FileProblem, "cannot be read: the object does not exist"),
        (404, "NoSuchBucket", FileProblem, "cannot be read: the bucket does not exist"),
        (403, "AccessDenied", FileProblem, "access to the object is denied, or it does not exist"),
        (403, "InvalidObjectState", FileProblem, "the object is archived"),
        (
            403,
            "InvalidAccessKeyId",
            StorageRefused,
            "refuses the credentials (403, said so)",
        ),
        (
            403,
            "SignatureDoesNotMatch",
            StorageRefused,
            "refuses the credentials (403, said so)",
        ),
        (400, "ExpiredToken", StorageRefused, "refuses the credentials (400, said so)"),
        (400, "AuthorizationHeaderMalformed", UsageError, "belongs to another region"),
        (400, "Other", FileProblem, "the host refuses the request (400, said so)"),
        (500, "InternalError", StorageUnavailable, "does not answer (500, "),
        (503, "SlowDown", StorageUnavailable, "does not answer (503, "),
    ],
)
def test_errors(host, rules, status, code, kind, reason):
    """Each answer of a server is one sentence; only those that concern all files end the run."""
    host.answer = failing(status, code)

    with pytest.raises(kind) as raised:
        state_of(KEY, rules)
    assert reason in str(raised.value)
    assert "the-secret" not in str(raised.value)


def test_server_away(host, rules):
    """A port without a server ends the run as a storage that is away."""
    rules = replace(rules, sources=(replace(rules.sources[0], endpoint="http://127.0.0.1:1"),))

    with pytest.raises(StorageUnavailable, match="does not answer"):
        state_of(KEY, rules)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("s3://media", "does not name an object"),
        ("s3://media/", "does not name an object"),
        ("s3://media/films/", "does not name an object"),
        ("s3://media/a//b", "in its key, which is not supported"),
        ("gs://media/../b", "in its key, which is not supported"),
        ("az://me_dia.$/b", "does not name a valid bucket"),
        ("s3://id:secret@media/b", "contains a user name or password"),
    ],
)
def test_sources_that_can_never_work(rules, source, reason):
    """Such a URL is refused without a request."""
    with pytest.raises(FileProblem) as raised:
        check_source(source, rules)

    assert reason in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("scheme", ["gs", "az"])
def test_other_clouds(host, rules, scheme, monkeypatch):
    """Google's and Azure's storages are read by their own protocols."""
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    monkeypatch.setenv("AZURE_SKIP_SIGNATURE", "true")
    monkeypatch.setenv("GOOGLE_SKIP_SIGNATURE", "true")
    host.answer = lambda request: request.send_file(Last_Modified=MODIFIED)
    entry = SourceSettings(name="cloud", url=f"{scheme}://media", endpoint=host.url)

    source = open_source(f"{scheme}://media/a.jpg", replace(rules, sources=(entry,)))
    assert b"".join(source.stream()) == CONTENT
    source.close()


def test_missing_library(rules, monkeypatch):
    """Without the extra, one sentence has the command that installs it."""
    monkeypatch.setitem(__import__("sys").modules, "obstore.store", None)

    with pytest.raises(UsageError, match="needs obstore, which is not installed") as raised:
        state_of(KEY, rules)
    assert raised.value.hint == "run: pip install 'ld-import[assets]'"


def test_limit_of_connections(host, rules):
    """A source with one connection is read by one request at a time."""
    rules = replace(rules, sources=(replace(rules.sources[0], max_connections=1),))
    source = open_source(KEY, rules)

    stream = source.stream()
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert source.read(0, 10) == CONTENT[:10]
