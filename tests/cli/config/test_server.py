"""URLs of servers, and the warnings in their answers."""

from __future__ import annotations

import pytest

from ld_import.cli.config.server import DEFAULT_API_VERSION
from ld_import.emulator import Fault
from ld_import.errors import UsageError
from ld_import.importer.server import normal_url
from ld_import.versions import VERSIONS
from tests.harness.records import videos

STATUS = "GET import/videos/status"


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://host/proxy/api", "https://host/proxy/api"),
        ("https://host/api/", "https://host/api"),
        ("https://host/api/cms", "https://host/api/cms"),
        ("https://HOST:443/v1", "https://host/v1"),
    ],
)
def test_path_with_a_part_api(url, normal):
    """A path with a segment `api` is valid, as behind a proxy with several servers."""
    assert normal_url(url, allow_http=False) == normal


@pytest.mark.parametrize(
    "url",
    [
        "https://host/api/v1",
        "https://host/api/beta/",
        "https://host/api/2026-05/import/videos",
        "https://host/proxy/api/2025-03",
    ],
)
def test_address_of_a_request(url):
    """A path `api/<version>` is an error, since it was pasted from a request."""
    with pytest.raises(UsageError, match="contains the path of the API") as raised:
        normal_url(url, allow_http=False)
    assert "--api-version" in raised.value.hint


@pytest.mark.parametrize(
    "url", ["https://a..b", "https://" + "x" * 64 + ".example", "https://[::1"]
)
def test_host_that_cannot_be_looked_up(url):
    """An invalid host name is a usage error, not an unexpected one."""
    with pytest.raises(UsageError, match="not an http"):
        normal_url(url, allow_http=False)


def test_default_is_the_newest_version():
    """Versions are sorted, and the newest one is the default."""
    assert sorted(VERSIONS)[-1] == DEFAULT_API_VERSION == VERSIONS[-1]


@pytest.mark.parametrize("job_id", ["../admin", "a b", "x" * 65, "\u00e9"])
def test_id_of_no_job(place, job_id):
    """`status` sends no request for an invalid job id."""
    ended = place.run("status", job_id)

    assert ended.code == 2
    assert "is not the id of a job" in ended.err


def test_warnings_of_the_server(make_place):
    """A server's warning is printed once a run, escaped, and counted in summary and metrics."""
    results = [
        {"systemName": "town", "externalId": one["id"], "state": "imported"} for one in videos(2)
    ]
    job = {"finished": True, "state": "success", "id": "j", "videos": results}
    warning = {"Warning": '299 - "v1 \x9b ends"'}
    place = make_place(
        Fault(on=STATUS, action="status", status=200, body=job, headers=warning, times=2)
    )
    place.write(*videos(2))

    ended = place.run("videos", "--batch-size", 1, "--metrics-file", "run.prom", "--json")

    assert ended.code == 0
    assert ended.err.count("the server warns: v1 \\x9b ends") == 1
    assert ended.document["serverWarnings"] == 2
    assert "ld_import_server_warnings{" in (place.folder / "run.prom").read_text()
    assert (place.folder / "run.prom").read_text().splitlines()[-2].endswith(" 2.0")
