"""Advice about failed connections: it names host or port, and fits the cause."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest

from ld_import.api.connection_hints import connection_hint, tls_hint, tls_reason


def refused():
    return ConnectionRefusedError(errno.ECONNREFUSED, "refused")


@pytest.mark.parametrize(
    ("cause", "host", "told"),
    [
        (refused(), "127.0.0.1", "nothing listens on port 9090 of this machine: start the server"),
        (refused(), "localhost", "nothing listens on port 9090 of this machine"),
        (refused(), "cms.example", "nothing listens on port 9090 of cms.example: check the port"),
        (TimeoutError(), "cms.example", "port 9090 of cms.example does not answer: a firewall"),
        (socket.gaierror(-2, "unknown"), "csm.example", "check the name csm.example in --server"),
        (OSError(errno.ENETUNREACH, "no way"), "cms.example", "check --server and the network"),
        (ssl.SSLEOFError(), "cms.example", "check --server and the network"),
    ],
)
def test_connection(cause, host, told):
    """The advice depends on the cause, and on whether the host is this machine."""
    assert told in connection_hint(cause, host, 9090)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (10, "has to be renewed"),
        (9, "the clock of this machine"),
        (62, "give the name that the certificate has"),
        (64, "give the name that the certificate has"),
        (18, "--ca-file"),
        (20, "--ca-file"),
    ],
)
def test_certificate(code, told):
    """The advice depends on the reason for which OpenSSL refuses a certificate."""
    error = ssl.SSLCertVerificationError("no")
    error.verify_code = code

    assert told in tls_hint(error)


def test_no_tls():
    """Without TLS on the other side, the advice is about scheme and port."""
    error = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")

    assert "scheme and port" in tls_hint(error)
    assert "wrong version number" in tls_reason(error)
