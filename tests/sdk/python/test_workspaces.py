"""A workspace, as a user of the SDK meets it."""

from honcho import Honcho
from honcho.api_types import ReasoningConfiguration, WorkspaceConfiguration

from mockserver import MockServer
from sdk.python.witnessing import Use


def test_a_client_finds_the_fake_by_the_environment(
    honcho_server: MockServer, honcho_workspace: str, client: Honcho
) -> None:
    assert (client.base_url, client.workspace_id) == (honcho_server.url, honcho_workspace)
    assert honcho_workspace in f"{client}"
    assert len(honcho_server.mock.requests) == 0


def test_the_first_call_makes_the_workspace_once(honcho_server: MockServer, client: Honcho, use: Use) -> None:
    use(client).peer("alice")
    use(client).peer("bob")
    called = [request.operation for request in honcho_server.mock.requests]
    assert called == ["get_or_create_workspace", "get_or_create_peer", "get_or_create_peer"]


def test_metadata_is_kept_for_other_clients(client: Honcho, use: Use) -> None:
    assert use(client).get_metadata() == {}
    use(client).set_metadata({"team": "blue", "nested": {"list": [1, None, "é"]}})
    other = Honcho()
    assert use(other).get_metadata() == {"team": "blue", "nested": {"list": [1, None, "é"]}} == other.metadata


def test_a_configuration_is_kept_for_other_clients(client: Honcho, use: Use) -> None:
    use(client).get_metadata()
    reasoning = ReasoningConfiguration(enabled=False)
    use(client).set_configuration(WorkspaceConfiguration(reasoning=reasoning))
    other = Honcho()
    assert use(other).get_configuration().reasoning == reasoning
    assert other.configuration.summary is None


def test_a_refresh_shows_what_another_client_changed(client: Honcho, use: Use) -> None:
    use(Honcho()).get_metadata()
    use(Honcho()).set_metadata({"k": 1})
    use(client).refresh()
    assert client.metadata == {"k": 1}


def test_workspaces_are_listed_by_their_ids(client: Honcho, use: Use, honcho_workspace: str) -> None:
    use(client).get_metadata()
    use(Honcho(workspace_id="another")).get_metadata()
    assert use.all(use(client).workspaces()) == [honcho_workspace, "another"]
    assert use.all(use(client).workspaces({"id": "another"})) == ["another"]


def test_a_deleted_workspace_is_gone_after_its_purge(
    honcho_server: MockServer, client: Honcho, use: Use, honcho_workspace: str
) -> None:
    use(client).get_metadata()
    use(client).delete_workspace(honcho_workspace)
    honcho_server.mock.purge()
    assert use.all(use(client).workspaces()) == []
