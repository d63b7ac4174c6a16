"""Real web servers of the machine, each serving one redirect map on loopback."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

PLACES = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
START_SECONDS = 10.0
STEP_SECONDS = 0.02
NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {map};
    server {{
        listen 127.0.0.1:{port};
        if ($media_redirect) {{ return 301 $media_redirect; }}
        return 404;
    }}
}}
"""
APACHE = """
ServerName localhost
ServerRoot {folder}
PidFile {folder}/apache.pid
DefaultRuntimeDir {folder}
ErrorLog /dev/stderr
Listen 127.0.0.1:{port}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule rewrite_module {modules}/mod_rewrite.so
StartServers 1
ThreadsPerChild 4
<VirtualHost 127.0.0.1:{port}>
    DocumentRoot {folder}
{rules}
</VirtualHost>
"""


def program_of(*names: str) -> str | None:
    """Return the path of the first of these programs."""
    return next((path for name in names if (path := shutil.which(name, path=PLACES))), None)


@contextmanager
def nginx(program: str, folder: Path, redirects: Path) -> Iterator[int]:
    """Serve a map with nginx, and yield the port."""
    port = _free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, map=redirects, port=port), encoding="utf-8")
    with _running([program, "-p", str(folder), "-c", str(config)], port):
        yield port


@contextmanager
def apache(program: str, folder: Path, redirects: Path) -> Iterator[int]:
    """Serve a map with Apache, by the rules in the head of the file, and yield the port."""
    port = _free_port()
    config = folder / "apache.conf"
    modules = Path(program).parents[1] / "lib" / "apache2" / "modules"
    head = redirects.read_text(encoding="utf-8").splitlines()
    rules = "\n".join(line[1:] for line in head if line.startswith("#     "))
    rules = rules.replace("/etc/apache2/media-redirects.txt", str(redirects))
    text = APACHE.format(folder=folder, port=port, modules=modules, rules=rules)
    config.write_text(text, encoding="utf-8")
    with _running([program, "-X", "-f", str(config)], port):
        yield port


def location_of(port: int, host: str, target: str) -> tuple[int, str | None]:
    """Request a target, which is sent as it is, and return status and `Location`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
    try:
        connection.putrequest("GET", target, skip_host=True)
        connection.putheader("Host", host)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location")
    finally:
        connection.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            _wait(process, port)
            yield
        finally:
            process.terminate()


def _wait(process: subprocess.Popen[str], port: int) -> None:
    for _ in range(int(START_SECONDS / STEP_SECONDS)):
        if process.poll() is not None:
            assert process.stderr is not None
            raise AssertionError(process.stderr.read())
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            Event().wait(STEP_SECONDS)
        else:
            return
    raise AssertionError("the web server does not listen")
