"""What the report of a failed test shows: requests, webhook deliveries, and why no request came."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from .pytest_guard import PRODUCTION_HOST, Guard, proxy_variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .server import MockServer
    from .testing.exchange import Exchange
    from .testing.mock import Mock
    from .testing.requests import RequestLog
    from .testing.webhook_log import WebhookLog

    Positions = dict[RequestLog | WebhookLog, tuple[int, int]]

# A report shows at most this many of the last requests and of the last deliveries, and as many of the earlier requests
# with a diagnosis or a note.
SHOWN = 20
# A report has sections for at most this many apps in the process, the last ones.
_SHOWN_APPS = 5
# The mock servers that the fixtures gave to a test.
SERVERS = pytest.StashKey[list["MockServer"]]()
# Of a configuration: the positions of the logs when the present test began. They are not kept with each test, because
# pytest keeps all tests, and a log may hold megabytes.
POSITIONS = pytest.StashKey["Positions"]()
# The guard of a test, and the value of HONCHO_URL at its end, before its fixtures restore the environment.
GUARD = pytest.StashKey[Guard]()
HONCHO_URL = pytest.StashKey["str | None"]()


def remember_positions(item: pytest.Item) -> None:
    """Remember where the logs of all mocks end, before a test begins."""
    item.config.stash[POSITIONS] = {
        log: log.position for mock in _served_mocks() for log in (mock.requests, mock.deliveries)
    }


def sections(item: pytest.Item, *, is_versioned: bool) -> Iterator[tuple[str, str]]:
    """The sections for the report of a failed test, each with its title.

    The servers of the fixtures come first, then all others that the test sent requests to, then the apps in this
    process.

    Arguments:
        is_versioned: Whether to name the version of the API, because the test runs with several.
    """
    given = item.stash.get(SERVERS, [])
    positions = item.config.stash.get(POSITIONS, {})
    started = started_servers()
    for server in [*given, *sorted((one for one in started if one not in given), key=lambda one: one.url)]:
        of_version = f" (API {server.api_version})" if is_versioned else ""
        requests = server.mock.requests.since(positions.get(server.mock.requests, (0, 0)))
        if requests or server in given:
            text = _with_remarks(server.mock, requests) if requests else "\n".join(_no_request(item, server))
            warnings = _warnings(item) if server in given else ()
            yield f"honcho requests to {server.url}{of_version}", "\n".join([*warnings, text])
        yield from _of_deliveries(server.mock, positions, server.url)
    yield from _of_apps({server.mock for server in [*given, *started]}, positions)


def _of_apps(of_servers: set[Mock], positions: Positions) -> Iterator[tuple[str, str]]:
    """The sections for the apps in this process without a server. A test on many inputs may have made many apps."""
    logs = [mock for mock in _served_mocks() if mock not in of_servers]
    used = [mock for mock in logs if mock.requests.since(positions.get(mock.requests, (0, 0)))]
    if len(used) > _SHOWN_APPS:
        yield "honcho requests to apps in this process", f"({len(used) - _SHOWN_APPS} more apps had requests)"
    for mock in used[-_SHOWN_APPS:]:
        requests = mock.requests.since(positions.get(mock.requests, (0, 0)))
        yield "honcho requests to an app in this process", _with_remarks(mock, requests)
        yield from _of_deliveries(mock, positions, "an app in this process")


def _with_remarks(mock: Mock, requests: list[Exchange]) -> str:
    """The requests, after what they have in common."""
    from .pytest_replay import first_differences  # Both are needed for failed tests only.
    from .testing.notes.summary import differences_from_live, pages_not_requested

    first = {name: number for name, number in first_differences(mock).items() if number >= requests[0].number}
    remarks = [*differences_from_live(requests, mock.store.profile, first), *pages_not_requested(requests)]
    return "\n".join([*remarks, shown(requests)])


def started_servers() -> list[MockServer]:
    """The servers that were started, without importing the server module."""
    module = sys.modules.get("mockserver.server")
    return [] if module is None else list(module.STARTED)


def shown(requests: list[Exchange]) -> str:
    """The last requests, after the earlier ones with a diagnosis or a note."""
    earlier, last = requests[:-SHOWN], requests[-SHOWN:]
    if not earlier:
        return "\n".join(map(str, last))
    remarkable = [exchange for exchange in earlier if exchange.is_remarkable]
    refused = sum(exchange.is_refused for exchange in remarkable)
    counts = [(refused, "refused"), (len(remarkable) - refused, "with a remark")]
    head = ", ".join([f"{len(earlier)} earlier", *(f"{count} {what}" for count, what in counts if count)])
    if not remarkable:
        return "\n".join([f"({head})", *map(str, last)])
    more = len(remarkable) - SHOWN
    rest = [f"(and {more} more of them)"] if more > 0 else []
    return "\n".join([f"({head}:)", *map(str, remarkable[:SHOWN]), *rest, f"(the last {len(last)}:)", *map(str, last)])


def _of_deliveries(mock: Mock, positions: Positions, where: str) -> Iterator[tuple[str, str]]:
    sent = mock.deliveries.since(positions.get(mock.deliveries, (0, 0)))
    if sent:
        yield f"honcho deliveries of {where}", "\n".join(delivery.line for delivery in sent[-SHOWN:])


def _no_request(item: pytest.Item, server: MockServer) -> Iterator[str]:
    """Why the log of a server has no request of this test."""
    log = server.mock.requests
    if log.is_off:
        yield "no request is recorded: the log is off, because journal_entries is 0"
        return
    runs, count = log.position
    runs_before, count_before = item.config.stash.get(POSITIONS, {}).get(log, (runs, 0))
    came = count - (count_before if runs == runs_before else 0)
    if came:
        yield f"no request is in the log: {came} came, and the log was emptied"
        return
    yield f"no request came to {server.url}"
    url = item.stash.get(HONCHO_URL, os.environ.get("HONCHO_URL"))
    hint = "the fixture honcho_env sets it for a test"
    if not url:
        yield f"HONCHO_URL is not set, so the official SDKs call {PRODUCTION_HOST}; {hint}"
    elif _place(url) == _place(server.url):
        yield f"HONCHO_URL is {url}, which is this server"
    else:
        yield f"HONCHO_URL is {url}, which is not this server; {hint}"


def _warnings(item: pytest.Item) -> Iterable[str]:
    """What the guard refused, and whether it can see the connections at all."""
    guard = item.stash.get(GUARD, None)
    if guard is None:
        return
    if guard.refused:
        times = f"{guard.refused} ×"
        yield f"the guard refused to look up {PRODUCTION_HOST} ({times}): a client does not use the fake's URL"
    proxy = proxy_variable()
    if proxy is not None:
        yield f"{proxy} is set: the guard cannot see connections to {PRODUCTION_HOST} that go through a proxy"


def _place(url: str) -> tuple[str, str | None, int | None] | str:
    """The parts of a URL that decide which server it names. The names of loopback are one host."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    host = "127.0.0.1" if parts.hostname in ("localhost", "::1") else parts.hostname
    return parts.scheme, host, port


def _served_mocks() -> list[Mock]:
    """The mocks that have an app, with or without a server, the oldest first, without importing the app."""
    module = sys.modules.get("mockserver.asgi")
    if module is None:
        return []
    return [mock for mock in (reference() for reference in module.SERVED.valuerefs()) if mock is not None]
