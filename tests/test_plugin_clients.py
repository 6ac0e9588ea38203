"""The fixtures with a client of the official SDK, and the environment for every test."""

import pytest

# The part of the official SDK that the fixtures use. `tests/sdk` runs the real one.
_SDK = """
import os
import httpx

class Connections:
    closed = 0
    def close(self): Connections.closed += 1

class Aio:
    def __init__(self, honcho): self.honcho = honcho

class Honcho:
    def __init__(self, api_key=None, environment=None, base_url=None, workspace_id=None):
        self.given = (api_key, base_url, workspace_id)
        self._http = Connections()

    @property
    def aio(self): return Aio(self)
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = --strict-markers\n")
    return pytester


def test_a_client_is_bound_to_the_fake_and_to_the_workspace_of_the_test(project: pytest.Pytester) -> None:
    project.makepyfile(honcho=_SDK)
    project.makepyfile(
        """
        import honcho, os, pytest

        def test_it(honcho_client, honcho_server, honcho_workspace):
            assert isinstance(honcho_client, honcho.Honcho)
            assert honcho_client.given == ("any-key-will-do", honcho_server.url, honcho_workspace)
            assert os.environ["HONCHO_URL"] == honcho_server.url

        @pytest.mark.honcho(auth_secret="s")
        def test_key(async_honcho_client, honcho_env):
            assert isinstance(async_honcho_client, honcho.Aio)
            assert async_honcho_client.honcho.given[0] == honcho_env["HONCHO_API_KEY"]

        def test_closed():
            assert honcho.Connections.closed == 2
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("module", "complaint"),
    [
        (
            "raise ImportError('no module named honcho')",
            "honcho_client: the official SDK honcho-ai is not installed (no module named honcho); install it with: *",
        ),
        ("", "honcho_client: the module honcho, */honcho.py, is not the official SDK honcho-ai; install it with: *"),
        (
            "class Honcho:\n    def __init__(self, **named): pass",
            "async_honcho_client: the installed honcho-ai has no `Honcho.aio`; honcho-ai 2 or newer has it",
        ),
    ],
)
def test_without_the_sdk_the_test_says_what_to_install(project: pytest.Pytester, module: str, complaint: str) -> None:
    project.makepyfile(honcho=module)
    project.makepyfile("def test_it(async_honcho_client): pass")
    result = project.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([complaint])


def test_the_configuration_sets_the_environment_for_every_test(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HONCHO_URL", raising=False)
    project.makepyfile(
        """
        import os, unittest
        from mockserver import MockServer

        class TestIt(unittest.TestCase):
            def test_of_a_class(self):
                assert os.environ["HONCHO_URL"].startswith("http://127.0.0.1:")

        def test_it(honcho_server, honcho_api_version):
            assert os.environ["HONCHO_URL"] == honcho_server.url
            assert (honcho_api_version or honcho_server.api_version) == honcho_server.api_version
        """
    )
    project.runpytest_inprocess().assert_outcomes(failed=2)
    autouse = ["-o", "honcho_env_autouse=true"]
    project.runpytest_inprocess(*autouse).assert_outcomes(passed=2)
    versions = project.runpytest_inprocess(*autouse, "--honcho-api-version", "3.0.6,3.0.12", "-k", "test_it")
    versions.assert_outcomes(passed=2)
