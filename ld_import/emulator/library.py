"""Endpoints of the media library: synchronous import, reading and patching of entries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from random import Random
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ld_import.emulator.answers import Refusal, json_answer, no_such_entry
from ld_import.emulator.body_validation import entries_from, patch_from
from ld_import.emulator.faults import LIBRARY_ACTIONS
from ld_import.emulator.kinds import LIBRARY
from ld_import.emulator.request_checks import check_query, check_token, read_body
from ld_import.emulator.rules import Rules
from ld_import.emulator.script import ScriptedFault, refuse_if_scripted
from ld_import.emulator.settings import READ_SCOPE, WRITE_SCOPE
from ld_import.emulator.wire import entry_body, list_key

# The bytes of every image.
PIXEL = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"


class LibrarySurface:
    """The endpoints. `bodies` holds the bytes of the last accepted POST."""

    def __init__(self, rules: Rules, now: Callable[[], float], bodies: dict[str, bytes]) -> None:
        """Serve these rules; `now` returns the server's time."""
        self._rules = rules
        self._now = now
        self._bodies = bodies

    def routes(self) -> list[Route]:
        """Return the routes of the media library."""
        return [
            Route(f"/api/{{version}}/import/{LIBRARY}", self._import, methods=["POST"]),
            Route("/api/{version}/mediaLibrary", self._list_entries),
            Route("/api/{version}/mediaLibrary/serve-image/{key:path}", self._serve_image),
            Route("/api/{version}/mediaLibrary/{id}", self._entry, methods=["GET", "PATCH"]),
        ]

    async def _import(self, request: Request) -> Response:
        self._check(request, WRITE_SCOPE)
        body = await read_body(request, self._rules.settings)
        entries = entries_from(body, self._rules.project, self._rules.settings)
        faults: Sequence[ScriptedFault] = request.scope.get("inner_faults", ())
        refuse_if_scripted(faults, "mediaLibraryEntries", entries)
        results = await self._rules.import_entries(entries)
        self._bodies[LIBRARY] = body
        if self._rules.settings.order == "shuffled":
            Random(body).shuffle(results)
        result_faults = [
            scripted for scripted in faults if scripted.fault.action in LIBRARY_ACTIONS
        ]
        return json_answer({_key_of(request): _listed(results, result_faults)})

    async def _list_entries(self, request: Request) -> Response:
        query = self._check(request, READ_SCOPE, ("ids", "externalId", "systemName"))
        if query.keys() == {"ids"}:
            entries = await self._rules.entries_of_ids(self._ids(query["ids"]))
        elif query.keys() == {"externalId", "systemName"}:
            entries = await self._rules.entries_of_pair(query["systemName"], query["externalId"])
        else:
            message = "Give either `ids`, or `externalId` together with `systemName`."
            raise Refusal(HTTPStatus.BAD_REQUEST, {"message": message})
        if self._rules.settings.order == "shuffled":
            Random(request.url.query).shuffle(entries)
        return json_answer({_key_of(request): [entry_body(entry) for entry in entries]})

    def _ids(self, text: str) -> list[str]:
        ids, most = text.split(","), self._rules.settings.ids_at_once
        if most is not None and len(ids) > most:
            raise Refusal(HTTPStatus.BAD_REQUEST, {"ids": f"no more than {most} ids are allowed"})
        return ids

    async def _entry(self, request: Request) -> Response:
        return await (self._patch if request.method == "PATCH" else self._read)(request)

    async def _read(self, request: Request) -> Response:
        self._check(request, READ_SCOPE)
        media_id: str = request.path_params["id"]
        entries = await self._rules.entries_of_ids([media_id])
        if not entries:
            raise no_such_entry(media_id)
        return json_answer(entry_body(entries[0]))

    async def _serve_image(self, request: Request) -> Response:
        self._check(request, READ_SCOPE)
        if not self._rules.settings.serves_images:
            raise Refusal(HTTPStatus.NOT_FOUND, {"url": request.url.path})
        entry = self._rules.image_of(request.path_params["key"])
        return Response(PIXEL, media_type=entry.asset["mimeType"])

    async def _patch(self, request: Request) -> Response:
        self._check(request, WRITE_SCOPE)
        version: str = request.path_params["version"]
        checked = patch_from(await read_body(request, self._rules.settings), version)
        await self._rules.patch(request.path_params["id"], checked, version)
        return json_answer({"status": HTTPStatus.OK})

    def _check(self, request: Request, scope: str, known: Sequence[str] = ()) -> dict[str, str]:
        check_token(request, scope, self._rules.settings, self._now())
        return check_query(request, known)


def _key_of(request: Request) -> str:
    return list_key(request.path_params["version"])


def _listed(results: list[dict[str, Any]], faults: Sequence[ScriptedFault]) -> list[dict[str, Any]]:
    """Return the results as changed by the scripted faults."""
    shown = results
    for fault in sorted(
        (scripted.happens() for scripted in faults), key=lambda fault: fault.action
    ):
        if fault.action == "missing_items":
            shown = shown[: -fault.count]
        else:
            shown = [*shown, *map(_unsent_result, range(1, fault.count + 1)), *shown[: fault.count]]
    return shown


def _unsent_result(number: int) -> dict[str, Any]:
    """Return a result for an entry that was not sent."""
    message = "An asset with an externalId also requires a systemName"
    return {
        "ok": False,
        "correlation": f"externalId: never-sent-{number}",
        "status": HTTPStatus.BAD_REQUEST,
        "error": "ValidationError",
        "error_details": {"message": message},
    }
