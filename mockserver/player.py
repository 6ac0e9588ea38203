"""Plays a scene to a server: one request after the other, by itself and over and over, until it is closed."""

import json
from collections.abc import Mapping
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self
from urllib.parse import quote

from .parity.connection import Connection, NoAnswer
from .testing.play import Play

Step = Mapping[str, Any]

# How long a request that is under way may take to end.
_PATIENCE_SECONDS = 1


class Player:
    """Sends the steps of a play to the server at `url` in a thread of its own, as a context manager.

    `source` is a file of JSON, a list of steps: `scene` says what is going on, `after` how many seconds to wait before,
    `method`, `path`, `query` and `json` what is sent, and `keep` under which name an id of the answer is known to later
    steps (`{name}` in what they send): that of the answer itself, or of the first in a list. A step that fails, as
    the server was reset or has a fault, is left behind, and so are those that need its id. `token` goes with each.
    """

    def __init__(self, url: str, source: Path, token: str | None = None, *, is_paused: bool = False) -> None:
        self._steps: list[Step] = json.loads(source.read_text(encoding="utf-8"))
        self._connection = Connection(url, token, timeout_seconds=5)
        self._closing = Event()
        self._thread = Thread(target=self._perform, name="play", daemon=True)
        self.play = Play(len(self._steps), is_paused=is_paused)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._closing.set()
        self.play.resume()
        self._thread.join(_PATIENCE_SECONDS)

    def _perform(self) -> None:
        with self._connection:
            while not self._closing.is_set():
                self._perform_once()

    def _perform_once(self) -> None:
        known: dict[str, str] = {}
        for place, step in enumerate(self._steps, 1):
            self.play.wait()
            self._closing.wait(step.get("after", 0))
            self.play.wait()
            if self._closing.is_set():
                return
            self.play.step, self.play.scene = place, step.get("scene", self.play.scene)
            self._send(step, known)

    def _send(self, step: Step, known: dict[str, str]) -> None:
        try:
            answer = self._connection.send(_filled(step, known))
            if "keep" in step:
                answered = answer.document()
                known[step["keep"]] = (answered[0] if isinstance(answered, list) else answered)["id"]
        except (NoAnswer, KeyError, IndexError, TypeError, ValueError):
            known.pop(step.get("keep", ""), None)


def _filled(value: Any, known: Mapping[str, str]) -> Any:
    """JSON with the ids in the place of their names. Raises KeyError for one that is not known."""
    if isinstance(value, str):
        return value.format_map({name: quote(id_) for name, id_ in known.items()}) if "{" in value else value
    if isinstance(value, dict):
        return {key: _filled(entry, known) for key, entry in value.items()}
    return [_filled(entry, known) for entry in value] if isinstance(value, list) else value
