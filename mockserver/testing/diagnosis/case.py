"""What a diagnosis is made from: a request, what was answered, and what is remembered."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ...domain.store import Store


class Asked(Protocol):
    """A request, as it is kept. Ids, query and body are the client's own and may be anything."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str:
        """As it was sent, decoded."""

    @property
    def operation(self) -> str | None:
        """The name of the operation (`clone_session`); None where there is none at the path."""

    @property
    def parameters(self) -> Mapping[str, str]:
        """The ids of the path: `workspace_id`, `session_id`, `peer_id`, `message_id`."""

    @property
    def query(self) -> Mapping[str, str]: ...
    @property
    def content_type(self) -> str | None: ...
    @property
    def body(self) -> Any:
        """The JSON that was sent, or None."""

    @property
    def scheme(self) -> str | None:
        """The scheme of the Authorization header (`Bearer`); None without that header."""

    @property
    def token(self) -> Mapping[str, Any] | None:
        """The claims of a token that is signed with the secret, or None; only with authentication on."""


class Past(Protocol):
    """What is remembered of earlier requests."""

    def deletion(self, workspace_id: str, session_id: str | None) -> int | None:
        """The number of the last request that deleted the session, or for None the workspace; None if not known."""


class Case(NamedTuple):
    """All that a diagnosis looks at; `detail` is that of the answer, `paths` are those of all operations."""

    asked: Asked
    detail: Any
    store: Store
    past: Past
    paths: Sequence[tuple[str, str]]

    def id_of(self, kind: str) -> str | None:
        """The id of the workspace, session or peer that is asked for: from the path, or of what would be made."""
        named = self.asked.parameters.get(f"{kind}_id")
        body = self.asked.body
        if named is None and self.asked.operation == f"get_or_create_{kind}" and isinstance(body, dict):
            named = body.get("id", body.get("name"))
        return named if isinstance(named, str) else None

    def joining(self) -> Mapping[str, Any]:
        """Who would come into the session, each with the settings as they were sent."""
        operation, body = self.asked.operation, self.asked.body
        if operation == "set_peer_config":
            return {self.asked.parameters.get("peer_id", ""): body}
        if operation == "get_or_create_session" and isinstance(body, dict):
            body = body.get("peers", body.get("peer_names"))
        elif operation not in ("add_peers_to_session", "set_session_peers"):
            return {}
        return body if isinstance(body, dict) else {}
