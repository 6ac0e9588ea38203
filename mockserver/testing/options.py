"""Every option of a mock server, declared once.

The constructors, the marker, the command line and the body of `/_mock/reset` are derived from `Options`. To add an
option, add a field there and read it from the settings where it matters.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypedDict, Unpack

from ..domain.changes import CONTRACT, version_of
from ..domain.clock import time_of
from ..domain.profile import Profile
from ..domain.quirks import Quirks
from ..hosts import host_of
from .arguments import Seed, checked_seed, integer
from .worlds import WorldSource

if TYPE_CHECKING:
    from ..formats.keyring import Keyring

_Check = Callable[[str, Any], Any]


class Flag(NamedTuple):
    """An option on the command line.

    Arguments:
        read: Converts the argument. It raises ValueError for an invalid one.
        metavar: The placeholder in the help.
        defaults: Defaults by command, if they differ from the default in Python.
        repeatable: Whether the option may be repeated; its value is the list of the arguments.
        turns_off: Whether the flag is `--no-` and the name, without an argument.
    """

    read: Callable[[str], Any]
    metavar: str
    defaults: Mapping[str, Any] = {}
    repeatable: bool = False
    turns_off: bool = False


class Option(NamedTuple):
    """The description of an option, in addition to its name and type.

    Arguments:
        help: What it does, in one line.
        check: Takes the name and a value, and returns the value for the settings. It raises ValueError for an invalid
            one.
        default: The default in Python.
        json: The type in the body of a reset, or the name of one in `wire`, if it differs from the type in Python.
        flag: How the command line takes it. Without a flag the command line does not offer it.
    """

    help: str
    check: _Check
    default: Any = None
    json: Any = None
    flag: Flag | None = None


def _version(_: str, name: Any) -> str:
    if not isinstance(name, str):
        raise ValueError(f"api_version must be a string such as '3.0.7': {name!r}")
    return version_of(name)


def _quirks(_: str, names: Any) -> Any:
    return names  # Profile checks the names, because the check also needs the version.


def _world(_: str, source: Any) -> Any:
    return source  # StartingWorld checks the world, because the check also needs the seed.


def _seconds(name: str, seconds: Any) -> float | None:
    if seconds is None:
        return None
    if not (isinstance(seconds, (int, float)) and 0 <= seconds < float("inf")):
        raise ValueError(f"{name} must be a number of seconds, at least 0, or None: {seconds!r}")
    return seconds


def _seed(_: str, seed: Any) -> Seed:
    return checked_seed(seed)


def _time(name: str, value: Any) -> datetime | None:
    try:
        return None if value is None else time_of(value)
    except ValueError as error:
        raise ValueError(f"{name} is {error}") from None


def _keyring(_: str, secret: Any) -> "Keyring | None":
    if secret is None:
        return None
    if not isinstance(secret, str) or not secret:
        raise ValueError(f"auth_secret must be a string of at least one character, or None: {secret!r}")
    from ..formats.keyring import Keyring  # Most servers need no authentication.

    return Keyring(secret)


def _boolean(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be True or False: {value!r}")
    return value


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be a non-empty string: {value!r}")
    return value


def _origin(text: str) -> str:
    scheme, separator, authority = text.partition("://")
    if text != "*" and not (scheme.isalpha() and separator and host_of(authority) is not None):
        raise ValueError(f"not an origin such as http://example.com:8080, or *: {text!r}")
    return text


def _origins(name: str, origins: Any) -> frozenset[str]:
    listed = [origins] if isinstance(origins, str) else origins
    if not isinstance(listed, (list, tuple, set, frozenset)) or not all(isinstance(one, str) for one in listed):
        raise ValueError(f"{name} must be an origin or a list of origins: {origins!r}")
    try:
        return frozenset(map(_origin, listed))
    except ValueError as error:
        raise ValueError(f"{name} has {error}") from None


def _read_seconds(text: str) -> float | None:
    if text == "none":
        return None
    try:
        return _seconds("", float(text))
    except ValueError:
        raise ValueError(f"must be a number of seconds, at least 0, or none: {text!r}") from None


def _read_seed(text: str) -> int | str:
    """`--seed 1` means `seed=1`, as in Python."""
    return int(text) if _is_count(text) else text


def _read_count(text: str) -> int:
    if not _is_count(text):
        raise ValueError(f"not an integer of at least 0: {text!r}")
    return int(text)


def _is_count(text: str) -> bool:
    # Python refuses to convert strings of more than 4,300 digits to integers.
    return text.isascii() and text.isdecimal() and len(text) <= 4300


def _wait(what: str) -> Option:
    # A server started in a shell runs purges and work by itself, like a real one. In a demo you have time to watch.
    flag = Flag(_read_seconds, "SECONDS", {"serve": 2.0, "compare": 2.0, "demo": 12.0})
    return Option(help=f"how long {what}; with none, only on request", check=_seconds, flag=flag)


class Options(TypedDict, total=False):
    """The keyword arguments of Mock, MockServer and reset."""

    api_version: Annotated[
        str,
        Option(
            help="the version of the API, such as 3.0.6, or latest",
            default=CONTRACT,
            check=_version,
            flag=Flag(version_of, "VERSION", {"compare": None}),
        ),
    ]
    quirks: Annotated[
        str | Sequence[str] | Quirks,
        Option(
            help="none, live, or names separated by commas",
            default="none",
            check=_quirks,
            json=str | list[str],
            flag=Flag(str, "NAMES"),
        ),
    ]
    world: Annotated[
        WorldSource | None,
        # On the command line `serve` and `compare` take it.
        Option(help="the world to start with; by default it is empty", check=_world, json=dict[str, Any] | None),
    ]
    purge_after: Annotated[float | None, _wait("deleted sessions and workspaces wait for their purge")]
    work_after: Annotated[float | None, _wait("the work of the queue waits")]
    seed: Annotated[
        int | str | None,
        Option(
            help="an integer or a string; makes ids and times repeat from run to run",
            check=_seed,
            flag=Flag(_read_seed, "SEED"),
        ),
    ]
    frozen_at: Annotated[
        datetime | str | None,
        Option(help="the time at which the clock is frozen", check=_time, json="scalars.WrittenMomentOrNone"),
    ]
    auth_secret: Annotated[
        str | None,
        Option(
            help="turn authentication on: requests need a token that is signed with this secret",
            check=_keyring,
            flag=Flag(str, "SECRET"),
        ),
    ]
    webhook_secret: Annotated[
        str,
        Option(
            help="the secret that signs webhook deliveries",
            default="honcho-mockserver",  # not a secret: tests need a known one
            check=_text,
            flag=Flag(str, "SECRET"),
        ),
    ]
    cors: Annotated[
        str | Sequence[str],
        Option(
            help="an origin whose pages may use the server, in addition to loopback, or *; repeatable",
            default=[],
            check=_origins,
            flag=Flag(_origin, "ORIGIN", repeatable=True),
        ),
    ]
    notes: Annotated[
        bool,
        Option(
            help="write notes on successes that may surprise",
            default=True,
            check=_boolean,
            flag=Flag(bool, "", turns_off=True),
        ),
    ]
    journal_entries: Annotated[
        int,
        Option(
            help="the maximum number of entries in each log (requests and deliveries); 0 turns the logs off",
            default=1000,
            check=integer,
            flag=Flag(_read_count, "COUNT"),
        ),
    ]
    journal_bytes: Annotated[
        int,
        Option(
            help="how many bytes of requests and answers each log keeps",
            default=16 * 1024 * 1024,
            check=integer,
            flag=Flag(_read_count, "COUNT"),
        ),
    ]
    max_forks: Annotated[
        int,
        Option(
            help="how many servers of forks may run at the same time",
            default=32,
            check=integer,
            flag=Flag(_read_count, "COUNT"),
        ),
    ]


def _declared(annotated: Any) -> Option:
    option: Option = annotated.__metadata__[0]
    return option._replace(json=annotated.__origin__) if option.json is None else option


OPTIONS: Mapping[str, Option] = {name: _declared(annotated) for name, annotated in Options.__annotations__.items()}


# The options in force, by name, each as its check returned it. The value of `world` is a StartingWorld, and
# `profile` is made of `api_version` and `quirks`.
Settings = Mapping[str, Any]


def settings_of(**options: Unpack[Options]) -> Settings:
    """The settings for these options, with the defaults of all others. Raises as the constructor of Mock does."""
    defaults: Any = {name: option.default for name, option in OPTIONS.items()}
    return changed({}, **(defaults | options))


def changed(settings: Settings, **options: Unpack[Options]) -> Settings:
    """A copy of the settings with other values for these options. Raises as the constructor of Mock does."""
    for name in options:
        if name not in OPTIONS:
            raise TypeError(f"unknown option {name!r}; the options are {', '.join(OPTIONS)}")
    values = dict(settings) | {name: OPTIONS[name].check(name, value) for name, value in options.items()}
    if "quirks" in options or "api_version" in options:
        values["profile"] = Profile(values["api_version"], values["quirks"])
    is_other_version = bool(settings) and values["api_version"] != settings["api_version"]
    # The seed generates the ids and times that a world leaves out, and the version has the limits.
    if "world" in options or "seed" in options or is_other_version:
        from .worlds.load import StartingWorld

        source = options["world"] if "world" in options else settings["world"].source
        values["world"] = StartingWorld(source, values["seed"], values["api_version"])
    return values
