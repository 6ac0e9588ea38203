"""Versions of a workspace: what it was like at some moment, at the cost of what was changed since.

The tables are the newest state. A version holds images of the records that changed since, and names the next version
toward the tables, so that each is reached along the chain. To go back to one is to turn the chain round (Baker's
rerooting): its images change places with what the records hold. Images share rows and never change.
"""

from typing import Any, Protocol
from weakref import ref

# What a record holds: its row, then its containers.
Content = tuple[Any, ...]


class Record(Protocol):
    """A workspace, peer or session; `history` is that of the workspace."""

    history: "History"

    @property
    def content(self) -> Content: ...
    @content.setter
    def content(self, content: Content, /) -> None: ...


class Version:
    """One state of a workspace. It lasts as long as someone holds it, or an older version that leads over it."""

    __slots__ = ("__weakref__", "images", "next")

    def __init__(self) -> None:
        self.images: dict[Record, Content] = {}
        self.next: Version | None = None


class History:
    """The versions of a workspace. It holds none of them, and no record: what nobody else holds is freed at once.

    `turns` counts how often it went to another.
    """

    __slots__ = ("newest", "turns")

    def __init__(self) -> None:
        self.newest: ref[Version] | None = None
        self.turns = 0

    def version(self) -> Version:
        """The present state as a version; the newest one again where nothing was changed since."""
        newest = self.newest() if self.newest else None
        if newest is not None and not newest.images:
            return newest
        version = Version()
        if newest is not None:
            newest.next = version
        self.newest = ref(version)
        return version

    def keep(self, record: Record) -> None:
        """Note what a record holds before it is changed, if the newest version needs to know."""
        newest = self.newest() if self.newest else None
        if newest is None:
            self.newest = None
        elif record not in newest.images:
            newest.images[record] = image(record.content)

    def go_to(self, version: Version) -> None:
        """Make every record hold what it held at this version of the same workspace."""
        self.turns += 1
        chain = [version]
        while chain[-1].next is not None:
            chain.append(chain[-1].next)
        newest = chain.pop()
        _exchange(newest.images)
        newest.images = {}
        while chain:
            older = chain.pop()
            _exchange(older.images)
            older.images, newest.images = {}, older.images
            older.next, newest.next = None, older
            newest = older
        self.newest = ref(newest)


def image(content: Content) -> Content:
    """The same content in containers of its own."""
    row, *containers = content
    return (row, *(container.copy() for container in containers))


def _exchange(images: dict[Record, Content]) -> None:
    for record, image in images.items():
        images[record], record.content = record.content, image
