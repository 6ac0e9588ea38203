"""Replays recordings of the real server against ours.

A recording is a file of scenarios, one a line: `{"name", "about", "steps", "time_order"}`. A step is a request with the
response that was recorded, or `{"control": "purge"}`. In it `<id:N>` stands for an id that the server made and `<time:N>`
for a time that it took: bound at first sight, the same ever after.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx

from mockserver.testing.fixtures import fixture

_MARK = re.compile(r"<(id|time):\d+>")
_ID = re.compile(r"[A-Za-z0-9_-]{21}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")
_PYDANTIC_VERSION = re.compile(r"errors\.pydantic\.dev/[0-9.]+/")

Json = Any


def scenarios(name: str) -> list[dict[str, Json]]:
    """The scenarios of a file under fixtures/recordings."""
    lines = fixture(f"recordings/{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


class Replay:
    """One scenario against one server; yields each step's number, its differences and the answer."""

    def __init__(self, client: httpx.Client, scenario: dict[str, Json]) -> None:
        self._client = client
        self._scenario = scenario
        self._bound: dict[str, str] = {}

    def __iter__(self) -> Iterator[tuple[int, list[str], httpx.Response | None]]:
        self._client.post("/_mock/reset").raise_for_status()
        for number, step in enumerate(self._scenario["steps"]):
            if "control" in step:
                self._client.post("/_mock/purge").raise_for_status()
                yield number, [], None
            else:
                answer = self._send(step["request"])
                yield number, self._differences(step, answer), answer

    def times_run_backwards(self) -> bool:
        times = [self._bound[mark] for mark in self._scenario.get("time_order", []) if mark in self._bound]
        moments = [datetime.fromisoformat(time) for time in times]
        return moments != sorted(moments)

    def _send(self, request: dict[str, Json]) -> httpx.Response:
        extra: dict[str, Json] = {"params": self._filled(request.get("query")), "headers": request.get("headers")}
        if "json" in request:
            extra["json"] = self._filled(request["json"])
        elif "text" in request:
            extra["content"] = self._filled(request["text"]).encode()
        return self._client.request(request["method"], self._filled(request["path"]), **extra)

    def _filled(self, value: Json) -> Json:
        if isinstance(value, str):
            return _MARK.sub(lambda mark: self._bound.get(mark[0], mark[0]), value)
        if isinstance(value, list):
            return [self._filled(entry) for entry in value]
        if isinstance(value, dict):
            return {self._filled(key): self._filled(entry) for key, entry in value.items()}
        return value

    def _differences(self, step: dict[str, Json], answer: httpx.Response) -> list[str]:
        recorded = step["response"]
        if recorded["status"] >= 500:
            return [] if answer.status_code in (422, 500) else [f"status: a failure or 422, got {answer.status_code}"]
        if answer.status_code != recorded["status"]:
            return [f"status: {recorded['status']}, got {answer.status_code}: {answer.text[:200]}"]
        differences: list[str] = []
        if recorded.get("json") is not None:
            want, got = recorded["json"], answer.json()
            if step.get("unordered"):
                want, got = _by_id(self._filled(want)), _by_id(got)
            self._compare("body", want, got, differences)
        if "location" in recorded.get("headers", {}):
            want, got = recorded["headers"]["location"], answer.headers["location"]
            self._compare("location", want, re.sub(r"^https?://[^/]+", "", got), differences)
        if "allow" in recorded.get("headers", {}):
            want, got = set(recorded["headers"]["allow"].split(", ")), set(answer.headers["allow"].split(", "))
            differences += [] if want <= got else [f"allow: at least {want}, got {got}"]
        return differences

    def _compare(self, place: str, want: Json, got: Json, differences: list[str]) -> None:
        if isinstance(want, str) and _MARK.fullmatch(want) and want not in self._bound:
            self._bind(place, want, got, differences)
        elif isinstance(want, dict) and isinstance(got, dict):
            want = {self._filled(key): value for key, value in want.items()}
            for key in want.keys() | got.keys():
                if key not in want or key not in got:
                    differences.append(f"{place}.{key}: {'missing' if key in want else 'not expected'}")
                else:
                    self._compare(f"{place}.{key}", want[key], got[key], differences)
        elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
            for index, (one, other) in enumerate(zip(want, got, strict=True)):
                self._compare(f"{place}[{index}]", one, other, differences)
        elif isinstance(want, str) and isinstance(got, str):
            if _without_version(self._filled(want)) != _without_version(got):
                differences.append(f"{place}: {self._filled(want)!r}, got {got!r}")
        elif isinstance(want, bool) != isinstance(got, bool) or want != got:
            differences.append(f"{place}: {want!r}, got {got!r}")

    def _bind(self, place: str, mark: str, got: Json, differences: list[str]) -> None:
        form = _ID if mark.startswith("<id") else _TIME
        if not isinstance(got, str) or not form.fullmatch(got):
            differences.append(f"{place}: a fresh {mark}, got {got!r}")
        elif form is _ID and got in self._bound.values():
            differences.append(f"{place}: the id {got!r} was given out twice")
        else:
            self._bound[mark] = got


def _by_id(page: Json) -> Json:
    return {**page, "items": sorted(page["items"], key=lambda item: item["id"])}


def _without_version(text: str) -> str:
    return _PYDANTIC_VERSION.sub("errors.pydantic.dev/*/", text)
