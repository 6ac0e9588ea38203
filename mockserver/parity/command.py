"""The command `check`: its options, what it asks before it writes, and how it ends."""

import argparse
import os
import signal
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

from ..domain.access import EVERYTHING
from ..domain.clock import Clock
from ..hosts import is_loopback, is_unspecified

if TYPE_CHECKING:
    from ..formats.keyring import Keyring
    from .check import Check
    from .recordings import Scenario

_WARNING = """\
{url} is no loopback address. This will make up to {count} workspaces there, whose names all begin with
{prefix}, with peers, sessions and messages in them, and delete them at the end as far as the API
allows. Nothing else there is read or changed.
Go ahead? [y/N] """


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.description = (
        "Plays recorded scenarios against a server, in workspaces of its own that it deletes afterwards, and reports "
        "where the answers are not those of the real server 3.0.7. Ends with 1 where any is not, or the server goes "
        "away; with 2 where nothing could be played."
    )
    parser.add_argument("url", metavar="URL", help="the server's, such as http://127.0.0.1:8000")
    parser.add_argument(
        "--token",
        help="the key to send, an admin's where authentication is on (default: one that --auth-secret signs, or "
        "HONCHO_API_KEY)",
    )
    parser.add_argument(
        "--auth-secret", metavar="SECRET", help="the server's own: plays the scenarios of authentication as well"
    )
    parser.add_argument(
        "--scenario",
        action="append",
        default=[],
        metavar="NAME",
        help="play only this one; may have * in it, and be given more than once (default: all)",
    )
    parser.add_argument(
        "--purge-wait",
        type=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="how long to wait for the server to purge what was deleted (default: 60)",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask before writing to a server elsewhere")


def run(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    """Run the command; the exit code. What keeps it from starting goes to `parser.error`."""
    # Nobody else needs these, and `serve` starts without them.
    from ..formats.keyring import Keyring
    from .check import Check, Unfit
    from .client import Client, NoAnswer
    from .recordings import matching
    from .report import play_all

    try:
        keyring = None if options.auth_secret is None else Keyring(options.auth_secret)
        chosen = matching(options.scenario)
        client = Client(options.url, _token(options, keyring))
    except (ValueError, ImportError) as error:
        parser.error(str(error))
    if isinstance(sys.stdout, TextIOWrapper):  # What was answered may be beyond what the terminal can show.
        sys.stdout.reconfigure(errors="backslashreplace")
    checking = Check(client, keyring, options.purge_wait)
    _heed_signals()
    try:
        checking.look()
        if not (options.yes or _is_here(client.host)) and not _agrees_to(checking, chosen, options.url):
            parser.error("nothing was done; --yes goes ahead without asking")
        return play_all(checking, chosen, lambda line: print(line, flush=True))
    except (Unfit, NoAnswer) as error:
        parser.error(f"{options.url} {error}")
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # Nobody reads on, as with `| head`; nor may the interpreter complain of it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    finally:
        _clean_up(checking)


def _token(options: argparse.Namespace, keyring: "Keyring | None") -> str | None:
    if options.token is None and keyring is not None:
        return keyring.sign(EVERYTHING, Clock().now())
    return options.token or os.environ.get("HONCHO_API_KEY")


def _heed_signals() -> None:
    """Have each signal that ends a job raise KeyboardInterrupt, so that the check cleans up before it ends.

    A shell without job control starts background jobs (`check &`) with SIGINT ignored, and Python then installs no
    handler for it. SIGHUP stays ignored if it was, because nohup relies on that.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is None or (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
            continue
        signal.signal(number, signal.default_int_handler)


def _agrees_to(checking: "Check", chosen: "list[Scenario]", url: str) -> bool:
    """Whether the user says yes; no where nobody can be asked."""
    count = checking.most_workspaces(chosen)
    print(_WARNING.format(url=url, count=count, prefix=checking.prefix), end="", file=sys.stderr, flush=True)
    return sys.stdin is not None and sys.stdin.readline().strip().lower() in ("y", "yes")


def _clean_up(checking: "Check") -> None:
    try:
        checking.clean_up()
    except KeyboardInterrupt:
        print("interrupted again", file=sys.stderr)
    for workspace_id in checking.made:
        print(f"left behind: workspace {workspace_id}", file=sys.stderr)


def _is_here(host: str) -> bool:
    return is_loopback(host) or is_unspecified(host)  # 0.0.0.0, as `serve` says it, is this machine.


def _seconds(text: str) -> float:
    """The seconds that an argument names. Raises ArgumentTypeError."""
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"not a number of seconds from 0 up: {text!r}")
    return number
