"""Finds the quirks that would have changed the answers of a test.

It sends the requests of the test again, to mocks with these quirks, and compares the answers without their times. It
names no quirk in doubt: it stops at the first request that a fault met, whose body is not in the log, or whose answer
does not come out again.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from .api.endpoint import Endpoint
from .api.rendering import RenderedRows
from .asgi import OPERATIONS
from .domain.quirks import Quirks
from .testing.exchange import Exchange
from .testing.mock import Mock

# Only so many requests are sent again, from the first one on: the report of a failed test must not take long.
_MOST = 200
_TIME = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+")
# `created_status` shows in the log, and would hide that no other quirk changes an answer.
_SHOWN_OTHERWISE = ("created_status",)
# These do more than answer: they send webhooks, or start a program that reads a PDF.
_LEFT_OUT = ("test_emit",)
_PDF = b"application/pdf"


class _Answer(NamedTuple):
    status: int
    headers: Sequence[tuple[bytes, bytes]]
    timeless: bytes


def first_differences(mock: Mock) -> dict[str, int]:
    """By quirk that is off: the number of the first request in the log that the live server answers otherwise.

    Empty if the log is not complete, or not only requests have changed the state of the mock.
    """
    present, live_quirks = mock.quirks, Quirks.live(mock.api_version)
    names = [quirk.name for quirk in Quirks.catalogue() if quirk.name not in _SHOWN_OTHERWISE]
    off = [name for name in names if getattr(live_quirks, name) and not getattr(present, name)]
    requests = list(_repeatable(mock))
    answers = []
    for request, answer in zip(requests, _replayed(mock, present, requests), strict=False):
        if (request.status, _timeless(request.answer_content)) != (answer.status, answer.timeless):
            break
        answers.append(answer)
    requests = requests[: len(answers)]
    live = list(_replayed(mock, _with(present, off), requests))
    different = set(_places(answers, live))
    found: dict[str, int] = {}
    for name in off if different else ():
        alone = _replayed(mock, _with(present, [name]), requests[: max(different) + 1])
        place = next(_places(answers, alone), None)
        # Where the live server answers otherwise because of another quirk, this one has no say.
        all_others = _replayed(mock, _with(present, [one for one in off if one != name]), requests)
        if place in different and place in _places(live, all_others):
            found[name] = requests[place].number
    return found


def _places(one: Iterable[_Answer], other: Iterable[_Answer]) -> Iterator[int]:
    return (place for place, (ours, theirs) in enumerate(zip(one, other, strict=False)) if ours != theirs)


def _repeatable(mock: Mock) -> Iterator[Exchange]:
    """The requests from the first one on that can be sent again."""
    for number, request in enumerate(list(mock.requests)[:_MOST], 1):
        if (
            request.number != number
            or request.status is None
            or request.fault is not None
            or request.bodies_left_out
            or request.operation in _LEFT_OUT
            or _PDF in request.content.lower()
        ):
            return
        yield request


def _replayed(mock: Mock, quirks: Quirks, requests: Sequence[Exchange]) -> Iterator[_Answer]:
    """The answers of another mock, which began as this one did. There are fewer if one of the requests fails."""
    twin = mock.as_it_began(quirks) if requests else None
    if twin is None:
        return
    endpoint, rows = Endpoint(twin, OPERATIONS), RenderedRows()
    with suppress(Exception):  # A report must not fail: whatever goes wrong, it has one line less.
        for request in requests:
            twin.clock.go_to(request.moment)
            found = endpoint.find(request.scope)
            if found is None:
                yield _Answer(request.status or 0, (), _timeless(request.answer_content))
                continue
            answer = endpoint.carried_out(found, request.scope, request.content)
            payload = answer.payload
            is_page = isinstance(payload, dict) and payload.get("items")
            content = rows.page(payload) if is_page else answer.content()
            yield _Answer(answer.status, answer.headers, _timeless(content))


def _with(quirks: Quirks, names: Sequence[str]) -> Quirks:
    return replace(quirks, **dict.fromkeys(names, True))


def _timeless(content: bytes) -> bytes:
    return _TIME.sub(b"T", content)
