"""Lets a command clean up before a signal ends it."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def raise_on_signals() -> None:
    """Raise KeyboardInterrupt on each signal that ends a job, so that the command cleans up before it ends.

    A shell without job control starts background jobs (`check &`) with SIGINT ignored, and Python then installs no
    handler for it. SIGHUP stays ignored if it was, because nohup relies on that.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is None or (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
            continue
        signal.signal(number, signal.default_int_handler)


def raise_when_served() -> None:
    """The same for a command that serves. The server ends at SIGINT and SIGTERM, so SIGHUP becomes SIGTERM: an event
    loop may swallow a KeyboardInterrupt.
    """
    raise_on_signals()
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        signal.signal(hangup, lambda *_: signal.raise_signal(signal.SIGTERM))


@contextmanager
def exiting_if_interrupted() -> Iterator[None]:
    """Exit with 130, after one line, if Ctrl-C interrupts what a command does before it has changed anything."""
    try:
        yield
    except KeyboardInterrupt:
        sys.stderr.write("interrupted: nothing was done\n")
        sys.exit(130)
