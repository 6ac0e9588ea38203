"""How many examples a law is tried on."""

from hypothesis import settings

# What a law has in a deep run if it does not say otherwise.
AT_LENGTH = 50


def examples(at_length: int, brief: int | None = None) -> int:
    """The `max_examples` of a law that does not take those of the profile.

    In a deep run it is `at_length`. In the default run it is `brief`, or the same share of `at_length` that the profile of
    the default run has of `AT_LENGTH`.
    """
    of_profile = settings().max_examples
    if brief is not None and of_profile < AT_LENGTH:
        return brief
    return at_length * of_profile // AT_LENGTH
