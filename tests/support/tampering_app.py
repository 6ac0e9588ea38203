"""A server whose answers have planted changes, as a real server might answer that is not quite the same."""

import asyncio
import json
import re
from collections.abc import Sequence
from random import Random
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What a plant may do to an answer.
KINDS = ("status", "field", "lost", "more", "order")

# The paths of the sessions and workspaces in which a mirror watches purges.
_OF_THE_WATCH = re.compile(r"/\d{24}-\d{4}")


class TamperingApp:
    """Answers as another app does, late, and with a change in some successful answers with a JSON object or list.

    Attributes:
        planted: The place of each change, in the order of the requests; None for an answer that is not changed.
    """

    def __init__(self, app: ASGIApp, random: Random, kinds: Sequence[str] = KINDS) -> None:
        self._kinds = kinds
        self.planted: list[str | None] = []
        self._app = app
        self._random = random

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        start, *pieces = messages
        content = b"".join(piece.get("body", b"") for piece in pieces)
        place = None
        if self._random.random() < 0.3 and not _OF_THE_WATCH.search(scope["path"]):
            place, start["status"], content = self._changed(start["status"], content)
        self.planted.append(place)
        headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
        start["headers"] = [*headers, (b"content-length", str(len(content)).encode())]
        await asyncio.sleep(self._random.random() / 1000)
        await send(start)
        await send({"type": "http.response.body", "body": content})

    def _changed(self, status: int, content: bytes) -> tuple[str | None, int, bytes]:
        if status >= 300 or not content:
            return None, status, content
        document = json.loads(content)
        kind = self._random.choice(self._kinds)
        if kind == "status":
            return "status", 203, content
        place = self._plant(kind, document, "body")
        return place, status, json.dumps(document).encode()

    def _plant(self, kind: str, value: Any, place: str) -> str | None:
        """Change a value in place. Returns where, or None if the kind of change does not fit."""
        if isinstance(value, list):
            if kind == "order" and len(value) > 1 and _without_made(value[0]) != _without_made(value[-1]):
                value.reverse()
                return place
            return self._plant(kind, value[0], f"{place}[0]") if value else None
        if not isinstance(value, dict) or not value:
            return None
        if isinstance(value.get("items"), list) and value["items"]:
            return self._plant(kind, value["items"], f"{place}.items")
        if kind == "more":
            value["surprise"] = True
            return f"{place}.surprise"
        name = self._random.choice(sorted(value))
        if kind == "lost":
            del value[name]
        elif kind == "field":
            value[name] = "something else"
        return None if kind == "order" else f"{place}.{name}"


def _without_made(row: Any) -> Any:
    """A row without what the server generates."""
    return {name: row[name] for name in row if name not in ("id", "created_at")} if isinstance(row, dict) else row
