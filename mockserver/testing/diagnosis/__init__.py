"""Why a request was not answered as hoped: one sentence that knows the state behind the answer."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...domain.store import Store
from .. import wording
from . import missing, refusals, unprocessable
from .case import Asked, Case, Past

LIMIT = 300

_BY_STATUS: Mapping[int, Callable[[Case], str | None]] = {
    400: refusals.no_boundary_or_too_many_observers,
    401: refusals.no_access,
    404: missing.not_found,
    405: refusals.wrong_method,
    409: refusals.conflict,
    415: refusals.unknown_file,
    422: unprocessable.first_offence,
    500: refusals.clashing_clone,
}

_LISTED = {
    "get_all_workspaces": "workspaces",
    "get_peers": "peers",
    "get_sessions": "sessions",
    "get_sessions_for_peer": "sessions",
    "get_session_peers": "peers",
    "get_messages": "messages",
    "list_conclusions": "conclusions",
    "list_webhook_endpoints": "webhooks",
}
_SEARCHES = frozenset({"search_workspace", "search_peer", "search_session"})


def sentence(
    asked: Asked,
    status: int,
    payload: Any,
    store: Store,
    past: Past,
    paths: Sequence[tuple[str, str]],
    limit: int = LIMIT,
) -> str | None:
    """Why the answer is a refusal, or an empty list for want of what was named; None for any other answer.

    `payload` is the JSON of the answer, `paths` the method and the template of the path of every operation. One
    printable line of at most `limit` characters, whatever came in; nothing is changed, and nothing raised.
    """
    detail = payload.get("detail") if isinstance(payload, dict) else None
    case = Case(asked, detail, store, past, paths)
    if status < 400:
        said = _of_list(case, payload) if status == 200 else None
        return None if said is None else wording.cut(said, limit)
    explain = _BY_STATUS.get(status)
    said = explain(case) if explain is not None else None
    if said is None:
        said = wording.plain(detail, limit) if isinstance(detail, str) else f"the answer is {status}"
    return wording.cut(said, limit)


def _of_list(case: Case, page: Any) -> str | None:
    """Why a page, or what was found, is empty: what it is a list of is not there, or it is beyond the last."""
    if page == [] and case.asked.operation in _SEARCHES:
        return missing.first_missing(case)
    kind = _LISTED.get(case.asked.operation or "")
    if kind is None or not isinstance(page, dict) or page.get("items") != []:
        return None
    if (said := missing.first_missing(case)) is not None:
        return said
    number, pages, total = (page.get(name) for name in ("page", "pages", "total"))
    if not (isinstance(number, int) and isinstance(pages, int)) or number <= max(pages, 1):
        return None
    noun = kind.removesuffix("s") if total == 1 else kind
    return f"page {wording.value(number)} of {wording.value(pages)} ({wording.value(total)} {noun})"
