"""The OpenAPI links of answers: which operation takes an id of the answer, and where.

Tools such as schemathesis make sequences of requests from them. schemathesis also infers links, with the ids in the
path of the first request. That fails after a list: it answers for any id, and what an operation creates needs a valid
one. schemathesis leaves an inferred link out if a link here has the same parameters and the same body, so lists link to
all operations that create something. In a pointer, `*` is its notation for any item.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Link(NamedTuple):
    """The parameters and the members of the body of the next request, as runtime expressions."""

    parameters: Mapping[str, str]
    body: Mapping[str, Any] = MappingProxyType({})


Links = Mapping[str, Link]

_WORKSPACE = {"workspace_id": "$response.body#/workspace_id"}
_SESSION = {**_WORKSPACE, "session_id": "$response.body#/id"}
OF_A_SESSION: Links = {
    "delete_session": Link(_SESSION),
    "clone_session": Link(_SESSION),
    "get_sessions": Link(_WORKSPACE),
}

_ITEM = "$response.body#/items/*/id"
_WORKSPACE_OF_ITEM = {"workspace_id": "$response.body#/items/0/workspace_id"}
_ANY_SESSION = {"session_id": "$response.body#/items/0/session_id"}  # No peer has one, so the tool generates an id.
_ANY_PEER = {"peer_id": "$response.body#/items/0/peer_id"}  # The same for sessions.

OF_PEERS: Links = {
    "get_or_create_peer": Link(_WORKSPACE_OF_ITEM, {"id": _ITEM}),
    **dict.fromkeys(("update_peer", "set_peer_card", "chat"), Link({**_WORKSPACE_OF_ITEM, "peer_id": _ITEM})),
    "create_messages_for_session": Link({**_WORKSPACE_OF_ITEM, **_ANY_SESSION}, {"messages": [{"peer_id": _ITEM}]}),
    "create_messages_with_file": Link({**_WORKSPACE_OF_ITEM, **_ANY_SESSION}, {"peer_id": _ITEM}),
}
OF_SESSIONS: Links = {
    "get_or_create_session": Link(_WORKSPACE_OF_ITEM, {"id": _ITEM}),
    **dict.fromkeys(
        ("create_messages_for_session", "create_messages_with_file"), Link({**_WORKSPACE_OF_ITEM, "session_id": _ITEM})
    ),
    "chat": Link({**_WORKSPACE_OF_ITEM, **_ANY_PEER}, {"session_id": _ITEM}),
}
