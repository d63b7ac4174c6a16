"""Errors of the library for buckets, read for what they state.

The library has one class for most errors; the HTTP status and the XML in its text say more.
"""

from __future__ import annotations

import re

from ld_import.redaction import redact

MOST_SHOWN = 300
NO_STATUS = 0
# Hosts that give credentials to machines of a cloud; the library asks them last.
CREDENTIAL_HOSTS = ("169.254.169.254", "169.254.170.2", "metadata.google", "metadata/identity")

_status = re.compile(r"status code: (\d{3})")
_code = re.compile(r"<Code>([^<]{1,100})</Code>")
_message = re.compile(r"<Message>([^<]{1,2000})</Message>")
_host = re.compile(r"performing [A-Z]+ (https?://[^/\s]+)")
# The innermost cause of a failed connection, in the library's picture of it.
_cause = re.compile(r"(?:message|error): \"([^\"]{1,200})\"")
TLS_CAUSES = {
    "InvalidCertificate": "its certificate is not valid",
    "InvalidMessage": "it does not use TLS at this port",
}


class Answer:
    """An error of the library, read for its status, code and message."""

    def __init__(self, error: Exception) -> None:
        """Read the text of the error."""
        text, _, picture = str(error).partition("\n\nDebug source")
        status = _status.search(text)
        self.status = int(status.group(1)) if status else NO_STATUS
        self.code = _first(_code, text)
        self.text = text
        self.host = _first(_host, text)
        self._cause = _cause_in(picture)
        self.has_no_credentials = any(host in text for host in CREDENTIAL_HOSTS)

    @property
    def said(self) -> str:
        """The message of the server in one line, without secrets."""
        message = _first(_message, self.text) or self.code
        if not self.status:
            message = self._cause
        if not message:
            message = self.text.rpartition(" - ")[2].partition("\n")[0]
        status = f"{self.status}, " if self.status else ""
        return f"{status}{redact(' '.join(message.split())[:MOST_SHOWN])}"


def _cause_in(picture: str) -> str:
    found = _cause.findall(picture)
    if found:
        return str(found[-1])
    return next((text for name, text in TLS_CAUSES.items() if name in picture), "")


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found.group(1) if found else ""
