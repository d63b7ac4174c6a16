"""Redirect maps for web servers: a `map` block for nginx, a text map of RewriteMap for Apache."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ld_import.exports.left_out import LeftOut
from ld_import.exports.redirect_store import RedirectStore
from ld_import.exports.redirects import Redirect

# Apache reads lines into 1024 bytes, a null byte included, and would take the rest for a new line.
# https://github.com/apache/httpd/blob/2.4.x/modules/mappers/mod_rewrite.c (lookup_map_txtfile)
LONGEST_APACHE_LINE = 1022
# nginx reads its configuration through a buffer of 4096 bytes, which must hold a whole word.
LONGEST_NGINX_WORD = 4000
NGINX_HEAD = """\
# Redirects from legacy URLs to new ones, written by ld-import. Include this file in the block
# `http`, and add to the `server` of the old host:
#
#     if ($media_redirect) { return 301 $media_redirect; }
#
# nginx does not distinguish upper and lower case in these keys.
"""
APACHE_HEAD = """\
# Redirects from legacy URLs to new ones, written by ld-import. Add to the virtual host of the old
# site, with the path of this file (`httxt2dbm` makes a faster `dbm:` of a large one):
#
#     RewriteEngine On
#     RewriteMap media "txt:/etc/apache2/media-redirects.txt"
#     RewriteCond "%{THE_REQUEST}" "^[A-Z]+ (/[^ ]*)"
#     RewriteCond "${media:%{SERVER_NAME}%1}" "^([^?]+)[?](.+)$"
#     RewriteRule "^" "%1?%2" [R=301,L,NE]
#     RewriteCond "%{THE_REQUEST}" "^[A-Z]+ (/[^ ]*)"
#     RewriteCond "${media:%{SERVER_NAME}%1}" "^([^?]+)$"
#     RewriteRule "^" "%1" [R=301,L,NE,QSD]
#
"""
ALIGNMENT = 64


@dataclass(frozen=True, slots=True)
class RedirectMap:
    """A format: how a web server compares URLs, what it cannot read, and the lines of the file.

    `advice` is for items whose legacy URL has another redirect already.
    """

    ignores_case: bool
    advice: str
    refusal: Callable[[Redirect], LeftOut | None]
    lines: Callable[[RedirectStore], Iterator[str]]


def _too_long_for_nginx(redirect: Redirect) -> LeftOut | None:
    if max(map(len, redirect)) <= LONGEST_NGINX_WORD:
        return None
    return LeftOut("a URL is too long for nginx", "write their redirects in another way")


def _too_long_for_apache(redirect: Redirect) -> LeftOut | None:
    if sum(map(len, redirect)) + 1 <= LONGEST_APACHE_LINE:
        return None
    return LeftOut("the URLs are too long for a map of Apache", "write RewriteRules for them")


def _nginx_lines(store: RedirectStore) -> Iterator[str]:
    sizes = store.sizes()
    # A key takes its own length and 10 bytes, a bucket one more pointer; twice that has room for
    # more than one key. http://nginx.org/en/docs/hash.html
    bucket_bytes = max(128, -(-2 * (sizes.longest + 32) // ALIGNMENT) * ALIGNMENT)
    yield NGINX_HEAD
    yield f"map_hash_max_size {max(2048, 2 * sizes.count)};\n"
    yield f"map_hash_bucket_size {bucket_bytes};\n"
    yield "map $host$request_uri $media_redirect {\n"
    for redirect in store:
        yield f"    {_quoted(redirect.old)} {_quoted(redirect.new)};\n"
    yield "}\n"


def _apache_lines(store: RedirectStore) -> Iterator[str]:
    yield APACHE_HEAD
    for redirect in store:
        yield f"{redirect.old} {redirect.new}\n"


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


REDIRECT_MAPS = {
    "nginx": RedirectMap(
        True, "nginx does not distinguish upper and lower case", _too_long_for_nginx, _nginx_lines
    ),
    "apache": RedirectMap(False, "", _too_long_for_apache, _apache_lines),
}
