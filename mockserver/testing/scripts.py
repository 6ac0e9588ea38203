"""Scripts: `mock.scripts`, the answers that a test gives to the operations that need a model."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Unpack

from pydantic_core import ValidationError

from . import stream_pieces
from .arguments import number, storable
from .exchange import Exchange, preview
from .hints import did_you_mean
from .matching import Criteria, Pattern
from .registry import Registry, checked_name

# The operations that need a model. They are the keys of `wire.scripts.ANSWERS`, which a test checks: most servers have
# no script, and those models cost time to import.
SCRIPTED = frozenset({"chat", "get_representation", "get_peer_context", "get_session_context", "get_session_summaries"})

# The field that is set if the answer is given as a string, or for chat also as None or a list of pieces.
_SHORTHANDS = {"chat": "content", "get_representation": "representation"}


class ScriptFailed(Exception):
    """The callable of a script raised an exception, or returned an invalid answer."""


class Scripted(NamedTuple):
    """An answer of a script.

    Arguments:
        members: Members of the answer, in place of the default ones.
        pieces: The pieces in which the text is streamed; bytes go on the wire as they are. If None, the mock splits the
            text.
        pause: Seconds between two pieces.
    """

    members: Mapping[str, Any]
    pieces: Sequence[stream_pieces.Piece] | None
    pause: float


class Script:
    """An active script: the answers to the requests that match `pattern`. `used` counts them.

    `pause` is how many seconds pass between the pieces of a streamed answer.
    """

    def __init__(self, name: str, operation: str, answers: tuple[Any, ...], pattern: Pattern, pause: float) -> None:
        self.name = name
        self.operation = operation
        self.answers = answers
        self.pattern = pattern
        self.pause = pause
        self.used = 0

    def next(self, exchange: Exchange) -> Scripted:
        """The next answer in order. The last one repeats.

        A callable is called with the Exchange. It runs within the request, so it cannot send requests to its own
        server. Raises ScriptFailed if it raises an exception, or returns an invalid answer.
        """
        answer = self.answers[min(self.used, len(self.answers) - 1)]
        self.used += 1
        if not callable(answer):
            return _read(self.operation, answer, self.pause)
        try:
            return _read(self.operation, _storable("the result", answer(exchange)), self.pause)
        except Exception as error:
            raise ScriptFailed(f"the script {self.name!r} failed: {error!r}") from error

    def as_json(self) -> dict[str, Any]:
        """The script as the control plane returns it."""
        return {
            "name": self.name,
            "operation": self.operation,
            "requests": str(self.pattern),
            "answers": [repr(answer) if callable(answer) else answer for answer in self.answers],
            "pause": self.pause,
            "used": self.used,
        }

    def __repr__(self) -> str:
        return f"<Script {self.name!r}: {preview(self.as_json()['answers'])} for {self.pattern}>"


class Scripts(Registry[Script]):
    """The scripts of one mock server, `mock.scripts`. If several match a request, the last one added is used.

    >>> from mockserver import Mock
    >>> scripts = Mock().scripts
    >>> scripts.add("chat", "Blue.", "Blue, as I said.", peer="alice", body={"query": "Which colour?"})
    <Script 'chat-1': ["Blue.", "Blue, as I said."] for peer=alice, body={"query": "Which colour?"}, operation=chat>
    """

    kind = "script"

    def __init__(self) -> None:
        super().__init__()
        self._added = 0

    def add(
        self,
        operation: str,
        /,
        *answers: Any,
        name: str | None = None,
        pause: float | None = None,
        **criteria: Unpack[Criteria],
    ) -> Script:
        """Answer the requests to an operation that match the criteria.

        Arguments:
            operation: An operation that needs a model.
            answers: The answers in order; the last one repeats. Each is an object, whose members replace members of
                the default answer, or a callable, which takes the Exchange and returns such an object. For chat
                and get_representation it may be the text itself; for chat also None, or a list of the pieces in which
                the text is streamed. A piece of bytes, in JSON {"raw": text} or {"base64": text}, goes on the wire as
                it is. The event with `done` follows, unless the last piece is bytes.
            name: By default the operation with a number, such as chat-1.
            pause: Only for chat: seconds between the pieces of a streamed answer, up to 60.
            criteria: Which requests; see Criteria.

        Raises ValueError for another operation, no answer, an answer that the operation cannot give, and a name that
        is in use.
        """
        if not isinstance(operation, str) or operation not in SCRIPTED:
            raise ValueError(f"{operation!r} cannot be scripted; {did_you_mean(str(operation), SCRIPTED)}")
        if pause and operation != "chat":
            raise ValueError(f"{operation!r} takes no pause: only 'chat' is streamed")
        pattern = Pattern({**criteria, "operation": operation}, beside=("name", "pause"))
        if not answers:
            raise ValueError(f"a script for {operation!r} needs an answer")
        seconds = number("pause", pause or 0, least=0, most=60)
        checked = tuple(answer if callable(answer) else _storable("an answer", answer) for answer in answers)
        for answer in checked:
            if not callable(answer):
                _read(operation, answer, seconds)
        chosen = checked_name(name or f"{operation}-{self._added + 1}")
        if any(script.name == chosen for script in self.entries):
            raise ValueError(f"there is already a script {chosen!r}")
        script = Script(chosen, operation, checked, pattern, seconds)
        self._added += 1
        self.entries.append(script)
        return script

    def answer(self, exchange: Exchange) -> Scripted | None:
        """The scripted answer to this request, or None. Raises ScriptFailed as `Script.next` does."""
        script = next((script for script in reversed(self.entries) if script.pattern.matches(exchange)), None)
        return None if script is None else script.next(exchange)

    def remove(self, script: Script | str) -> None:
        """Remove a script, given as an object or by name. Raises UnknownName."""
        self.entries.remove(self[script.name if isinstance(script, Script) else script])

    def reset(self, settings: Mapping[str, Any]) -> None:  # noqa: ARG002 - each part of a mock has this method
        """Remove all scripts. The settings are not used."""
        self.forget()

    def forget(self, workspace: str | None = None) -> None:
        """Remove all scripts, or those whose criteria name this workspace."""
        if workspace is None:
            self._added = 0
            self.entries = []
            return
        self.entries = [script for script in self.entries if script.pattern.criteria.get("workspace") != workspace]

    clear = forget


def _storable(name: str, answer: Any) -> Any:
    """A copy of an answer as JSON can express it."""
    if isinstance(answer, (bytes, bytearray)):
        answer = [answer]
    return storable(name, stream_pieces.as_json(answer) if isinstance(answer, (list, tuple)) else answer)


def _read(operation: str, answer: Any, pause: float) -> Scripted:
    """Expand the short forms of an answer. Raises ValueError for an answer that the operation cannot give."""
    pieces = None
    if operation == "chat" and isinstance(answer, list):
        pieces = stream_pieces.read(answer)
        answer = "".join(piece for piece in pieces if isinstance(piece, str))
    if operation in _SHORTHANDS and not isinstance(answer, dict):
        answer = {_SHORTHANDS[operation]: answer}
    return Scripted(_checked(operation, answer), pieces, pause)


def _checked(operation: str, answer: Any) -> Mapping[str, Any]:
    from ..wire.scripts import ANSWERS  # See SCRIPTED.

    try:
        ANSWERS[operation].model_validate(answer)
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        place = ".".join(map(str, found["loc"]))
        where = f" at {place}" if place else ""
        raise ValueError(f"{preview(answer)} is not an answer of {operation!r}: {found['msg']}{where}") from None
    members: Mapping[str, Any] = answer
    return members
