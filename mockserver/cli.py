"""The command line: `serve`, `demo` and `check`."""

import argparse
import ipaddress
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

from .server import listen, serve, url_of
from .testing.fixtures import fixture
from .testing.mock import Mock
from .testing.worlds import WorldError

_LOG_LEVELS = ("critical", "error", "warning", "info", "debug", "trace")
_DEMO = """\
A fake Honcho API with a demo world: the workspace 'demo', its peers alice, bob and tutor, and four sessions,
one of them deleted and not purged yet.
Try, in another terminal:

  curl -s -X POST {url}/v3/workspaces/demo/sessions/list
  curl -s -X POST {url}/v3/workspaces/demo/sessions/algebra/messages/list
  curl -s -X POST {url}/v3/workspaces/demo/sessions/list -H 'content-type: application/json' \\
       -d '{{"filters": {{"metadata": {{"mood": {{"contains": "curious"}}}}}}}}'
  curl -s -X POST {url}/v3/workspaces/demo/sessions/algebra/clone
  curl -s -X POST {url}/v3/workspaces/demo/peers/bob/sessions
  curl -s -X POST {url}/_mock/reset

Its own description: {url}/openapi.json   Stop it with Ctrl-C."""


class _Parser(argparse.ArgumentParser):
    """Tells what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message}\n")


class _Version(argparse.Action):
    """Prints the version; it is looked up only when it is asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str, **more: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **more)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print(parser.prog, version("honcho-mockserver"))
        parser.exit()


_WARNING = """\
{url} is not on this machine. This will make {count} workspaces on it, whose names all begin with
{prefix}, with peers, sessions and messages in them, and delete them at the end as far as the API
allows. Nothing else on it is read or changed."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit.

    0: it was ended, or a check found nothing. 1: a check found a difference. 2, with one line on stderr: it could not
    start. 130: a check was interrupted.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command == "check":
        sys.exit(_check(parser, options))
    with suppress(KeyboardInterrupt):
        _serve(parser, options)
    sys.exit(0)


def _serve(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    is_demo = options.command == "demo"
    try:
        world = fixture("demo.json") if is_demo else options.world
        mock = Mock(
            quirks=options.quirks, world=world, purge_after=options.purge_after, auth_secret=options.auth_secret
        )
        listener = listen(options.host, options.port)
    except WorldError as error:
        first, *others = error.complaints
        parser.error(f"{first} (and {len(others)} more)" if others else first)
    except (ValueError, ImportError) as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(f"cannot listen on {options.host}:{options.port}: {error.strerror or error}")
    url = url_of(options.host, listener)

    def announce() -> None:
        print(url, flush=True)
        if is_demo:
            print(_DEMO.format(url=url), flush=True)

    hosts = [options.host, *options.allow_host]
    serve(mock, listener, ready=announce, allow_hosts=hosts, log_level=options.log_level)


def _check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    from .domain.access import EVERYTHING
    from .domain.clock import Clock
    from .parity.check import Check
    from .parity.connection import Connection, NoAnswer
    from .parity.recordings import matching
    from .parity.renaming import workspaces_of
    from .parity.report import play_all
    from .wire.keys import Keyring

    try:
        keyring = None if options.auth_secret is None else Keyring(options.auth_secret)
        token = options.token or (keyring.sign(EVERYTHING, Clock().now()) if keyring is not None else None)
        connection = Connection(options.url, token)
        chosen = matching(options.scenario)
    except (ValueError, ImportError) as error:
        parser.error(str(error))
    check = Check(connection, keyring, options.purge_wait)
    if not (options.yes or _is_loopback(connection.host)):
        count = 1 + sum(len(workspaces_of(scenario)) for scenario in chosen)
        print(_WARNING.format(url=options.url, count=count, prefix=check.prefix), file=sys.stderr)
        if not _agreed():
            parser.error("nothing was done; --yes goes ahead without asking")
    try:
        connection.call("GET", "/health")
    except NoAnswer as error:
        parser.error(f"{options.url} does not answer: {error}")
    try:
        return 0 if play_all(check, chosen, lambda line: print(line, flush=True)) else 1
    except KeyboardInterrupt:
        return 130
    finally:
        for workspace_id in check.clean_up():
            print(f"left behind: workspace {workspace_id}", file=sys.stderr)
        connection.close()


def _agreed() -> bool:
    """Whether the user says yes; no where nobody can be asked."""
    print("Go ahead? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin is not None and sys.stdin.readline().strip().lower() in ("y", "yes")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="honcho-mockserver", description="A fake Honcho API, held in memory.")
    parser.add_argument("--version", action=_Version, help="show the version and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="{serve,demo,check}")
    serving = commands.add_parser("serve", help="serve a fake API until Ctrl-C; the first line printed is its URL")
    serving.add_argument("--world", metavar="FILE", help="the JSON file of the world to start with (default: empty)")
    demo = commands.add_parser("demo", help="serve a demo world, and print a few commands to try")
    demo.set_defaults(world=None)
    _add_check(commands.add_parser("check", help="hold a server to the recordings of the real one, over HTTP"))
    for command, wait in ((serving, 2.0), (demo, None)):
        command.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
        command.add_argument("--port", type=_port, default=8000, help="0 takes a free one (default: %(default)s)")
        command.add_argument(
            "--quirks", default="none", metavar="NAMES", help="none, live, or names separated by commas (default: none)"
        )
        command.add_argument(
            "--purge-after",
            type=_seconds,
            default=wait,
            metavar="SECONDS",
            help=f"how long what was deleted waits for its purge; none: until asked for (default: {wait or 'none'})",
        )
        command.add_argument(
            "--allow-host",
            action="append",
            default=[],
            metavar="NAME",
            help="a name beside loopback under which /_mock/ answers; may be given more than once",
        )
        command.add_argument(
            "--auth-secret", metavar="SECRET", help="let in only tokens that are signed with this (default: anyone)"
        )
        command.add_argument("--log-level", choices=_LOG_LEVELS, default="warning", help="(default: %(default)s)")
    return parser


def _add_check(checking: argparse.ArgumentParser) -> None:
    checking.description = (
        "Plays recorded scenarios against a server, in workspaces of its own that it deletes afterwards, and reports "
        "where the answers are not those of the real server 3.0.7. Ends with 1 if any is not."
    )
    checking.add_argument("url", metavar="URL", help="the server's, such as http://127.0.0.1:8000")
    checking.add_argument(
        "--token",
        default=os.environ.get("HONCHO_API_KEY"),
        help="the key to send, an admin's where authentication is on (default: HONCHO_API_KEY)",
    )
    checking.add_argument(
        "--auth-secret", metavar="SECRET", help="the server's own: plays the scenarios of authentication as well"
    )
    checking.add_argument(
        "--scenario",
        action="append",
        default=[],
        metavar="NAME",
        help="play only this one; may have * in it, and be given more than once (default: all)",
    )
    checking.add_argument(
        "--purge-wait",
        type=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="how long to wait for the server to purge what was deleted (default: 60)",
    )
    checking.add_argument("--yes", action="store_true", help="do not ask before writing to a server elsewhere")


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"not a port: {text!r}")
    return int(text)


def _seconds(text: str) -> float | None:
    if text == "none":
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"not a number of seconds from 0 up, nor none: {text!r}")
    return seconds
