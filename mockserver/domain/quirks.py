"""The quirks: named differences between the live server and the default profile."""

from collections.abc import Sequence
from dataclasses import Field, dataclass, field, fields
from typing import Any

from .changes import CONTRACT, VERSIONS


def _quirk(  # `Any` lets a dataclass field be declared through a helper.
    why: str, *, scenario: str | None, first: str = VERSIONS[0], last: str = VERSIONS[-1]
) -> Any:
    versions = VERSIONS[VERSIONS.index(first) : VERSIONS.index(last) + 1]
    return field(default=False, metadata={"why": why, "scenario": scenario, "versions": versions})


@dataclass(frozen=True)
class Quirks:
    """Which quirks of the live server are on. By default all are off.

    Each field is a quirk. Its metadata has `why`, which says what the live server does and what the default does
    instead, `scenario`, the recording under `fixtures/recordings` that shows it, or None, and `versions`, the versions
    of the API that have it.
    """

    created_status: bool = _quirk(
        "Get-or-create answers 201 for what it just made; the default answers 200, the only success in the contract.",
        scenario="x-session-create-minimal",
    )
    sentence_422: bool = _quirk(
        "Some 422s (filters, malformed ids that would be created) have one sentence as `detail`; the default wraps "
        "the same sentence in a list of one entry, as the contract requires.",
        scenario="x-filter-errors",
    )
    field_names: bool = _quirk(
        "The bodies that create workspaces, peers, sessions and conclusions also take `name` for `id`, `peer_names` "
        "for `peers` and `observations` for `conclusions`; the default takes only the published names.",
        scenario="x-field-names",
    )
    lax_types: bool = _quirk(
        "Values of other types are converted, such as 0 and 'yes' to a boolean, '10' to an integer, numbers to a time. "
        "An unreadable time in a form is left out. The default takes only the type in the contract.",
        scenario="x-session-coercions",
    )
    allow_of_first_path: bool = _quirk(
        "A 405 on `/webhooks/test` allows DELETE, which is the method of `/webhooks/{endpoint_id}`. The default allows "
        "GET, the method of the path itself.",
        scenario="x2-wrong-methods",
    )
    lost_empty_clone: bool = _quirk(
        "Cloning a session without messages answers 201, but the clone is never stored; in the default it exists.",
        scenario=None,
    )
    clone_zeroes_tokens: bool = _quirk(
        "A cloned message has a token_count of 0; in the default the count is copied.",
        scenario="x-clone-whole",
    )
    clone_revives_peers: bool = _quirk(
        "A clone also has peers that had left the original as members; in the default it has only the present members.",
        scenario="x-clone-after-removed-peer",
    )
    clone_crosses_workspaces: bool = _quirk(
        "A clone takes the messages and peers of same-named sessions in every workspace, and fails with 500 if they "
        "clash; in the default it takes only those of its own workspace.",
        scenario="x-clone-across-workspaces",
    )
    deleted_set_peers: bool = _quirk(
        "Setting the peers of a deleted session answers 404, but is still carried out; in the default nothing changes.",
        scenario="x-peers-of-deleted",
    )
    joins_again: bool = _quirk(
        "A peer joins its session again with each message and each time it is added, so a search with peer_perspective "
        "does not find earlier messages; the default finds all messages from the times when the peer was there.",
        scenario="x2-search-perspective",
    )
    knowledge_crosses_sessions: bool = _quirk(
        "A representation that is limited to a session also takes the conclusions near the query and the most frequent "
        "ones from other sessions; in the default all are of the session.",
        scenario="x2-context-search",
        last="3.0.11",
    )
    deleted_knowledge: bool = _quirk(
        "A deleted conclusion stays among the newest and the most frequent ones of representations and contexts; in "
        "the default it is in none.",
        scenario=None,
        last="3.0.3",
    )
    namesake_members: bool = _quirk(
        "The list of a session's peers also has those who are in a session of the same id in another workspace; in the "
        "default it has only the members.",
        scenario=None,
        last="3.0.5",
    )
    echoed_created_at: bool = _quirk(
        "The answer to a new message repeats its given created_at with the offset it was sent with, or none; the "
        "default answers in UTC with Z, as every later read does.",
        scenario="x-messages-created-at",
    )
    expiry_invalidates: bool = _quirk(
        "A token with an expiry is refused as invalid (recorded for a past expiry); in the default it is "
        "valid until it expires.",
        scenario="x-auth-scopes",
    )
    inner_failures: bool = _quirk(
        "Some requests pass the checks and fail later with 500: filters that the database cannot evaluate, malformed "
        "ids that nothing checks, NUL characters, lone surrogates, very large pages, broken PDFs. The default carries "
        "out the request, or answers 422 with the reason.",
        scenario="x2-inner-failures",
    )
    cors_origins: bool = _quirk(
        "Only pages of http://localhost, http://127.0.0.1:8000 and https://api.honcho.dev may read answers (CORS); the "
        "default also allows every loopback origin, on any port.",
        scenario="x2-cors",
    )

    @classmethod
    def catalogue(cls) -> "tuple[Field[bool], ...]":
        """All quirks in the order of declaration, as dataclass fields with `name` and `metadata`."""
        return fields(Quirks)

    @classmethod
    def live(cls, api_version: str = CONTRACT) -> "Quirks":
        """All quirks of this version on: the profile that agrees with the recordings."""
        return Quirks(**dict.fromkeys(_of_version(api_version), True))

    @classmethod
    def named(cls, names: "str | Sequence[str] | Quirks", api_version: str = CONTRACT) -> "Quirks":
        """The quirks for `"none"`, `"live"`, or names, separated by commas or in a list.

        Raises ValueError for an unknown name, with a list of the known ones, for a quirk that the version does not
        have, with the versions that have it, and for another type.
        """
        if isinstance(names, Quirks):
            chosen = [quirk.name for quirk in Quirks.catalogue() if getattr(names, quirk.name)]
        elif isinstance(names, str):
            chosen = [name.strip() for name in names.split(",") if name.strip()]
        elif isinstance(names, (list, tuple, set, frozenset)) and all(isinstance(name, str) for name in names):
            chosen = list(names)
        else:
            raise ValueError(f"quirks must be none, live, or names, with commas or in a list, not {names!r}")
        if chosen == ["live"]:
            return cls.live(api_version)
        if chosen in ([], ["none"]):
            return cls()
        for name in chosen:
            _check(name, names, api_version)
        return Quirks(**dict.fromkeys(chosen, True))

    def text(self, api_version: str = CONTRACT) -> str:
        """What `named` takes for these quirks: `none`, `live`, or the names with commas."""
        on = [quirk.name for quirk in Quirks.catalogue() if getattr(self, quirk.name)]
        return "live" if on == _of_version(api_version) else ",".join(on) or "none"


def _of_version(api_version: str) -> list[str]:
    return [quirk.name for quirk in Quirks.catalogue() if api_version in quirk.metadata["versions"]]


def _check(name: str, names: str | Sequence[str] | Quirks, api_version: str) -> None:
    """Raise ValueError if this is not the name of a quirk of the version. `names` is what the caller passed."""
    known = {quirk.name: quirk.metadata["versions"] for quirk in Quirks.catalogue()}
    if name in ("none", "live"):
        raise ValueError(f"{name!r} cannot be combined with other quirks: {names!r}")
    if name not in known:
        raise ValueError(f"unknown quirk {name!r}; known: none, live, {', '.join(_of_version(api_version))}")
    if api_version not in known[name]:
        having = f"{known[name][0]} to {known[name][-1]}" if len(known[name]) > 1 else known[name][0]
        raise ValueError(f"API version {api_version} has no quirk {name!r}; {having} have it")
