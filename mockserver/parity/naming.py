"""Names the quirks that explain differences, while requests are compared."""

import json
from collections.abc import Sequence
from contextlib import ExitStack

from ..domain.quirks import Quirks
from .explaining import Explainer
from .grouping import field_of
from .matching import StepDifference
from .recordings import Json, Scenario

# How many kinds of differences are remembered.
_MOST_KNOWN = 10_000

_Key = tuple[str, str, str, str, str]


class Namer:
    """Finds out which quirks explain a difference. Differences of the same kind have the same quirks.

    Use it in one thread, without a running event loop.

    Arguments:
        auth_secret: The secret with which the tokens of the requests are signed.
    """

    def __init__(self, auth_secret: str | None = None) -> None:
        self._secret = auth_secret
        self._explainers: dict[str, Explainer] = {}
        self._known: dict[_Key, tuple[str, ...]] = {}
        self._opened = ExitStack()

    def names(
        self,
        steps: Sequence[Json],
        differences: Sequence[StepDifference],
        operation: str,
        api_version: str,
        quirks: Quirks,
    ) -> list[tuple[str, ...]]:
        """The names of the quirks for each difference in the last of these steps; an empty tuple if there are none.

        Arguments:
            steps: All steps of the run so far, as in a recording. Empty if there are too many to explain anything.
            operation: The operation of the last step.
            quirks: The quirks that are on. They explain nothing.
        """
        keys = [_key(operation, api_version, difference) for difference in differences]
        if steps and not all(key in self._known for key in keys):
            explainer = self._explainers.get(api_version)
            if explainer is None:
                explainer = self._opened.enter_context(Explainer(api_version, self._secret))
                self._explainers[api_version] = explainer
            scenario = Scenario("compared", "", list(steps), [], authenticated=self._secret is not None)
            number = len(steps) - 1
            found = explainer.explain(scenario, {number: list(differences)})[number]
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            self._known |= zip(keys, found, strict=True)
        named = [self._known.get(key, ()) for key in keys]
        return [() if any(getattr(quirks, name) for name in names) else names for names in named]

    @property
    def is_exhausted(self) -> bool:
        """Whether it has looked for as many quirks as it may."""
        return any(explainer.is_exhausted for explainer in self._explainers.values())

    def close(self) -> None:
        """Close what the explainers use."""
        self._opened.close()


def _key(operation: str, api_version: str, difference: StepDifference) -> _Key:
    place, expected, got = difference
    return operation, api_version, field_of(place), _kind(expected), _kind(got)


def _kind(value: Json) -> str:
    """The value, or its type if it may be long."""
    if isinstance(value, (list, dict)):
        return type(value).__name__
    return json.dumps(value)[:200]
