"""Plays a scene to a server: one request after the other, by itself and over and over, until it is closed."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Thread
from typing import Any, Self
from urllib.parse import quote

from .parity.client import Client, NoAnswer
from .testing.play import Play

Step = Mapping[str, Any]

_REQUEST = ("method", "path", "query", "json")

# How long a request that is under way may take, and how long it may when the play is over.
_TIMEOUT_SECONDS = 5
_PATIENCE_SECONDS = 1
# How long it can be read that a step was refused.
_REGRET_SECONDS = 3


class Player:
    """Plays to the server at `url` in a thread of its own, as a context manager.

    `source` is a file of JSON: an object with two lists, the `steps` of the play and those that `clean` up what a
    former one left, whose ids they know. Of a step, `scene` says what is going on, `after` how many seconds to wait
    before, `method`, `path`, `query` and `json` what is sent, and `keep` under which name an id of the answer is known
    to later steps (`{name}` in what they send): that of the answer itself, or of the first in a list. `may_fail` says
    that a refusal belongs to the play; at any other it begins anew, as when it is over or the server was reset. `each`
    has steps for every item of a page, whose id is `{item}`. `token` makes the token that goes with the requests, anew
    for each play.
    """

    def __init__(
        self, url: str, source: Path, token: Callable[[], str | None] = lambda: None, *, is_paused: bool = False
    ) -> None:
        script = json.loads(source.read_text(encoding="utf-8"))
        self._steps: list[Step] = script["steps"]
        self._clean: list[Step] = script["clean"]
        self._url = url
        self._token = token
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
        may_be_left = False
        known: dict[str, str] = {}
        while not self._is_closing:
            with Client(self._url, self._token(), timeout_seconds=_TIMEOUT_SECONDS) as connection:
                for step in self._clean if may_be_left else ():
                    _sends(connection, step, known)
                known.clear()
                self._perform_once(connection, known)
            may_be_left = self.play.first()

    def _perform_once(self, connection: Client, known: dict[str, str]) -> None:
        """The steps, up to one that fails or before which the play is to begin anew."""
        for place, step in enumerate(self._steps, 1):
            if not self.play.wait(step.get("after", 0)):
                return
            self.play.step, self.play.scene = place, step.get("scene", self.play.scene)
            if not _sends(connection, step, known):
                self.play.scene = "A step was refused; the play begins anew"
                self.play.wait(_REGRET_SECONDS)
                return


def _sends(connection: Client, step: Step, known: dict[str, str]) -> bool:
    """Send a step; whether its answer was one to go on with. What is kept of it is added to `known`."""
    request = {name: _filled(step[name], known) for name in _REQUEST if name in step}
    try:
        answer = connection.send(request)
    except NoAnswer:
        return False
    if answer.status >= 400:
        return bool(step.get("may_fail"))
    answered = answer.document()
    if "keep" in step:
        first = answered[0] if isinstance(answered, list) and answered else answered
        kept = first.get("id") if isinstance(first, dict) else None
        if not isinstance(kept, str):
            return False
        known[step["keep"]] = kept
    for id_ in _ids(answered) if "each" in step else ():
        for inner in step["each"]:
            _sends(connection, inner, {**known, "item": id_})
    return True


def _ids(page: Any) -> list[str]:
    """The ids of the items of a page, as far as it is one: a fault may have made anything of it."""
    items = page.get("items") if isinstance(page, dict) else None
    ids = [item.get("id") for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return [id_ for id_ in ids if isinstance(id_, str)]


def _filled(value: Any, known: Mapping[str, str]) -> Any:
    """JSON with the ids in the place of their names."""
    if isinstance(value, str):
        for name, id_ in known.items():
            value = value.replace(f"{{{name}}}", quote(id_))
        return value
    if isinstance(value, dict):
        return {key: _filled(entry, known) for key, entry in value.items()}
    return [_filled(entry, known) for entry in value] if isinstance(value, list) else value
