"""Scripts: what a test has an operation answer that needs a model."""

from typing import Any, Unpack

from . import scripted
from .effects import storable
from .exchange import Exchange, preview
from .matching import Criteria, Pattern
from .names import Register, checked_name, meant
from .numbers import number
from .scripted import Scripted

# The operations of the API behind which a model thinks.
SCRIPTED = frozenset({"chat", "get_representation", "get_peer_context", "get_session_context", "get_session_summaries"})


class ScriptFailed(Exception):
    """A callable that was to make an answer made none."""


class Script:
    """The answers to requests that are like `pattern`; `used` counts them.

    `pause` is how many seconds pass between the pieces of a streamed one.
    """

    def __init__(self, name: str, operation: str, answers: tuple[Any, ...], pattern: Pattern, pause: float) -> None:
        self.name = name
        self.operation = operation
        self.answers = answers
        self.pattern = pattern
        self.pause = pause
        self.used = 0

    def next(self, exchange: Exchange) -> Scripted:
        """The next answer in order; the last one stays. A callable is called with the Exchange.

        A callable is called between two requests, so it cannot call its own server. Raises ScriptFailed where it
        raises something, or gives what is no answer.
        """
        answer = self.answers[min(self.used, len(self.answers) - 1)]
        self.used += 1
        if not callable(answer):
            return scripted.read(self.operation, answer, self.pause)
        try:
            return scripted.read(self.operation, storable("what it gave", answer(exchange)), self.pause)
        except Exception as error:
            raise ScriptFailed(f"the script {self.name!r} failed: {error!r}") from error

    def as_json(self) -> dict[str, Any]:
        """The script in the form that the control plane answers."""
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


class Scripts(Register[Script]):
    """The scripted answers of one fake server, `mock.scripts`; the script that was added last is asked first.

    >>> from mockserver import Mock
    >>> scripts = Mock().scripts
    >>> scripts.add("chat", "Blue.", "Blue, as I said.", peer="alice", body={"query": "Which colour?"})
    <Script 'chat-1': ["Blue.", "Blue, as I said."] for peer=alice, body={"query": "Which colour?"}, operation=chat>
    """

    kind = "script"

    def __init__(self) -> None:
        super().__init__()
        self._made = 0

    def add(
        self,
        operation: str,
        /,
        *answers: Any,
        name: str | None = None,
        pause: float | None = None,
        **criteria: Unpack[Criteria],
    ) -> Script:
        """Answer requests to this operation, those that meet the criteria, with these, one after the other.

        The last answer stays. One is an object whose members replace those of the answer, or a callable that makes it
        of the Exchange; for chat and representation it may be the text, for chat also None, or a list of the pieces
        in which it is streamed, with a `pause` of so many seconds (up to 60) after each. Raises ValueError for an
        operation that needs no model, for no answer, for one that the operation cannot give, and for a name that is
        taken.
        """
        if operation not in SCRIPTED:
            known = ", ".join(sorted(SCRIPTED))
            raise ValueError(f"{operation!r} is not scripted; {meant(str(operation), SCRIPTED)} Scripted are: {known}")
        if pause and operation != "chat":
            raise ValueError(f"{operation!r} has no pieces to pause between, only 'chat' has")
        pattern = Pattern({**criteria, "operation": operation})
        if not answers:
            raise ValueError(f"a script of {operation!r} needs an answer")
        seconds = number("pause", pause or 0, least=0, most=60)
        checked = tuple(answer if callable(answer) else storable("an answer", answer) for answer in answers)
        for answer in checked:
            if not callable(answer):
                scripted.read(operation, answer, seconds)
        chosen = checked_name(name or f"{operation}-{self._made + 1}")
        if any(script.name == chosen for script in self.entries):
            raise ValueError(f"there is a script {chosen!r} already")
        script = Script(chosen, operation, checked, pattern, seconds)
        self._made += 1
        self.entries.append(script)
        return script

    def answer(self, exchange: Exchange) -> Scripted | None:
        """What a script answers to this request, or None where none is for it. Raises as `Script.next` does."""
        script = next((script for script in reversed(self.entries) if script.pattern.matches(exchange)), None)
        return None if script is None else script.next(exchange)

    def remove(self, script: Script | str) -> None:
        """Take a script away, by itself or by its name. Raises UnknownName where there is none of this name."""
        self.entries.remove(self[script.name if isinstance(script, Script) else script])

    def forget(self, workspace: str | None = None) -> None:
        """Take away all scripts, or those that name this workspace."""
        if workspace is None:
            self._made = 0
        self.entries = [
            script
            for script in self.entries
            if workspace is not None and script.pattern.criteria.get("workspace") != workspace
        ]
