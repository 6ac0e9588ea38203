"""The rules of workspaces."""

import re

from . import paging
from .clock import timestamp
from .errors import ID_MAX_LENGTH, ID_PATTERN, Conflict, InvalidId, NotFound
from .filters.language import Predicate
from .records import Row, Workspace
from .store import Store

_ID = re.compile(ID_PATTERN)


def is_id(text: str) -> bool:
    """Whether `text` may be the id of a workspace, peer or session."""
    return len(text) <= ID_MAX_LENGTH and _ID.fullmatch(text) is not None


def check_new(store: Store, workspace_id: str) -> None:
    """Raise InvalidId for a workspace that would have to be made under a malformed id."""
    if workspace_id not in store.workspaces and not is_id(workspace_id):
        raise InvalidId("workspace", ("path", "workspace_id"), workspace_id)


def ensure(store: Store, workspace_id: str, now: int) -> Workspace:
    """The workspace of this id, made where it is missing; the id was checked."""
    workspace = store.workspaces.get(workspace_id)
    if workspace is None:
        workspace = store.add_workspace(new_row(workspace_id, {}, {}, now))
    return workspace


def get_or_create(store: Store, workspace_id: str, metadata: Row, configuration: Row) -> tuple[Row, bool]:
    """The workspace's row and whether it was made now; one that exists is not changed (recorded)."""
    workspace = store.workspaces.get(workspace_id)
    if workspace is not None:
        return workspace.row, False
    row = new_row(workspace_id, metadata, configuration, store.clock.now())
    return store.add_workspace(row).row, True


def update(store: Store, workspace_id: str, metadata: Row | None, configuration: Row | None) -> Row:
    """Replace metadata, merge configuration by its top-level keys; None leaves alone.

    A workspace that is missing is made. Raises InvalidId where its id is malformed.
    """
    check_new(store, workspace_id)
    workspace = ensure(store, workspace_id, store.clock.now())
    store.put_row(workspace, updated(workspace.row, metadata, configuration))
    return workspace.row


def list_(store: Store, page: int, size: int, reverse: bool, matches: Predicate | None) -> Row:
    """A page of all workspaces, oldest first."""
    return paging.of_records(store.directory, page, size, reverse, matches)


def delete(store: Store, workspace_id: str) -> None:
    """Accept the deletion of a workspace, which is gone once it is purged.

    Raises NotFound, and Conflict while active sessions remain.
    """
    workspace = store.workspaces.get(workspace_id)
    if workspace is None:
        raise NotFound(f"Workspace {workspace_id} not found")
    if workspace.active:
        raise Conflict(
            f"Cannot delete workspace '{workspace_id}': active session(s) remain. Delete all sessions first."
        )
    store.purges.add(store.clock.now(), workspace.number, workspace_id, None)


def updated(row: Row, metadata: Row | None, configuration: Row | None) -> Row:
    """A new row with metadata replaced and configuration merged by its top-level keys; None leaves alone."""
    if metadata is not None:
        row = {**row, "metadata": metadata}
    if configuration:
        row = {**row, "configuration": {**row["configuration"], **configuration}}
    return row


def new_row(workspace_id: str, metadata: Row, configuration: Row, now: int) -> Row:
    """The row of a workspace made at `now`, in microseconds since 1970."""
    return {"id": workspace_id, "metadata": metadata, "configuration": configuration, "created_at": timestamp(now)}
