"""Plays a scene to a server: one request after the other, by itself and over and over, until it is closed."""

import json
from collections.abc import Mapping
from pathlib import Path
from threading import Thread
from typing import Any, Self
from urllib.parse import quote

from .parity.connection import Connection, NoAnswer
from .testing.play import Play

Step = Mapping[str, Any]

# How long a request that is under way may take, and how long it may when the play is over.
_TIMEOUT_SECONDS = 5
_PATIENCE_SECONDS = 1
# How long it can be read that a step was refused.
_REGRET_SECONDS = 3


class Player:
    """Plays to the server at `url` in a thread of its own, as a context manager.

    `source` is a file of JSON: an object with two lists, the `steps` of the play and those that `clean` up after it.
    Of a step, `scene` says what is going on, `after` how many seconds to wait before, `method`, `path`, `query` and
    `json` what is sent, and `keep` under which name an id of the answer is known to later steps (`{name}` in what they
    send), until one says `forget`: that of the answer itself, or of the first in a list. `may_fail` says that a refusal
    belongs to the play. At any other the play begins anew, as when it is over or the server was reset, once what is
    still known is cleaned up. `token` goes with each request.
    """

    def __init__(self, url: str, source: Path, token: str | None = None, *, is_paused: bool = False) -> None:
        script = json.loads(source.read_text(encoding="utf-8"))
        self._steps: list[Step] = script["steps"]
        self._clean: list[Step] = script["clean"]
        self._known: dict[str, str] = {}
        self._connection = Connection(url, token, timeout_seconds=_TIMEOUT_SECONDS)
        self._is_closing = False
        self._thread = Thread(target=self._perform, name="play", daemon=True)
        self.play = Play(len(self._steps), is_paused=is_paused)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._is_closing = True
        self.play.begin_anew()
        self.play.resume()
        self._thread.join(_PATIENCE_SECONDS)

    def _perform(self) -> None:
        with self._connection:
            while not self._is_closing:
                self._perform_once()
                if self.play.first():
                    self._clean_up()
                self._known.clear()

    def _perform_once(self) -> None:
        """The steps, up to one that fails or before which the play is to begin anew."""
        for place, step in enumerate(self._steps, 1):
            if not self.play.wait(step.get("after", 0)):
                return
            self.play.step, self.play.scene = place, step.get("scene", self.play.scene)
            if not self._sends(step):
                self.play.scene = "A step was refused; the play begins anew"
                self.play.wait(_REGRET_SECONDS)
                return

    def _clean_up(self) -> None:
        for step in self._clean:
            if not self._is_closing:
                self._sends(step)

    def _sends(self, step: Step) -> bool:
        """Send a step; whether its answer was one to go on with. What needs an id that is not known is not sent."""
        try:
            answer = self._connection.send(_filled(step, self._known))
            if "keep" in step and answer.status < 400:
                answered = answer.document()
                self._known[step["keep"]] = (answered[0] if isinstance(answered, list) else answered)["id"]
            self._known.pop(step.get("forget", ""), None)
        except (NoAnswer, KeyError, IndexError, TypeError, ValueError):
            return False
        return answer.status < 400 or step.get("may_fail", False)


def _filled(value: Any, known: Mapping[str, str]) -> Any:
    """JSON with the ids in the place of their names. Raises KeyError for one that is not known."""
    if isinstance(value, str):
        return value.format_map({name: quote(id_) for name, id_ in known.items()}) if "{" in value else value
    if isinstance(value, dict):
        return {key: _filled(entry, known) for key, entry in value.items()}
    return [_filled(entry, known) for entry in value] if isinstance(value, list) else value
