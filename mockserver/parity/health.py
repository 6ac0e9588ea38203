"""The command `healthcheck`: asks a server whether it answers, for containers and scripts."""

import argparse
import sys
from contextlib import suppress
from threading import Event

from ..domain.clock import Clock

_BETWEEN_TRIES_SECONDS = 0.1
# How long one try waits for an answer.
_PATIENCE_SECONDS = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.description = (
        "Asks a server for GET /health, or for /openapi.json if its version of the API has no /health. The exit code "
        "is 0 if the server answers 200, and 1, after one line on standard error, if it does not."
    )
    parser.add_argument(
        "url",
        metavar="URL",
        nargs="?",
        default="http://127.0.0.1:8000",
        help="the URL of the server (default: %(default)s)",
    )
    parser.add_argument(
        "--wait",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="try again for so many seconds until the server answers (default: ask once)",
    )


def run(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    """Run the command, and return its exit code. If the URL is invalid, it calls `parser.error`."""
    end = Clock.elapsed() + options.wait
    try:
        while (complaint := _complaint(options.url)) is not None and Clock.elapsed() < end:
            Event().wait(_BETWEEN_TRIES_SECONDS)
    except ValueError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        return 130
    if complaint is not None:
        sys.stderr.write(f"{options.url} {complaint}\n")
    return 0 if complaint is None else 1


def _complaint(url: str) -> str | None:
    """What is wrong with a server, or None. Raises ValueError for an invalid URL."""
    from .client import Client, NoAnswer  # Without them, `serve` starts faster.

    try:
        with Client(url, timeout_seconds=_PATIENCE_SECONDS) as connection:
            status = connection.call("GET", "/health").status
            if status == 404:
                status = connection.call("GET", "/openapi.json").status
    except NoAnswer as error:
        return str(error)
    return None if status == 200 else f"answers {status} to GET /health"


def _seconds(text: str) -> float:
    """The number of seconds in an argument. Raises ArgumentTypeError."""
    with suppress(ValueError):
        if 0 <= (seconds := float(text)) < float("inf"):
            return seconds
    raise argparse.ArgumentTypeError(f"must be a number of seconds, at least 0: {text!r}")
