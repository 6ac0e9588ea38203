"""The command `compare`: its options, how it begins and ends, and what it prints."""

import argparse
import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING

from ..domain.changes import CONTRACT, version_of
from .confirmation import agrees, is_local
from .interruption import raise_when_served

if TYPE_CHECKING:
    from ..testing.mock import Mock
    from .comparison import Compared, Comparison
    from .visit import Visit

# How long the end waits for the real server before it says so.
_SILENT_SECONDS = 1
_WARNING = """\
{url} is not a loopback address. Each request of your clients is sent there too, in workspaces and
sessions whose names begin with {prefix}. Messages may cost calls of a model there. At the end
these workspaces are deleted as far as the API allows. Nothing else is changed.
Continue? [y/N] """


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command, besides those of a mock."""
    parser.description = (
        "Serves a fake API until Ctrl-C, as `serve` does, and sends each request to a real server too, in workspaces "
        "with unique names. Clients get the answers of the fake. Where the real server answers otherwise, the "
        "difference is printed. At the end, the workspaces on the real server are deleted."
    )
    parser.add_argument("--upstream", metavar="URL", required=True, help="the URL of the real server")
    parser.add_argument(
        "--token", help="the key for the real server; it must be an admin key (default: HONCHO_API_KEY)"
    )
    parser.add_argument(
        "--synchronous", action="store_true", help="answer each request only after the real server has answered it"
    )
    parser.add_argument(
        "--fail-on-difference",
        action="store_true",
        help="exit with 1 if an answer differs, or the real server stops answering",
    )
    parser.add_argument("--yes", action="store_true", help="write to a server on another machine without asking")


def prepared(parser: argparse.ArgumentParser, options: argparse.Namespace) -> "Visit":
    """The visit to the real server. Sets `options.api_version` if it is None.

    Calls `parser.error` if the command cannot start. A server that does not answer is no such reason.
    """
    # Only `compare` needs these: without them, `serve` starts faster.
    from .client import Client, NoAnswer
    from .visit import Unfit, Visit

    # With a secret, both servers have it, and the tokens of the clients are used.
    token = _admin_token(parser, options) if options.auth_secret else options.token or os.environ.get("HONCHO_API_KEY")
    try:
        visit = Visit(Client(options.upstream, token))
    except ValueError as error:
        parser.error(f"--upstream: {error}")
    warning = _WARNING.format(url=options.upstream, prefix=visit.prefix)
    if not (options.yes or is_local(visit.client.host)) and not agrees(warning):
        parser.error("nothing was done; --yes continues without asking")
    try:
        visit.look()
    except Unfit as error:
        parser.error(f"--upstream: {options.upstream} {error}")
    except NoAnswer as error:
        _say(f"{options.upstream} {error}")
    finally:
        visit.client.close()
    if options.api_version is None:
        options.api_version = _version(visit.version)
    return visit


def begin(visit: "Visit", mock: "Mock", options: argparse.Namespace) -> "Comparison":
    """The comparison of a mock with the server of the visit."""
    from .backlog import MOST_WAITING, Backlog
    from .comparison import Comparison
    from .naming import Namer

    if isinstance(sys.stdout, TextIOWrapper):  # An answer may have characters that the terminal cannot show.
        sys.stdout.reconfigure(errors="backslashreplace")
    raise_when_served()
    mock.observer = comparison = Comparison(
        visit,
        mock,
        namer=Namer(options.auth_secret),
        found=_print_differences,
        say=_say,
        backlog=Backlog(0 if options.synchronous else MOST_WAITING),
        shares_secret=bool(options.auth_secret),
    )
    return comparison


def end(comparison: "Comparison", options: argparse.Namespace) -> int:
    """Finish what waits, clean up, print the counts, and return the exit code."""
    visit = comparison.visit
    try:
        _wait(comparison)
        comparison.close()
        visit.clean_up()
    except KeyboardInterrupt:
        _say("interrupted again")
    for workspace_id in visit.created:
        _say(f"left behind: workspace {workspace_id}")
    with suppress(OSError):
        for line in comparison.groups.lines("try `--quirks live`"):
            print(line)
        if comparison.is_exhausted:
            print("There were too many differences to find the quirks of all.")
        for reason, count in comparison.not_compared.items():
            print(f"not compared {count}: {reason}")
        not_compared = comparison.not_compared.total()
        total = comparison.agree + comparison.differ + not_compared
        print(
            f"{comparison.agree} of {total} answers agree, {comparison.differ} differ, {not_compared} not compared",
            flush=True,
        )
    return 1 if options.fail_on_difference and (comparison.differ or comparison.is_broken) else 0


def _wait(comparison: "Comparison") -> None:
    """Wait until all requests are compared, or the user interrupts it."""
    try:
        if not comparison.wait(_SILENT_SECONDS):
            _say("the last requests wait for the real server; Ctrl-C leaves them out")
            comparison.wait()
    except KeyboardInterrupt:
        _say("interrupted: the last requests are not compared")


def _admin_token(parser: argparse.ArgumentParser, options: argparse.Namespace) -> str:
    from ..domain.access import EVERYTHING
    from ..domain.clock import Clock
    from ..formats.keyring import Keyring

    try:
        return Keyring(options.auth_secret).sign(EVERYTHING, Clock().now())
    except (ValueError, ImportError) as error:
        parser.error(str(error))


def _version(named: str | None) -> str:
    """The version for the fake, if the real server names this one."""
    if named is None:
        return CONTRACT
    try:
        return version_of(named)
    except ValueError:
        _say(f"the real server names version {named[:40]!r}, which is not known; the fake behaves as {CONTRACT}")
        return CONTRACT


def _print_differences(compared: "Compared") -> None:
    from .report import lines_of

    if compared.outcome.differences:
        with suppress(OSError):  # The reader of the output has closed it.
            print(
                "\n".join([compared.exchange.line, *lines_of(compared.outcome.differences, compared.quirks)]),
                flush=True,
            )


def _say(text: str) -> None:
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)
