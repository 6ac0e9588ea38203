"""Versions of a workspace: earlier states. Each one costs memory only for what changed afterwards.

The tables hold the newest state. A version holds images of the records that changed after it, and points to the next
newer version, so that a chain of versions leads to the tables. Going to a version reverses the chain (Baker's
rerooting): along the way, images and the contents of records swap places. Images share rows and never change.

A fork of a workspace shares the containers of its sessions, until one of the two changes: the one that changes first
copies them for itself.
"""

from typing import Any, Protocol
from weakref import ref

# The content of a record: its row, then its containers.
Content = tuple[Any, ...]


class Versioned(Protocol):
    """A workspace, peer or session, with the history of its workspace."""

    history: "History"

    @property
    def content(self) -> Content: ...
    @content.setter
    def content(self, content: Content, /) -> None: ...


class Version:
    """One state of a workspace. It is kept alive by references to it and by older versions that point to it."""

    __slots__ = ("__weakref__", "images", "next")

    def __init__(self) -> None:
        self.images: dict[Versioned, Content] = {}
        self.next: Version | None = None


class History:
    """The versions of a workspace, and what it shares with its forks.

    It refers to the newest version only weakly, so that a version is freed as soon as no snapshot needs it. `turns`
    counts how often the workspace went to another version: an index of an earlier turn is out of date. `lent` has the
    records whose containers a fork may use too.
    """

    __slots__ = ("lent", "newest", "turns")

    def __init__(self) -> None:
        self.newest: ref[Version] | None = None
        self.turns = 0
        self.lent: set[Versioned] = set()

    def version(self) -> Version:
        """The present state as a version. It is the newest version if nothing changed since."""
        newest = self.newest() if self.newest else None
        if newest is not None and not newest.images:
            return newest
        version = Version()
        if newest is not None:
            newest.next = version
        self.newest = ref(version)
        return version

    def keep(self, record: Versioned) -> None:
        """Keep an image of a record before it changes, if a version needs it. Copy what it shares with a fork."""
        self.own(record)
        newest = self.newest() if self.newest else None
        if newest is None:
            self.newest = None
        elif record not in newest.images:
            newest.images[record] = image(record.content)

    def own(self, record: Versioned) -> None:
        """Copy the containers of a record, if a fork may use them too."""
        if record in self.lent:
            self.lent.remove(record)
            record.content = image(record.content)

    def go_to(self, version: Version) -> None:
        """Give every record the content that it had at this version of the same workspace."""
        self.turns += 1
        chain = [version]
        while chain[-1].next is not None:
            chain.append(chain[-1].next)
        newest = chain.pop()
        self._exchange(newest.images)
        newest.images = {}
        while chain:
            older = chain.pop()
            self._exchange(older.images)
            older.images, newest.images = {}, older.images
            older.next, newest.next = None, older
            newest = older
        self.newest = ref(newest)

    def _exchange(self, images: dict[Versioned, Content]) -> None:
        for record, image in images.items():
            self.own(record)
            images[record], record.content = record.content, image


def image(content: Content) -> Content:
    """The content, with a copy of each container."""
    row, *containers = content
    return (row, *(container.copy() for container in containers))
