"""A play: requests that somebody sends to a server one after the other, as a demo does, and whether they go on."""

from threading import Condition
from typing import Any


class Play:
    """How far a play is, for those who watch it; all of it may be called from any thread.

    `scene` says what is going on, `step` is the place of the next request among `steps`.
    """

    def __init__(self, steps: int, *, is_paused: bool = False) -> None:
        self.scene = ""
        self.step = 0
        self.steps = steps
        self.is_paused = is_paused
        self._is_interrupted = self._is_forgotten = False
        self._changed = Condition()

    def pause(self) -> None:
        """Send no more until it is resumed."""
        self.is_paused = True

    def resume(self) -> None:
        """Go on."""
        with self._changed:
            self.is_paused = False
            self._changed.notify_all()

    def begin_anew(self, *, is_forgotten: bool = False) -> None:
        """Go back to the first step, paused or not; `is_forgotten` where nothing is left of what was done."""
        with self._changed:
            self._is_interrupted = True
            self._is_forgotten = self._is_forgotten or is_forgotten
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait so long, and while it is paused; whether it goes on, and does not begin anew."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_interrupted, seconds)
            self._changed.wait_for(lambda: self._is_interrupted or not self.is_paused)
            return not self._is_interrupted

    def first(self) -> bool:
        """Stand before the first step; whether something may be left of what was done before."""
        with self._changed:
            is_forgotten = self._is_forgotten
            self._is_interrupted = self._is_forgotten = False
            self.scene, self.step = "The play begins anew", 0
            return not is_forgotten

    def as_json(self) -> dict[str, Any]:
        """Where it is, in the form that the control plane answers."""
        return {"paused": self.is_paused, "scene": self.scene, "step": self.step, "steps": self.steps}
