"""Redirect maps: read by real web servers, and safe whatever a URL contains."""

from __future__ import annotations

import pytest

from ld_import.cli.commands.ledger.export_formats import write_redirects
from ld_import.exports.redirect_store import RedirectStore
from ld_import.exports.redirects import Redirect, redirect_of
from tests.exports import web_servers
from tests.exports.rows import image_row

# Paths and queries of legacy URLs that could act in a configuration.
NASTY = (
    "/plain.jpg",
    "/same?a=1?b=2",
    "/show?id=7&size=large",
    "/show?id=8",
    "/a b.jpg",
    "/Zürich.jpg",
    '/quote".jpg',
    "/it's.jpg",
    "/semi;colon.jpg",
    "/$host/${document_root}.jpg",
    "/{brace}.jpg",
    "/back?a=\\n\\",
    "/hash?q=a%23b",
    "/~regex.*$",
    "/line\nbreak.jpg",
    "/percent%20%c3%BC.jpg",
    "/[list]|or^.jpg",
    "/" + "long" * 100 + ".jpg",
)


def rows():
    """Return one row for each nasty URL; the new URLs have the same texts, or lose the query."""
    lost = image_row(
        url="http://old.example/lost?id=9", originalUrl="https://cdn.example/9.jpg", externalId="x"
    )
    return [lost] + [
        image_row(
            externalId=f"p{number}",
            url=f"http://Old.Example{path}",
            originalUrl=f"https://cdn.example/new{path}",
        )
        for number, path in enumerate(NASTY)
    ]


def written(folder, server, items):
    """Write a map, and return its path and the groups of items that are left out."""
    path = folder / f"{server}.map"
    result = write_redirects(items, path, server=server)
    return path, {group.left_out.reason: group.count for group in result.left_out.sorted()}


def check(port):
    """Check that the server redirects each URL that a browser requests, and nothing else."""
    for row in rows():
        asked, expected = redirect(row)
        found = web_servers.location_of(port, "OLD.example:80", asked)
        assert found == (301, expected), row["url"]
    for other in ("/", "/other.jpg", "/show?id=9", "/show", "/plain.jpg?v=1"):
        assert web_servers.location_of(port, "old.example", other) == (404, None)
    assert web_servers.location_of(port, "other.example", "/plain.jpg")[0] == 404


def redirect(row):
    """Return the target that a browser sends for the legacy URL, and the new URL."""
    found = redirect_of(row)
    assert isinstance(found, Redirect)
    return found.old.removeprefix("old.example"), found.new


@pytest.mark.parametrize("server", ["nginx", "apache"])
def test_real_web_server(server, tmp_path):
    """The web server starts with the map, and redirects each URL as the map says."""
    program = web_servers.program_of(*{"nginx": ["nginx"], "apache": ["apache2", "httpd"]}[server])
    if program is None:
        pytest.skip(f"{server} is not installed (Debian: nginx-light, apache2-bin)")
    path, left_out = written(tmp_path, server, rows())
    assert left_out == {}

    with getattr(web_servers, server)(program, tmp_path, path) as port:
        check(port)


@pytest.mark.parametrize("server", ["nginx", "apache"])
def test_one_line_for_each_redirect(server, tmp_path):
    """Each redirect is one line of ASCII, and no URL adds a line or a word."""
    path, _ = written(tmp_path, server, rows())

    lines = path.read_text(encoding="ascii").splitlines()
    shown = [line for line in lines if "cdn.example" in line]
    assert len(shown) == len(rows())
    words = [len(line.split()) for line in shown]
    assert set(words) == {2}


@pytest.mark.parametrize(("server", "kept"), [("nginx", 2), ("apache", 3)])
def test_first_of_a_shared_url(server, kept, tmp_path):
    """The first item with a legacy URL wins, and nginx ignores case; equal redirects are one."""
    urls = ("/a.jpg", "/A.jpg", "/a.jpg", "/b.jpg")
    items = [
        image_row(
            externalId=f"p{number}",
            url=f"http://old.example{url}",
            originalUrl=f"https://cdn.example/{number}.jpg",
        )
        for number, url in enumerate(urls)
    ]
    path, left_out = written(tmp_path, server, [*items, items[0]])

    lines = [line for line in path.read_text().splitlines() if "cdn.example" in line]
    assert (len(lines), sum(left_out.values())) == (kept, 4 - kept)
    assert "cdn.example/0.jpg" in lines[0]


@pytest.mark.parametrize(("server", "length"), [("nginx", 4000), ("apache", 970)])
def test_long_urls(server, length, tmp_path):
    """A URL that a web server cannot read is left out; the longest that it can read is not."""
    items = [
        image_row(
            externalId=f"p{extra}",
            url="http://old.example/".ljust(len("http://") + length + extra, "x"),
            originalUrl="https://cdn.example/".ljust(51 if server == "apache" else 30, "y"),
        )
        for extra in (-1, 0, 1)
    ]
    path, left_out = written(tmp_path, server, items)

    assert sum(left_out.values()) == 1
    program = web_servers.program_of(*{"nginx": ["nginx"], "apache": ["apache2", "httpd"]}[server])
    if program is None:
        pytest.skip(f"{server} is not installed (Debian: nginx-light, apache2-bin)")
    with getattr(web_servers, server)(program, tmp_path, path) as port:
        asked = items[1]["url"].removeprefix("http://old.example")
        assert web_servers.location_of(port, "old.example", asked)[0] == 301


def test_nginx_hash_has_room(tmp_path):
    """The sizes of the hash table grow with number and length of the keys."""
    sizes = []
    for count, length in ((1, 10), (3000, 10), (3000, 500)):
        items = [
            image_row(
                url=f"http://old.example/{'x' * length}{number}",
                originalUrl=f"https://cdn.example/{number}",
            )
            for number in range(count)
        ]
        path, _ = written(tmp_path, "nginx", items)
        lines = path.read_text().splitlines()
        sizes.append([int(line.split()[1].strip(";")) for line in lines if "_hash_" in line])

    assert sizes[0][0] == 2048
    assert [size[0] >= 6000 for size in sizes] == [False, True, True]
    assert sizes[2][1] >= 540
    assert all(size[1] % 64 == 0 for size in sizes)


def test_store_keeps_the_order():
    """Redirects leave the store in the order they were added."""
    redirects = [Redirect(f"old.example/{number}", "https://n.example/") for number in (3, 1, 2)]
    with RedirectStore(ignores_case=False) as store:
        assert [store.add(one) for one in redirects] == [True, True, True]
        assert store.add(redirects[1])
        assert not store.add(redirects[1]._replace(new="https://other.example/"))

        assert list(store) == redirects


def pairs(*moves):
    """Return one row for each legacy URL and its new URL."""
    return [
        image_row(externalId=f"p{number}", url=old, originalUrl=new)
        for number, (old, new) in enumerate(moves)
    ]


@pytest.mark.parametrize("server", ["nginx", "apache"])
def test_new_addresses_are_never_redirected(server, tmp_path):
    """A legacy URL that is the new address of an item gets no redirect: loops and chains."""
    host = "https://media.example"
    items = pairs(
        # A loop of two, and a chain whose second redirect would hide the first file.
        (f"{host}/a.jpg", f"{host}/b.jpg"),
        (f"{host}/b.jpg", f"{host}/a.jpg"),
        ("http://old.example/c.jpg", f"{host}/c/./c.jpg"),
        ("http://media.example/c/c.jpg", "https://cdn.example/c.jpg"),
        ("http://old.example/d.jpg", "https://cdn.example/d.jpg"),
    )

    path, left_out = written(tmp_path, server, items)

    lines = [line for line in path.read_text().splitlines() if ".example/" in line]
    shown = [line.split()[0].strip('"') for line in lines if not line.startswith("#")]
    assert shown == ["old.example/c.jpg", "old.example/d.jpg"]
    assert left_out == {"the legacy URL is the new address of an item": 3}


@pytest.mark.parametrize(("server", "kept"), [("nginx", 0), ("apache", 1)])
def test_addresses_that_differ_in_case(server, kept, tmp_path):
    """nginx would answer the new address with a redirect to itself for ever."""
    items = pairs(("http://media.example/A.jpg", "https://media.example/a.jpg"))

    path, left_out = written(tmp_path, server, items)

    assert path.read_text().count("media.example/A.jpg") == kept
    assert sum(left_out.values()) == 1 - kept
