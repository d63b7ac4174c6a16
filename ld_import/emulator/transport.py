"""The emulator as an httpx transport: the real client, no socket, broken connections included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from ld_import.emulator.faults import ConnectionDropped, ConnectionRefused

if TYPE_CHECKING:
    from ld_import.emulator.emulator import Emulator


class EmulatorTransport(httpx.AsyncBaseTransport):
    """Carry requests to an emulator in this process and break them the way a network does.

    A drop becomes `httpx.ReadError`, a refused connection `httpx.ConnectError`. An answer that
    took longer by the emulator's own clock than the client's read timeout is `httpx.ReadTimeout`:
    the work has been done, as it would be on a real server.
    """

    def __init__(self, emulator: Emulator) -> None:
        """Wrap the application of one emulator; closing the transport leaves it open."""
        self._emulator = emulator
        self._inner = httpx.ASGITransport(app=emulator.app, raise_app_exceptions=True)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, or raise what a broken connection would raise."""
        asked_at = self._emulator.now()
        try:
            response = await self._inner.handle_async_request(request)
        except ConnectionDropped as error:
            raise httpx.ReadError(str(error), request=request) from error
        except ConnectionRefused as error:
            raise httpx.ConnectError(str(error), request=request) from error
        patience = request.extensions.get("timeout", {}).get("read")
        if patience is not None and self._emulator.now() - asked_at > patience:
            raise httpx.ReadTimeout("the answer took too long", request=request)
        return response

    async def aclose(self) -> None:
        """Release the wrapped transport."""
        await self._inner.aclose()
