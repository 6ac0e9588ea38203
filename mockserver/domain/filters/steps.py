"""Limits on what a filter does, so that none can hold the server for long.

A step is the time to compare two values of metadata. It took up to 0.6 µs when it was measured.
"""

CHARACTERS = 50  # Folding this many characters takes as long as one step. Comparing them takes less.
_BITS = (
    256  # Writing an integer takes half a step for each pair of parts of this size, because it takes quadratic time.
)


class TooManySteps(Exception):
    """A filter takes more steps than its limit."""


class Steps:
    """How many steps a filter may still take. All parts of the filter share it."""

    __slots__ = ("_complaint", "_left")

    def __init__(self, left: int, complaint: str = "too many steps") -> None:
        self._left = left
        self._complaint = complaint

    def take(self, count: int = 1) -> None:
        """Use up steps. Raises TooManySteps, with the complaint as its message, if not enough are left."""
        self._left -= count
        if self._left < 0:
            raise TooManySteps(self._complaint)


def for_size(value: object) -> int:
    """How many steps a scalar takes because it is long. 0 for short texts and small numbers."""
    if isinstance(value, str):
        return len(value) // CHARACTERS
    return (value.bit_length() // _BITS) ** 2 // 2 if isinstance(value, int) else 0
