"""The rules of workspaces."""

import re

from . import paging
from .clock import timestamp
from .errors import ID_MAX_LENGTH, ID_PATTERN, SHORT_ID_MAX_LENGTH, ActiveSessions, InvalidId, MissingWorkspace
from .profile import Profile
from .records import Predicate, Row, Workspace, changed
from .store import Store

_ID = re.compile(ID_PATTERN)


def is_id(text: str, profile: Profile) -> bool:
    """Whether a string is a valid id of a workspace, peer or session."""
    return len(text) <= id_limit(profile) and _ID.fullmatch(text) is not None


def id_limit(profile: Profile) -> int:
    """How many characters an id has at most."""
    return ID_MAX_LENGTH if profile.long_ids else SHORT_ID_MAX_LENGTH


def check_new(store: Store, workspace_id: str) -> None:
    """Raise InvalidId if the workspace does not exist and its id is malformed."""
    if workspace_id not in store.workspaces and not is_id(workspace_id, store.profile):
        raise InvalidId("workspace", ("path", "workspace_id"), workspace_id)


def ensure(store: Store, workspace_id: str, now: int) -> Workspace:
    """The workspace with this id. Creates a missing workspace. Check the id first."""
    workspace = store.workspaces.get(workspace_id)
    if workspace is None:
        workspace = store.add_workspace(new_row(workspace_id, {}, {}, timestamp(now)))
    return workspace


def get_or_create(store: Store, workspace_id: str, metadata: Row, configuration: Row) -> tuple[Row, bool]:
    """The row of a workspace, and whether it was created now. An existing one does not change (recorded)."""
    workspace = store.workspaces.get(workspace_id)
    if workspace is not None:
        return workspace.row, False
    row = new_row(workspace_id, metadata, configuration, timestamp(store.clock.now()))
    return store.add_workspace(row).row, True


def update(store: Store, workspace_id: str, metadata: Row | None, configuration: Row | None) -> Row:
    """Replace the metadata and merge the configuration by its top-level keys, unless they are None.

    Creates a missing workspace. Raises InvalidId if its id is malformed.
    """
    check_new(store, workspace_id)
    workspace = ensure(store, workspace_id, store.clock.now())
    store.put_row(workspace, updated(workspace.row, metadata, configuration))
    return workspace.row


def list_(store: Store, page: int, size: int, reverse: bool, matches: Predicate | None) -> Row:
    """A page of all workspaces, oldest first."""
    return paging.of_records(store.directory, page, size, reverse, matches)


def delete(store: Store, workspace_id: str) -> None:
    """Accept the deletion of a workspace. Its purge removes it.

    Raises NotFound, and Conflict if it has active sessions.
    """
    workspace = store.workspaces.get(workspace_id)
    if workspace is None:
        raise MissingWorkspace(workspace_id)
    if workspace.active:
        raise ActiveSessions(workspace_id)
    store.purges.add(store.clock.now(), workspace.number, workspace_id, None)


def updated(row: Row, metadata: Row | None, configuration: Row | None) -> Row:
    """A row with new metadata, and the configuration merged by its top-level keys, unless they are None."""
    if configuration:
        configuration = {**row["configuration"], **configuration}
    return changed(row, {"metadata": metadata, "configuration": configuration or None})


def new_row(workspace_id: str, metadata: Row, configuration: Row, created_at: str) -> Row:
    """The row of a new workspace. `created_at` is a timestamp as on the wire."""
    return {"id": workspace_id, "metadata": metadata, "configuration": configuration, "created_at": created_at}
