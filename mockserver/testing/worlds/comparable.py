"""Describes two states of a mock as worlds to compare. What is the same object in both is not described."""

from collections.abc import Iterable, Mapping, Sequence
from operator import is_
from typing import Any

from ...domain.records import Extras, Row, Session, Workspace
from .save import Description

# What the description of a session, and of the work of a workspace, depends on in one state.
Contents = dict[Session | Extras, tuple[Any, ...]]


def contents(workspaces: Iterable[Workspace]) -> Contents:
    """The contents of these workspaces in the present state.

    Clones are left out: the description of a clone also depends on its original.
    """
    found: Contents = {}
    for workspace in workspaces:
        summaries = workspace.extras.summaries
        for id_, session in workspace.sessions.items():
            if session.origin is None:
                found[session] = (session.row, session.members, session.messages, summaries.get(id_))
        found[workspace.extras] = (workspace.extras.work, workspace.extras.dreams)
    return found


class Comparable(Description):
    """Describes the two states that have these contents. Do not change what it returns.

    A session with the same contents in both states has only its id. Work that is equal in both is left out. Messages
    and conclusions are the stored rows. All this relies on the rule that rows and images never change.
    """

    def __init__(self, before: Contents, after: Contents) -> None:
        self._same: dict[Session | Extras, Any] = {}
        for record, content in before.items():
            other = after.get(record, ())
            if isinstance(record, Session):
                if len(other) == len(content) and all(map(is_, content, other)):
                    self._same[record] = {"id": record.row["id"]}
            elif content == other:
                self._same[record] = []

    def session(self, workspace: Workspace, session: Session) -> dict[str, Any]:
        same: dict[str, Any] | None = self._same.get(session)
        return super().session(workspace, session) if same is None else same

    def messages(self, session: Session) -> Sequence[Mapping[str, Any]]:
        return session.messages

    def conclusions(self, workspace: Workspace) -> list[Row]:
        return list(workspace.extras.conclusions.values())

    def work(self, workspace: Workspace) -> list[dict[str, Any]]:
        same: list[dict[str, Any]] | None = self._same.get(workspace.extras)
        return super().work(workspace) if same is None else same
