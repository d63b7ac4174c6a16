"""Files of SFTP servers."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from unicodedata import normalize

import pytest

from ld_import.assets.base import FileProblem, SourceChanged, SourceSettings
from ld_import.assets.source import check_source, close_sources, open_source, state_of
from ld_import.assets.sources import buffered
from ld_import.errors import StorageRefused, StorageUnavailable, UsageError
from tests.assets.sources.sftp_server import PASSWORD, USER, make_keys, running_server

CONTENT = os.urandom(2_500_000)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    home = tmp_path_factory.mktemp("keys")
    make_keys(home)
    return home


@pytest.fixture
def served(tmp_path, keys, monkeypatch):
    """A server with one file; all files are large ones."""
    monkeypatch.setattr(buffered, "SMALL_BYTES", 0)
    folder = tmp_path / "served"
    (folder / "films").mkdir(parents=True)
    (folder / "films/a b#1.mp4").write_bytes(CONTENT)
    with running_server(folder, keys) as served:
        yield served
        close_sources()


@pytest.fixture
def rules(rules, served, tmp_path):
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    entry = SourceSettings(
        name="old",
        url=f"{served.url}/",
        user=USER,
        password_file=tmp_path / "password",
        known_hosts=served.home / "known_hosts",
    )
    return replace(rules, sources=(entry,))


def changed(rules, **settings):
    return replace(rules, sources=(replace(rules.sources[0], **settings),))


def read_all(source, rules, waits=None):
    opened = open_source(source, rules, pause=(waits if waits is not None else []).append)
    try:
        return b"".join(opened.stream())
    finally:
        opened.close()


def problem_of(source, rules, kind=FileProblem):
    with pytest.raises(kind) as raised:
        read_all(source, rules)
    assert PASSWORD not in str(raised.value)
    return str(raised.value)


def test_file_is_read_whole_and_in_parts(served, rules):
    """State, ranges and the stream use one connection and one open file."""
    source = open_source(f"{served.url}/films/a b#1.mp4", rules)

    assert source.state.size == len(CONTENT)
    assert source.state.identity.startswith(f"{len(CONTENT)}:")
    assert source.state == state_of(f"{served.url}/films/a b#1.mp4", rules)
    assert source.read(1_000, 300) == CONTENT[1_000:1_300]
    assert source.read(len(CONTENT) - 10, 300) == CONTENT[-10:]
    assert source.read(len(CONTENT), 10) == b""
    assert b"".join(source.stream()) == CONTENT
    source.close()
    assert served.opened == ["/films/a b#1.mp4"]
    assert served.logins == 1


def test_identity_changes_with_time(served, rules):
    """The identity is the size and the time of the last change."""
    os.utime(served.folder / "films/a b#1.mp4", (1, 1_000))

    state = state_of(f"{served.url}/films/a b#1.mp4", rules)
    assert state.identity == f"{len(CONTENT)}:1000"


def test_login_by_key(served, rules):
    """A private key is used instead of a password; the URL may name the user."""
    rules = changed(rules, user=None, password_file=None, key_file=served.home / "user_key")

    url = served.url.replace("//", f"//{USER}@")
    assert read_all(f"{url}/films/a b#1.mp4", rules) == CONTENT
    assert served.logins == 0


def test_lost_connections_continue(served, rules, waits):
    """After a lost connection the file is opened again, and read from where it was."""
    served.cuts = [1_500_000, 800_000]

    assert read_all(f"{served.url}/films/a b#1.mp4", rules, waits) == CONTENT
    assert len(served.opened) == 3
    assert len(waits) == 2


def test_lost_connection_in_a_read(served, rules, waits):
    """A part is requested again."""
    source = open_source(f"{served.url}/films/a b#1.mp4", rules, pause=waits.append)
    served.cuts = [100]

    assert source.read(1_000, 300) == CONTENT[1_000:1_300]
    assert len(waits) == 1
    source.close()


def test_server_that_hangs_up_again_and_again(served, rules):
    """After four connections with little progress the file has failed."""
    served.cuts = [100] * 20

    assert problem_of(f"{served.url}/films/a b#1.mp4", rules).endswith(
        "cannot be read: the server closed the connection before the end"
    )
    assert len(served.opened) == 4


def test_change_meanwhile(served, rules):
    """A file with another size or time is noticed: when it is opened, and at its end."""
    path = served.folder / "films/a b#1.mp4"
    source = open_source(f"{served.url}/films/a b#1.mp4", rules)
    os.utime(path, (1, 1_000))
    with pytest.raises(SourceChanged, match="changed while it was read"):
        source.read(0, 10)
    source.close()

    source = open_source(f"{served.url}/films/a b#1.mp4", rules)
    pieces = source.stream()
    next(pieces)
    with path.open("ab") as file:
        file.write(b"more")
    with pytest.raises(SourceChanged, match="changed while it was read"):
        list(pieces)
    source.close()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/none.mp4", "cannot be read: the file does not exist"),
        ("/films/a b#1.mp4/x", "cannot be read: "),
        ("/films", "cannot be read: it is a folder, not a file"),
        ("/pipe", "cannot be read: it is not a regular file"),
    ],
)
def test_unreadable_files(served, rules, path, reason):
    """Each obstacle is one sentence, and nothing blocks."""
    os.mkfifo(served.folder / "pipe")

    assert problem_of(f"{served.url}{path}", rules).startswith(f"{served.url}")
    assert reason in problem_of(f"{served.url}{path}", rules)


def test_empty_file(served, rules):
    """An empty file has no bytes."""
    (served.folder / "empty").write_bytes(b"")

    assert read_all(f"{served.url}/empty", rules) == b""


@pytest.mark.parametrize("stored", ["NFC", "NFD"])
def test_spellings(served, rules, stored):
    """Composed, decomposed and percent-encoded letters name the same file."""
    (served.folder / normalize(stored, "Brücke 1.jpg")).write_bytes(b"a")

    for name in ("Brücke 1.jpg", normalize("NFD", "Brücke 1.jpg"), "Br%C3%BCcke%201.jpg"):
        assert state_of(f"{served.url}/{name}", rules).size == 1


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("sftp://host/a.mp4", "files of SFTP servers need one"),
        ("sftp://host", "does not name a file"),
        ("sftp://host/", "does not name a file"),
        ("sftp://host/~/", "does not name a file"),
        ("sftp://host/films/", "does not name a file"),
        ("sftp:///films/a.mp4", "is not a valid URL"),
        ("sftp://me:secret@host/a.mp4", "contains a user name or password"),
    ],
)
def test_sources_that_can_never_work(rules, source, reason):
    """Such a URL is refused without a connection."""
    with pytest.raises(FileProblem) as raised:
        check_source(source, rules)

    assert reason in str(raised.value)
    assert "secret" not in str(raised.value)


def test_refused_login(served, rules, tmp_path):
    """A wrong password ends the run as refused credentials, after one attempt."""
    (tmp_path / "wrong").write_text("not-the-password")
    rules = changed(rules, password_file=tmp_path / "wrong")

    text = problem_of(f"{served.url}/films/a b#1.mp4", rules, StorageRefused)
    assert text == f"the SFTP server 127.0.0.1:{served.port} refuses the login of `archive`"


def test_wrong_host_key(served, rules, tmp_path, keys):
    """A host key that is not the known one, or that is not known, gets no password."""
    other = (keys / "user_key.pub").read_text()
    (tmp_path / "known").write_text(f"[127.0.0.1]:{served.port} {other}")

    for text in (f"[127.0.0.1]:{served.port} {other}", f"other.example {other}"):
        (tmp_path / "known").write_text(text)
        reason = problem_of(
            f"{served.url}/a.mp4", changed(rules, known_hosts=tmp_path / "known"), UsageError
        )
        assert "the host key of the SFTP server 127.0.0.1" in reason
    assert served.logins == 0


def test_no_known_hosts(served, rules, tmp_path, monkeypatch):
    """Without known host keys there is no connection."""
    monkeypatch.setenv("HOME", str(tmp_path))

    for known_hosts in (tmp_path / "none", None):
        text = problem_of(f"{served.url}/a", changed(rules, known_hosts=known_hosts), UsageError)
        assert "there are no known host keys to check 127.0.0.1" in text


def test_known_hosts_of_the_user(served, rules, tmp_path, monkeypatch):
    """The known hosts of the user are the default."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/known_hosts").write_text((served.home / "known_hosts").read_text())

    assert read_all(f"{served.url}/films/a b#1.mp4", changed(rules, known_hosts=None)) == CONTENT


def test_unusable_key(served, rules, tmp_path):
    """A key file that is not one ends the run with one sentence."""
    (tmp_path / "key").write_text("not a key")
    rules = changed(rules, key_file=tmp_path / "key")

    text = problem_of(f"{served.url}/a", rules, UsageError)
    assert text.startswith("keyFile of the source `old` cannot be used")


def test_server_away(served, rules, tmp_path, waits):
    """A port without a server ends the run as a source that is away, after four attempts."""
    rules = changed(rules, url="sftp://127.0.0.1:1")

    with pytest.raises(StorageUnavailable) as raised:
        state_of("sftp://127.0.0.1:1/a", rules, pause=waits.append)
    assert str(raised.value) == (
        "the SFTP server 127.0.0.1:1 cannot be reached: connection refused"
    )
    assert len(waits) == 3


def test_many_threads(served, rules):
    """The threads share one connection."""
    with ThreadPoolExecutor(8) as pool:
        contents = list(
            pool.map(lambda _: read_all(f"{served.url}/films/a b#1.mp4", rules), range(4))
        )

    assert contents == [CONTENT] * 4
    assert served.logins == 1


def test_paths_out_of_an_entry(served, rules):
    """An entry is for the files below its URL; `..` leads out of it in all spellings."""
    rules = changed(rules, url=f"{served.url}/films")

    assert read_all(f"{served.url}/films/a b#1.mp4", rules) == CONTENT
    for path in ("films-2/a.mp4", "films/../a.mp4", "films/%2e%2e/a.mp4", "films/..%2Fa.mp4"):
        assert "files of SFTP servers need one" in problem_of(f"{served.url}/{path}", rules)


def test_missing_library(rules, monkeypatch):
    """Without the extra, one sentence has the command that installs it."""
    monkeypatch.setattr("ld_import.assets.sources.sftp.find_spec", lambda name: None)

    with pytest.raises(UsageError, match="need asyncssh, which is not installed") as raised:
        state_of(f"{rules.sources[0].url}a", rules)
    assert raised.value.hint == "run: pip install 'ld-import[assets,sftp]'"
