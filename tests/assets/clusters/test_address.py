"""Connections without TLS stay inside this machine."""

from __future__ import annotations

import pytest

from ld_import.assets.clusters.address import scheduler_address
from ld_import.errors import UsageError


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("tls://scheduler.example:8786", "tls://scheduler.example:8786"),
        ("tls://scheduler.example", "tls://scheduler.example:8786"),
        ("tls://10.0.0.7:9000/", "tls://10.0.0.7:9000"),
        ("tls://[2001:db8::7]:9000", "tls://[2001:db8::7]:9000"),
        ("tcp://127.0.0.1:8786", "tcp://127.0.0.1:8786"),
        ("tcp://localhost", "tcp://localhost:8786"),
    ],
)
def test_permitted(given, used):
    """TLS reaches any host, a connection without it only this machine; the port has a default."""
    assert scheduler_address(given) == used


@pytest.mark.parametrize(
    "given",
    ["tcp://192.0.2.7:8786", "tcp://0.0.0.0:8786", "tcp://[2001:db8::7]:8786", "tcp://no..host"],
)
def test_other_hosts_need_tls(given):
    """A scheduler on another computer is refused without TLS, before any connection."""
    with pytest.raises(UsageError, match="has no TLS") as caught:
        scheduler_address(given)

    assert "tls://" in caught.value.hint


@pytest.mark.parametrize(
    "given",
    [
        "",
        "scheduler:8786",
        "ws://localhost:8786",
        "inproc://192.0.2.7/1/1",
        "tls://",
        "tls://host:port",
        "tls://host:99999",
        "tls://host:8786/path",
        "tls://host:8786?query",
        "tls://[::1",
    ],
)
def test_not_an_address(given):
    """Other schemes and texts are refused."""
    with pytest.raises(UsageError, match="is not the address of a Dask scheduler"):
        scheduler_address(given)


def test_secrets_are_not_shown():
    """A password in the address does not reach the message."""
    with pytest.raises(UsageError) as caught:
        scheduler_address("tls://user:letmein@scheduler:8786")

    assert "letmein" not in str(caught.value)
