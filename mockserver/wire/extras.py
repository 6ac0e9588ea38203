"""The sentence that says which extra is missing, and how to install it."""


def needs(what: str, extra: str) -> str:
    """The sentence for a feature whose extra is not installed."""
    return f'{what} needs the extra {extra}: pip install "honcho-mockserver[{extra}]"'
