"""What the page reads: a part of the state, events, and the state of the demo."""

from ...testing.demo_state import DemoState
from ...testing.registry import UnknownName
from ...testing.view import ViewWindow, view
from ...wire import control as wire
from ..live import Feed
from ..operation import Call, Reply, Router

router = Router("page")

_PLAY = "/_mock/play"


@router.operation("GET", "/_mock/view", answers={200: "Anything"}, query=wire.ViewQuery, access=None)
def get_view(call: Call) -> Reply:
    """Get the part of the state that the page shows. The format may change with every version of the page."""
    query = call.query
    sessions = (query.sessions_from, query.sessions_size)
    messages = (query.messages_from, query.messages_size)
    return 200, view(call.mock, ViewWindow(query.workspace, query.session, query.find, sessions, messages))


@router.operation("GET", "/_mock/events", answers={200: "Anything"}, query=wire.EventsQuery, streams=True, access=None)
def get_events(call: Call) -> Reply:
    """Stream server-sent events: state changes and received requests."""
    return 200, Feed(call.mock, call.query.last)


@router.operation("GET", _PLAY, answers={200: "Play", 404: "Problem"}, access=None)
def get_play(call: Call) -> Reply:
    """Get the progress of the demo script."""
    return 200, _play(call).as_json()


@router.operation("POST", _PLAY + "/pause", answers={200: "Play", 404: "Problem"}, access=None)
def pause_play(call: Call) -> Reply:
    """Pause the script of the demo."""
    _play(call).pause()
    return get_play(call)


@router.operation("POST", _PLAY + "/resume", answers={200: "Play", 404: "Problem"}, access=None)
def resume_play(call: Call) -> Reply:
    """Resume the script of the demo."""
    _play(call).resume()
    return get_play(call)


@router.operation("POST", _PLAY + "/restart", answers={200: "Play", 404: "Problem"}, access=None)
def restart_play(call: Call) -> Reply:
    """Restart the script of the demo. It first deletes what it created."""
    _play(call).restart()
    return get_play(call)


def _play(call: Call) -> DemoState:
    if call.mock.play is None:
        raise UnknownName("no demo is running; start one with `honcho-mockserver demo`")
    return call.mock.play
