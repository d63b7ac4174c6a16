"""`ld-import emulator --project-config`: a project from a file, and errors with lines."""

from __future__ import annotations

import json
import signal

import httpx
import pytest

from ld_import.cli.emulator_options.project_file import read_project_config
from tests.harness.projects import project_config
from tests.harness.records import video

TWICE = """\
mediaTypes:
- type: mediaFile
  handle: file
  metadata:
  - {handle: title, type: li-text}
  - {handle: title, type: li-text}
"""
MISSING = """\
{
\t"mediaTypes": [
\t\t{"type": "mediaImage", "handle": "image"},
\t\t{"type": "mediaVideo"}
\t]
}
"""


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("none.json", None, "--project-config none.json cannot be read: No such file"),
        ("a.json", b"", "a.json: line 1: this is not JSON: "),
        ("a.json", b'{"a": 1,\n "b": }', "a.json: line 2: this is not JSON: "),
        ("a.json", b"\xff\xfe", "a.json: the text is not UTF-8"),
        ("a.json", b"[" * 2000, "a.json: line 1: this is not JSON: "),
        ("a.json", b"null", "a.json: the configuration must be an object"),
        ("a.json", b"5", "a.json: the configuration must be an object"),
        ("a.json", MISSING.encode(), "a.json: line 4: `mediaTypes[1].handle` is missing"),
        ("a.yaml", b"", "a.yaml: the file is empty"),
        ("a.yaml", b"- a\n", "a.yaml: the file is a list, but must be a mapping"),
        ("a.yaml", b"a: [1\nb: 2", "a.yaml, line 2, column 2: not YAML: "),
        ("a.yaml", TWICE.encode(), "a.yaml: line 6: `mediaTypes[0].metadata[1].handle` repeats"),
        ("a.yaml", b"mediaTypes: {}", "a.yaml: line 1: `mediaTypes` must be a list"),
        ("a.yaml.gz", b"a: 1", "--project-config a.yaml.gz is compressed"),
    ],
)
def test_unusable_file(place, name, content, text):
    """A file that is not a project configuration is one sentence with its line, and exit 2."""
    if content is not None:
        (place.folder / name).write_bytes(content)

    ended = place.run("emulator", "--port", "0", "--project-config", name)

    assert (ended.code, ended.out) == (2, "")
    assert f"error: {text}" in ended.err
    assert "hint: " in ended.err


def test_json_and_yaml(tmp_path):
    """Both formats give the same configuration; a byte order mark is ignored."""
    config = project_config(title="li-text")
    text = json.dumps(config, indent=1)
    (tmp_path / "a.json").write_text(text, encoding="utf-8-sig")
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")

    assert read_project_config(tmp_path / "a.json") == config
    assert read_project_config(tmp_path / "a.yaml") == config


def test_served_project(place):
    """The server serves the project of the file, and refuses what does not fit it."""
    config = project_config(title="li-text")
    (place.folder / "project.json").write_text(json.dumps(config), encoding="utf-8")
    flags = ["--project-config", "project.json", "--port", "0", "--set", "job_polls=0"]

    with place.start("emulator", *flags) as process:
        url = process.stderr.readline().decode().split()[2].rstrip(",")
        with httpx.Client(
            base_url=f"{url}/api/2026-05/", headers={"Authorization": "Bearer demo-token"}
        ) as client:
            served = client.get("projectConfig").json()
            body = {"systemName": "town", "videos": [video(metadata={"credit": "Ann"})]}
            job = client.post("import/videos", json=body).json()
            (item,) = client.get("import/videos/status", params=job).json()["videos"]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)

    assert served["mediaTypes"] == config["mediaTypes"]
    assert item["reason"].endswith("The property 'credit' is not configured")
