"""A TCP relay to a server: the server goes away for its clients when the relay ends."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

BYTES = 65_536


class Relay:
    """Forwards connections to a port on loopback until `cut`."""

    def __init__(self, port: int) -> None:
        """Listen on a free port."""
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = [self._listener]
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    @property
    def port(self) -> int:
        """The port of the relay."""
        port: int = self._listener.getsockname()[1]
        return port

    def cut(self) -> None:
        """Close all connections and accept no other. Safe to repeat."""
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join()

    def _start(self, function, *arguments) -> None:
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            self._sockets += [client, server]
            self._start(self._copy, client, server)
            self._start(self._copy, server, client)

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(BYTES):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def relay(port: int) -> Iterator[Relay]:
    """Yield a relay to this port."""
    one = Relay(port)
    try:
        yield one
    finally:
        one.cut()
