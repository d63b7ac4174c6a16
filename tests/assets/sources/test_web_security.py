"""Hosts, redirects, proxies and credentials of web sources."""

from __future__ import annotations

import base64
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from ld_import.assets.base import FileProblem, SourceSettings
from ld_import.assets.source import check_source, open_source, state_of
from ld_import.errors import UsageError
from tests.assets.sources.host import CONTENT, running_host

PEM = Path(__file__).parents[2] / "api" / "loopback.pem"


@pytest.fixture
def other():
    """A second host, at another port."""
    with running_host() as host:
        yield host


def problem_of(source, rules):
    with pytest.raises(FileProblem) as raised:
        state_of(source, rules, pause=lambda seconds: None)
    return str(raised.value)


def redirecting(location, status=302):
    """Answer `/a.jpg` with a redirect, and others with the file."""

    def answer(request):
        if request.path.endswith("/a.jpg"):
            return request.send(status, Location=location)
        return request.send_file()

    return answer


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("http://a.example/a.jpg", "is not encrypted; use https, or allow it with --allow-http"),
        ("https://me:secret@a.example/a.jpg", "contains a user name or password"),
        ("https://me@a.example/a.jpg", "contains a user name or password"),
        ("https:///a.jpg", "is not a valid URL"),
        (f"https://a.example/{'a' * 70_000}", "is not a valid URL"),
        ("https://a..example/a.jpg", "is not a valid URL"),
        ("https://a.example:99999/a.jpg", "is not a valid URL"),
        ("https://[::1/a.jpg", "is not a valid URL"),
        ("https://a.example/a\0.jpg", "is not a valid URL"),
        ("https://a.example/a\n.jpg", "is not a valid URL"),
        ("https://10.0.0.1/a.jpg", "has a private or reserved address"),
        ("https://[::ffff:169.254.169.254]/latest", "has a private or reserved address"),
    ],
)
def test_urls_that_can_never_work(rules, source, reason):
    """Such a URL is refused without a request, and secrets in it are not repeated."""
    rules = replace(rules, allow_http=False, allow_private=False)

    with pytest.raises(FileProblem) as raised:
        check_source(source, rules)

    assert reason in str(raised.value)
    assert "secret" not in str(raised.value)
    assert problem_of(source, rules) == str(raised.value)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"])
def test_private_hosts(host, rules, name):
    """A private host is refused under all its names, and gets no request."""
    rules = replace(rules, allow_private=False)
    url = host.url.replace("127.0.0.1", name)

    assert "has a private or reserved address" in problem_of(f"{url}/a.jpg", rules)
    assert host.requests == []


def test_private_host_of_an_entry(host, rules):
    """An entry of `sources:` can permit its own host."""
    entry = SourceSettings(name="old", url=f"{host.url}/films", allow_private=True)
    rules = replace(rules, allow_private=False, sources=(entry,))

    assert state_of(f"{host.url}/films/a.mp4", rules).size == len(CONTENT)
    assert "private or reserved" in problem_of(f"{host.url}/other/a.mp4", rules)
    assert "private or reserved" in problem_of(f"{host.url}/films/../other/a.mp4", rules)
    assert "private or reserved" in problem_of(f"{host.url}/films/%2e%2e/other/a.mp4", rules)


def test_the_checked_address_is_used(host, rules, monkeypatch):
    """A name is resolved once; the connection uses the address that was checked."""
    asked = []
    real = socket.getaddrinfo

    def rebinding(name, port, *args, **named):
        if name == "rebind.example":
            asked.append(name)
            name = "127.0.0.1" if len(asked) == 1 else "127.0.0.2"
        return real(name, port, *args, **named)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)

    url = host.url.replace("127.0.0.1", "rebind.example")
    assert state_of(f"{url}/a.jpg", rules).size == len(CONTENT)
    assert asked == ["rebind.example"]
    assert host.requests[0][2]["Host"].startswith("rebind.example:")


def test_redirects(host, other, rules):
    """Redirects are followed to another host, and for every request."""
    host.answer = redirecting(f"{other.url}/b.jpg", 307)
    source = open_source(f"{host.url}/a.jpg", rules)

    assert b"".join(source.stream()) == CONTENT
    assert other.methods == ["HEAD", "GET"]


def test_redirect_to_a_private_host(host, other, rules):
    """Each hop is checked: a permitted host cannot lead to one that is not."""
    host.answer = redirecting(f"{other.url}/b.jpg")
    entry = SourceSettings(name="old", url=host.url, allow_private=True)
    rules = replace(rules, allow_private=False, sources=(entry,))

    assert "has a private or reserved address" in problem_of(f"{host.url}/a.jpg", rules)
    assert other.requests == []


def test_redirect_to_the_host_of_an_entry(host, other, rules, tmp_path):
    """The permission and credentials of an entry are for URLs of a manifest, not for redirects."""
    host.answer = redirecting(f"{other.url}/b.jpg")
    private = SourceSettings(name="a", url=other.url, allow_private=True)
    public = replace(rules, allow_private=False)
    old = SourceSettings(name="b", url=host.url, allow_private=True)

    assert state_of(f"{host.url}/a.jpg", replace(public, sources=(private, old))).size
    entry = replace(private, allow_private=False, token_file=with_secret(tmp_path))
    assert state_of(f"{host.url}/a.jpg", replace(rules, sources=(entry,))).size
    assert [headers.get("Authorization") for _, _, headers in other.requests] == [None, None]


def test_redirect_from_a_public_to_a_private_host(host, other, rules, monkeypatch):
    """A public host cannot lead to a private one, even if an entry permits that one."""
    host.answer = redirecting(f"{other.url}/b.jpg")
    entry = SourceSettings(name="a", url=other.url, allow_private=True)
    rules = replace(rules, allow_private=False, sources=(entry,))
    monkeypatch.setenv("http_proxy", host.url)

    assert "private or reserved" in problem_of("http://public.invalid/a.jpg", rules)
    assert other.requests == []


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("/a.jpg", "it has more than 5 redirects"),
        ("ftp://a.example/b", "it redirects to an address that is not of the web"),
        ("file:///etc/passwd", "it redirects to an address that is not of the web"),
        ("http://a:bad/", "it redirects to something that is not a URL"),
        ("http://169.254.169.254/latest/meta-data", "has a private or reserved address"),
    ],
)
def test_redirects_that_lead_nowhere(host, rules, location, reason):
    """A redirect that cannot be followed is one sentence."""
    host.answer = redirecting(location)

    assert reason in problem_of(f"{host.url}/a.jpg", rules)


def with_secret(tmp_path, text="geheim-geheim"):
    path = tmp_path / "secret"
    path.write_text(f"{text}\n")
    return path


def test_credentials(host, other, rules, tmp_path):
    """Credentials are sent below the URL of their entry only, and not to another host."""
    secret = with_secret(tmp_path)
    host.answer = redirecting(f"{other.url}/b.jpg")
    basic = SourceSettings(name="a", url=host.url, user="me", password_file=secret)
    token = SourceSettings(name="b", url=f"{host.url}/films/", token_file=secret)
    rules = replace(rules, sources=(basic, token))

    for path in ("/a.jpg", "/c.jpg", "/films/c.jpg", "/films-2/c.jpg"):
        state_of(f"{host.url}{path}", rules)

    expected = "Basic " + base64.b64encode(b"me:geheim-geheim").decode()
    assert [headers.get("Authorization") for _, _, headers in host.requests] == [
        expected,
        expected,
        "Bearer geheim-geheim",
        expected,
    ]
    assert [headers.get("Authorization") for _, _, headers in other.requests] == [None]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "tokenFile of the source `old` cannot be read from .*: no such file or directory"),
        ("", "tokenFile of the source `old` is not one line of text"),
        ("a\nb", "tokenFile of the source `old` is not one line of text"),
        ("geheim-gehäim", "the token of the source `old` contains a character that is not ASCII"),
    ],
)
def test_unusable_secrets(host, rules, tmp_path, content, reason):
    """A file without a usable secret ends the run, and its content is not repeated."""
    path = tmp_path / "secret"
    if content is not None:
        path.write_text(content)
    rules = replace(rules, sources=(SourceSettings(name="old", url=host.url, token_file=path),))

    with pytest.raises(UsageError, match=reason) as raised:
        state_of(f"{host.url}/a.jpg", rules)
    assert "geheim" not in str(raised.value)


def test_maximum_of_connections(host, rules):
    """With one connection, the requests of a file still follow one another."""
    entry = SourceSettings(name="old", url=host.url, max_connections=1)
    source = open_source(f"{host.url}/a.jpg", replace(rules, sources=(entry,)))
    stream = source.stream()
    next(stream)
    stream.close()  # type: ignore[attr-defined]

    assert b"".join(source.stream()) == CONTENT
    source.close()


@pytest.fixture
def secure():
    """A host with a certificate of its own authority."""
    with running_host(certificate=PEM) as host:
        yield host


def test_untrusted_certificate(secure, rules):
    """The certificate of a host must be trusted, and is not tried again."""
    text = problem_of(f"{secure.url}/a.jpg", rules)

    assert "the certificate of the host is not trusted: self" in text


def test_trusted_certificate(secure, rules, monkeypatch):
    """The authorities of SSL_CERT_FILE are trusted, for the name in the URL."""
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))

    assert state_of(f"{secure.url}/a.jpg", replace(rules, allow_http=False)).size == len(CONTENT)


def test_unusable_authorities(secure, rules, monkeypatch, tmp_path):
    """A certificate file that cannot be used ends the run with one sentence."""
    monkeypatch.setenv("SSL_CERT_FILE", str(with_secret(tmp_path)))

    with pytest.raises(UsageError, match="the certificate authorities cannot be used"):
        state_of(f"{secure.url}/a.jpg", rules)


def test_redirect_without_encryption(secure, host, rules, monkeypatch):
    """A redirect from https to http needs the same permission as http."""
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
    secure.answer = redirecting(f"{host.url}/b.jpg")

    text = problem_of(f"{secure.url}/a.jpg", replace(rules, allow_http=False))
    assert f"it redirects to {host.url}/b.jpg without encryption" in text


def test_proxy(host, rules, monkeypatch):
    """With a proxy, it gets the request; addresses known to be private are refused before."""
    monkeypatch.setenv("http_proxy", host.url)
    rules = replace(rules, allow_private=False)

    assert state_of("http://only-the-proxy-knows.invalid/a.jpg", rules).size == len(CONTENT)
    assert host.requests[0][1] == "http://only-the-proxy-knows.invalid/a.jpg"
    assert "private or reserved" in problem_of("http://10.0.0.1/a.jpg", rules)
    assert len(host.requests) == 1


def test_no_proxy(host, other, rules, monkeypatch):
    """Hosts and networks of NO_PROXY are connected directly."""
    monkeypatch.setenv("http_proxy", other.url)
    monkeypatch.setenv("no_proxy", "intranet.example, 192.0.2.0/24")
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda name, *args, **named: real("127.0.0.1", *args, **named)
    )

    for name in ("media.intranet.example", "192.0.2.7"):
        state_of(f"{host.url.replace('127.0.0.1', name)}/a.jpg", rules)

    assert len(host.requests) == 2
    assert other.requests == []


@pytest.mark.parametrize("proxy", ["ftp://a.example", "http://a:bad", "socks5://a.example"])
def test_unusable_proxy(rules, monkeypatch, proxy):
    """A proxy that cannot be used ends the run with one sentence."""
    monkeypatch.setenv("http_proxy", proxy)

    with pytest.raises(UsageError, match="the proxy of the environment cannot be used"):
        state_of("http://a.example/a.jpg", rules)
