"""PostgreSQL and Valkey under the supervisor: killed, cut off from power, side by side, in awkward places."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from hub.embedded import processes, throwaway
from hub.embedded.paths import THROWAWAY
from tests.servers import Stack, still_alive


@pytest.fixture
def place() -> Iterator[Path]:
    """A state folder that outlives the supervisors that a test starts in it."""
    folder = Path(throwaway.new_folder())
    yield folder
    stack = Stack(what="servers", folder=folder)
    stack.state.remove()
    assert not folder.parent.exists()


def remember(stack: Stack, word: str) -> None:
    with psycopg.connect(stack.runtime()["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS said (word text)")
        connection.execute("INSERT INTO said VALUES (%s)", [word])


def remembered(stack: Stack) -> list[str]:
    with psycopg.connect(stack.runtime()["DATABASE_URL"]) as connection:
        return [word for (word,) in connection.execute("SELECT word FROM said ORDER BY word")]


def bell(stack: Stack) -> redis.Redis:
    return redis.Redis.from_url(stack.runtime()["REDIS_URL"])


def postgres_answers(stack: Stack) -> bool:
    try:
        return bool(remembered(stack))
    except psycopg.OperationalError:
        return False


def valkey_answers(stack: Stack) -> bool:
    try:
        return bool(bell(stack).ping())
    except redis.RedisError:
        return False


def test_versions_and_settings(own_servers: Stack) -> None:
    with psycopg.connect(own_servers.runtime()["DATABASE_URL"]) as connection:
        asked = {
            name: connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            for name in ("listen_addresses", "unix_socket_permissions", "fsync", "server_encoding", "log_min_messages")
        }
        assert asked == {
            "listen_addresses": ("",),
            "unix_socket_permissions": ("0700",),
            "fsync": ("on",),
            "server_encoding": ("UTF8",),
            "log_min_messages": ("log",),
        }
        for extension in ("pg_trgm", "fuzzystrmatch", "unaccent", "btree_gin"):
            connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    settings = bell(own_servers).config_get("*")
    assert (settings["port"], settings["appendonly"], settings["maxmemory-policy"]) == ("0", "yes", "noeviction")


def test_what_a_statement_holds_does_not_reach_the_log(own_servers: Stack) -> None:
    remember(own_servers, "x")
    with psycopg.connect(own_servers.runtime()["DATABASE_URL"]) as connection:
        connection.execute("CREATE UNIQUE INDEX one_of_each ON said (word)")
        connection.commit()
        connection.execute("INSERT INTO said VALUES ('alice@example.com')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO said VALUES ('alice@example.com')")
        connection.rollback()
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute("SELECT 'alice@example.com'::int")
    log = own_servers.state.log("postgres").read_text()
    assert "ready to accept connections" in log
    assert "alice" not in log


def test_killed_servers_come_back_with_what_they_held(own_servers: Stack) -> None:
    remember(own_servers, "alice")
    for name, answers in (("postgres", postgres_answers), ("valkey", valkey_answers)) * 2:
        own_servers.kill9(name)
        assert processes.wait_for(lambda answers=answers: answers(own_servers), seconds=30), name
    assert remembered(own_servers) == ["alice"]


def test_a_killed_backend_takes_nothing_along(own_servers: Stack) -> None:
    remember(own_servers, "alice")
    os.kill(processes.children_of(own_servers.pid("postgres"))[0], signal.SIGKILL)
    assert processes.wait_for(lambda: postgres_answers(own_servers), seconds=30)
    assert remembered(own_servers) == ["alice"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_leaves_no_process_and_the_next_start_has_the_data(place: Path, number: signal.Signals) -> None:
    first = Stack(what="servers", folder=place).start()
    remember(first, "alice")
    below = first.alive_below()
    assert len(below) > 2
    assert first.stop(number) == 0
    assert still_alive(below) == []
    assert first.runtime() == {}
    second = Stack(what="servers", folder=place).start()
    try:
        assert remembered(second) == ["alice"]
    finally:
        second.stop()


def test_a_killed_supervisor_leaves_no_process_and_the_next_start_just_works(place: Path) -> None:
    words = []
    for turn in ("first", "second"):
        stack = Stack(what="servers", folder=place).start()
        remember(stack, turn)
        words.append(turn)
        assert remembered(stack) == words
        below = stack.alive_below()
        stack.kill9("supervisor")
        # Started at once, while what the first one ran is still going down.
        again = Stack(what="servers", folder=place).start()
        assert remembered(again) == words
        assert still_alive(below) == []
        again.stop()
        stack.stop()


def test_a_corpse_that_nobody_buried_is_not_taken_for_a_process_that_was_left(place: Path) -> None:
    stack = Stack(what="servers", folder=place)
    # sleep takes the shell's place and never waits for the child that it inherits.
    stack.supervisor = subprocess.Popen(["sh", "-c", "true & exec sleep 60"], text=True)
    try:
        assert processes.wait_for(lambda: len(stack.session_ids()) == 1, seconds=10)
        (corpse,) = stack.session_ids()
        assert processes.wait_for(lambda: not processes.started_at(corpse), seconds=10)
        assert stack.session_ids() == {corpse}
        assert stack.alive_below() == {}
    finally:
        stack.supervisor.kill()
        stack.supervisor.wait()
    assert still_alive({corpse: "1"}) == []


def test_after_a_power_cut_the_next_start_just_works(place: Path) -> None:
    first = Stack(what="servers", folder=place).start()
    remember(first, "alice")
    state = first.state
    postmaster = (state.root / "postgres" / "postmaster.pid").read_text()
    first.stop()
    # The noted process id now belongs to somebody else, Valkey's log is torn, and notes of the dead lie about.
    (state.root / "postgres" / "postmaster.pid").write_text("\n".join([str(os.getpid()), *postmaster.split("\n")[1:]]))
    (state.root / "run" / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    for log in (state.root / "valkey" / "appendonlydir").glob("*.aof"):
        log.write_bytes(b"\x00torn" * 100)
    state.lock.write_text(f"{os.getpid()} running\n")
    state.children.write_text(f'{{"web": [{os.getpid()}, "0"]}}')
    second = Stack(what="servers", folder=place).start()
    try:
        assert remembered(second) == ["alice"]
        assert valkey_answers(second)
    finally:
        second.stop()


def test_half_a_cluster_is_made_anew(place: Path) -> None:
    stack = Stack(what="servers", folder=place)
    state = stack.state
    state.create()
    (state.root / "postgres.new").mkdir()
    (state.root / "postgres.new" / "PG_VERSION").write_text("18\n")
    (state.root / "pgsql.new").mkdir()
    with stack:
        remember(stack, "alice")
        assert remembered(stack) == ["alice"]


@pytest.mark.parametrize("name", ["with a space and a 'quote", "deep" * 30, "Zürich"])
def test_awkward_places(place: Path, name: str) -> None:
    place.mkdir()
    place.chmod(0o711)
    inside = place / name
    for _ in range(2):
        with Stack(what="servers", folder=inside) as stack:
            remember(stack, "alice")
            assert valkey_answers(stack)
        assert stack.supervisor is not None
    stack.state.remove()


def test_two_side_by_side_and_a_second_one_in_the_same_place(own_servers: Stack) -> None:
    with Stack(what="servers") as other:
        remember(own_servers, "here")
        remember(other, "there")
        assert remembered(own_servers) == ["here"]
        assert remembered(other) == ["there"]
    refused = Stack(what="servers", folder=own_servers.folder)
    said = refused.launch().communicate(timeout=60)[0]
    assert refused.supervisor is not None
    assert refused.supervisor.returncode == 2
    assert f"Another supervisor (process {own_servers.pid('supervisor')})" in said
    assert "Traceback" not in said
    assert remembered(own_servers) == ["here"]


def test_servers_of_ones_own_are_used_and_not_touched(own_servers: Stack) -> None:
    given = {name: own_servers.runtime()[name] for name in ("DATABASE_URL", "REDIS_URL")}
    with Stack(what="servers", environ=given) as guest:
        assert {name: guest.runtime()[name] for name in given} == given
        assert processes.children_of(guest.pid("supervisor")) == []
    remember(own_servers, "still here")


def test_the_session_has_servers_in_a_folder_that_will_go(servers: object) -> None:
    found = throwaway.environment()
    assert "DATABASE_URL" in os.environ or THROWAWAY in found["HUB_STATE_DIR"]
