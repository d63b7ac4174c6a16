"""Signed URLs: the server may fetch them after they have expired."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from ld_import.validation.address import Address
from ld_import.validation.finding import Finding
from ld_import.validation.subject import Subject

EXPIRED_RULE = "expired-url"
EXPIRING_RULE = "expiring-url"
SIGNED_RULE = "signed-url"
ADVICE = "sign it again shortly before the import, or use an address that does not expire"
FETCHED_LATER = (
    "the server fetches it later; sign it for long enough, or use an address that does not expire"
)
MOST_PARAMETERS = 100

Parameters = Mapping[str, str]

# Part of each row of SIGNATURES.
_has_trace = re.compile("expire|signature|sig=|hdn|oe=|ex=", re.IGNORECASE).search
_epoch_in_policy = re.compile(rb'"AWS:EpochTime"\s*:\s*(\d{1,12})').search
_epoch_in_token = re.compile(r"(?:^|[~!])exp=(\d{1,12})").search


class ExpiringUrls:
    """Finds signed URLs, and the time at which each expires. `now` is an aware time."""

    def __init__(self, now: datetime) -> None:
        """Compare times with `now`."""
        self._now = now

    def check(self, subject: Subject, address: Address) -> Iterable[Finding]:
        """Report a signed URL that expires or has expired."""
        if not address.query or not _has_trace(address.query):
            return ()
        parameters = _parameters(address.query)
        expiry = expiry_of(parameters)
        if expiry is None and "signature" not in parameters:
            return ()
        if expiry is None:
            rule, text, advice = SIGNED_RULE, "the URL is signed, and may expire", FETCHED_LATER
        elif expiry <= self._now:
            rule, text, advice = EXPIRED_RULE, f"the signed URL expired at {_shown(expiry)}", ADVICE
        else:
            rule, advice = EXPIRING_RULE, FETCHED_LATER
            text = f"the signed URL expires at {_shown(expiry)}"
        return (subject.warning(rule, subject.url_field, text, advice),)


def expiry_of(parameters: Parameters) -> datetime | None:
    """Return the time at which a signed URL expires; `None` if it is not signed, or unknown.

    The names of the parameters are in lower case.
    """
    for names, read in SIGNATURES:
        if all(name in parameters for name in names):
            try:
                found = read(parameters)
            except (ValueError, OverflowError):
                continue
            if found is not None:
                return found
    return None


def _parameters(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        return {}
    return {name.lower(): value for name, value in pairs}


def _period(prefix: str) -> Callable[[Parameters], datetime]:
    def read(parameters: Parameters) -> datetime:
        begin = datetime.strptime(parameters[f"{prefix}-date"] + "+0000", "%Y%m%dT%H%M%SZ%z")
        return begin + timedelta(seconds=int(parameters[f"{prefix}-expires"]))

    return read


def _epoch(name: str, base: int = 10) -> Callable[[Parameters], datetime]:
    return lambda parameters: _time(int(parameters[name], base))


def _time(seconds: int) -> datetime:
    if not 0 < seconds < 1 << 35:
        raise ValueError("not seconds since 1970")
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def _azure(parameters: Parameters) -> datetime:
    found = datetime.fromisoformat(parameters["se"])
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _cloudfront(parameters: Parameters) -> datetime | None:
    # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-custom-policy.html
    text = parameters["policy"].replace("-", "+").replace("_", "=").replace("~", "/")
    match = _epoch_in_policy(b64decode(text))
    return _time(int(match.group(1))) if match else None


def _akamai(name: str) -> Callable[[Parameters], datetime | None]:
    def read(parameters: Parameters) -> datetime | None:
        match = _epoch_in_token(parameters[name])
        return _time(int(match.group(1))) if match else None

    return read


# Parameters of a signed URL, and the function that reads its expiry from them.
SIGNATURES: tuple[tuple[tuple[str, ...], Callable[[Parameters], datetime | None]], ...] = (
    # AWS Signature 4, Google Cloud V4
    (("x-amz-date", "x-amz-expires"), _period("x-amz")),
    (("x-goog-date", "x-goog-expires"), _period("x-goog")),
    # AWS Signature 2, Google Cloud V2, CloudFront with a canned policy, Alibaba
    (("expires", "signature"), _epoch("expires")),
    (("policy", "signature"), _cloudfront),
    # Azure shared access signature
    (("se", "sig"), _azure),
    # Akamai
    (("hdnts",), _akamai("hdnts")),
    (("hdnea",), _akamai("hdnea")),
    # Facebook and Instagram, Discord: hexadecimal
    (("oe", "oh"), _epoch("oe", 16)),
    (("ex", "is", "hm"), _epoch("ex", 16)),
    # Bunny, nginx, KeyCDN
    (("expires", "token"), _epoch("expires")),
    (("expires", "md5"), _epoch("expires")),
    (("expire", "token"), _epoch("expire")),
)


def _shown(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
