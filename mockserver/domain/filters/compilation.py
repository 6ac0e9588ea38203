"""What the parts of one filter document share while it is compiled: its limits, and its inner failures."""

from ..errors import InnerFailure, InvalidFilter
from ..nul import has_nul
from ..profile import Profile
from .steps import Steps

# Limits of the mock server, so that no filter holds it for more than 300 ms: members of a filter with the keys of
# metadata in it, and steps of comparisons.
MAX_MEMBERS = 10_000
MAX_COMPARISONS = 400_000
# Compiling a member takes as long as this many steps of comparisons.
_COMPILING = 16


class Compilation:
    """The limits of one filter, for all its parts and all rows, and where the live server fails on it. `reads` are the
    keys of rows that its columns read.

    The live server checks the whole document before its database runs the query. An inner failure is an error of the
    database, so it counts only if nothing in the document is refused.
    """

    def __init__(self, filters: object, profile: Profile, comparisons: Steps | None = None) -> None:
        """`comparisons` are the steps that are left for this filter. By default it may take MAX_COMPARISONS."""
        self._filters = filters
        self._members = Steps(MAX_MEMBERS, f"Filter has more than {MAX_MEMBERS} members")
        self.comparisons = comparisons or Steps(
            MAX_COMPARISONS, f"The filter takes more than {MAX_COMPARISONS} comparisons"
        )
        self.profile = profile
        self.list_means_in = profile.list_means_in
        self._fails = profile.inner_failures
        self._failure: InnerFailure | None = None
        self.reads: set[str] = set()

    def take_member(self) -> None:
        """Count a member. Raises TooManySteps."""
        self._members.take()
        self.comparisons.take(_COMPILING)

    def note(self, reason: str) -> None:
        """Note a part that fails in the database of the live server. With the quirk off, the part is evaluated."""
        if self._fails and self._failure is None:
            self._failure = InnerFailure(reason)

    def refuse_or_note(self, reason: str) -> None:
        """Note a part that fails in the database of the live server. Raises InvalidFilter if the quirk is off.

        If it returns, the filter is never evaluated, so the caller may go on with any value.
        """
        error = self.error(reason)
        if not isinstance(error, InnerFailure):
            raise error
        self._failure = self._failure or error

    def error(self, reason: str) -> InnerFailure | InvalidFilter:
        """The error for a part on which the live server fails before it queries the database: InnerFailure with the
        quirk, otherwise InvalidFilter.
        """
        error = InvalidFilter(reason, self._filters)
        return InnerFailure(reason, error) if self._fails else error

    def finish(self) -> None:
        """Raise InnerFailure if the database of the live server would fail on this document."""
        if self._fails and has_nul(self._filters):
            self.note("the database does not accept NUL characters")
        if self._failure is not None:
            raise self._failure
