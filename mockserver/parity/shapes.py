"""Which parts of answers vary between runs: what a model, an embedding or a background worker makes."""

from .matching import ANY
from .recordings import WORKSPACES, Json

# By the end of the path: the keys of the answer whose values vary.
_VARYING = {
    "/chat": ("content",),
    "/representation": ("representation",),
    "/context": ("representation", "peer_representation", "peer_card", "summary"),
    "/summaries": ("short_summary", "long_summary"),
}


def without_varying(request: Json, response: Json, workspaces: set[str]) -> tuple[Json, Json]:
    """A recorded response in which `<any>` stands for what varies, and what else its step needs.

    `workspaces` are the ids that the scenario has named. A list with other workspaces is `<any>`.
    """
    if response["status"] >= 300:
        return response, {}
    if response.get("headers", {}).get("content-type", "").startswith("text/event-stream"):
        return {**response, "text": "<sse>"}, {}
    if "json" in response:
        response = {**response, "json": _shape(request["path"], response["json"], workspaces)}
    return response, {"unordered": True} if request["path"].endswith("/search") else {}


def _shape(path: str, body: Json, workspaces: set[str]) -> Json:
    if path == "/v3/keys":
        return {"key": ANY}
    if path == f"{WORKSPACES}/list":
        return body if _is_own(body, workspaces) else ANY
    if path.endswith("/queue/status"):
        return _with_any_counts(body)
    keys = next((keys for end, keys in _VARYING.items() if path.endswith(end)), ())
    if not keys or not isinstance(body, dict):
        return body
    return {**body, **{key: ANY for key in keys if body.get(key) is not None}}


def _is_own(page: Json, workspaces: set[str]) -> bool:
    """Whether a page has only these workspaces, and no other page has more."""
    try:
        return page["total"] <= len(workspaces) and all(item["id"] in workspaces for item in page["items"])
    except (TypeError, KeyError):
        return False


def _with_any_counts(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _with_any_counts(entry) for key, entry in value.items()}
    return ANY if isinstance(value, int) else value
