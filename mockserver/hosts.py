"""Which hosts are loopback or unspecified addresses."""

import ipaddress
import re

_AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::\d+)?", re.ASCII)


def host_of(authority: str) -> str | None:
    """The host, in lower case and without brackets, of a host with or without a port. None if it is malformed."""
    match = _AUTHORITY.fullmatch(authority)
    return None if match is None else match[1].strip("[]").lower()


def is_loopback(host: str) -> bool:
    """Whether a host, in lower case and without a port, is `localhost` or a loopback address. It looks up no name."""
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
