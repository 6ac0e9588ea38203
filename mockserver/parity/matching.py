"""Holds an answer against the one that was recorded, and says where they part."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from .recordings import Json

_MARK = re.compile(r"<(?:id|time):\d+>")
_ID = re.compile(r"[A-Za-z0-9_-]{21}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
# Its documentation is named by the version of pydantic, which is not the API's matter.
_PYDANTIC_VERSION = re.compile(r"errors\.pydantic\.dev/[0-9.]+/")
_AUTHORITY = re.compile(r"^https?://[^/]+")


class ReceivedAnswer(NamedTuple):
    """What a server answered; the names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def document(self) -> Json:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class Mismatch(NamedTuple):
    """One place where an answer is not as recorded: `body.items[0].id`."""

    place: str
    expected: Json
    got: Json


class Bindings:
    """What the marks of one scenario stand for, learnt from the answers."""

    def __init__(self) -> None:
        self._bound: dict[str, str] = {}

    def filled(self, value: Json) -> Json:
        """The value with every mark that is bound replaced."""
        if isinstance(value, str):
            return _MARK.sub(lambda mark: self._bound.get(mark[0], mark[0]), value)
        if isinstance(value, list):
            return [self.filled(entry) for entry in value]
        if isinstance(value, dict):
            return {self.filled(key): self.filled(entry) for key, entry in value.items()}
        return value

    def lack(self, value: Json) -> bool:
        """Whether a mark in the value is not bound: an earlier answer did not give what it stands for."""
        return any(mark not in self._bound for mark in _MARK.findall(json.dumps(value, ensure_ascii=False)))

    def runs_backwards(self, marks: list[str]) -> bool:
        """Whether the times of these marks are not in order."""
        moments = [datetime.fromisoformat(self._bound[mark]) for mark in marks if mark in self._bound]
        return moments != sorted(moments)

    def differences(self, step: Json, answer: ReceivedAnswer) -> list[Mismatch]:
        """Where the answer to a step parts from the recorded one.

        Where the recorded server failed inside (5xx), a refusal (422) or a failure agrees. An Allow header may name
        more methods. A list that was recorded without an order is compared by ids.
        """
        recorded = step["response"]
        if recorded["status"] >= 500 and (answer.status == 422 or answer.status >= 500):
            return []
        found: list[Mismatch] = []
        if answer.status != recorded["status"]:
            if not (recorded["status"] < 300 and answer.status < 300):
                text = answer.body.decode("utf-8", "replace")
                return [Mismatch("status", recorded["status"], f"{answer.status} {text}".strip())]
            found.append(Mismatch("status", recorded["status"], answer.status))
        found += self._of_headers(recorded.get("headers", {}), answer.headers)
        if recorded.get("json") is not None:
            found += self._of_body(recorded["json"], answer.body, bool(step.get("unordered")))
        return found

    def _of_headers(self, recorded: Mapping[str, str], got: Mapping[str, str]) -> Iterator[Mismatch]:
        for name, value in recorded.items():
            if name not in got:
                yield Mismatch(name, value, None)
            elif name == "allow":
                missing = set(value.split(", ")) - set(got[name].split(", "))
                if missing:
                    yield Mismatch(name, value, got[name])
            else:
                yield from self._compare(name, value, _AUTHORITY.sub("", got[name]))

    def _of_body(self, recorded: Json, body: bytes, unordered: bool) -> Iterator[Mismatch]:
        try:
            got = json.loads(body)
        except (ValueError, RecursionError):
            yield Mismatch("body", recorded, body.decode("utf-8", "replace"))
            return
        if unordered:
            recorded, got = _by_id(self.filled(recorded)), _by_id(got)
        yield from self._compare("body", recorded, got)

    def _compare(self, place: str, want: Json, got: Json) -> Iterator[Mismatch]:
        if isinstance(want, str) and _MARK.fullmatch(want) and want not in self._bound:
            yield from self._bind(place, want, got)
        elif isinstance(want, dict) and isinstance(got, dict):
            wanted = {self.filled(key): value for key, value in want.items()}
            for key in [*wanted, *(key for key in got if key not in wanted)]:
                if key not in wanted or key not in got:
                    yield Mismatch(f"{place}.{key}", self.filled(wanted.get(key, _NOTHING)), got.get(key, _NOTHING))
                else:
                    yield from self._compare(f"{place}.{key}", wanted[key], got[key])
        elif isinstance(want, list) and isinstance(got, list):
            if len(want) != len(got):
                yield Mismatch(f"{place} (entries)", len(want), len(got))
            for index, (one, other) in enumerate(zip(want, got, strict=False)):
                yield from self._compare(f"{place}[{index}]", one, other)
        elif isinstance(want, bool) != isinstance(got, bool) or _comparable(self.filled(want)) != _comparable(got):
            yield Mismatch(place, self.filled(want), got)

    def _bind(self, place: str, mark: str, got: Json) -> Iterator[Mismatch]:
        is_id = mark.startswith("<id")
        if not isinstance(got, str) or not (_ID.fullmatch(got) if is_id else _is_a_time(got)):
            yield Mismatch(place, "a fresh id" if is_id else "a time in ISO 8601, in UTC, ending in Z", got)
        elif is_id and got in self._bound.values():
            yield Mismatch(place, "a fresh id, not one that was given out before", got)
        else:
            self._bound[mark] = got


_NOTHING = "(nothing)"


def _is_a_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return _TIME.fullmatch(text) is not None


def _by_id(page: Json) -> Json:
    """The page with its items in the order of their ids; what is no such page as it is."""
    try:
        return {**page, "items": sorted(page["items"], key=lambda item: item["id"])}
    except (TypeError, KeyError):
        return page


def _comparable(value: Json) -> Json:
    return _PYDANTIC_VERSION.sub("errors.pydantic.dev/*/", value) if isinstance(value, str) else value
