"""What the parts of a mock raise beside ValueError and AssertionError."""


class UnknownName(KeyError):
    """There is no fault, script or snapshot of the name that was given."""

    def __str__(self) -> str:
        # A KeyError shows its message as a quoted text.
        return str(self.args[0])
