"""Compares an answer with the recorded one."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from .marks import ID, MARK, Marks, moment_of
from .recordings import Json

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
# Texts of errors have a link with the version of pydantic, which may differ.
_PYDANTIC_VERSION = re.compile(r"errors\.pydantic\.dev/[0-9.]+/")
_CLOCK = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_LINES = "<lines>"
ANY = "<any>"  # stands for any value
AUTHORITY = re.compile(r"^https?://[^/]+")


class ReceivedAnswer(NamedTuple):
    """The answer of a server. The names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def document(self) -> Json:
        """The body as JSON; None if it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class StepDifference(NamedTuple):
    """One place, such as `body.items[0].id`, in which an answer differs from the recorded one."""

    place: str
    expected: Json
    got: Json


class Bindings:
    """Compares the answers of a server to one scenario, and takes the values of its placeholders from them.

    Attributes:
        marks: The placeholders with the values that they have on this server.
    """

    def __init__(self) -> None:
        self.marks = Marks()
        self.filled = self.marks.filled
        self.lack = self.marks.lack

    def runs_backwards(self, marks: list[str]) -> bool:
        """Whether the times of these marks are out of order."""
        moments = [datetime.fromisoformat(self.marks[mark]) for mark in marks if mark in self.marks]
        return moments != sorted(moments)

    def differences(self, step: Json, answer: ReceivedAnswer) -> list[StepDifference]:
        """The differences between an answer and the recorded one.

        If the recorded status is a 5xx, every 422 and 5xx matches it. An Allow header may name more methods. The
        items of a list without an order are compared by id.
        """
        recorded = step["response"]
        if recorded["status"] >= 500 and (answer.status == 422 or answer.status >= 500):
            return []
        found: list[StepDifference] = []
        if answer.status != recorded["status"]:
            if not (recorded["status"] < 300 and answer.status < 300):
                text = answer.body.decode("utf-8", "replace")
                return [StepDifference("status", recorded["status"], f"{answer.status} {text}".strip())]
            found.append(StepDifference("status", recorded["status"], answer.status))
        found += self._of_headers(recorded.get("headers", {}), answer.headers)
        if recorded.get("json") is not None:
            found += self._of_body(recorded["json"], answer.body, bool(step.get("unordered")))
        elif "text" in recorded:
            found += self._compare("text", recorded["text"], answer.body.decode("utf-8", "replace"))
        return found

    def _of_headers(self, recorded: Mapping[str, str], got: Mapping[str, str]) -> Iterator[StepDifference]:
        for name, value in recorded.items():
            if name not in got:
                yield StepDifference(name, value, None)
            elif name == "allow":
                missing = set(value.split(", ")) - set(got[name].split(", "))
                if missing:
                    yield StepDifference(name, value, got[name])
            else:
                shown = AUTHORITY.sub("", got[name]) if name == "location" else got[name]
                yield from self._compare(name, value, shown)

    def _of_body(self, recorded: Json, body: bytes, unordered: bool) -> Iterator[StepDifference]:
        try:
            got = json.loads(body)
        except (ValueError, RecursionError):
            yield StepDifference("body", recorded, body.decode("utf-8", "replace"))
            return
        if unordered:
            recorded, got = _by_id(self.filled(recorded)), _by_id(got)
        yield from self._compare("body", recorded, got)

    def _compare(self, place: str, want: Json, got: Json) -> Iterator[StepDifference]:
        if want == ANY:
            return
        if isinstance(want, str) and MARK.fullmatch(want) and want not in self.marks:
            yield from self._bind(place, want, got)
        elif isinstance(want, dict) and isinstance(got, dict):
            self._bind_keys(want, got)
            wanted = {self.filled(key): value for key, value in want.items()}
            for key in [*wanted, *(key for key in got if key not in wanted)]:
                if key not in wanted or key not in got:
                    yield StepDifference(
                        f"{place}.{key}", self.filled(wanted.get(key, _NOTHING)), got.get(key, _NOTHING)
                    )
                else:
                    yield from self._compare(f"{place}.{key}", wanted[key], got[key])
        elif isinstance(want, list) and isinstance(got, list):
            if len(want) != len(got):
                yield StepDifference(f"{place} (entries)", len(want), len(got))
            for index, (one, other) in enumerate(zip(want, got, strict=False)):
                yield from self._compare(f"{place}[{index}]", one, other)
        elif isinstance(want, bool) != isinstance(got, bool) or _comparable(self.filled(want)) != _masked(got, want):
            yield StepDifference(place, self.filled(want), got)

    def _bind_keys(self, want: Json, got: Json) -> None:
        """Bind the unknown marks that are keys of an object. Each belongs to the new id with the most similar value."""
        unknown = [key for key in want if MARK.fullmatch(key) and key not in self.marks]
        if unknown:
            known = {self.filled(key) for key in want}
            new = [key for key in got if key not in known and ID.fullmatch(key)]
            unknown.sort(key=lambda key: _without_texts(want[key]))
            new.sort(key=lambda key: _without_texts(got[key]))
            for mark, id_ in zip(unknown, new, strict=False):
                self.marks.bind(mark, id_)

    def _bind(self, place: str, mark: str, got: Json) -> Iterator[StepDifference]:
        is_id = mark.startswith("<id")
        if not isinstance(got, str) or not (ID.fullmatch(got) if is_id else is_a_time(got)):
            yield StepDifference(place, "a fresh id" if is_id else "a time in ISO 8601, in UTC, ending in Z", got)
        elif is_id and self.marks.has_value(got):
            yield StepDifference(place, "a fresh id, not one of an earlier answer", got)
        else:
            self.marks.bind(mark, got)


_NOTHING = "(nothing)"


def is_a_time(text: str) -> bool:
    """Whether this is a time as the API writes it."""
    return moment_of(text) is not None and _TIME.fullmatch(text) is not None


def _by_id(page: Json) -> Json:
    """A list, or a page with items, sorted by id. Another value stays as it is."""
    try:
        if isinstance(page, list):
            return sorted(page, key=lambda item: item["id"])
        return {**page, "items": sorted(page["items"], key=lambda item: item["id"])}
    except (TypeError, KeyError):
        return page


def _comparable(value: Json) -> Json:
    return _PYDANTIC_VERSION.sub("errors.pydantic.dev/*/", value) if isinstance(value, str) else value


def _masked(got: Json, recorded: Json) -> Json:
    """A received value, comparable, with the placeholders of the recorded one for what that leaves open."""
    if not isinstance(got, str) or not isinstance(recorded, str):
        return got
    if recorded == "<sse>" and _is_a_stream(got):
        return recorded
    if "<clock>" in recorded:
        got = _CLOCK.sub("<clock>", got)
        if recorded.startswith(_LINES):
            got = _LINES + "\n".join(sorted(got.split("\n")))
    return _comparable(got)


def _is_a_stream(text: str) -> bool:
    """Whether this is a stream of at least one piece of an answer, and its end."""
    try:
        *pieces, last = (json.loads(event.removeprefix("data: ")) for event in text.strip().split("\n\n"))
        texts = [piece["delta"]["content"] for piece in pieces if piece["done"] is False]
    except (ValueError, TypeError, KeyError, RecursionError):
        return False
    return last == {"done": True} and len(texts) == len(pieces) > 0 and all(isinstance(piece, str) for piece in texts)


def _without_texts(value: Json) -> str:
    """What a value holds besides texts, for sorting."""
    values = value.values() if isinstance(value, dict) else [value]
    return json.dumps([entry for entry in values if not isinstance(entry, str)])
