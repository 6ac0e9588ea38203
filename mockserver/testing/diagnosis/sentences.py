"""Turns the cause of a refusal into one sentence for the developer."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ...domain.clock import timestamp
from ...domain.errors import (
    ENDPOINTS_LIMIT,
    OBSERVERS_LIMIT,
    ActiveSessions,
    ApiError,
    ClashingClone,
    Conflict,
    Disabled,
    ExpiredToken,
    IncompleteToken,
    InnerFailure,
    InvalidFilter,
    InvalidId,
    InvalidToken,
    MalformedIdNotFound,
    Missing,
    MissingSession,
    MissingToken,
    NarrowToken,
    RefusedExpiry,
    TooManyObservers,
    TooManyWebhooks,
    Unauthorized,
    Unprocessable,
    UnreadableToken,
    UnsupportedFile,
)
from ...domain.profile import Profile
from ...domain.store import Store
from ..text import cut, listed, place, plain, quoted, shortened, value
from . import invalid, versions
from .causes import Cause, InvalidRequest, UnknownPath, UnreadableForm, WrongMethod
from .filters import hint_for
from .meant import UNSET, unset
from .missing import Case, Past, Request, deleted_session, first_missing
from .suggestions import nearest_template, template_at

LIMIT = 300
# Where other APIs expect a key.
_OTHER_KEY_HEADERS = ("x-api-key", "api-key", "x-auth-token", "x-honcho-api-key")
_DOTS_IN_A_TOKEN = 2
# The ends of the paths at which a POST with an id gets what has this id.
_GOT_OR_CREATED = ("/workspaces", "/peers", "/sessions")


def sentence(
    request: Request,
    status: int,
    payload: Any,
    cause: Cause | None,
    store: Store,
    past: Past,
    paths: Sequence[tuple[str, str]],
    limit: int = LIMIT,
    changes: Mapping[str, str] = MappingProxyType({}),
) -> str | None:
    """Why a request was refused, or why its list is empty although it should not be. None for other answers.

    Arguments:
        request: The request.
        status: The status of the answer.
        payload: The JSON of the answer.
        cause: The cause of the refusal.
        store: The state of the server. It is not changed.
        past: What is known about earlier requests.
        paths: The method and path template of each operation and page, for suggestions.
        limit: The maximum number of characters.
        changes: The change of the API that brought each path template which not all versions have.

    Returns one printable line. Raises nothing, whatever the client sent.
    """
    case = Case(request, store, past, paths, changes)
    if status < 400:
        explained = _empty_list(case, payload) if status == 200 else None
        return None if explained is None else cut(explained, limit)
    explained = None if cause is None else _explained(cause, case)
    if explained is None:
        detail = payload.get("detail") if isinstance(payload, dict) else None
        explained = plain(detail, limit) if isinstance(detail, str) else f"the answer is {status}"
    return cut(explained + versions.addition(cause, case), limit)


def _empty_list(case: Case, payload: Any) -> str | None:
    """Why a list is empty: something in the path does not exist, or the page is after the last one."""
    page = payload if isinstance(payload, dict) else {}
    if payload != [] and page.get("items") != []:
        return None
    if (explained := first_missing(case, case.request.parameters)) is not None:
        return explained
    number, pages, total = (page.get(name) for name in ("page", "pages", "total"))
    if not (isinstance(number, int) and isinstance(pages, int)) or number <= max(pages, 1):
        return versions.list_in_filters(case)
    # The path of a list ends with what it lists, as in "/peers" or "/peers/list".
    kind = shortened(case.request.path.removesuffix("/list").rpartition("/")[2])
    noun = kind.removesuffix("s") if total == 1 else kind
    return f"page {value(number)} of {value(pages)} ({value(total)} {noun})"


def _explained(cause: Cause, case: Case) -> str | None:  # noqa: PLR0911 - one return for each cause
    """The sentence for a cause. None if it has nothing to add to the detail of the answer."""
    match cause:
        case Missing():
            return _missing(cause, case)
        case Unauthorized():
            return _no_access(cause, case)
        case Unprocessable():
            return _unprocessable(cause, case.store.profile)
        case Conflict():
            return _conflict(cause, case.store)
        case InvalidRequest():
            return invalid.first_error(cause, case.request, case.store.profile)
        case UnknownPath():
            return _unknown_path(case)
        case WrongMethod():
            return _wrong_method(cause, case)
    return _other_refusal(cause, case.store.profile)


def _missing(cause: Missing, case: Case) -> str | None:
    if isinstance(cause, MissingSession) and cause.is_deleted:
        return deleted_session(case, cause.workspace_id, cause.session_id)
    return first_missing(case, {name: id_ for name, id_ in vars(cause).items() if name.endswith("_id")})


def _other_refusal(cause: ApiError | UnreadableForm, profile: Profile) -> str | None:  # noqa: PLR0911 - one return for each cause
    match cause:
        case MalformedIdNotFound():
            return invalid.rule_of_ids(cause.value, profile)
        case Disabled():
            return "keys are made only while authentication is on: auth_secret turns it on"
        case TooManyObservers(session_id=session_id, observers=observers):
            return (
                f"session {quoted(session_id)} would have {len(observers)} peers with observe_others, "
                f"{OBSERVERS_LIMIT} is the limit: {listed(observers, len(observers), OBSERVERS_LIMIT + 5)}"
            )
        case InnerFailure(reason=reason, instead=None):
            return f"the live server fails here: {plain(reason, invalid.MESSAGE_LIMIT)} (quirk inner_failures)"
        case InnerFailure(instead=Unprocessable() as error):
            return f"{_unprocessable(error, profile)}; the live server fails here (quirk inner_failures)"
        case ClashingClone(session_id=session_id, workspace_ids=homes):
            where = f"session {quoted(session_id)} is in the workspaces {listed(homes, len(homes))}"
            return f"{where}, and the quirk clone_crosses_workspaces mixes them"
        case UnsupportedFile(content_type=content_type, needs=None):
            known = "text/plain (or any text), application/json and application/pdf are accepted"
            return f"the type of the file is {value(content_type)}; {known}"
        case UnreadableForm(lacks_boundary=True, content_type=content_type):
            type_ = quoted(content_type or "")
            return f"the content type {type_} has no boundary: leave the header out, so that the client sets it"
    return None


def _conflict(cause: Conflict, store: Store) -> str | None:
    if isinstance(cause, TooManyWebhooks):
        count = len(store.workspaces[cause.workspace_id].extras.webhooks)
        limit = f"{ENDPOINTS_LIMIT} is the limit; delete one"
        return f"workspace {quoted(cause.workspace_id)} has {count} webhooks, {limit}"
    if isinstance(cause, ActiveSessions):
        active = store.workspaces[cause.workspace_id].active
        count = len(active)
        names = listed([session.row["id"] for session in active[:3]], count)
        sessions, them = ("session", "it") if count == 1 else ("sessions", "them")
        return f"workspace {quoted(cause.workspace_id)} has {count} active {sessions}: {names}; delete {them} first"
    return None


# Access.


def _no_access(cause: Unauthorized, case: Case) -> str | None:  # noqa: PLR0911 - one return for each cause
    match cause:
        case MissingToken(scheme=scheme):
            return _no_token(scheme, case.request)
        case UnreadableToken():
            return _unreadable_token(case.request.authorization or "")
        case RefusedExpiry():
            return "the token has an expiry ('exp'), and the quirk expiry_invalidates refuses all such tokens"
        case InvalidToken():
            return "the token is signed with the secret, but a claim in it is invalid"
        case ExpiredToken(expiry=expiry):
            return f"the token expired at {_moment(expiry)}; it is {timestamp(case.store.clock.peek())} now"
        case NarrowToken():
            return f"the token is {_access(cause.granted)}; the request needs {_needed(cause)}"
        case IncompleteToken(granted=granted):
            return f"the token is {_access(granted)}, but of no workspace"
    return None


def _no_token(scheme: str | None, request: Request) -> str:
    if scheme is None:
        others = [name for name in _OTHER_KEY_HEADERS if name in request.headers]
        other = f" ({others[0]} is not read)" if others else ""
        return f"there is no Authorization header; send 'Bearer' and a token{other}"
    if scheme.count(".") == _DOTS_IN_A_TOKEN:
        return "the Authorization header has no 'Bearer' before its token"
    if scheme.lower() != "bearer":
        return f"the Authorization header has the scheme {quoted(scheme)}, not 'Bearer'"
    return "the Authorization header has no token after 'Bearer'"


def _unreadable_token(authorization: str) -> str:
    token = authorization.partition(" ")[2].strip()
    if token.lower().startswith("bearer "):
        return "the token begins with 'Bearer' again"
    if token[:1] in ("'", '"'):
        return "the token is in quotes"
    if token in UNSET:
        return unset("token", token)
    return "the token cannot be read, or is not signed with the secret of this server"


def _moment(expiry: Any) -> str:
    """An `exp` as a time: it is ISO 8601, or seconds since 1970."""
    try:
        return timestamp(int(expiry * 1_000_000)) if isinstance(expiry, (int, float)) else value(expiry)
    except (ValueError, OverflowError):
        return value(expiry)


def _access(granted: dict[str, Any]) -> str:
    named = [f"{kind} {value(id_)}" for kind, id_ in granted.items() if id_ is not None]
    return "of " + " of ".join(named) if named else "of no workspace"


def _needed(cause: NarrowToken) -> str:
    if cause.needed is None:
        return "an admin"
    workspace_id, granted = cause.needed["workspace"], cause.granted
    named = {
        kind: f"a peer in session {quoted(id_)}" if kind == "member" else f"{kind} {quoted(id_)}"
        for kind, id_ in cause.needed.items()
        if kind != "workspace"
    }
    if cause.change == "narrow_tokens":
        return ", ".join([*named.values(), f"all of workspace {quoted(workspace_id)}, or an admin"])
    if cause.change in ("own_session_settings", "chat_in_own_sessions"):
        return f"{', '.join(named.values())}, or a token without a peer"
    if granted["workspace"] in (None, workspace_id):
        for kind, name in named.items():
            if granted[kind] is not None:
                return f"{name}, a token without a {kind}, or an admin"
    return f"workspace {quoted(workspace_id)}, or an admin"


# Paths.


def _unknown_path(case: Case) -> str:
    path = case.request.path
    if path == "/_mock" or path.startswith("/_mock/"):  # With the control plane, its endpoint answers these paths.
        return "the control plane is off: control=False, or --no-control"
    if path == "/":
        page = "page is at /_mock/, the " if ("GET", "/_mock") in case.paths else ""
        return f"no operation at /; the {page}reference {'' if page else 'is '}at /docs, and the API below /v3/"
    if path.startswith("/v3/v3/"):
        return "the path begins with /v3 twice: the client adds /v3 itself, so its base URL must end before it"
    known = [(method, template) for method, template in case.paths if not versions.lacks(case, template)]
    template = nearest_template(path, known)
    hint = "" if template is None else f"; did you mean {template}?"
    if template is None and not path.startswith("/v3/"):
        hint = "; the paths of this API begin with /v3/"
    return f"no operation at {shortened(path, 80)}{hint}"


def _wrong_method(cause: WrongMethod, case: Case) -> str | None:
    template = template_at(case.request.path, case.paths)
    if template is None:
        return None
    complaint = f"{shortened(case.request.method)} is not a method of {template}; it accepts {', '.join(cause.methods)}"
    return complaint + (_instead_of_get(template, case) if case.request.method == "GET" else "")


def _instead_of_get(template: str, case: Case) -> str:
    """What to send for a GET that REST would have: of a list, and of one resource."""
    posts = [path for method, path in case.paths if method == "POST"]
    collection = template.rpartition("/")[0]
    if f"{template}/list" in posts:
        return f"; POST {template}/list lists"
    is_of_one = template.endswith("}") and collection in posts and collection.endswith(_GOT_OR_CREATED)
    return f"; POST {collection} with its id gets it" if is_of_one else ""


# What was parsed and is still invalid.


def _unprocessable(cause: Unprocessable, profile: Profile) -> str:
    at, message = place(cause.place), plain(cause.detail, invalid.MESSAGE_LIMIT)
    match cause:
        case InvalidId():
            return f"{at}: {invalid.rule_of_ids(cause.value, profile)}"
        case InvalidFilter():
            hint = hint_for(cause)
            return f"{at}: {message}" if hint is None else f"{at}: {message}; {hint}"
    given = "" if cause.value is None else f" (input {value(cause.value)})"
    return f"{at}: {message}{given}"
