"""The message for a missing extra."""


def needs(what: str, extra: str) -> str:
    """The message for a feature whose extra is not installed; it has the command that installs the extra."""
    return f'{what} needs the extra {extra}: pip install "honcho-mockserver[{extra}]"'
