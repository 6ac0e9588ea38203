"""Checks whether a host is a loopback or unspecified address."""

import ipaddress
import re
from collections.abc import Iterable

_NAME = re.compile(r"[\w.-]+", re.ASCII)
_WITH_MORE = re.compile(r"^(?:\w+://)?([^/]*).*$", re.ASCII | re.DOTALL)
_AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::\d+)?", re.ASCII)


def host_of(authority: str) -> str | None:
    """The host in an authority such as `[::1]:8000`, in lower case, without brackets and port. None if malformed."""
    match = _AUTHORITY.fullmatch(authority)
    return None if match is None else match[1].strip("[]").lower()


def checked_hosts(name: str, hosts: Iterable[str]) -> list[str]:
    """The names of hosts, without brackets. `name` is that of the argument.

    Raises ValueError for a string in place of a list, and for a host with a scheme, a port or a path.
    """
    if isinstance(hosts, str):
        raise ValueError(f"{name} must be a list of host names, such as [{hosts!r}]")
    return [checked_host(name, host) for host in hosts]


def checked_host(name: str, host: object) -> str:
    """The name of a host, without brackets. Raises ValueError as `checked_hosts` does."""
    bare = host.strip("[]") if isinstance(host, str) else ""
    if bare and (_address(bare) is not None or _NAME.fullmatch(bare) is not None):
        return bare
    inner = host_of(_WITH_MORE.sub(r"\1", host)) if isinstance(host, str) else None
    hint = f"; did you mean {inner!r}?" if inner else ""
    raise ValueError(f"{name} must be a host name without scheme and port, such as example.com: {host!r}{hint}")


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
