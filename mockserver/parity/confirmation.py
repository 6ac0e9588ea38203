"""Asks the user before a command writes to a server on another machine."""

import sys

from ..hosts import is_loopback, is_unspecified


def is_local(host: str) -> bool:
    """Whether a server at this host runs on this machine."""
    return is_loopback(host) or is_unspecified(host)  # `serve --host 0.0.0.0` prints this URL.


def agrees(question: str) -> bool:
    """Whether the user answers the question with yes. Without a standard input, the answer is no."""
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin is not None and sys.stdin.readline().strip().lower() in ("y", "yes")
