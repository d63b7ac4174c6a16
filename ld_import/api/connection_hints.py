"""Advice about connections that fail: by cause, host and port."""

from __future__ import annotations

import errno
import ipaddress
import socket
import ssl

UNREACHABLE = "check --server and the network"
TLS_MISSING = (
    "check scheme and port of --server: something without TLS seems to answer there; a server of"
    " your own without TLS has an http:// URL"
)
UNTRUSTED = "name the server's certificate authority with --ca-file, or correct its certificate"
# X509_V_ERR_… of OpenSSL.
NOT_YET_VALID, EXPIRED, HOSTNAME_MISMATCH, IP_MISMATCH = 9, 10, 62, 64


def connection_hint(cause: BaseException, host: str, port: int) -> str:
    """Return advice on a connection to this host and port that failed with this cause."""
    if isinstance(cause, socket.gaierror):
        return (
            f"check the name {host} in --server for a typing mistake, and whether this machine can"
            f" look it up (DNS, VPN)"
        )
    number = cause.errno if isinstance(cause, OSError) else None
    if number == errno.ECONNREFUSED and _is_loopback(host):
        return (
            f"nothing listens on port {port} of this machine: start the server (`ld-import"
            f" emulator` starts a local one), or correct the port in --server"
        )
    if number == errno.ECONNREFUSED:
        return f"nothing listens on port {port} of {host}: check the port in --server"
    if isinstance(cause, TimeoutError):
        return (
            f"port {port} of {host} does not answer: a firewall may block it, or a VPN is not"
            f" connected; check that and --server"
        )
    return UNREACHABLE


def tls_hint(cause: ssl.SSLError) -> str:
    """Return advice on a TLS handshake that failed."""
    if not isinstance(cause, ssl.SSLCertVerificationError):
        return TLS_MISSING
    code = getattr(cause, "verify_code", 0)
    if code in (NOT_YET_VALID, EXPIRED):
        return (
            "the certificate has to be renewed on the server; or the clock of this machine is wrong"
        )
    if code in (HOSTNAME_MISMATCH, IP_MISMATCH):
        return "give the name that the certificate has with --server, or correct the certificate"
    return UNTRUSTED


def tls_reason(cause: ssl.SSLError) -> str:
    """Return the reason of OpenSSL in words."""
    # Python sets these attributes only for errors that OpenSSL reports.
    message, reason = (getattr(cause, name, "") for name in ("verify_message", "reason"))
    return message or (reason or str(cause)).replace("_", " ").lower()


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
