"""The rules of peer cards: a few lines that a peer has about a peer, most of all about itself."""

from collections.abc import Sequence

from . import peers
from .errors import NotFound
from .store import Store


def get(store: Store, workspace_id: str, observer_id: str, observed_id: str) -> Sequence[str] | None:
    """The card, or None where none was set; the observed peer need not exist (recorded in x-cards).

    Raises NotFound where the observer is not there.
    """
    workspace = store.workspaces.get(workspace_id)
    if workspace is None or observer_id not in workspace.peers:
        raise NotFound(f"Peer {observer_id} not found in workspace {workspace_id}")
    return workspace.holdings.cards.get((observer_id, observed_id))


def put(store: Store, workspace_id: str, observer_id: str, observed_id: str, card: Sequence[str]) -> Sequence[str]:
    """Replace the card; makes the observer where it is missing (recorded). Raises InvalidId as the making does."""
    peers.get_or_create(store, workspace_id, observer_id, None, None)
    store.put_card(store.workspaces[workspace_id], observer_id, observed_id, card)
    return card
