"""Clock, background work, snapshots and worlds, in the control plane."""

from typing import Any

from pydantic import Field, create_model

from ...domain.clock import timestamp
from ...domain.purges import Pending
from ...testing.options import OPTIONS
from ...testing.snapshots import Snapshot
from ...wire import control as wire
from ...wire.lookup import type_of
from ..operation import Call, Reply, Router

router = Router("state")

_SNAPSHOTS = "/_mock/snapshots"
_OPTIONS: dict[str, Any] = {
    name: (type_of(option.json), Field(default=option.default, description=option.help))
    for name, option in OPTIONS.items()
}
_Reset = create_model("Reset", __base__=wire.OneWorkspace, __doc__=wire.OneWorkspace.__doc__, **_OPTIONS)


@router.operation("POST", "/_mock/reset", answers={200: "Anything"}, body=_Reset, body_required=False, access=None)
def reset(call: Call) -> Reply:
    """Go back to the starting world, and delete all logs, faults, scripts and snapshots. With a workspace, reset only
    that workspace.
    """
    call.mock.reset(**_given(call))
    return 200, {"reset": True}


@router.operation("GET", "/_mock/clock", answers={200: "Now"}, access=None)
def get_clock(call: Call) -> Reply:
    """The time of the mock, and whether it is frozen."""
    clock = call.mock.clock
    return 200, {"now": timestamp(clock.peek()), "frozen": clock.is_frozen}


@router.operation(
    "POST", "/_mock/clock/freeze", answers={200: "Now"}, body=wire.FreezeTime, body_required=False, access=None
)
def freeze_clock(call: Call) -> Reply:
    """Freeze the clock at a time, by default at the current time."""
    call.mock.clock.freeze(call.body.at if call.body is not None else None)
    return get_clock(call)


@router.operation("POST", "/_mock/clock/advance", answers={200: "Now"}, body=wire.Seconds, access=None)
def advance_clock(call: Call) -> Reply:
    """Move the clock forward by a number of seconds."""
    call.mock.clock.advance(call.body.seconds)
    return get_clock(call)


@router.operation("POST", "/_mock/clock/resume", answers={200: "Now"}, access=None)
def resume_clock(call: Call) -> Reply:
    """Let a frozen clock run again, from its current time."""
    call.mock.clock.resume()
    return get_clock(call)


@router.operation("GET", "/_mock/purges", answers={200: "list[PendingPurge]"}, query=wire.OfWorkspace, access=None)
def list_purges(call: Call) -> Reply:
    """The waiting purges, in the order in which they run."""
    return 200, [_purge_as_json(job) for job in call.mock.pending(call.query.workspace)]


@router.operation(
    "POST", "/_mock/purge", answers={200: "Anything"}, body=wire.Purging, body_required=False, access=None
)
def purge(call: Call) -> Reply:
    """Run the waiting purges, due or not: all, or those of a session or a workspace."""
    return 200, {"purged": call.mock.purge(**_given(call))}


@router.operation(
    "POST", "/_mock/summaries", answers={201: "Summary", 404: "Problem"}, body=wire.SummaryDraft, access=None
)
def put_summary(call: Call) -> Reply:
    """Give a session a summary, as a model would. It replaces the earlier one of this kind."""
    return 201, call.mock.summarize(**_given(call))


@router.operation(
    "POST", "/_mock/purges/hold", answers={204: None}, body=wire.OfWorkspace, body_required=False, access=None
)
def hold_purges(call: Call) -> Reply:
    """Stop automatic purges, for all workspaces or for one."""
    call.mock.hold_purges(**_given(call))
    return 204, None


@router.operation(
    "POST", "/_mock/purges/release", answers={204: None}, body=wire.OfWorkspace, body_required=False, access=None
)
def release_purges(call: Call) -> Reply:
    """Resume automatic purges, for all workspaces or for one."""
    call.mock.release_purges(**_given(call))
    return 204, None


@router.operation("POST", "/_mock/purges/fail", answers={204: None}, body=wire.FailingPurges, access=None)
def fail_purges(call: Call) -> Reply:
    """Make the next attempts to purge fail. A failed purge is scheduled again."""
    call.mock.fail_purges(**call.body.given())
    return 204, None


@router.operation("POST", "/_mock/work", answers={200: "Anything"}, body=wire.Working, body_required=False, access=None)
def work(call: Call) -> Reply:
    """Complete open units of work: all, at most a number, or those of a session or a workspace."""
    return 200, {"completed": call.mock.work(**_given(call))}


@router.operation(
    "POST", "/_mock/begin_work", answers={200: "Anything"}, body=wire.Working, body_required=False, access=None
)
def begin_work(call: Call) -> Reply:
    """Mark pending units of work as in progress."""
    return 200, {"begun": call.mock.begin_work(**_given(call))}


@router.operation("GET", _SNAPSHOTS, answers={200: "list[Snapshot]"}, query=wire.OfWorkspace, access=None)
def list_snapshots(call: Call) -> Reply:
    """The named snapshots, all or those of a workspace."""
    return 200, [_snapshot_as_json(one) for one in call.mock.snapshots(call.query.workspace)]


@router.operation("POST", _SNAPSHOTS, answers={201: "Snapshot"}, body=wire.SnapshotName, access=None)
def take_snapshot(call: Call) -> Reply:
    """Take a named snapshot of the state, or of one workspace. Two workspaces may use the same name."""
    return 201, _snapshot_as_json(call.mock.snapshot(call.body.name, workspace=call.body.workspace))


@router.operation(
    "POST",
    _SNAPSHOTS + "/{name}/restore",
    answers={204: None, 404: "Problem"},
    body=wire.OfWorkspace,
    body_required=False,
    access=None,
)
def restore_snapshot(call: Call) -> Reply:
    """Go back to a snapshot. The snapshot is kept."""
    call.mock.restore(call.path["name"], **_given(call))
    return 204, None


@router.operation(
    "DELETE", _SNAPSHOTS + "/{name}", answers={204: None, 404: "Problem"}, query=wire.OfWorkspace, access=None
)
def forget_snapshot(call: Call) -> Reply:
    """Delete a snapshot."""
    call.mock.forget_snapshot(call.path["name"], workspace=call.query.workspace)
    return 204, None


@router.operation(
    "GET", "/_mock/diff", answers={200: "list[str]", 404: "Problem"}, query=wire.SnapshotDiff, access=None
)
def get_difference(call: Call) -> Reply:
    """What changed from a snapshot to another one, or to the present state, in sentences."""
    return 200, call.mock.diff(call.query.before, call.query.after, workspace=call.query.workspace)


@router.operation("GET", "/_mock/world", answers={200: "Anything", 404: "Problem"}, query=wire.OfWorkspace, access=None)
def get_world(call: Call) -> Reply:
    """The state as a world, for `serve --world`."""
    return 200, call.mock.world(call.query.workspace)


@router.operation("PUT", "/_mock/world", answers={204: None}, body=dict[str, Any], access=None)
def put_world(call: Call) -> Reply:
    """Replace the state with a world."""
    call.mock.load(call.body)
    return 204, None


@router.operation("POST", "/_mock/fork", answers={201: "Url", 409: "Problem"}, access=None)
def fork(call: Call) -> Reply:
    """Start another server with a copy of the state. It runs until this server is reset or stops. At most `max_forks`
    run, those of forks included.
    """
    return 201, {"url": call.mock.open_fork()}


@router.operation(
    "POST", "/_mock/token", answers={201: "Token"}, body=wire.TokenScope, body_required=False, access=None
)
def make_token(call: Call) -> Reply:
    """Create a token for a scope. It is in `key`, as in the answer of `POST /v3/keys`. Authentication must be on."""
    return 201, {"key": call.mock.token(**_given(call))}


def _given(call: Call) -> dict[str, Any]:
    """The fields that are set in the body, or an empty dict without a body."""
    return {} if call.body is None else call.body.given()


def _snapshot_as_json(snapshot: Snapshot) -> dict[str, Any]:
    return {"name": snapshot.name, "workspace": snapshot.workspace}


def _purge_as_json(job: Pending) -> dict[str, Any]:
    return {"workspace": job.workspace, "session": job.session, "due": job.due, "tries": job.tries}
