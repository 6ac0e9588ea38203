"""Pauses the garbage collector where many objects are created that stay: see `fast_path.py`."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# So many new objects are worth it to count them as old at once.
_MANY = 10_000


class _Young:
    """Whether young objects count as old since the last pause."""

    passed = False


@contextmanager
def collection_paused() -> Iterator[None]:
    """Pause the collector, unless it is off already. Reference counts free most garbage meanwhile.

    If many objects were created, all objects count as old afterwards, so the next collections of young objects do not
    search them.
    """
    was_enabled = gc.isenabled()
    if was_enabled and _Young.passed:
        gc.collect(1)  # Else the garbage between many pauses would pile up among the old objects.
        _Young.passed = False
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            # A program that has frozen objects itself keeps them frozen.
            if gc.get_count()[0] > _MANY and not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()  # to the oldest generation
                _Young.passed = True
            gc.enable()
