"""The command `record`: its options, and the proxy that it serves."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .matching import ReceivedAnswer
    from .proxy import Proxy
    from .recorder import Recorder
    from .sent import SentRequest

_WARNING = """\
{url} is not a loopback address. The proxy passes every request of its clients on to it. It sends
none of its own, and deletes nothing.
Continue? [y/N] """


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.description = (
        "Passes requests on to a real server, and its answers back, until Ctrl-C. It writes both to a file that "
        "`check --recordings` plays against any server. The file has the contents of messages, so only you can read "
        "it. It has no credentials: no Authorization, Cookie or X-Api-Key header, no user in a URL, and no key that "
        "the server made. It does not have the purges, which happen in the background of the server. The proxy deletes "
        "nothing on the server."
    )
    parser.add_argument("--upstream", metavar="URL", required=True, help="the URL of the real server")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        default=Path("recording.jsonl"),
        help="the file to write (default: %(default)s)",
    )
    parser.add_argument("--force", action="store_true", help="overwrite the file if it exists")
    parser.add_argument(
        "--yes", action="store_true", help="pass requests on to a server on another machine without asking"
    )


def prepared(parser: argparse.ArgumentParser, options: argparse.Namespace) -> "tuple[Proxy, Recorder]":
    """The proxy, and the recorder of its requests. Calls `parser.error` if the command cannot start."""
    # Only `record` needs these: without them, `serve` starts faster.
    from .client import Client
    from .confirmation import agrees, is_local
    from .proxy import Proxy
    from .recorder import Recorder

    try:
        host = Client(options.upstream).host
    except ValueError as error:
        parser.error(f"--upstream: {error}")
    if not (options.yes or is_local(host)) and not agrees(_WARNING.format(url=options.upstream)):
        parser.error("nothing was done; --yes continues without asking")
    try:
        recorder = Recorder(options.output, "recorded by a proxy", overwrite=options.force)
    except FileExistsError:
        parser.error(f"{options.output} exists; --force overwrites it")
    except OSError as error:
        parser.error(f"cannot write {options.output}: {error.strerror or error}")

    def observe(request: "SentRequest", answer: "ReceivedAnswer") -> None:
        try:
            recorder.record(request, answer)
        except Exception as error:  # noqa: BLE001 - the client gets its answer, whatever it is
            print(f"not recorded: {request.method} {request.path}: {error!r}"[:300], file=sys.stderr, flush=True)

    return Proxy(lambda: Client(options.upstream, timeout_seconds=300), observe), recorder


def report(recorder: "Recorder", options: argparse.Namespace) -> None:
    """Print what was recorded."""
    requests = "request" if recorder.steps == 1 else "requests"
    print(f"{recorder.steps} {requests} in {options.output}", file=sys.stderr, flush=True)
