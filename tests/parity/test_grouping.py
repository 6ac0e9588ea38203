"""Any number of differences becomes a summary of a few lines that counts each of them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.parity import grouping
from mockserver.parity.grouping import Difference, Groups, field_of
from support.strategies import json

_ADVICE = "try something"
_texts = st.text(max_size=100)
_differences = st.lists(
    st.builds(
        Difference,
        operation=st.sampled_from(["get_sessions", "clone_session"]),
        place=st.one_of(_texts, st.sampled_from(["status", "body.items[0].id", "body.items[12].id"])),
        expected=st.one_of(json, _texts),
        got=st.one_of(json, _texts),
        quirks=st.sampled_from([(), (), ("one",), ("two",), ("one", "two")]),
        request=st.sampled_from(["a, step 1", "a, step 2", "b, step 1"]),
    ),
    max_size=30,
)


def _grouped(differences: list[Difference]) -> Groups:
    groups = Groups()
    for difference in sorted(differences, key=lambda difference: difference.request):
        groups.add(difference)
    return groups


@given(_differences)
def test_each_group_counts_the_requests_in_which_it_occurs(differences: list[Difference]) -> None:
    requests: dict[object, set[str]] = {}
    for difference in differences:
        requests.setdefault(_group_of(difference), set()).add(difference.request)
    counted = {group.quirks or next(iter(group.fields)): group.requests for group in _grouped(differences).all()}
    assert counted == {name: len(those) for name, those in requests.items()}


def _group_of(difference: Difference) -> object:
    return difference.quirks or f"{difference.operation} {grouping._printable(field_of(difference.place))}"


@given(_differences)
def test_the_summary_is_short_and_can_be_printed(differences: list[Difference]) -> None:
    groups = _grouped(differences)
    lines = list(groups.lines(_ADVICE))
    known = sum(bool(group.quirks) for group in groups.all())
    assert all(line.isprintable() and len(line) <= 250 for line in lines)
    assert len(lines) <= 1 + 2 * known + 1 + 2 * 8 + 1
    assert bool(lines) == bool(differences)
    if lines:
        counts = re.match(r"(\d+) of (\d+) groups? of differences (?:is a quirk|are quirks)", lines[0])
        assert counts is not None
        assert [int(count) for count in counts.groups()] == [known, len(groups.all())]
        assert lines[0].endswith(_ADVICE) == bool(known)


def test_quirks_come_first_and_the_most_frequent_first() -> None:
    def of(quirks: tuple[str, ...], place: str, request: str) -> Difference:
        return Difference("get_sessions", place, 1, 2, quirks, request)

    groups = _grouped(
        [
            of((), "body.total", "a"),
            of((), "body.total", "b"),
            of((), "body.items[3].id", "c"),
            of(("rare",), "status", "c"),
            of(("often", "too"), "body.pages", "a"),
            of(("often", "too"), "body.items[1].id", "a"),
            of(("often", "too"), "body.items[2].id", "b"),
        ]
    )
    assert list(groups.lines(_ADVICE)) == [
        "2 of 4 groups of differences are quirks: try something",
        "    2  often + too: get_sessions body.items[].id (2), get_sessions body.pages (1)",
        "       a: expected 1, got 2",
        "    1  rare: get_sessions status (1)",
        "       c: expected 1, got 2",
        "No quirk explains these:",
        "    2  get_sessions body.total",
        "       a: expected 1, got 2",
        "    1  get_sessions body.items[].id",
        "       c: expected 1, got 2",
    ]


def test_no_differences_are_no_lines() -> None:
    assert list(Groups().lines(_ADVICE)) == []


@pytest.mark.parametrize(
    ("place", "expected", "got", "shown"),
    [
        ("status", 201, '200 {"id":\n"s"}', 'expected 201, got 200 {"id": "s"}'),
        ("body.id", "s", None, 'expected "s", got null'),
        ("body", "a" * 50 + "b", "a" * 50 + "c", 'expected ...aaaaaaaaaaaaaaaaab", got ...aaaaaaaaaaaaaaaaac"'),
        ("body", "a" * 50, "b" * 50, f'expected "{"a" * 31}..., got "{"b" * 31}...'),
        ("body", "\x1b[31m", "\ud800\u202e", r'expected "\u001b[31m", got "\ud800\u202e"'),
    ],
)
def test_the_example_shows_where_the_values_differ(place: str, expected: object, got: object, shown: str) -> None:
    *_, example = _grouped([Difference("get_sessions", place, expected, got, (), "r")]).lines("")
    assert example == f"       r: {shown}"


def test_of_many_groups_without_a_quirk_the_most_frequent_are_shown() -> None:
    groups = _grouped([Difference("o", f"body.{number}", 1, 2, (), "r") for number in range(20)])
    lines = list(groups.lines(_ADVICE))
    assert lines[0] == "0 of 20 groups of differences are quirks"
    assert lines[-1] == "and 12 more"
    assert len(lines) == 18


def test_its_size_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A field may be a key of metadata, which a server can choose."""
    monkeypatch.setattr(grouping, "FIELDS_LIMIT", 3)
    groups = _grouped([Difference("o", f"body.{number % 5}", 1, 2, (), str(number)) for number in range(20)])
    assert {next(iter(group.fields)): group.requests for group in groups.all()} == {
        "other fields": 8,
        "o body.0": 4,
        "o body.1": 4,
        "o body.2": 4,
    }
