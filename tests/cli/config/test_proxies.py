"""Proxies and certificates from the environment: used, not needed, or an error naming it."""

from __future__ import annotations

import ssl

import pytest

from ld_import.cli.config.proxies import proxy_for
from ld_import.cli.output.sanitize import sanitize
from ld_import.errors import UsageError
from ld_import.importer.certificates import trust_for
from tests.harness.records import videos

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
SERVER = "https://server.example"
USABLE = "http://proxy.example:3128"


@pytest.fixture
def environment(monkeypatch):
    """Return a function that sets variables in an otherwise empty environment."""
    for name in (*NAMES, "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)

    def set_all(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_all


@pytest.mark.parametrize(
    ("server", "variables", "name"),
    [
        (SERVER, {"HTTPS_PROXY": USABLE}, "the proxy http://proxy.example:3128 (HTTPS_PROXY)"),
        (SERVER, {"https_proxy": "proxy:1"}, "the proxy http://proxy:1 (https_proxy)"),
        (SERVER, {"ALL_PROXY": USABLE}, "the proxy http://proxy.example:3128 (ALL_PROXY)"),
        (
            SERVER,
            {"HTTPS_PROXY": "http://u:p%40ss@proxy:1"},
            "the proxy http://proxy:1 (HTTPS_PROXY)",
        ),
        (SERVER, {"HTTPS_PROXY": "http://[::1]:1"}, "the proxy http://[::1]:1 (HTTPS_PROXY)"),
        (
            "http://server.example",
            {"HTTP_PROXY": "a:1", "HTTPS_PROXY": "b:1"},
            "the proxy http://a:1 (HTTP_PROXY)",
        ),
    ],
)
def test_proxy_is_used(environment, server, variables, name):
    """The variable of the scheme precedes ALL_PROXY, unless NO_PROXY covers the server."""
    environment(**variables)
    proxy = proxy_for(server)

    assert proxy is not None
    assert proxy.name == name


@pytest.mark.parametrize(
    ("server", "no_proxy"),
    [
        (SERVER, "other.example, ver.example"),
        (SERVER, "server.example:8443"),
        (SERVER, "a.server.example"),
        (SERVER, "fe80::/10,,[::1,10.0.0.0/99"),
        ("https://[2001:db8::1]", "fd07::/64,10.0.0.0/8"),
        ("https://10.1.2.3", "10.2.0.0/16"),
    ],
)
def test_server_that_no_proxy_does_not_cover(environment, server, no_proxy):
    """Entries of NO_PROXY for other servers, and invalid ones, have no effect."""
    environment(ALL_PROXY=USABLE, NO_PROXY=no_proxy)

    assert proxy_for(server) is not None


def test_proxy_of_another_scheme(environment):
    """HTTP_PROXY does not apply to https."""
    environment(HTTP_PROXY=USABLE)

    assert proxy_for(SERVER) is None


@pytest.mark.parametrize(
    ("server", "no_proxy"),
    [
        (SERVER, "*"),
        (SERVER, "server.example"),
        (SERVER, "a.example,SERVER.example"),
        (SERVER, "a.example server.example:443"),
        (SERVER, ".example"),
        (SERVER, "*.example"),
        (SERVER, "https://server.example"),
        ("https://10.1.2.3:8443", "10.0.0.0/8"),
        ("https://10.1.2.3:8443", "10.1.2.3"),
        ("https://[fe80::1]", "localhost,127.0.0.1,fe80::/10"),
        ("https://[fd07:b51a:cc66:f0::9]", "fd07:b51a:cc66:f0::/64"),
        ("https://[2001:db8::1]", "[2001:db8::1]"),
        ("https://[2001:db8::1]:8443", "[2001:db8::1]:8443"),
        ("https://[2001:db8::1]", "2001:DB8:0::1"),
    ],
)
@pytest.mark.parametrize("proxy", [USABLE, "socks5h://127.0.0.1:1080", "http://127.0.0.1:port"])
def test_server_that_no_proxy_covers(environment, server, no_proxy, proxy):
    """A server covered by NO_PROXY is contacted directly, even if the proxy is unusable."""
    environment(ALL_PROXY=proxy, NO_PROXY=no_proxy)

    assert proxy_for(server) is None


@pytest.mark.parametrize(
    "server",
    ["http://127.0.0.1:9090", "http://localhost:9090", "http://[::1]", "https://127.1.2.3"],
)
def test_this_machine_is_never_asked_through_a_proxy(environment, server):
    """A local server is never contacted through a proxy, which would see the token."""
    environment(HTTP_PROXY=USABLE, HTTPS_PROXY=USABLE, ALL_PROXY="socks5h://127.0.0.1:1080")

    assert proxy_for(server) is None


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    "value",
    [
        "http://127.0.0.1:port",
        "http://127.0.0.1:99999",
        "http://",
        "ftp://proxy.example",
        "http://[::1",
        "http://a..b",
        "http://pr\u00f6xy b:1",
        "socks5h://127.0.0.1:1080",
        "http://user:hidden-word@127.0.0.1:port",
    ],
)
def test_unusable_proxy_is_named(environment, name, value):
    """An unusable proxy is exit 2, with the name of its variable and without its password."""
    environment(**{name: value})

    with pytest.raises(UsageError, match=f"^{name} ") as raised:
        proxy_for(SERVER)
    assert "hidden-word" not in str(raised.value)
    assert raised.value.hint.endswith("add the server to NO_PROXY")


def test_password_of_a_proxy_is_a_secret(environment):
    """The password of a proxy is masked in every output."""
    environment(HTTPS_PROXY="http://user:hidden%2Dword@proxy:1")
    proxy_for(SERVER)

    assert sanitize("so says hidden-word") == "so says ***"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SSL_CERT_FILE", "missing.pem"),
        ("SSL_CERT_FILE", "empty.pem"),
        ("SSL_CERT_FILE", "."),
        ("SSL_CERT_DIR", "missing"),
        ("SSL_CERT_DIR", "."),
        ("SSL_CERT_DIR", "empty.pem"),
        ("SSLKEYLOGFILE", "missing/keys"),
    ],
)
def test_unusable_certificates_are_named(environment, tmp_path, monkeypatch, variable, value):
    """Unusable certificates are exit 2 with the name of their variable, except without TLS."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.pem").touch()
    environment(**{variable: value})

    with pytest.raises(UsageError, match=variable) as raised:
        trust_for(SERVER, None, is_insecure=False)
    assert raised.value.hint.endswith(variable) or variable in raised.value.hint
    assert trust_for("http://127.0.0.1", None, is_insecure=False) is False
    assert trust_for(SERVER, None, is_insecure=True) is False


def test_usable_certificates(environment, tmp_path):
    """A directory made by `openssl rehash` is accepted, and so is the default of httpx."""
    assert isinstance(trust_for(SERVER, None, is_insecure=False), ssl.SSLContext)
    (tmp_path / "0a1b2c3d.0").touch()
    environment(SSL_CERT_DIR=f"missing:{tmp_path}")
    assert isinstance(trust_for(SERVER, None, is_insecure=False), ssl.SSLContext)


@pytest.mark.parametrize(
    "variables",
    [
        {"NO_PROXY": "localhost,fe80::/10,[::1],fd07:b51a:cc66:f0::/64"},
        {"ALL_PROXY": "socks5h://127.0.0.1:1080"},
        {"HTTP_PROXY": "http://127.0.0.1:port"},
        {"SSL_CERT_FILE": "missing.pem"},
    ],
)
@pytest.mark.parametrize("arguments", [("videos",), ("status", "job1")])
def test_environment_that_is_not_needed(place, environment, monkeypatch, variables, arguments):
    """A local server needs neither usable proxies nor certificates."""
    environment(**variables)
    place.write(*videos(1))

    assert place.run(*arguments).code == {"videos": 0, "status": 3}[arguments[0]]


@pytest.mark.parametrize("arguments", [("videos",), ("status", "job1")])
def test_unusable_proxy_is_exit_2(place, environment, arguments):
    """An unusable proxy is exit 2 before anything is written or sent."""
    environment(ALL_PROXY="socks5h://127.0.0.1:1080")
    place.write(*videos(1))

    ended = place.run(*arguments, "--server", SERVER)

    assert ended.code == 2
    assert ended.err.startswith("error: ALL_PROXY names a SOCKS proxy, which is not supported")
    assert not place.ledger_path.exists()
