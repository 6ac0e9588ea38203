"""How many examples a law is tried on."""

from hypothesis import settings

_AT_LENGTH = 100


def examples(at_length: int, brief: int | None = None) -> int:
    """The `max_examples` of a law that needs another number than the profiles in `conftest.py` give.

    In a deep run it is `at_length`, in the default run `brief`, or a share of `at_length` as other laws have it.
    """
    of_others = settings().max_examples
    if brief is not None and of_others < _AT_LENGTH:
        return brief
    return at_length * of_others // _AT_LENGTH
