"""What the official SDKs demand of a server, this one gives; and nothing that they offer goes untried."""

import os
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from mockserver import Mock, create_app
from mockserver.domain.changes import CONTRACT, VERSIONS
from support.pages import text_of

from .installing import Sdk, Unavailable, sdks
from .running import Outcome, run_witnesses

pytestmark = pytest.mark.sdk

# No SDK asks for them.
UNREACHED = {
    "create_key",
    "health_check",
    "get_or_create_webhook_endpoint",
    "list_webhook_endpoints",
    "delete_webhook_endpoint",
    "test_emit",
}
_PAGE = text_of("docs/sdks.md")


@pytest.fixture(params=sdks(), ids=str)
def sdk(request: pytest.FixtureRequest) -> Sdk:
    """Each SDK that is tried."""
    asked: Sdk = request.param
    return asked


@pytest.fixture(params={sdk.language: sdk for sdk in sdks()}.values(), ids=str)
def newest_sdk(request: pytest.FixtureRequest) -> Sdk:
    """The newest SDK of each language."""
    asked: Sdk = request.param
    return asked


def _runs_for(parameters: dict[str, object]) -> list[tuple[Sdk, str]]:
    """The runs that a test with these parameters needs: of which SDK, against which version of the API."""
    return [
        (value, VERSIONS[-1] if name == "newest_sdk" else CONTRACT)
        for name, value in parameters.items()
        if isinstance(value, Sdk)
    ]


@pytest.fixture(scope="module")
def runs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[tuple[Sdk, str], "Future[Outcome]"]]:
    """The runs that the tests need, two at a time, for they wait a lot."""
    kept = getattr(request.config, "cache", None)
    cache = kept.mkdir("sdks") if kept is not None else tmp_path_factory.mktemp("sdks")
    of_items = [getattr(item, "callspec", None) for item in request.session.items]
    asked = dict.fromkeys(run for call in of_items if call for run in _runs_for(call.params))
    with ThreadPoolExecutor(2) as pool:
        yield {
            (sdk, version): pool.submit(run_witnesses, sdk, cache, tmp_path_factory.mktemp("witnesses"), version)
            for sdk, version in asked
        }


@pytest.fixture
def told(sdk: Sdk, runs: dict[tuple[Sdk, str], "Future[Outcome]"]) -> Outcome:
    """What its witnesses showed. Where the registries cannot be reached they say nothing, but not in CI."""
    return _result(runs[sdk, CONTRACT])


def _result(run: "Future[Outcome]") -> Outcome:
    try:
        return run.result()
    except Unavailable as why:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(why))


def test_its_users_are_served(told: Outcome) -> None:
    if not told.passed:
        pytest.fail(told.output, pytrace=False)


def test_users_of_the_newest_are_served_by_the_newest_version_of_the_api(
    newest_sdk: Sdk, runs: dict[tuple[Sdk, str], "Future[Outcome]"]
) -> None:
    told = _result(runs[newest_sdk, VERSIONS[-1]])
    if not told.passed:
        pytest.fail(told.output, pytrace=False)


def test_every_public_method_is_called(told: Outcome) -> None:
    assert told.methods - told.called == set()
    assert told.methods


def test_every_operation_that_it_can_reach_is_reached(told: Outcome) -> None:
    mock = Mock()
    create_app(mock)
    assert told.operations == {one.operation for one in mock.coverage().operations} - UNREACHED


@pytest.mark.skipif("HONCHO_WITNESSES" in os.environ, reason="the table is of the versions that are pinned")
def test_the_table_of_the_page_is_true(sdk: Sdk, told: Outcome) -> None:
    [row] = re.findall(rf"^\| `{sdk.package}` \| {re.escape(str(sdk.version))} \| .*", _PAGE, re.MULTILINE)
    assert row == f"| `{sdk.package}` | {sdk.version} | {len(told.methods)} | {len(told.operations)} |"


@pytest.mark.skipif("HONCHO_WITNESSES" in os.environ, reason="the table is of the versions that are pinned")
def test_the_table_of_the_page_names_no_other() -> None:
    rows = re.findall(r"^\| `(@?honcho-ai[^`]*)` \| ([\d.]+) \|", _PAGE, re.MULTILINE)
    assert rows == [(sdk.package, sdk.version) for sdk in sdks()]
