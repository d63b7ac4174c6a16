"""Addresses that a manifest must not reach."""

from __future__ import annotations

import pytest

from ld_import.assets.sources.addresses import METADATA, address_of, is_permitted, permitted

PRIVATE = (
    *("10.1.2.3", "172.16.0.1", "192.168.1.1", "127.0.0.1", "127.1.2.3", "0.0.0.0"),  # noqa: S104
    *("169.254.1.1", "100.64.0.1", "100.127.255.254", "192.0.2.1", "198.18.0.1", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1"),
    *("::ffff:10.0.0.1", "::ffff:127.0.0.1", "::10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1"),
    *("2002:0a00:0001::1", "2001:0:1::1", "2001:db8::1"),
)
MULTICAST = ("224.0.0.1", "239.1.1.1", "ff02::1", "ff0e::1", "::ffff:224.0.1.1")
PUBLIC = ("8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8")


@pytest.mark.parametrize("text", PRIVATE)
def test_private_addresses(text):
    """Addresses of networks that are not of the internet need a permission."""
    address = address_of(text)

    assert address is not None
    assert not is_permitted(address, allow_private=False)
    assert is_permitted(address, allow_private=True)


@pytest.mark.parametrize("text", MULTICAST)
def test_multicast(text):
    """A group of hosts has no files."""
    address = address_of(text)

    assert address is not None
    assert not is_permitted(address, allow_private=True)


@pytest.mark.parametrize("text", [*sorted(map(str, METADATA)), "::ffff:169.254.169.254"])
def test_metadata(text):
    """The addresses with the credentials of a machine are never permitted."""
    address = address_of(text)

    assert address is not None
    assert not is_permitted(address, allow_private=True)


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses(text):
    """Addresses of the internet are permitted."""
    assert permitted([text, "10.0.0.1", "not an address"], allow_private=False) == [text]
