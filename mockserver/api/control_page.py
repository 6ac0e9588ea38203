"""What the page reads: the state through a window, what happens, and the play of a demo."""

from ..testing.names import UnknownName
from ..testing.play import Play
from ..testing.view import Window, view
from ..wire import control as wire
from .live import Feed
from .operation import Call, Reply, Router

router = Router("page")

_PLAY = "/_mock/play"


@router.operation("GET", "/_mock/view", answers={200: "Anything"}, query=wire.WindowQuery, access=None)
def get_view(call: Call) -> Reply:
    """What the page shows of the state; its form changes with the page."""
    asked = call.query
    sessions = (asked.sessions_from, asked.sessions_size)
    messages = (asked.messages_from, asked.messages_size)
    return 200, view(call.mock, Window(asked.workspace, asked.session, asked.find, sessions, messages))


@router.operation("GET", "/_mock/events", answers={200: "Anything"}, query=wire.EventsQuery, streams=True, access=None)
def get_events(call: Call) -> Reply:
    """Server-sent events: that something changed, and which requests came."""
    return 200, Feed(call.mock, call.query.last)


@router.operation("GET", _PLAY, answers={200: "Play", 404: "Problem"}, access=None)
def get_play(call: Call) -> Reply:
    """How far the play of a demo is."""
    return 200, _play(call).as_json()


@router.operation("POST", _PLAY + "/pause", answers={200: "Play", 404: "Problem"}, access=None)
def pause_play(call: Call) -> Reply:
    """Let the play of a demo pause."""
    _play(call).pause()
    return get_play(call)


@router.operation("POST", _PLAY + "/resume", answers={200: "Play", 404: "Problem"}, access=None)
def resume_play(call: Call) -> Reply:
    """Let the play of a demo go on."""
    _play(call).resume()
    return get_play(call)


@router.operation("POST", _PLAY + "/restart", answers={200: "Play", 404: "Problem"}, access=None)
def restart_play(call: Call) -> Reply:
    """Let the play of a demo begin anew, once what it made is gone."""
    _play(call).begin_anew()
    return get_play(call)


def _play(call: Call) -> Play:
    if call.mock.play is None:
        raise UnknownName("nothing plays here: `honcho-mockserver demo` has a play")
    return call.mock.play
