"""Environment variables set the options of servers that a command starts, and of no others."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

import mockserver
from mockserver import Mock, MockServer, create_app
from mockserver.testing.environment import options_from_environment, variable_of
from mockserver.testing.options import OPTIONS

_VALUES = {
    "api_version": ("3.0.6", "3.0.6"),
    "quirks": ("lost_empty_clone,sentence_422", "lost_empty_clone,sentence_422"),
    "world": ("world.json", "world.json"),
    "purge_after": ("none", None),
    "work_after": ("1.5", 1.5),
    "seed": ("7", 7),
    "frozen_at": ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z"),
    "auth_secret": ("a secret of the tests", "a secret of the tests"),
    "webhook_secret": ("x", "x"),
    "cors": ("http://a.example, http://b.example:1", ["http://a.example", "http://b.example:1"]),
    "journal_entries": ("5", 5),
    "journal_bytes": ("0", 0),
    "notes": ("false", False),
    "max_forks": ("3", 3),
}


@pytest.fixture(autouse=True)
def _in_a_folder_with_a_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "world.json").write_text('{"workspaces": {"w": {}}}', encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def test_every_option_has_a_variable() -> None:
    assert _VALUES.keys() == OPTIONS.keys()
    found = options_from_environment({variable_of(name): text for name, (text, _) in _VALUES.items()})
    assert found == {name: value for name, (_, value) in _VALUES.items()}
    assert variable_of("purge_after") == "HONCHO_MOCK_PURGE_AFTER"


@pytest.mark.parametrize(
    ("variable", "text", "complaint"),
    [
        ("HONCHO_MOCK_QUIRKS", "lively", "HONCHO_MOCK_QUIRKS: unknown quirk 'lively'"),
        ("HONCHO_MOCK_PURGE_AFTER", "soon", "HONCHO_MOCK_PURGE_AFTER: must be a number of seconds"),
        ("HONCHO_MOCK_WORLD", "missing.json", "HONCHO_MOCK_WORLD: missing.json: No such file"),
        ("HONCHO_MOCK_FROZEN_AT", "noon", "HONCHO_MOCK_FROZEN_AT: frozen_at is"),
        ("HONCHO_MOCK_CORS", "example.com", "HONCHO_MOCK_CORS: not an origin"),
        ("HONCHO_MOCK_NOTES", "maybe", "HONCHO_MOCK_NOTES: must be true or false, not 'maybe'"),
        ("HONCHO_MOCK_QUIRK", "live", "HONCHO_MOCK_QUIRK; did you mean HONCHO_MOCK_QUIRKS?"),
        ("HONCHO_MOCK_PURGEAFTER", "1", "HONCHO_MOCK_PURGEAFTER; did you mean HONCHO_MOCK_PURGE_AFTER?"),
    ],
)
def test_a_wrong_variable_is_an_error_that_names_it(variable: str, text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match="HONCHO_MOCK") as raised:
        options_from_environment({variable: text})
    assert complaint in str(raised.value)


def test_empty_values_and_the_names_that_kubernetes_sets_for_a_service_are_ignored() -> None:
    names = (
        "HONCHO_MOCK_PORT",
        "HONCHO_MOCK_SERVICE_HOST",
        "HONCHO_MOCK_SERVICE_PORT",
        "HONCHO_MOCK_PORT_8000_TCP_ADDR",
    )
    others = {"honcho_mock_quirks": "live", "HONCHO_QUIRKS": "live", "HONCHO_MOCK_QUIRKS": ""}
    assert options_from_environment({**dict.fromkeys(names, "x"), **others}) == {}


def test_an_app_without_a_mock_takes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HONCHO_MOCK_QUIRKS", "live")
    monkeypatch.setenv("HONCHO_MOCK_WORLD", "world.json")
    monkeypatch.setenv("HONCHO_MOCK_FROZEN_AT", "2026-03-01T12:00:00Z")
    mock: Mock = create_app().state.mock
    assert (mock.quirks.created_status, list(mock.world()["workspaces"])) == (True, ["w"])
    assert mock.clock.now() == int(datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()) * 1_000_000
    monkeypatch.delattr(mockserver, "app", raising=False)
    assert mockserver.app.state.mock.quirks.created_status
    assert mockserver.app is mockserver.app
    monkeypatch.delattr(mockserver, "app")


def test_a_mock_and_a_server_in_a_program_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HONCHO_MOCK_QUIRKS", "live")
    assert not Mock().quirks.created_status
    assert not create_app(Mock()).state.mock.quirks.created_status
    with MockServer() as server:
        assert not server.mock.quirks.created_status


def test_the_fixtures_do_not(monkeypatch: pytest.MonkeyPatch, pytester: pytest.Pytester) -> None:
    monkeypatch.setenv("HONCHO_MOCK_QUIRKS", "live")
    monkeypatch.setenv("HONCHO_MOCK_SEED", "1")
    pytester.makepyfile(
        """
        def test_they_are_not_read(honcho_server, make_honcho_server):
            for server in (honcho_server, make_honcho_server()):
                assert not server.mock.quirks.created_status
                assert server.mock.seed is None
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)
