"""The profile of a server: a version of the API, with quirks. The rules read its flags where they decide."""

from collections.abc import Sequence

from .changes import CHANGES, CONTRACT, VERSIONS, Changes
from .quirks import Quirks


class Profile(Quirks, Changes):
    """All quirks and changes as flags. Each flag is true if the server has that quirk or change."""

    api_version: str

    def __init__(self, api_version: str = CONTRACT, quirks: str | Sequence[str] | Quirks = "none") -> None:
        """The profile of a version with these quirks: `"none"`, `"live"`, names with commas or in a list, or Quirks.

        Raises ValueError for an unknown quirk, and for one that the version does not have.
        """
        # The attributes of Quirks are frozen.
        vars(self).update(vars(Quirks.named(quirks, api_version)), **Changes.flags_of(api_version))
        vars(self)["api_version"] = api_version

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Profile) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.api_version, self.quirks()))

    @property
    def flags(self) -> dict[str, bool]:
        """All flags by name, without the version."""
        return {name: flag for name, flag in vars(self).items() if name != "api_version"}

    def quirks(self) -> Quirks:
        """The quirks that are on, without the version."""
        return Quirks(**{quirk.name: getattr(self, quirk.name) for quirk in Quirks.catalogue()})


def table_of_changes(old: str, new: str) -> str:
    """What changed from one version of the API to a newer one, as a table in Markdown.

    A quirk of the live server that the newer version does not have any more is a change too. If the newer version is
    given first, the two are swapped.
    """
    first, last = sorted((VERSIONS.index(old), VERSIONS.index(new)))
    rows = ["| since | name | what changed |", "| --- | --- | --- |"]
    for version in VERSIONS[first + 1 : last + 1]:
        before = VERSIONS[VERSIONS.index(version) - 1]
        rows += [f"| {version} | `{change.name}` | {change.why} |" for change in CHANGES if change.first == version]
        rows += [
            f"| {version} | `{quirk.name}` | Mended: {quirk.metadata['why']} |"
            for quirk in Quirks.catalogue()
            if quirk.metadata["versions"][-1] == before
        ]
    return "\n".join(rows)
