"""Checks whether a host is a loopback or unspecified address."""

import ipaddress
import re

_AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::\d+)?", re.ASCII)


def host_of(authority: str) -> str | None:
    """The host in an authority such as `[::1]:8000`, in lower case, without brackets and port. None if malformed."""
    match = _AUTHORITY.fullmatch(authority)
    return None if match is None else match[1].strip("[]").lower()


def is_loopback(host: str) -> bool:
    """Whether a host in lower case, without a port, is `localhost` or a loopback address. Names are not resolved."""
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def is_unspecified(host: str) -> bool:
    """Whether a host is 0.0.0.0 or ::, with which a server listens on all interfaces."""
    address = _address(host)
    return address is not None and address.is_unspecified


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
