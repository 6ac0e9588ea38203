"""Runs the script of the demo: a thread that sends the requests of the script to a server in a loop, until the player
is closed.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Thread
from typing import Any, Self
from urllib.parse import quote

from .parity.client import Client, NoAnswer
from .testing.demo_state import DemoState

Step = Mapping[str, Any]

_REQUEST = ("method", "path", "query", "json")

# The timeout of a request, and how long closing waits for the thread.
_TIMEOUT_SECONDS = 5
_JOIN_SECONDS = 1
# How long the page shows that a step was refused, before the script restarts.
_REFUSAL_SECONDS = 3


class DemoPlayer:
    """A context manager that runs a script against a server in a thread. `play` is the state of the script.

    Arguments:
        url: The base URL of the server.
        source: A JSON file: an object with the lists `steps` and `clean`. Each round runs `steps`. Then `clean` deletes
            what the round created, unless a reset of the mock did.
        token: Returns the token of the requests, or None. It is called once for each round.
        is_paused: Whether the script waits for `play.resume()` before its first step.

    A step is an object with these keys:
        scene: A sentence that says what happens now. It stays until another step has one.
        after: How many seconds to wait before the step. By default 0.
        method, path, query, json: The request.
        keep: A name. In later steps, `{name}` stands for the id of the answer, or of its first entry if it is a list.
        may_fail: Whether the script continues after an error status. By default it restarts.
        each: Steps to run for every item of the answer, which is a page. In them, `{item}` stands for its id.

    Raises OSError if the file cannot be read, and ValueError if it is not JSON.
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
        self._thread = Thread(target=self._run, name="demo", daemon=True)
        self.play = DemoState(len(self._steps), is_paused=is_paused)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._is_closing = True
        self.play.restart()
        self.play.resume()
        self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        needs_cleaning = False
        known: dict[str, str] = {}
        while not self._is_closing:
            with Client(self._url, self._token(), timeout_seconds=_TIMEOUT_SECONDS) as connection:
                # The ids in `known` are those of the last round, until they are cleared.
                for step in self._clean if needs_cleaning else ():
                    _send(connection, step, known)
                known.clear()
                self._run_once(connection, known)
            needs_cleaning = self.play.rewind()

    def _run_once(self, connection: Client, known: dict[str, str]) -> None:
        """Run the steps. Stop at a step that fails, or when the script must restart."""
        for place, step in enumerate(self._steps, 1):
            if not self.play.wait(step.get("after", 0)):
                return
            self.play.show(place, step.get("scene", self.play.scene))
            if not _send(connection, step, known):
                self.play.show(place, "A step was refused; the demo restarts")
                self.play.wait(_REFUSAL_SECONDS)
                return


def _send(connection: Client, step: Step, known: dict[str, str]) -> bool:
    """Send the request of a step. Returns whether the script may continue. `known` gets the id to keep."""
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
            _send(connection, inner, {**known, "item": id_})
    return True


def _ids(page: Any) -> list[str]:
    """The ids of the items of a page. Entries of other types are skipped, because a fault may change the answer."""
    items = page.get("items") if isinstance(page, dict) else None
    ids = [item.get("id") for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return [id_ for id_ in ids if isinstance(id_, str)]


def _filled(value: Any, known: Mapping[str, str]) -> Any:
    """JSON in which each `{name}` is replaced by the id of this name."""
    if isinstance(value, str):
        for name, id_ in known.items():
            value = value.replace(f"{{{name}}}", quote(id_))
        return value
    if isinstance(value, dict):
        return {key: _filled(entry, known) for key, entry in value.items()}
    return [_filled(entry, known) for entry in value] if isinstance(value, list) else value
