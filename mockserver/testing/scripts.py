"""Scripts: what a test has an operation answer that needs a model."""

from typing import Any, Unpack

from .effects import storable
from .exchanges import Exchange, shortened
from .names import Register, checked_name, meant
from .patterns import Criteria, Pattern

# The operations of the API behind which a model thinks.
SCRIPTED = frozenset({"chat", "get_representation", "get_peer_context", "get_session_context", "get_session_summaries"})


class Script:
    """The answers to requests that are like `pattern`; `used` counts them."""

    def __init__(self, name: str, answers: tuple[Any, ...], pattern: Pattern) -> None:
        self.name = name
        self.answers = answers
        self.pattern = pattern
        self.used = 0

    def next(self, exchange: Exchange) -> Any:
        """The next answer in order; the last one stays. A callable is called with the Exchange."""
        answer = self.answers[min(self.used, len(self.answers) - 1)]
        self.used += 1
        return answer(exchange) if callable(answer) else answer

    def as_json(self) -> dict[str, Any]:
        """The script in the form that the control plane answers."""
        return {
            "name": self.name,
            "operation": self.pattern.criteria["operation"],
            "requests": str(self.pattern),
            "answers": [repr(answer) if callable(answer) else answer for answer in self.answers],
            "used": self.used,
        }

    def __repr__(self) -> str:
        return f"<Script {self.name!r}: {shortened(self.as_json()['answers'])} for {self.pattern}>"


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

    def add(self, operation: str, /, *answers: Any, name: str | None = None, **criteria: Unpack[Criteria]) -> Script:
        """Answer requests to this operation, those that meet the criteria, with these, one after the other.

        The last answer stays. One is JSON, or a callable that makes it of the Exchange. Raises ValueError for an
        operation that needs no model, for no answer, and for a name that is taken.
        """
        if operation not in SCRIPTED:
            raise ValueError(f"{operation!r} is not scripted; {meant(str(operation), SCRIPTED)}")
        pattern = Pattern({**criteria, "operation": operation})
        if not answers:
            raise ValueError(f"a script of {operation!r} needs an answer")
        checked = tuple(answer if callable(answer) else storable("an answer", answer) for answer in answers)
        chosen = checked_name(name or f"{operation}-{self._made + 1}")
        if any(script.name == chosen for script in self.entries):
            raise ValueError(f"there is a script {chosen!r} already")
        script = Script(chosen, checked, pattern)
        self._made += 1
        self.entries.append(script)
        return script

    def answering(self, exchange: Exchange) -> Script | None:
        """The script for this request, or None."""
        return next((script for script in reversed(self.entries) if script.pattern.matches(exchange)), None)

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
