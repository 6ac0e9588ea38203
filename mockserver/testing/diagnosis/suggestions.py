"""Did you mean: the name, or the path of an operation, that is nearest to one that is not there."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

COMPARED_LIMIT = 1_000
# Longer texts are not compared letter by letter: it takes the square of their length, and nobody types them.
LENGTH_LIMIT = 40
_NAMES_ALIKE = 0.7
_WORDS_ALIKE = 0.6

# What it costs to read a path as a template, in misspelt words.
_LEFT_OUT = 0.2
_TOO_MUCH = 0.7
_ANY_ID = 0.05
_FAR = 1.5
_NEVER = float("inf")


def nearest_name(wanted: str, known: Iterable[str]) -> str | None:
    """The name that `wanted` may be a misspelling of, or None; the first 1,000 of the known are looked at.

    Case does not count, nor do `-`, `_`, `.` and spaces. Names that differ in a digit are other names, not misspelt.
    """
    if len(wanted) > LENGTH_LIMIT:
        return None
    sought, digits = _bare(wanted), _digits(wanted)
    names = {
        _bare(name): name
        for name in islice(known, COMPARED_LIMIT)
        if len(name) <= LENGTH_LIMIT and name != wanted and _digits(name) == digits
    }
    if sought in names:
        return names[sought]
    from difflib import get_close_matches  # Most requests find what they look for.

    return next((names[found] for found in get_close_matches(sought, names, 1, _NAMES_ALIKE)), None)


def _bare(name: str) -> str:
    return "".join(character for character in name.casefold() if character not in "-_. ")


def _digits(name: str) -> str:
    return "".join(character for character in name if character.isdecimal())


class _Template(NamedTuple):
    """The path of an operation: its segments, None for a parameter; the last word must not be left out."""

    text: str
    parts: tuple[str | None, ...]
    methods: frozenset[str]
    last_word: int


def _templates(paths: Iterable[tuple[str, str]]) -> list[_Template]:
    methods: dict[str, set[str]] = {}
    for method, path in paths:
        methods.setdefault(path, set()).add(method)
    return [_template(path, frozenset(known)) for path, known in methods.items()]


def _template(path: str, methods: frozenset[str]) -> _Template:
    parts = tuple(None if part.startswith("{") else part for part in path.split("/")[1:])
    last_word = max((place for place, part in enumerate(parts) if part is not None), default=-1)
    return _Template(path, parts, methods, last_word)


def template_at(path: str, paths: Iterable[tuple[str, str]]) -> tuple[str, list[str]] | None:
    """The template that a path fits, the most literal one, and its methods; None where it fits none."""
    segments = path.split("/")[1:]
    fitting = [template for template in _templates(paths) if _fits(segments, template.parts)]
    if not fitting:
        return None
    best = min(fitting, key=lambda template: template.parts.count(None))
    return best.text, sorted(best.methods)


def _fits(segments: Sequence[str], parts: Sequence[str | None]) -> bool:
    return len(segments) == len(parts) and all(
        segment == part or (part is None and segment) for segment, part in zip(segments, parts, strict=True)
    )


def nearest_template(path: str, paths: Iterable[tuple[str, str]]) -> str | None:
    """The template that a path was most likely meant for, or None where all are far."""
    templates = _templates(paths)
    segments = path.split("/", 32)[1:]
    longest = max((len(template.parts) for template in templates), default=0)
    if len(segments) > longest + _FAR / _TOO_MUCH:
        return None
    words = {part for template in templates for part in template.parts if part is not None}
    likeness = {segment: _likeness(segment, words) for segment in segments}
    costs = [(_cost(segments, template, likeness), template.text) for template in templates]
    cost, text = min(costs, default=(_NEVER, ""))
    return text if cost <= _FAR else None


def _likeness(segment: str, words: Iterable[str]) -> Mapping[str, float]:
    """How like the words a segment is, by word: those that it may be a misspelling of, 1.0 for the word itself."""
    from difflib import SequenceMatcher

    if len(segment) > LENGTH_LIMIT:
        return {}
    found = {word: SequenceMatcher(None, segment.lower(), word).ratio() for word in words}
    return {word: ratio for word, ratio in found.items() if ratio >= _WORDS_ALIKE}


def _cost(segments: Sequence[str], template: _Template, likeness: Mapping[str, Mapping[str, float]]) -> float:
    """The least cost to read the segments as the template: segments are taken, too much, or left out."""
    left_out = [_NEVER if place == template.last_word else _LEFT_OUT for place in range(len(template.parts))]
    costs = [0.0]
    for cost in left_out:
        costs.append(costs[-1] + cost)
    for segment in segments:
        row = [costs[0] + _TOO_MUCH]
        for place, part in enumerate(template.parts):
            taken = costs[place] + _taken(part, likeness[segment])
            row.append(min(taken, row[place] + left_out[place], costs[place + 1] + _TOO_MUCH))
        costs = row
    return costs[-1]


def _taken(part: str | None, likeness: Mapping[str, float]) -> float:
    """What it costs that a segment of this likeness stands for a part of a template."""
    return _ANY_ID if part is None else 1 - likeness.get(part, -_NEVER)
