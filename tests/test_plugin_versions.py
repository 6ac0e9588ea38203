"""`--honcho-api-version` and the markers about versions, as a project that has the plugin installed sees them."""

import pytest

from mockserver import MockServer
from mockserver.cli import main
from mockserver.domain.changes import VERSIONS
from mockserver.domain.profile import table_of_changes

_TEST = """
    import pytest, urllib.error, urllib.request

    def is_healthy(server):
        try:
            return urllib.request.urlopen(f"{server.url}/health").status == 200
        except urllib.error.HTTPError:
            return False

    def test_health(honcho_server):
        assert is_healthy(honcho_server), honcho_server.api_version

    def test_another(make_honcho_server):
        print("version", make_honcho_server().api_version)

    @pytest.mark.honcho(api_version="3.0.12")
    def test_pinned(honcho_server):
        assert honcho_server.api_version == "3.0.12"

    @pytest.mark.honcho(min_api_version="3.0.7")
    def test_newer(honcho_server):
        assert is_healthy(honcho_server)

    def test_without():
        pass
"""


def test_each_test_runs_once_for_each_version(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(_TEST)
    result = pytester.runpytest_inprocess("--honcho-api-version", "3.0.3,latest", "-v", "-s", "-p", "no:randomly")
    result.assert_outcomes(passed=6, failed=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "*::test_health?3.0.3? FAILED*",
            "*::test_health?3.0.12? PASSED*",
            "*::test_another?3.0.3? version 3.0.3*",
            "*::test_pinned PASSED*",
            "*::test_newer?3.0.3? SKIPPED*",
            "*::test_without PASSED*",
            "*honcho requests to http://* (API 3.0.3)*",
            "*failures with some versions of the API*",
            "*::test_health?*? fails with 3.0.3; passes with 3.0.12",
        ]
    )


def test_without_the_option_a_test_runs_with_the_version_of_the_contract(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(_TEST)
    result = pytester.runpytest_inprocess("-v")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["*::test_health PASSED*"])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--honcho-api-version", "3.1"], f"*unknown API version '3.1'; known: {', '.join(VERSIONS)}, latest*"),
        (["--honcho-api-version", ","], "*--honcho-api-version needs a version such as 3.0.6*"),
        (["--honcho-api-version", "all", "--honcho-url", "http://127.0.0.1:9"], "*cannot be used with --honcho-url*"),
    ],
)
def test_a_wrong_version_is_a_usage_error(pytester: pytest.Pytester, arguments: list[str], complaint: str) -> None:
    result = pytester.runpytest_inprocess(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([complaint])


def test_an_unknown_version_in_a_marker_fails_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.honcho(min_api_version="3.1")
        def test_it(honcho_server):
            pass
        """
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*honcho marker: unknown API version '3.1'; known: *"])


def test_the_version_of_another_server_is_what_its_document_says(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(honcho_server):\n    assert honcho_server.api_version == '3.0.11'")
    with MockServer(api_version="3.0.11") as server:
        pytester.runpytest_inprocess("--honcho-url", server.url).assert_outcomes(passed=1)


def test_versions_prints_the_changes_between_two_versions(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["versions", "3.0.7", "3.0.11"])
    assert end.value.code == 0
    printed = capsys.readouterr().out.strip()
    assert printed == table_of_changes("3.0.11", "3.0.7")
    since = [line.split(" | ")[0].strip("| ") for line in printed.splitlines()[2:]]
    assert sorted(set(since)) == ["3.0.10", "3.0.11"]
    assert "`keys_need_workspace`" in printed
