"""Findings about URLs: one sentence and one advice for each reason and each remark."""

from __future__ import annotations

from collections.abc import Iterator

from ld_import.url_checks.expected import EXPECTED
from ld_import.url_checks.results import Reason, Remark
from ld_import.url_checks.store import CheckedRecord
from ld_import.validation.checks.private_hosts import is_private
from ld_import.validation.finding import Finding, Level
from ld_import.wording import shorten

LOGIN_ADVICE = (
    "make it readable without a login for the time of the import; user and password in a URL are"
    " not sent by this check"
)
HOST_ADVICE = "check the name of the host, and the network and proxy of this computer"
LATER_ADVICE = "check the host, then run the check again; --recheck asks at once"

# Reason → what is wrong, advice. `{noun}` is the expected content.
REASONS = {
    Reason.GONE: ("nothing is at the URL ({detail})", "correct the URL, or remove the record"),
    Reason.LOGIN: ("the URL needs a login ({detail})", LOGIN_ADVICE),
    Reason.EXPIRED: ("the signature of the URL has expired ({detail})", "sign it again"),
    Reason.REFUSED: ("the host refuses the request ({detail})", "open the URL in a browser"),
    Reason.THROTTLED: ("the host is too busy to answer ({detail})", LATER_ADVICE),
    Reason.SERVER_ERROR: ("the host reports an error ({detail})", LATER_ADVICE),
    Reason.HTML_PAGE: (
        "the URL is a web page, not {noun}",
        "use the address of the file itself; many hosts answer a missing file with a page",
    ),
    Reason.WRONG_TYPE: (
        "the URL has content of the type {detail}, not {noun}",
        "correct the URL, or import it as another kind",
    ),
    Reason.EMPTY: ("the URL is empty ({detail})", "restore the file, or remove the record"),
    Reason.TOO_LARGE: (
        "the file at the URL is too large: {size} bytes, {detail} by default",
        "make it smaller, raise the limit of the server, or import it with media-library",
    ),
    Reason.REDIRECT_LOOP: ("the URL leads nowhere: {detail}", "use the address of the file itself"),
    Reason.BAD_REDIRECT: ("the URL leads nowhere: {detail}", "use the address of the file itself"),
    Reason.UNKNOWN_HOST: ("the host of the URL is not known ({detail})", HOST_ADVICE),
    Reason.NO_CONNECTION: ("the host does not accept connections ({detail})", HOST_ADVICE),
    Reason.NO_ANSWER: ("the host closed the connection ({detail})", LATER_ADVICE),
    Reason.TIMEOUT: ("the host does not answer ({detail})", LATER_ADVICE),
    Reason.TLS: (
        "the certificate of the host is not valid ({detail})",
        "the server checks it as well: correct the certificate of the host",
    ),
    Reason.INVALID_URL: ("the URL cannot be requested ({detail})", "correct the URL"),
}
REMARKS = {
    Remark.REDIRECTED: (
        "the URL redirects to another address",
        "use the address to which it leads; --url-report lists it",
    ),
    Remark.OTHER_HOST: (
        "the URL redirects to another host",
        "use the address to which it leads; --url-report lists it",
    ),
    Remark.TO_HTTP: ("the URL redirects from https to http", "use an https address"),
    Remark.PRIVATE: (
        "the host of the URL has an address of a private network: the server may not reach it",
        "use an address that the Livingdocs server reaches",
    ),
    Remark.UNKNOWN_TYPE: (
        "the content of the URL has no type that is known",
        "open some of these URLs to see what they are",
    ),
    Remark.UNUSUAL_TYPE: (
        "the file at the URL has the type {detail}; a server takes PDF files by default",
        "check `allowedMimeTypes` in the configuration of the server",
    ),
}


def findings_of(record: CheckedRecord, field: str) -> Iterator[Finding]:
    """Yield the findings about a record: one error, or a warning for each remark.

    `field` is the field with the URL. Remarks that validation makes without a request are omitted.
    """
    result = record.result
    if not result.is_good:
        yield _finding(Level.ERROR, record, field, f"url-{result.reason}", *_error(record))
        return
    for remark in result.remarks:
        if remark in REMARKS and not _is_visible(remark, record.host):
            text, advice = REMARKS[remark]
            text = text.format(detail=result.media_type)
            yield _finding(Level.WARNING, record, field, f"url-{remark}", text, advice)


def _error(record: CheckedRecord) -> tuple[str, str]:
    result, noun = record.result, EXPECTED[record.kind].noun
    text, advice = REASONS[result.reason]
    size = f"{result.byte_count or 0:,}"
    text = text.format(detail=shorten(result.detail), noun=noun, size=size)
    return text.replace(" ()", ""), advice


def _finding(
    level: Level, record: CheckedRecord, field: str, rule: str, text: str, advice: str
) -> Finding:
    sentence = f'{text}: "{record.url}"'
    return Finding(level, record.line, record.external_id, field, sentence, advice, rule)


def _is_visible(remark: Remark, host: str) -> bool:
    """Return whether the name of the host shows the remark; validation warns of such names."""
    return remark is Remark.PRIVATE and is_private(host)
