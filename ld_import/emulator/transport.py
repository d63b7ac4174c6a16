"""httpx transport to an emulator in the same process, including connection errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from ld_import.emulator.faults import ConnectionDropped, ConnectionRefused

if TYPE_CHECKING:
    from ld_import.emulator.emulator import Emulator


class EmulatorTransport(httpx.AsyncBaseTransport):
    """Sends requests to an emulator in this process and raises the errors of a network.

    A drop raises `httpx.ReadError`, a refused connection `httpx.ConnectError`. An answer that takes
    longer than the client's read timeout, by the emulator's clock, raises `httpx.ReadTimeout` after
    the request has been processed, as on a real server.
    """

    def __init__(self, emulator: Emulator) -> None:
        """Wrap an emulator, which stays open when the transport is closed."""
        self._emulator = emulator
        self._inner = httpx.ASGITransport(app=emulator.app, raise_app_exceptions=True)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, or raise the httpx error of a broken connection."""
        asked_at = self._emulator.now()
        try:
            response = await self._inner.handle_async_request(request)
        except ConnectionDropped as error:
            raise httpx.ReadError(str(error), request=request) from error
        except ConnectionRefused as error:
            raise httpx.ConnectError(str(error), request=request) from error
        read_timeout = request.extensions.get("timeout", {}).get("read")
        if read_timeout is not None and self._emulator.now() - asked_at > read_timeout:
            raise httpx.ReadTimeout("the answer took too long", request=request)
        return response

    async def aclose(self) -> None:
        """Close the wrapped transport."""
        await self._inner.aclose()
