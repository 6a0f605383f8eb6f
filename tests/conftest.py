"""What every test shares: servers that start when first needed, and the rules about browsers and order."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

from tests import databases
from tests.servers import Servers, Stack, session_servers

TESTS = Path(__file__).resolve().parent
# These start whole installations and kill parts of them: one at a time, or they starve one another.
WHOLE_MACHINE = ("faults", "e2e")
BOTH = ("default", "keystore")

hypothesis_settings.register_profile("concord", deadline=None, print_blob=True)
hypothesis_settings.load_profile("concord")


def _room(item: pytest.Item) -> str:
    parts = item.path.relative_to(TESTS).parts if item.path.is_relative_to(TESTS) else ("",)
    return parts[0]


def turn_of(nodeid: str) -> str:
    """What a test runs together with, one after the other in one process: the tests of its file, or all that need the
    whole machine."""
    path = nodeid.partition("::")[0]
    room = path.partition("tests/")[2].partition("/")[0]
    return "machine" if room in WHOLE_MACHINE else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hands whole turns to the processes, those of the machine first. (The marks of ``--dist loadgroup`` reach nobody
    since pytest 9.2: xdist 3.8 notes them where it does not look any more.)"""
    from xdist.scheduler import LoadScopeScheduling

    class ByTurn(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return turn_of(nodeid)

    config.option.loadscopereorder = False
    return ByTurn(config, log)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, None, None]:
    """Puts what needs the whole machine first, after everybody else has sorted. A test of the database may use the key
    store too."""
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        if marker := item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.django_db(*marker.args, **{"databases": BOTH, **marker.kwargs}), append=False)
        elif asked & {"db", "transactional_db", "live_server"}:
            transaction = bool(asked & {"transactional_db", "live_server"})
            item.add_marker(pytest.mark.django_db(transaction=transaction, databases=BOTH), append=False)
    yield
    items.sort(key=lambda item: turn_of(item.nodeid) != "machine")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where a browser was promised, a browser test that is skipped hides something."""
    report = yield
    promised = os.environ.get("HUB_REQUIRE_BROWSER") == "1"
    if report.skipped and promised and not hasattr(report, "wasxfail") and _needs_browser(item):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped although HUB_REQUIRE_BROWSER is set"
    return report


def _needs_browser(item: pytest.Item) -> bool:
    return _room(item) == "e2e" or item.get_closest_marker("browser") is not None


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; a test that asks for it is skipped where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        found = os.environ.get("HUB_CHROMIUM") or shutil.which(name)
        if found:
            return found
    pytest.skip("no Chromium is installed: `apt-get install chromium`, or set HUB_CHROMIUM to one")


@pytest.fixture(scope="session")
def servers() -> Servers:
    """PostgreSQL and Valkey, shared by all tests of the session; started by the first that asks."""
    return session_servers()


@pytest.fixture(autouse=True)
def _servers_for_marked(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("servers"):
        request.getfixturevalue("servers")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(servers: Servers, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """The servers run before pytest-django makes its databases; side by side, each process has its own. The key store
    is named as programs started by a test name it."""
    from django.conf import settings

    settings.DATABASES["keystore"].setdefault("TEST", {})["NAME"] = (
        f"{settings.DATABASES['default']['TEST']['NAME']}_keys"
    )


@pytest.fixture(scope="session")
def django_db_setup(
    servers: Servers, django_test_environment: None, django_db_blocker: Any, django_db_modify_db_settings: None
) -> Iterator[None]:
    """The databases of this process, copied from those that one of the processes migrated."""
    from django.conf import settings
    from django.db import connections
    from django.test import TransactionTestCase

    name = settings.DATABASES["default"]["TEST"]["NAME"]
    databases.copy_begun(servers, name)
    with django_db_blocker.unblock():
        for alias, suffix in zip(BOTH, databases.SUFFIXES, strict=True):
            connections[alias].close()
            connections[alias].settings_dict["NAME"] = settings.DATABASES[alias]["NAME"] = name + suffix
    TransactionTestCase._fixture_teardown = _empty_all
    yield
    with django_db_blocker.unblock():
        connections.close_all()
    databases.drop(servers, name)


def _empty_all(test: Any) -> None:
    for alias in test._databases_names(include_mirrors=False):
        databases.empty(alias)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        databases.forget_begun()


@pytest.fixture(autouse=True)
def _no_keys_of_other_tests(request: pytest.FixtureRequest) -> None:
    """What one test's database was sealed with is nothing to the next one's."""
    if request.node.get_closest_marker("django_db"):
        from hub import keyring

        keyring.forget_all()


@pytest.fixture
def own_servers() -> Iterator[Stack]:
    """PostgreSQL and Valkey of this test alone, which it may kill."""
    with Stack(what="servers") as stack:
        yield stack


@pytest.fixture
def stack() -> Iterator[Stack]:
    """A whole installation of this test alone, web and worker included, which it may kill."""
    with Stack(begun=True) as stack:
        yield stack
