"""Mistakes of beginners: each message says what happened, where, and what to do."""

from __future__ import annotations

import re

import pytest

from tests.harness.records import videos

SECRET = "sesame-0123456789"
# Words of Python or of its libraries, which mean nothing to a user.
PYTHON = re.compile(r"Traceback|Errno|Exception|NoneType|TypeError|httpx|sqlite3\.|<class|Path\(")
FILES = {
    "empty": "",
    "newline": f"{SECRET}\n",
    "quoted": f'"{SECRET}"\n',
    "typographic": f"“{SECRET}”\n",
    "bearer": f"Bearer {SECRET}\n",
    "header": f"Authorization: Bearer {SECRET}\n",
    "dotenv": f"LD_IMPORT_TOKEN='{SECRET}'\n",
    "export": f"export LD_IMPORT_TOKEN={SECRET}\n",
    "answer": f'{{"token": "{SECRET}"}}\n',
    "table.csv": "externalId,title\nv1,One\n",
    "semicolons.csv": 'title;"externalId"\nOne;v1\n',
    "ids-quoted.txt": '"v1"\n"v2"\n',
    "manifest.yaml": "systemName: town\nvideos: []\n",
    "inner/talks.jsonl": "{}\n",
}


@pytest.fixture
def town(place):
    """Return a place with a manifest of three videos and files of many kinds."""
    for name, text in FILES.items():
        path = place.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    place.write(*videos(3), name="town.json")
    return place


def check_message(ended, code, error, hint):
    """Check the last error and its hint, and that both are for people."""
    assert ended.code == code, ended
    assert not PYTHON.search(ended.err), ended.err
    assert SECRET not in ended.out + ended.err
    assert error in ended.err
    assert hint in ended.err.partition("hint: ")[2], ended.err


@pytest.mark.parametrize(
    ("name", "error", "hint"),
    [
        ("nowhere", "the token file nowhere cannot be read: No such file", "check the path"),
        ("inner", "the token file inner cannot be read: Is a directory", "check the path"),
        ("empty", "the access token from the file empty is empty", "set LD_IMPORT_TOKEN"),
        ("quoted", "is in quotation marks", "remove the quotation marks"),
        ("typographic", "is in quotation marks", "remove the quotation marks"),
        ("bearer", "begins with `Bearer`, which ld-import adds", "keep only the text after it"),
        ("header", "begins with `Bearer`, which ld-import adds", "keep only the text after it"),
        ("dotenv", "begins with the name of a variable", "keep only the text after the `=`"),
        ("export", "begins with the name of a variable", "keep only the text after the `=`"),
        ("answer", "is JSON", "keep only the token itself"),
    ],
)
def test_token_file(town, name, error, hint):
    """A text around the token is named, and never printed."""
    check_message(town.run("videos", "town.json", "--token-file", name), 2, error, hint)


def test_token_in_quotation_marks_in_the_environment(town, monkeypatch):
    """The variable is named."""
    monkeypatch.setenv("LD_IMPORT_TOKEN", f"'{SECRET}'")

    ended = town.run("videos", "town.json")

    check_message(
        ended, 2, "from the environment variable LD_IMPORT_TOKEN is in quotation", "remove"
    )


def test_unknown_token(town):
    """A token that the server does not know is 5; the hint says where tokens are made."""
    ended = town.run("videos", "town.json", "--token-file", "newline")

    check_message(ended, 5, "401 Unauthorized", "under Api Clients")


def test_token_as_an_argument(town):
    """A flag for the token does not exist; the hint says why, and what to use."""
    ended = town.run("videos", "town.json", "--token", SECRET)

    check_message(
        ended, 2, "there is no option --token; type `--token-file`", "set LD_IMPORT_TOKEN"
    )


@pytest.mark.parametrize(
    ("url", "error", "hint"),
    [
        ("cms.example", "is not an http(s) URL", "begin with the scheme: https://cms.example"),
        ("cms.example/x?k=1", "is not an http(s) URL", "the scheme: https://cms.example/x\n"),
        ("localhost:9090", "is not an http(s) URL", "begin with the scheme: http://localhost:9090"),
        ("127.0.0.1:9090", "is not an http(s) URL", "begin with the scheme: http://127.0.0.1:9090"),
        ("ftp://cms.example", "is not an http(s) URL", "write it like https://server.example"),
        ("http://cms.example", "unencrypted", "use https://cms.example, or set --allow-http"),
        (
            "https://cms.example/api/v1/import/videos",
            "contains the path of the API",
            "give https://cms.example as the server",
        ),
        (
            "https://cms.example/proxy/api/2026-05",
            "contains the path of the API",
            "give https://cms.example/proxy as the server",
        ),
    ],
)
def test_server_url(town, url, error, hint):
    """A URL that cannot be used is 2; the hint has the right one."""
    check_message(town.run("videos", "town.json", "--server", url), 2, error, hint)


@pytest.mark.parametrize(
    ("replaced", "error", "hint"),
    [
        (("", "/cms"), "404 Not Found", "check the path /cms in --server"),
        (("", "/api"), "404 Not Found", "give it without"),
        (("http:", "https:"), "no secure connection", "has an http:// URL"),
    ],
)
def test_address_of_the_server(town, replaced, error, hint):
    """A wrong path or scheme is named in the hint."""
    old, new = replaced
    url = town.url.replace(old, new) if old else town.url + new

    ended = town.run("videos", "town.json", "--server", url)

    check_message(ended, 8 if old else 6, error, hint)


@pytest.mark.parametrize(
    ("version", "error", "hint"),
    [
        ("2027-01", "404 Not Found", "give one that it knows with --api-version: 2026-05, "),
        ("2024-01", "410 Gone", "the newest known one is 2026-05"),
        ("2026.05", "404 Not Found", "a version is written like 2026-05"),
        ("/v1", "404 Not Found", "a version is written like 2026-05"),
    ],
)
def test_api_version(town, version, error, hint):
    """A version that the server does not have is 6; the hint shows the known ones."""
    check_message(town.run("videos", "town.json", "--api-version", version), 6, error, hint)


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (
            ["--only-file", "nowhere"],
            "--only-file nowhere cannot be read",
            "one externalId per line",
        ),
        (["--only-file", "table.csv"], "is a table", "keep the column externalId only"),
        (["--only-file", "semicolons.csv"], "is a table", "keep the column externalId only"),
        (["--only-file", "manifest.yaml"], "is a manifest", "one externalId per line"),
        (["--only-file", "town.json"], "is a manifest", "one externalId per line"),
        (["--only-file", "ids-quoted.txt"], "in quotation marks", "remove the quotation marks"),
        (["--ledger", "inner"], "the ledger inner is a folder", "inner/ledger.sqlite3"),
        (["--ledger", "town.json"], "has the name of a manifest", ".ld-import/ledger.sqlite3"),
        (["--config", "nowhere.yaml"], "nowhere.yaml does not exist", "LD_IMPORT_CONFIG"),
        (["--profile", "live"], "the working directory has no ld-import.yaml", "--config"),
    ],
)
def test_files_of_flags(town, arguments, error, hint):
    """A file that is not what a flag needs is 2, before anything is sent."""
    check_message(town.run("videos", "town.json", *arguments), 2, error, hint)
    assert town.jobs() == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--only-file", "empty"], "--only-file empty names no externalId"),
        (["--limit", "0"], "--limit 0 sends nothing"),
        (["--only", "V1"], "not in the manifest: V1 (ids are compared letter by letter)"),
    ],
)
def test_nothing_is_selected(town, arguments, told):
    """A selection of nothing is not an error, since scripts make such files; a warning says so."""
    ended = town.run("videos", "town.json", *arguments)

    assert ended.code == 0
    assert f"warning: {told}" in ended.err or told in ended.err
    assert town.jobs() == []


@pytest.mark.parametrize(
    ("command", "manifest", "error", "hint"),
    [
        ("videos", "twon.json", "twon.json: cannot be opened", "did you mean `town.json`?"),
        ("videos", "inner", "inner is a folder", "such as inner/talks.jsonl"),
        ("videos", "inner/none.csv", "cannot be opened", "`talks.jsonl`"),
        ("images", "town.json", "town.json lists `videos`, not `images`", "import it as videos"),
    ],
)
def test_manifest(town, command, manifest, error, hint):
    """A path that is not a manifest is 4, another kind is 2; the hint has the likely one."""
    code = 2 if command == "images" else 4

    check_message(town.run(command, manifest), code, error, hint)


def test_the_only_likely_manifest_is_named(place):
    """Without a manifest of a default name, the only file that could be one is suggested."""
    place.write(*videos(1), name="big talks.json")

    check_message(
        place.run("videos"), 2, "no manifest is named", "ld-import videos 'big talks.json'"
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["video", "town.json"], "there is no command 'video'; did you mean `videos`"),
        (
            ["import", "town.json"],
            "type `ld-import videos town.json` (or images, files, media-library for videos)",
        ),
        (["town.json"], "name the command first: ld-import videos town.json"),
        (["ledger", "itmes"], "did you mean `items`?"),
        (["xyzzy"], "available: `videos`, `images`"),
    ],
)
def test_unknown_command(town, arguments, told):
    """An unknown command is 2, with the likely one."""
    ended = town.run(*arguments)

    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err


def test_status_of_an_item(town):
    """An externalId instead of a job id is recognised with the ledger."""
    town.summary("town.json")
    job = town.jobs()[0]["id"]

    ended = town.run("status", "v1")

    assert ended.code == 3
    assert f"'v1' is the externalId of an item, its last job is {job}" in ended.err
    assert "`ld-import ledger show v1`" in ended.err


def test_configuration_in_a_folder_above(town, monkeypatch):
    """A configuration that is not read is named where a server or a profile is missing."""
    (town.folder / "ld-import.yaml").write_text("profiles: {live: {}}")
    monkeypatch.chdir(town.folder / "inner")
    monkeypatch.delenv("LD_IMPORT_SERVER")

    for arguments in ([], ["--profile", "live"]):
        ended = town.run("status", "25bzj8j", *arguments)
        check_message(ended, 2, "no", "../ld-import.yaml is not read: use it with --config ../ld-")
