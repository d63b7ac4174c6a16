"""Advice for refused requests: what to check or which option to change."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

import httpx

from ld_import.api.bodies import text_of
from ld_import.versions import NEWEST, older_than

DOCTOR = "`ld-import doctor` finds the versions that the server has"
VERSION_FORM = re.compile(r"[0-9]{4}-[0-9]{2}|v[0-9]+|beta")
# The page of nginx: "The plain HTTP request was sent to HTTPS port".
TLS_EXPECTED = "the server expects TLS at this port: give --server with https://"
UNKNOWN_ACCEPTANCE = (
    "such an answer does not say whether the request was accepted; run the same command again"
)
NOT_FOLLOWED = (
    "redirects are not followed: if the other address is the right one, give it with --server;"
    " a login page means that something else answers there"
)
NOT_FROM_API = (
    "this answer does not come from Livingdocs: check --server; if it is right, a firewall or proxy"
    " before the server refuses the request; ask its administrator to allow it"
)
MISSING_SCOPE = (
    "the token lacks a scope: importing needs public-api:write, looking up public-api:read"
)


def refusal_hint(answer: httpx.Response, details: Any) -> str | None:
    """Return advice on a refused request, if there is any."""
    status = answer.status_code
    is_plain = answer.request.url.scheme == "http"
    if status == HTTPStatus.BAD_REQUEST and is_plain and "HTTPS port" in text_of(answer):
        return TLS_EXPECTED
    if status == HTTPStatus.GONE:
        return (
            "this API version was removed from the server: give a newer one with --api-version"
            f" (the newest known one is {NEWEST}); {DOCTOR}"
        )
    if status == HTTPStatus.NOT_FOUND and isinstance(details, dict) and "url" in details:
        return doubled_api_hint(answer) or _version_hint(answer)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return "the request is larger than the server accepts: give a smaller --batch-bytes"
    return None


def doubled_api_hint(answer: httpx.Response) -> str | None:
    """Return advice on a --server that already ends in `/api`, or `None` if it does not."""
    # https://server.example/api is correct behind some proxies, and a mistake everywhere else.
    if "/api/api/" not in answer.request.url.path:
        return None
    return (
        "`/api/…` is added to --server, which ends in `/api` already: give it without, unless a"
        " proxy needs it"
    )


def _version_hint(answer: httpx.Response) -> str:
    version = answer.request.url.path.rpartition("/api/")[2].split("/")[0]
    if not VERSION_FORM.fullmatch(version):
        return f"check --api-version: a version is written like {NEWEST}"
    path = answer.request.url.path.rpartition("/api/")[0]
    if path:
        return f"check the path {path} in --server: `/api/…` is added to it; {DOCTOR}"
    older = older_than(version)
    if not older:
        return f"the server does not know this address: check --server and --api-version; {DOCTOR}"
    return (
        "the server does not know this address; if its release is older than API version"
        f" {version}, give one that it knows with --api-version: {', '.join(older)}; {DOCTOR}"
    )
