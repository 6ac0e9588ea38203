"""Suggests the existing name, or the path of an operation, that is most similar to an unknown one."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

COMPARED_LIMIT = 1_000
# Longer texts are not compared: the time grows with the square of the length, and nobody types them.
LENGTH_LIMIT = 40
_NAMES_ALIKE = 0.7
_WORDS_ALIKE = 0.6

# The cost of reading a path as a template. The unit is a misspelt word.
_LEFT_OUT = 0.2
_TOO_MUCH = 0.7
_ANY_ID = 0.05
_FAR = 1.5
_NEVER = float("inf")


def nearest_name(wanted: str, known: Iterable[str]) -> str | None:
    """The name that `wanted` may be a misspelling of, or None. Compares the first 1,000 known names.

    Case is ignored, as are `-`, `_`, `.` and spaces. A name with other digits is another name, not a misspelling.
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
    from difflib import get_close_matches  # Imported late: most requests need no suggestion.

    return next((names[found] for found in get_close_matches(sought, names, 1, _NAMES_ALIKE)), None)


def _bare(name: str) -> str:
    return "".join(character for character in name.casefold() if character not in "-_. ")


def _digits(name: str) -> str:
    return "".join(character for character in name if character.isdecimal())


class _Template(NamedTuple):
    """The path of an operation. `parts` are its segments, None for a parameter. `last_word` is the index of the last
    literal segment. A path must contain this segment.
    """

    text: str
    parts: tuple[str | None, ...]
    last_word: int


def _templates(paths: Iterable[tuple[str, str]]) -> list[_Template]:
    return [_template(path) for path in dict.fromkeys(path for _, path in paths)]


def _template(path: str) -> _Template:
    parts = tuple(None if part.startswith("{") else part for part in path.split("/")[1:])
    last_word = max((place for place, part in enumerate(parts) if part is not None), default=-1)
    return _Template(path, parts, last_word)


def template_at(path: str, paths: Iterable[tuple[str, str]]) -> str | None:
    """The most literal template that a path matches, or None."""
    segments = path.split("/")[1:]
    fitting = [template for template in _templates(paths) if _fits(segments, template.parts)]
    if not fitting:
        return None
    return min(fitting, key=lambda template: template.parts.count(None)).text


def _fits(segments: Sequence[str], parts: Sequence[str | None]) -> bool:
    return len(segments) == len(parts) and all(
        segment == part or (part is None and segment) for segment, part in zip(segments, parts, strict=True)
    )


def nearest_template(path: str, paths: Iterable[tuple[str, str]]) -> str | None:
    """The template that is most similar to a path, or None if none is similar."""
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
    """The similar words, each with its similarity: 1.0 is equal."""
    from difflib import SequenceMatcher

    if len(segment) > LENGTH_LIMIT:
        return {}
    found = {word: SequenceMatcher(None, segment.lower(), word).ratio() for word in words}
    return {word: ratio for word, ratio in found.items() if ratio >= _WORDS_ALIKE}


def _cost(segments: Sequence[str], template: _Template, likeness: Mapping[str, Mapping[str, float]]) -> float:
    """The least cost to read the segments as the template: a segment can match, be extra, or be missing."""
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
    """The cost of matching a segment of this likeness with a part of a template."""
    return _ANY_ID if part is None else 1 - likeness.get(part, -_NEVER)
