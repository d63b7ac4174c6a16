"""`ld-import.yaml`: profiles and the defaults of commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.records import video, videos


@pytest.fixture
def configured(place, monkeypatch):
    """Return a function that writes the configuration of a place without server variables."""
    monkeypatch.delenv("LD_IMPORT_SERVER")
    place.write(*videos(3))

    def write(text, name="ld-import.yaml"):
        path = place.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return place

    return write


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("vidoes: {}\n", "line 1: unknown key `vidoes`; did you mean `videos`?"),
        (
            "profile: a\nprofiles: {a: {}}\n\nvideos:\n  batchsize: 5\n",
            "line 5: unknown key `videos.batchsize`; did you mean `batchSize`",
        ),
        (
            "profiles:\n  a: {sever: x}\n",
            "line 2: unknown key `profiles.a.sever`; did you mean `server`?",
        ),
        (
            "profiles:\n  a:\n    server: https://a.example\n    tokenFil: t\n",
            "line 4: unknown key `profiles.a.tokenFil`; did you mean `tokenFile`?",
        ),
        ("\nmediaLibrary: {}\n", "line 2: unknown key `mediaLibrary`; did you mean `media-lib"),
        (
            "profiles: {a.b: {c: 1}}\n",
            "line 1: unknown key `profiles.a.b.c`; available: `server`, ",
        ),
        (
            "one: &one\n  batchSize: 5\nvideos:\n  <<: *one\n  parallel: no\n",
            'line 5: `videos.parallel` must be a whole number, 1 or more, not "no"',
        ),
        (
            "one: &one {batchSize: a}\nvideos:\n  <<: *one\n",
            'line 2: `videos.batchSize` must be a whole number, 1 or more, or auto, not "a"',
        ),
        (
            "videos: {}\nfiles:\n  onExisting: replace\n",
            'line 3: `files.onExisting` must be skip, patch or fail, not "replace"',
        ),
        (
            "media-library:\n  waitForQuota: sometimes\n",
            'line 2: `media-library.waitForQuota` must be true or false, not "sometimes"',
        ),
        ("images: [a]\n", "line 1: `images` must be a mapping with defaults of the command, not a"),
        (
            "colour: red\n",
            "line 1: unknown key `colour`; available: `profile`, `profiles`, `videos`, ",
        ),
        (
            "videos: {batchSize: many}\n",
            'line 1: `videos.batchSize` must be a whole number, 1 or more, or auto, not "many"',
        ),
        ("videos: {batchSize: 0}\n", "must be a whole number, 1 or more, or auto, not 0"),
        ("videos: {batchBytes: 10}\n", "must be a whole number, 1000 or more, not 10"),
        ("videos: {maxRate: 0}\n", "must be a number of requests, 0.001 or more, not 0"),
        ("videos: {maxRate: 1e-300}\n", "must be a number of requests, 0.001 or more, not 1e-300"),
        ("videos: {maxWait: -1}\n", "must be a number of seconds, a year at most, not -1"),
        ("videos: {maxDuration: 1e12}\n", "must be a number of seconds, a year at most, not 10"),
        ("videos: {manifest: ''}\n", 'must be a path, not ""'),
        ("profiles: 5\n", "line 1: `profiles` must be a mapping of names to profiles, not 5"),
        ("- a\n", "the file is a list, but must be a mapping"),
        ("videos: [\n", "ld-import.yaml, line "),
    ],
)
def test_mistakes(configured, text, told):
    """An error in the configuration is exit 2, with its line and a suggestion."""
    ended = configured(text).run("videos", "-n")

    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert "hint: fix the configuration file" in ended.err


def test_all_mistakes_at_once(configured):
    """All errors of a configuration are reported in one run."""
    ended = configured("colour: red\nvidoes: {}\nprofile: 5\n").run("videos", "-n")

    assert all(f"line {number}: " in ended.err for number in (1, 2, 3))
    assert ended.err.index("line 1: ") < ended.err.index("line 2: ") < ended.err.index("line 3: ")


def test_several_profiles(configured):
    """With several profiles one must be chosen, by flag or file; the error names them."""
    profiles = 'profiles:\n  a: {server: "https://a.example"}\n  b: {server: "https://b.example"}\n'
    place = configured(profiles)

    ended = place.run("videos", "-n")

    assert ended.code == 2
    assert "has several profiles (a, b) and names no default" in ended.err
    assert place.summary("-n", "--profile", "b")["target"] == "https://b.example"
    configured("profile: a\n" + profiles)
    assert place.summary("-n")["target"] == "https://a.example"
    assert place.summary("-n", "--profile", "b")["target"] == "https://b.example"


def test_profile_from_the_environment(configured, monkeypatch):
    """LD_IMPORT_PROFILE chooses the profile if there is no flag."""
    place = configured(
        'profiles:\n  a: {server: "https://a.example"}\n  b: {server: "https://b.example"}\n'
    )
    monkeypatch.setenv("LD_IMPORT_PROFILE", "b")

    assert place.summary("-n")["target"] == "https://b.example"
    assert place.summary("-n", "--profile", "a")["target"] == "https://a.example"


def test_unknown_profile(configured):
    """An unknown profile is an error that lists the known ones."""
    ended = configured("profiles: {a: {}}\n").run("videos", "-n", "--profile", "c")

    assert ended.code == 2
    assert "there is no profile 'c' in ld-import.yaml (a)" in ended.err


def test_only_profile_is_taken(configured):
    """A single profile is used without being named."""
    place = configured('profiles: {a: {server: "https://a.example/"}}\n')

    assert place.summary("-n")["target"] == "https://a.example"


def test_project_is_another_target(configured):
    """Two projects on one server are two targets: items of one are new for the other."""
    place = configured("", "other.yaml")
    text = f'profiles:\n  a: {{server: "{place.url}"}}\n'
    text += f'  b: {{server: "{place.url}", project: second}}\n'
    configured(text)
    place.imported("--profile", "a")

    assert place.summary("-n", "--profile", "a")["unchanged"] == 3
    assert place.summary("-n", "--profile", "b")["wouldSend"]["new"] == 3


def test_paths_are_relative_to_the_file(configured):
    """Paths in the configuration are relative to its file, not to the working directory."""
    place = configured("", "elsewhere/keep")
    (place.folder / "elsewhere" / "token.txt").write_text("demo-token\n")
    place.write(video(), name="elsewhere/films.json")
    configured(
        f'profiles: {{a: {{server: "{place.url}", ledger: memory.db, tokenFile: token.txt}}}}\n'
        "videos: {manifest: films.json}\n",
        "elsewhere/ld-import.yaml",
    )

    summary = place.summary("--config", "elsewhere/ld-import.yaml", "--no-wait")

    assert summary["manifest"] == "elsewhere/films.json"
    assert summary["sent"] == 1
    assert (place.folder / "elsewhere" / "memory.db").exists()
    assert not place.ledger_path.exists()


FOREIGN = """\
profiles:
  theirs:
    server: https://theirs.example
    tokenCommand: touch asked
    ledger: theirs.sqlite3
videos:
  systemName: theirs
  logFile: theirs.log
  metricsFile: theirs.prom
"""
IGNORED = (
    "sub/ld-import.yaml, beside the manifest, is not read; use it with --config sub/ld-import.yaml"
)


def test_file_beside_the_manifest_is_not_read(configured):
    """A configuration beside the manifest is not read: it may come from someone else."""
    place = configured(FOREIGN, "sub/ld-import.yaml")
    manifest = place.write(video(), name="sub/films.json")

    ended = place.run("videos", "sub/films.json", "--log-file", "run.log")

    assert (ended.code, ended.err.count(f"warning: {IGNORED}")) == (2, 1)
    assert "no server is named" in ended.err
    assert Path("run.log").read_text().count(IGNORED) == 1
    ended = place.run("videos", manifest, "--server", place.url, "--no-wait")
    assert (ended.code, len(place.mine())) == (0, 1)
    made = {str(path.relative_to(place.folder)) for path in place.folder.rglob("*")}
    assert made & {"asked", "sub/theirs.sqlite3", "sub/theirs.log", "sub/theirs.prom"} == set()
    assert "sub/.ld-import/ledger.sqlite3" in made


def test_file_beside_the_manifest_by_flag(configured, monkeypatch):
    """`--config` and LD_IMPORT_CONFIG may name any file, also one beside the manifest."""
    place = configured(FOREIGN.replace("theirs.example", "chosen.example"), "sub/ld-import.yaml")
    manifest = place.write(video(), name="sub/films.json")
    summary = place.summary("-n", manifest, "--config", "sub/ld-import.yaml")
    monkeypatch.setenv("LD_IMPORT_CONFIG", "sub/ld-import.yaml")

    ended = place.run("videos", "-n", manifest, "--json")

    assert summary["target"] == ended.document["target"] == "https://chosen.example"
    assert "is not read" not in ended.err
    assert ended.err.count("info: the configuration is sub/ld-import.yaml") == 1


@pytest.mark.parametrize("manifest", ["manifest.json", "./manifest.json", "sub/../manifest.json"])
def test_configuration_in_use_is_named(configured, manifest):
    """The log names the configuration once; one in the working directory is read."""
    place = configured('profiles: {a: {server: "https://here.example"}}\n')
    place.folder.joinpath("sub").mkdir(exist_ok=True)

    shown = place.run("videos", "-n", manifest, "--log-file", "run.log")
    silent = place.run("videos", "-n", manifest, "-q")

    told = "info: the configuration is ld-import.yaml\n"
    assert (shown.err.count(told), silent.err) == (1, "")
    assert Path("run.log").read_text().count(told) == 1
    assert "is not read" not in shown.err


def test_check_says_what_it_does_not_read(configured):
    """`validate` reports a configuration beside the manifest that it does not read."""
    place = configured("videos: {batchBytes: no}\n", "sub/ld-import.yaml")
    manifest = place.write(video(), name="sub/films.json")

    for form in ((), ("--json",)):
        ended = place.run("validate", "sub/films.json", "--kind", "videos", *form)

        assert (ended.code, ended.err) == (0, f"warning: {IGNORED}\n")
    assert manifest.exists()


FOREIGN_KEYS = (
    *("server", "token", "tokenFile", "tokenCommand", "profile", "profiles", "ledger", "config"),
    *("logFile", "metricsFile", "caFile", "apiVersion", "project", "manifest", "onExisting"),
)


def test_header_names_no_file_and_no_server(place):
    """A manifest cannot name files or a server."""
    place.write(video(), **dict.fromkeys(FOREIGN_KEYS, "theirs"))

    ended = place.run("videos", "-n")

    assert (ended.code, ended.out) == (4, "")
    refused = [key for key in FOREIGN_KEYS if f"`{key}` is not a key" in ended.err]
    assert refused == list(FOREIGN_KEYS)


def test_defaults_of_a_command(configured, monkeypatch):
    """Every import option works in the configuration, and a flag takes precedence."""
    place = configured("", "other.yaml")
    configured(
        f'profiles: {{a: {{server: "{place.url}"}}}}\n'
        "videos:\n  batchSize: 1\n  parallel: 1\n  dailyLimit: 2\n  maxDuration: 60\n"
        "  batchBytes: 2000\n  maxRate: 1000\n  maxWait: 5\n  waitForQuota: false\n"
        "  webhook: https://hook.example/\n  context: {import: nightly}\n"
    )

    first = place.summary("--no-wait", code=7)
    place.summary("--no-wait", "--daily-limit", "9", "--webhook", "https://flag.example/")

    assert (first["requests"]["import"], first["sent"]) == (2, 2)
    webhooks = [job["webhook"] for job in place.jobs()]
    assert webhooks == ["https://hook.example/"] * 2 + ["https://flag.example/"]
    assert place.jobs()[0]["context"] == {"import": "nightly"}


def test_token_of_a_profile(configured, monkeypatch):
    """Without flag and environment variable the token comes from the profile."""
    monkeypatch.delenv("LD_IMPORT_TOKEN")
    place = configured("", "other.yaml")
    for how in ("tokenFile: token.txt", "tokenCommand: cat token.txt"):
        (place.folder / "token.txt").write_text("demo-token")
        configured(f'profiles: {{a: {{server: "{place.url}", {how}}}}}\n')

        assert place.run("videos", "--no-wait", "--force").code == 0, how


def test_authority_of_a_profile(configured):
    """An unusable certificate authority of a profile is named in the error."""
    place = configured("", "other.yaml")
    configured(f'profiles: {{a: {{server: "{place.url}", caFile: nowhere.pem}}}}\n')

    ended = place.run("videos")

    assert ended.code == 2
    assert "the certificate file nowhere.pem cannot be used: No such file" in ended.err
