"""A play: requests that somebody sends to a server one after the other, as a demo does, and whether they go on."""

from threading import Event
from typing import Any


class Play:
    """How far a play is, for those who watch it; it is paused and resumed from any thread.

    `scene` says what is going on, `step` is the place of the next request among `steps`.
    """

    def __init__(self, steps: int, *, is_paused: bool = False) -> None:
        self.scene = ""
        self.step = 0
        self.steps = steps
        self._goes_on = Event()
        if not is_paused:
            self._goes_on.set()

    @property
    def is_paused(self) -> bool:
        return not self._goes_on.is_set()

    def pause(self) -> None:
        """Send no more until it is resumed."""
        self._goes_on.clear()

    def resume(self) -> None:
        """Go on."""
        self._goes_on.set()

    def wait(self) -> None:
        """Returns once it is not paused."""
        self._goes_on.wait()

    def as_json(self) -> dict[str, Any]:
        """Where it is, in the form that the control plane answers."""
        return {"paused": self.is_paused, "scene": self.scene, "step": self.step, "steps": self.steps}
