"""The versions of the API, and the changes that each of them brought. Each change is declared once.

Versions 3.0.4, 3.0.8 and 3.0.9 were compared by their source, all others by running them.
"""

from typing import Any

VERSIONS = tuple(f"3.0.{number}" for number in range(3, 13))
CONTRACT = "3.0.7"


class Change:
    """A change: `why` says what is different from the version `first` on; `scenario` is the recording that shows it."""

    def __init__(self, why: str, first: str, scenario: str) -> None:
        self.why = why
        self.first = first
        self.scenario = scenario
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name


def _change(why: str, *, first: str, scenario: str) -> Any:  # `Any`: in a profile it is a flag.
    """Declare a change that is in the version `first` and in all later ones."""
    return Change(why, first, scenario)


class Changes:
    """Which changes a version of the API has: flags of a profile. Each of them is declared as a `Change`.

    This class and `Profile` are no dataclasses, which take milliseconds to create with so many fields.
    """

    metadata_limits: bool = _change(
        "Metadata has at most 100 keys and five levels; before, all metadata is stored.",
        first="3.0.4",
        scenario="x-metadata-limits",
    )
    drops_nul: bool = _change(
        "NUL characters are removed from metadata, content, cards, queries and conclusions; before, the server fails "
        "where it would store or search one.",
        first="3.0.4",
        scenario="x2-conclusions-content",
    )
    filter_depth: bool = _change(
        "Filters are nested at most five levels deep; before, at any depth.", first="3.0.4", scenario="x-filter-errors"
    )
    checks_uploaded_json: bool = _change(
        "An uploaded JSON file may be blank, and a broken one is refused with 422; before, the server fails on both.",
        first="3.0.4",
        scenario="x2-upload-json",
    )
    health: bool = _change("`GET /health` exists.", first="3.0.6", scenario="x2-vr-health")
    known_webhooks_first: bool = _change(
        "A URL that a workspace has already is answered with 200 even if the workspace has ten endpoints; before, the "
        "count is checked first.",
        first="3.0.6",
        scenario="x2-vr-webhooks",
    )
    echoes_floats: bool = _change(
        "The answers to creates and updates have floats as they were sent; before, large floats are integers there, as "
        "they are in lists.",
        first="3.0.6",
        scenario="x2-number-shapes",
    )
    long_ids: bool = _change("Ids have up to 512 characters; before, up to 100.", first="3.0.7", scenario="x2-vr-ids")
    reversible_lists: bool = _change(
        "Lists of workspaces, peers, sessions, and sessions of a peer take `reverse`; before, they ignore it.",
        first="3.0.7",
        scenario="x2-vr-reverse",
    )
    instructions_limit: bool = _change(
        "`custom_instructions` has at most 2,000 tokens; before, any number.",
        first="3.0.7",
        scenario="x2-vr-instructions",
    )
    public_webhooks: bool = _change(
        "A webhook URL with a private or internal IP address is refused; before, it is taken.",
        first="3.0.10",
        scenario="x2-vr-webhooks",
    )
    newest_frequent: bool = _change(
        "Of equally frequent conclusions, a representation has the newest; before, the oldest.",
        first="3.0.10",
        scenario="x2-vr-scoping",
    )
    tokens_need_workspace: bool = _change(
        "A token for a peer or session needs a workspace; before, a few operations take one without.",
        first="3.0.11",
        scenario="x2-vr-scopes",
    )
    narrow_tokens: bool = _change(
        "A token for a peer or session gives access only to what names that peer or session; before, to everything "
        "in its workspace. The get-or-create of peers and sessions did not change.",
        first="3.0.11",
        scenario="x2-vr-scopes",
    )
    members_read_sessions: bool = _change(
        "A token for a peer may read the sessions of which the peer is a member.",
        first="3.0.11",
        scenario="x2-vr-members",
    )
    own_session_settings: bool = _change(
        "A token that names a peer may not read the settings of another peer in a session, not even the token of an "
        "admin; before, it may.",
        first="3.0.11",
        scenario="x2-vr-members",
    )
    chat_in_own_sessions: bool = _change(
        "A token that names a peer may chat about a session only if the peer is a member; before, about all sessions.",
        first="3.0.11",
        scenario="x2-vr-member-chat",
    )
    scoped_webhooks: bool = _change(
        "The operations on webhooks need a token for the workspace, as others do; before, they have their own rule.",
        first="3.0.11",
        scenario="x2-vr-scopes",
    )
    empty_claims: bool = _change(
        "A claim that is an empty string counts as no claim; before, as a claim.",
        first="3.0.11",
        scenario="x2-vr-scopes",
    )
    keys_need_workspace: bool = _change(
        "A key for a peer or session needs a workspace; before, one is issued without.",
        first="3.0.11",
        scenario="x2-vr-keys",
    )
    conclusion_level: bool = _change(
        "Conclusions have a `level`, and a representation that is limited to sessions has only explicit ones.",
        first="3.0.12",
        scenario="x2-vr-level",
    )
    list_means_in: bool = _change(
        "A list as the value of a column in a filter means `in`; before, it matches nothing.",
        first="3.0.12",
        scenario="x2-vr-lists",
    )
    chat_filters: bool = _change(
        "`filters` limits chat to sessions; before, it is ignored.", first="3.0.12", scenario="x2-vr-chat-filters"
    )
    representation_filters: bool = _change(
        "`filters` limits a representation to sessions; before, it is ignored.",
        first="3.0.12",
        scenario="x2-vr-representation-filters",
    )
    response_format: bool = _change(
        "`response_format` makes chat answer with JSON that fits the schema; before, it is ignored.",
        first="3.0.12",
        scenario="x2-vr-formats",
    )
    card_refresh: bool = _change("A dream can have the type `card_refresh`.", first="3.0.12", scenario="x2-vr-dreams")
    dream_rebuild: bool = _change(
        "`rebuild` of a dream must be a boolean; before, it is ignored.", first="3.0.12", scenario="x2-vr-dreams"
    )
    similar_share: bool = _change(
        "A representation with a query has at least one conclusion near it; before, a small one may have none.",
        first="3.0.12",
        scenario="x2-vr-scoping",
    )

    @staticmethod
    def about(name: str) -> Change:
        """A change by its name."""
        change: Change = vars(Changes)[name]
        return change

    @staticmethod
    def flags_of(version: str) -> dict[str, bool]:
        """Each change by name, and whether this version has it."""
        place = VERSIONS.index(version)
        return {change.name: VERSIONS.index(change.first) <= place for change in CHANGES}


# All changes in the order of declaration.
CHANGES = tuple(one for one in vars(Changes).values() if isinstance(one, Change))


def version_of(name: str) -> str:
    """The version with this name; `latest` is the newest known one. Raises ValueError with the list of versions."""
    if name == "latest":
        return VERSIONS[-1]
    if name not in VERSIONS:
        raise ValueError(f"unknown API version {name!r}; known: {', '.join(VERSIONS)}, latest")
    return name
