"""The pauses of the garbage collector."""

import gc
from weakref import ref

import pytest

from mockserver.garbage import collection_paused

_MANY = 30_000


class _Cycle:
    def __init__(self) -> None:
        self.own = self


def test_many_new_objects_count_as_old_and_garbage_between_pauses_is_freed() -> None:
    with collection_paused():
        made = [_Cycle() for _ in range(_MANY)]
    assert gc.isenabled()
    assert not any(one is made[0] for generation in (0, 1) for one in gc.get_objects(generation))
    garbage = ref(_Cycle())
    with collection_paused():
        assert garbage() is None
        assert not gc.isenabled()
    first = ref(made[0])
    made.clear()
    gc.collect()
    assert first() is None


@pytest.mark.parametrize("made", [0, _MANY])
def test_a_collector_that_is_off_stays_off(made: int) -> None:
    gc.disable()
    try:
        with collection_paused():
            kept = [[number] for number in range(made)]
        assert (len(kept), gc.isenabled(), gc.get_freeze_count()) == (made, False, 0)
    finally:
        gc.enable()


def test_objects_that_the_program_froze_stay_frozen() -> None:
    gc.freeze()
    try:
        with collection_paused():
            kept = [[number] for number in range(_MANY)]
        assert len(kept) == _MANY
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
