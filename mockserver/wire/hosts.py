"""What the name of a host says of where it is."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether a host, in lower case and without a port, is the loopback of this machine by its very name."""
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def is_unspecified(host: str) -> bool:
    """Whether it is 0.0.0.0 or ::, on which a server listens to all."""
    address = _address(host)
    return address is not None and address.is_unspecified


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
