"""The command line: `serve`, `demo`, `compare`, `check`, `record`, `healthcheck`, `contract` and `versions`."""

import argparse
import errno
import json
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from .asgi import OPERATIONS
from .command_parser import CommandParser
from .domain.changes import VERSIONS, version_of
from .domain.profile import table_of_changes
from .domain.tokens import is_tokenizer_installed
from .extras import needs
from .hosts import checked_host
from .server import listen, serve, serve_app, url_of
from .streams import discard_output, open_missing, when_input_ends
from .testing.data import data_file
from .testing.environment import options_from_environment
from .testing.files import replace
from .testing.mock import Mock
from .testing.options import OPTIONS
from .testing.worlds.read import WorldError

if TYPE_CHECKING:
    from .demo import DemoPlayer

_LOG_LEVELS = ("critical", "error", "warning", "info", "debug", "trace")
_DEMO = """\
A fake Honcho API with a demo world: the workspace 'demo', its peers alice, bob and tutor, and four sessions,
one of which is deleted and will be purged soon.
Try, in another terminal:

  curl -s -X POST {url}/v3/workspaces/demo/sessions/list
  curl -s -X POST {url}/v3/workspaces/demo/sessions/algebra/messages/list
  curl -s -X POST {url}/v3/workspaces/demo/sessions/list -H 'content-type: application/json' \\
       -d '{{"filters": {{"metadata": {{"mood": {{"contains": "curious"}}}}}}}}'
  curl -s -X POST {url}/v3/workspaces/demo/sessions/algebra/clone
  curl -s -X POST {url}/v3/workspaces/demo/peers/bob/sessions
{control}
The reference of all operations: {url}/docs   Stop it with Ctrl-C."""
_CONTROL = """\
  curl -s {url}/_mock/requests
  curl -s -X POST {url}/_mock/reset
"""
_SERVE = """\
Serves a fake API until Ctrl-C. The first line on standard output is its URL, for scripts; the page at /_mock/ under
that URL shows its state. It begins empty, or with a world.

  honcho-mockserver serve --port 0                              on a free port
  honcho-mockserver serve --open                                with the page in the browser
  honcho-mockserver serve --world world.json --quirks live      with a state, as the live server behaves
  honcho-mockserver serve --host 0.0.0.0 --allow-host honcho    in a container with the name honcho

Environment variables such as HONCHO_MOCK_QUIRKS and HONCHO_MOCK_WORLD set the defaults of the options of the mock."""
_DEMO_HELP = """\
Serves a demo world on which a scripted conversation runs: a session is cloned, the clone is deleted, and purged. It
prints a few commands to try.

  honcho-mockserver demo --open      with the page in the browser
  honcho-mockserver demo --paused    without the conversation, until you start it"""
_PLAYS = "A scripted conversation is running. Pause it on the page or with POST {url}/_mock/play/pause."
_IS_PAUSED = "A scripted conversation is paused; the page or POST {url}/_mock/play/resume starts it."


class _Collect(argparse.Action):
    """Collects the arguments of a repeatable option. The first one replaces the default."""

    def __call__(self, _: Any, namespace: argparse.Namespace, value: Any, option_string: str | None = None) -> None:  # noqa: ARG002 - the signature is argparse's
        given = getattr(namespace, self.dest)
        setattr(namespace, self.dest, [*([] if given is self.default else given), value])


class _Version(argparse.Action):
    """Prints the version. The lookup takes time, so it is done only here."""

    def __init__(self, option_strings: Sequence[str], dest: str, **more: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **more)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print(parser.prog, version("honcho-mockserver"))
        parser.exit()


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit.

    Without a command it prints the help. The exit code is 0 if the user stopped the server, the check found no
    difference, or the contract is written. It is 2, after one line on standard error, if the command could not start.
    `compare`, `check` and `healthcheck` also exit with 1 or 130, and `record` with 130. SIGTERM and SIGHUP end `serve`
    and `demo` by the signal itself.
    """
    open_missing()
    whole = _parser(_command_in(arguments))
    options = whole.read(arguments)
    if options.command is None:
        whole.print_help()
        sys.exit(0)
    parser: CommandParser = options.parser
    if options.command in ("serve", "demo", "compare"):
        options = _with_environment(whole, options, arguments)
    if options.command == "check":
        from .parity import command as check  # Here as elsewhere: without it, `serve` starts faster.

        sys.exit(check.run(parser, options))
    if options.command == "healthcheck":
        from .parity import health

        sys.exit(health.run(parser, options))
    if options.command == "compare":
        sys.exit(_compare(parser, options))
    if options.command == "record":
        _record(parser, options)
        sys.exit(0)
    if options.command == "contract":
        _print_contract(parser, options)
    elif options.command == "versions":
        _print(parser, table_of_changes(options.old, options.new))
    else:
        with suppress(KeyboardInterrupt):
            _serve(parser, options, *_prepared(parser, options))
    sys.exit(0)


def _with_environment(
    whole: CommandParser, options: argparse.Namespace, arguments: Sequence[str] | None
) -> argparse.Namespace:
    """The options of a server: those of the arguments, then those of environment variables, then the defaults.

    Arguments:
        options: The same without those of environment variables.
    """
    parser: CommandParser = options.parser
    try:
        environment = options_from_environment()
        parser.set_defaults(**environment)
        return whole.read(arguments) if environment else options
    except (ValueError, ImportError) as error:
        parser.error(str(error))


def _record(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Serve the proxy that records, until Ctrl-C or the end of standard input."""
    from .parity import record_command as record
    from .parity.interruption import exiting_if_interrupted

    with _listener(parser, options) as listener:  # Before the file is touched.
        with exiting_if_interrupted():
            proxy, recorder = record.prepared(parser, options)
        with recorder, suppress(KeyboardInterrupt):
            url = url_of(options.host, listener)
            serve_app(
                proxy,
                listener,
                ready=lambda _: _print(parser, url),
                ending=proxy.close,
                stopper=when_input_ends if options.exit_on_stdin_close else None,
            )
    record.report(recorder, options)


def _compare(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    """Serve a mock, and compare it with a real server, until Ctrl-C. Returns the exit code."""
    from .parity import compare_command as compare
    from .parity.interruption import exiting_if_interrupted

    with exiting_if_interrupted():
        visit = compare.prepared(parser, options)
        mock, listener = _prepared(parser, options)
    comparison = compare.begin(visit, mock, options)
    with suppress(KeyboardInterrupt):
        _serve(parser, options, mock, listener)
    return compare.end(comparison, options)


def _print(parser: argparse.ArgumentParser, text: str) -> None:
    """Print a text on standard output at once. The command ends if this fails."""
    try:
        print(text, flush=True)
    except OSError as error:
        discard_output()
        parser.error(f"cannot write to standard output: {error.strerror or error}")


def _print_contract(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    from .api.contract import contract_of  # Only this command needs it, and the import takes time.

    text = json.dumps(contract_of(OPERATIONS, authenticated=options.auth), indent=2)
    if options.output is None:
        _print(parser, text)
        return
    try:
        replace(options.output, text + "\n")
    except OSError as error:
        parser.error(f"cannot write {options.output}: {error.strerror or error}")


def _prepared(parser: argparse.ArgumentParser, options: argparse.Namespace) -> tuple[Mock, socket.socket]:
    """The mock, and the listening socket of its server."""
    if options.open and not (options.page and options.control):
        parser.error("--open needs the page")
    if options.command == "demo" and options.paused and not options.control:
        parser.error("--paused needs the control plane, which plays the script")
    try:
        given: Any = {name: getattr(options, name) for name in OPTIONS if name in options}
        if options.command == "demo":
            given["world"] = data_file("demo.json")
        return Mock(**given), _listener(parser, options)
    except WorldError as error:
        first, *others = error.complaints
        parser.error(f"{first} (and {len(others)} more)" if others else first)
    except (ValueError, ImportError) as error:
        parser.error(str(error))


def _listener(parser: argparse.ArgumentParser, options: argparse.Namespace) -> socket.socket:
    """The socket to listen on. Calls `parser.error` if the address is not available."""
    try:
        return listen(options.host, options.port)
    except ValueError as error:
        parser.error(str(error))
    except OSError as error:
        hint = "; use --port 0 to pick a free port" if error.errno == errno.EADDRINUSE else ""
        parser.error(f"cannot listen on {options.host}:{options.port}: {error.strerror or error}{hint}")


def _serve(parser: argparse.ArgumentParser, options: argparse.Namespace, mock: Mock, listener: socket.socket) -> None:
    has_page = options.page and options.control
    plays = options.command == "demo" and options.control
    url = url_of(options.host, listener)

    with ExitStack() as playing:

        def announce(engine: str) -> None:
            _print(parser, url)
            print(f"on uvicorn with {engine}", file=sys.stderr, flush=True)
            if options.command != "demo":  # A demo needs none of these extras.
                _name_missing_extras()
            here = _here(url)
            if has_page:
                print(f"the page is at {here}/_mock/", file=sys.stderr, flush=True)
            if plays:
                _print(parser, (_IS_PAUSED if options.paused else _PLAYS).format(url=here))
                playing.enter_context(_player(mock, here, options))
            if options.command == "demo":
                _print(parser, _DEMO.format(url=here, control=_CONTROL.format(url=here) if options.control else ""))
            if options.open:
                _open(f"{here}/_mock/")

        serve(
            mock,
            listener,
            ready=announce,
            stopper=when_input_ends if options.exit_on_stdin_close else None,
            allow_hosts=[options.host, *options.allow_host],
            control=options.control,
            page=options.page,
            log_level=options.log_level,
        )


def _is_fast() -> bool:
    """Whether the extra `fast` is installed. On Windows, it does not include uvloop."""
    packages = ("httptools",) if sys.platform == "win32" else ("httptools", "uvloop")
    return all(find_spec(name) is not None for name in packages)


def _player(mock: Mock, url: str, options: argparse.Namespace) -> "DemoPlayer":
    """The thread that runs the script of the demo."""
    from .demo import DemoPlayer  # Without it and its client, `serve` starts faster.

    def token() -> str | None:
        with suppress(ValueError):  # Authentication is off.
            return mock.token(admin=True)
        return None

    player = DemoPlayer(url, data_file("play.json"), token, is_paused=options.paused)
    mock.play = player.play
    return player


def _here(url: str) -> str:
    """The URL for a browser on this machine, even if the server listens on all interfaces."""
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")


def _name_missing_extras() -> None:
    """Say which extras would make the server faster, and its token counts exact."""
    if not _is_fast():
        print(needs("A faster server", "fast"), file=sys.stderr, flush=True)
    if not is_tokenizer_installed():
        print(needs("An exact token_count", "tokens"), file=sys.stderr, flush=True)


def _open(url: str) -> None:
    """Open a page in the browser. It does not wait for the browser, which may take seconds."""
    import webbrowser
    from threading import Thread

    def open_page() -> None:
        if not webbrowser.open(url):
            print("cannot open the page: no browser found", file=sys.stderr, flush=True)

    Thread(target=open_page, daemon=True).start()


def _command_in(arguments: Sequence[str] | None) -> str | None:
    """The name of the command in the arguments, or None. No argument with a value comes before it."""
    given = sys.argv[1:] if arguments is None else arguments
    return next((argument for argument in given if not argument.startswith("-")), None)


def _parser(only: str | None = None) -> CommandParser:
    """The parser of all commands. With `only`, it has the options of that command alone, and is made faster."""
    parser = CommandParser(
        prog="honcho-mockserver",
        description="A fake Honcho API in memory. Begin with `demo`, or with `serve` for your own tests.",
        epilog="`honcho-mockserver COMMAND --help` shows the options of a command, and examples.",
    )
    parser.add_argument("--version", action=_Version, help="show the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, (shown, declare) in _COMMANDS.items():
        command = parser.add_command(commands, name, help=shown)
        if only in (None, name):
            declare(command)
    return parser


def _add_serve(command: CommandParser) -> None:
    """Declare the options of `serve`."""
    command.description = _SERVE
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    _add_world(command)
    _add_server_options(command, "serve")


def _add_demo(command: CommandParser) -> None:
    command.description = _DEMO_HELP
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.add_argument(
        "--paused", action="store_true", help="pause the script until the page or a request resumes it"
    )
    _add_server_options(command, "demo")


def _add_compare(command: CommandParser) -> None:
    from .parity import compare_command

    compare_command.add_arguments(command)
    _add_world(command)
    _add_server_options(command, "compare")


def _add_check(command: CommandParser) -> None:
    from .parity.command import add_arguments

    add_arguments(command)


def _add_record(command: CommandParser) -> None:
    from .parity.record_command import add_arguments

    add_arguments(command)
    _add_listening_options(command)


def _add_healthcheck(command: CommandParser) -> None:
    from .parity.health import add_arguments

    add_arguments(command)


def _add_world(command: CommandParser) -> None:
    command.add_argument("--world", metavar="FILE", help="a JSON file with the state to start from (default: empty)")


def _add_server_options(command: CommandParser, name: str) -> None:
    """Add the options of the commands that serve a mock."""
    _add_listening_options(command)
    _add_options(command, name)
    _add_page_options(command)
    _add_running_options(command)


def _add_contract(command: argparse.ArgumentParser) -> None:
    """Declare the options of `contract`."""
    command.description = (
        "Prints, as JSON, the published OpenAPI document of the four session operations, with what it leaves out: "
        "answers that the real server gives, rules of ids, and the other methods of its paths. Tools such as "
        "schemathesis can hold any server to it."
    )
    command.add_argument(
        "--auth", action="store_true", help="describe a server with authentication, as with serve --auth-secret"
    )
    command.add_argument("--output", type=Path, metavar="FILE", help="the file to write (default: standard output)")


def _add_versions(command: argparse.ArgumentParser) -> None:
    read = _argument(version_of)
    command.add_argument("old", nargs="?", type=read, default=VERSIONS[0], help="default: %(default)s, the oldest")
    command.add_argument("new", nargs="?", type=read, default=VERSIONS[-1], help="default: %(default)s, the newest")


def _add_page_options(command: argparse.ArgumentParser) -> None:
    """Add the options of the page and of the control plane."""
    command.add_argument(
        "--allow-host",
        action="append",
        default=[],
        type=_argument(lambda text: checked_host("the name", text)),
        metavar="NAME",
        help="an additional host name (besides loopback) under which /_mock/ is served; repeatable",
    )
    command.add_argument("--open", action="store_true", help="open the page in the browser")
    command.add_argument("--no-page", dest="page", action="store_false", help="serve no page at /_mock/")
    command.add_argument("--no-control", dest="control", action="store_false", help="serve nothing under /_mock/")


def _add_listening_options(command: argparse.ArgumentParser) -> None:
    """Add the options of the commands that listen."""
    command.add_argument(
        "--exit-on-stdin-close",
        action="store_true",
        help="stop when standard input ends, as it does when the program that started the command has ended",
    )
    command.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    command.add_argument(
        "--port", type=_port, default=8000, help="the port; 0 picks a free port (default: %(default)s)"
    )


def _add_running_options(command: argparse.ArgumentParser) -> None:
    """Add the options of the process that serves."""
    command.add_argument(
        "--log-level", choices=_LOG_LEVELS, default="warning", help="the log level (default: %(default)s)"
    )


def _add_options(command: argparse.ArgumentParser, name: str) -> None:
    """Add the options of Mock that have a flag, with the defaults for this command."""
    for option_name, option in OPTIONS.items():
        if option.flag is None:
            continue
        if option.flag.turns_off:
            shown = f"do not {option.help}"
            command.add_argument(f"--no-{option_name}", dest=option_name, action="store_false", help=shown)
            continue
        default = option.flag.defaults.get(name, option.default)
        shown = f"{default:g}" if isinstance(default, float) else default
        command.add_argument(
            f"--{option_name.replace('_', '-')}",
            action=_Collect if option.flag.repeatable else "store",
            type=_argument(option.flag.read),
            default=list(default) if option.flag.repeatable else default,
            metavar=option.flag.metavar,
            help=option.help if default in (None, []) else f"{option.help} (default: {shown})",
        )


def _argument(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """A converter for argparse, which shows only the messages of ArgumentTypeError."""

    def converted(text: str) -> Any:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return converted


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"not a port from 0 to 65535: {text!r}")
    return int(text)


# By name: what the list of commands shows, and the function that declares the options.
_COMMANDS: Mapping[str, tuple[str, Callable[[CommandParser], None]]] = {
    "serve": ("serve a fake API until Ctrl-C; the first line of the output is its URL", _add_serve),
    "demo": ("serve a demo, and print a few commands to try", _add_demo),
    "compare": ("serve a fake API, and report where a real server answers otherwise", _add_compare),
    "check": ("compare the answers of a server with recordings of the real one", _add_check),
    "record": ("write what clients and a real server say to each other to a file", _add_record),
    "healthcheck": ("ask a server whether it answers, for containers and scripts", _add_healthcheck),
    "contract": ("print the published contract as a document for other tools", _add_contract),
    "versions": ("print what changed between two versions of the API", _add_versions),
}
