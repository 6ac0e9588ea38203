"""How many examples a law is tried on."""

from hypothesis import settings


def examples(at_length: int) -> int:
    """The `max_examples` of a law that needs `at_length` in a deep run; the default run tries a fifth of them.

    The profiles in `conftest.py` decide: what they have for other laws is a hundred in a deep run.
    """
    return at_length * settings().max_examples // 100
