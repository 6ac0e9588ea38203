"""The command `check`: its options, its confirmation prompt, and its exit codes."""

import argparse
import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.access import EVERYTHING
from ..domain.changes import CONTRACT, version_of
from ..domain.clock import Clock
from .confirmation import agrees, is_local
from .interruption import raise_on_signals

if TYPE_CHECKING:
    from ..formats.keyring import Keyring
    from .check import Check
    from .recordings import Scenario

_WARNING = """\
{url} is not a loopback address. The check creates up to {count} workspaces there, with peers, sessions
and messages. Their names begin with {prefix}. At the end it deletes them as far as the API
allows. It reads and changes nothing else.
Continue? [y/N] """


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.description = (
        "Plays recorded scenarios against a server, and reports each answer that differs from the answer of the real "
        "server of the same version. It creates workspaces with unique names, and deletes them afterwards. It groups "
        "the differences by the quirks that explain them, and all others by operation and field, with an example of "
        "each group. The exit code is 1 if an answer differs or the server stops answering, and 2 if no scenario can "
        "be played."
    )
    parser.add_argument("url", metavar="URL", help="the URL of the server, such as http://127.0.0.1:8000")
    parser.add_argument(
        "--token",
        help="the key to send; if authentication is on, it must be an admin key (default: a key that is signed with "
        "--auth-secret, or HONCHO_API_KEY)",
    )
    parser.add_argument(
        "--auth-secret", metavar="SECRET", help="the secret of the server; enables the scenarios of authentication"
    )
    _add_choice(parser)
    parser.add_argument(
        "--purge-wait",
        type=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="how long to wait until the server has purged deleted sessions (default: 60)",
    )
    parser.add_argument(
        "--verbose", action="store_true", help="also print each difference with its request, when it is found"
    )
    parser.add_argument("--yes", action="store_true", help="write to a server on another machine without asking")


def _add_choice(parser: argparse.ArgumentParser) -> None:
    """Declare the options that choose what to play."""
    parser.add_argument(
        "--api-version",
        metavar="VERSION",
        help="play the recordings of this version of the API (default: the version that the server's /openapi.json "
        f"names if there are recordings of it, otherwise {CONTRACT})",
    )
    parser.add_argument(
        "--scenario",
        action="append",
        default=[],
        metavar="NAME",
        help="play only this scenario; * matches any text; repeatable (default: all)",
    )
    parser.add_argument(
        "--recordings",
        action="extend",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE",
        help="play these files of `record`, or all files in a folder that end in .jsonl, instead of the recordings "
        "of the package",
    )


def run(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    """Run the command, and return its exit code. If it cannot start, it calls `parser.error` with the reason."""
    # Only `check` needs these: without them, `serve` starts faster.
    from ..formats.keyring import Keyring
    from .check import Check
    from .client import Client, NoAnswer
    from .recordings import matching
    from .visit import Unfit

    if options.api_version is not None and options.recordings:
        parser.error("--api-version chooses recordings of the package, so it does not go with --recordings")
    try:
        keyring = None if options.auth_secret is None else Keyring(options.auth_secret)
        version = None if options.api_version is None else version_of(options.api_version)
        chosen = matching(options.scenario, options.recordings, version or CONTRACT)
        client = Client(options.url, _token(options, keyring))
    except (ValueError, ImportError) as error:
        parser.error(str(error))
    if isinstance(sys.stdout, TextIOWrapper):  # An answer may have characters that the terminal cannot show.
        sys.stdout.reconfigure(errors="backslashreplace")
    checking = Check(client, keyring, options.purge_wait)
    raise_on_signals()
    try:
        checking.look()
        if version is None and not options.recordings and checking.version not in (None, CONTRACT):
            version, notice = _version_to_play(str(checking.version))
            chosen = matching(options.scenario, version=version)
            print(notice, flush=True)
        if not (options.yes or is_local(client.host)) and not _user_agrees(checking, chosen, options.url):
            parser.error("nothing was done; --yes continues without asking")
        return _play(checking, chosen, version, options)
    except (Unfit, NoAnswer) as error:
        parser.error(f"{options.url} {error}")
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # Expected with `| head`. Python must not report it when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    finally:
        _clean_up(checking)


def _play(checking: "Check", chosen: "list[Scenario]", version: str | None, options: argparse.Namespace) -> int:
    """Play the scenarios, print what differs, and return the exit code."""
    from .explaining import Explainer
    from .report import play_all

    if version is None:  # The recordings are a user's, and say nothing about the version.
        with suppress(ValueError):
            version = version_of(checking.version or CONTRACT)
    with Explainer(version or CONTRACT, options.auth_secret) as explainer:
        return play_all(checking, chosen, lambda line: print(line, flush=True), explainer, verbose=options.verbose)


def _version_to_play(named: str) -> tuple[str, str]:
    """Of which version to play the recordings against a server that names this version, and a sentence about it."""
    from .recordings import recordings_of

    try:
        version = recordings_of(version_of(named))
    except ValueError:
        return CONTRACT, (
            f"The server names version {named[:40]!r}. There are no recordings of it, so the check plays those of "
            f"{CONTRACT}."
        )
    return version, f"The server names version {named}. The check plays the recordings of {version}."


def _token(options: argparse.Namespace, keyring: "Keyring | None") -> str | None:
    if options.token is None and keyring is not None:
        return keyring.sign(EVERYTHING, Clock().now())
    return options.token or os.environ.get("HONCHO_API_KEY")


def _user_agrees(checking: "Check", chosen: "list[Scenario]", url: str) -> bool:
    """Whether the user answers yes. Without a standard input, the answer is no."""
    count = checking.most_workspaces(chosen)
    return agrees(_WARNING.format(url=url, count=count, prefix=checking.prefix))


def _clean_up(checking: "Check") -> None:
    try:
        checking.clean_up()
    except KeyboardInterrupt:
        print("interrupted again", file=sys.stderr)
    for workspace_id in checking.created:
        print(f"left behind: workspace {workspace_id}", file=sys.stderr)


def _seconds(text: str) -> float:
    """The number of seconds in an argument. Raises ArgumentTypeError."""
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number of seconds, at least 0: {text!r}")
    return number
