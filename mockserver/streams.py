"""Standard input, output and error of the command: closed ones, full ones, and the end of the input."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

_CHUNK = 65536


def open_missing() -> None:
    """Open the null device for each standard stream that is closed, so that no socket gets its descriptor."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # It gets the lowest free descriptor, which is this one.
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - an open descriptor, to the end
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - an open descriptor, to the end


def discard_output() -> None:
    """Write the rest of standard output to the null device, so that Python reports no error when it exits."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def when_input_ends(act: Callable[[], None]) -> None:
    """Call `act` in another thread when standard input ends. What comes from it is ignored."""

    def read() -> None:
        with suppress(OSError):  # An input that cannot be read has ended.
            while os.read(0, _CHUNK):
                pass
        with suppress(RuntimeError):  # The server has stopped already.
            act()

    Thread(target=read, name="standard input", daemon=True).start()
