"""The whole of Darkroom in one home: Postgres, Valkey and the Procfile's processes, in order and kept running."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from pipeline.embedded import environment
from pipeline.embedded.child import run_once
from pipeline.embedded.errors import CannotStart
from pipeline.embedded.lock import Lock
from pipeline.embedded.ports import LOOPBACK, demand, free_port
from pipeline.embedded.procfile import Procfile, read_procfile
from pipeline.embedded.program import Program, command_of
from pipeline.embedded.readiness import web_ready
from pipeline.embedded.servers import start_servers
from pipeline.embedded.strays import end_leftovers
from pipeline.embedded.supervisor import Supervisor
from pipeline.embedded.voice import Voice
from pipeline.providers.painter.token import painter_token
from pipeline.settings import Settings
from pipeline.settings.painter import PainterSettings

CLIENTS_SECONDS = 3.8
"""For the Procfile's processes to stop. What a killed one was at is taken up again: its row says so."""
ALL_SECONDS = 4.9
"""For everything: Postgres writes out what it holds in memory, which spares the next start a recovery."""


class Stack:
    """One running Darkroom. `start`, then `failure` for as long as it shall run, then `stop`; all on one event loop.

    What `settings` names is not started (database_url, redis_url, a provider's credentials). The processes read their
    settings from the environment: ours, then what the stack derives, then `env`.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        procfile: Procfile | None = None,
        painter: PainterSettings | None = None,
        env: Mapping[str, str] | None = None,
        voice: Voice | None = None,
    ) -> None:
        self._settings = settings
        self._procfile = procfile or read_procfile()
        self._painter = painter or PainterSettings()
        self._extra = dict(env or {})
        self._voice = voice or Voice()
        self._lock = Lock(settings.home)
        self._supervisor: Supervisor | None = None
        self._processes: dict[str, str] = {}
        self.env: dict[str, str] = {}
        """The release's environment, once started: a client of the stack runs with it. The processes' is the same, but
        for the owner's address."""

    @property
    def url(self) -> str:
        """Where web listens."""
        return f"http://{self._host}:{self._settings.port}"

    async def start(self, ready_within: float = 120.0) -> None:
        """Start everything, and return when web is ready. Raises CannotStart or GaveUp; then nothing runs."""
        try:
            self._lock.take(self._settings.port)
            await asyncio.to_thread(self._make_room)
            self._supervisor = Supervisor(self._voice, self._run_dir / "pids.json")
            await self._unless_given_up(self._supervisor, ready_within)
        except BaseException:
            await self.stop()
            raise

    async def failure(self) -> NoReturn:
        """Wait until one process has ended too often. Raises GaveUp, which says which and why."""
        await self._running.failure()

    async def stop(self) -> None:
        """Stop everything within 5 seconds: who uses the servers first, then the servers. Harmless when stopped."""
        if self._supervisor is not None:
            await self._supervisor.stop(CLIENTS_SECONDS, ALL_SECONDS)
            self._supervisor = None
        self._lock.release()

    def pid_of(self, name: str) -> int:
        """The pid of a process of the Procfile, of `postgres` or `valkey`. Raises KeyError while it has none."""
        return self._running.pid_of(name)

    async def successor_of(self, name: str, pid: int) -> int:
        """Wait until `name`, once `pid`, was started again; its new pid."""
        return await self._running.successor_of(name, pid)

    @property
    def _running(self) -> Supervisor:
        if self._supervisor is None:
            raise CannotStart("The stack is not started. Await start() first.")
        return self._supervisor

    @property
    def _host(self) -> str:
        everywhere = self._settings.host in {"0.0.0.0", "::", "localhost"}
        return LOOPBACK if everywhere else self._settings.host

    @property
    def _run_dir(self) -> Path:
        return self._settings.home / "run"

    def _make_room(self) -> None:
        """All that can refuse before anything is started. Blocks."""
        left = end_leftovers(self._settings.home)
        if left:
            self._voice.say(f"ended {left} processes that a killed run left behind")
        demand(self._settings.port, "PORT")
        self._run_dir.mkdir(mode=0o700, exist_ok=True)
        self.env = environment.common(self._settings)
        self._processes = dict(self._procfile.processes)
        if self._settings.has_credentials:
            self._processes.pop("painter", None)
        if "painter" in self._processes:
            self.env |= self._painter_environment()

    def _painter_environment(self) -> dict[str, str]:
        given = self._painter.model_fields_set
        if "port" in given and self._painter.port:
            demand(self._painter.port, "PAINTER_PORT")
            port = self._painter.port
        else:
            port = free_port(self._settings.port + 1, besides=self._settings.port)
        home = self._painter.home if "home" in given else self._settings.home / "painter"
        token = painter_token(self._painter.model_copy(update={"home": home}))
        return environment.painter(self._settings, port, home, token)

    async def _unless_given_up(self, supervisor: Supervisor, ready_within: float) -> None:
        rise = asyncio.create_task(self._rise(supervisor, ready_within))
        failure = asyncio.create_task(supervisor.failure())
        try:
            await asyncio.wait([rise, failure], return_when=asyncio.FIRST_COMPLETED)
            await (rise if rise.done() else failure)
        finally:
            rise.cancel()
            failure.cancel()
            # Nothing may be started any more when stop() runs.
            await asyncio.wait([rise, failure])

    async def _rise(self, supervisor: Supervisor, ready_within: float) -> None:
        self.env |= await start_servers(self._settings, self.env, supervisor, self._voice)
        self.env |= self._extra
        env = environment.without_owner(self.env)
        programs = [self._program(name, line, env) for name, line in self._processes.items()]
        if self._procfile.release is not None:
            with self._voice.step("release done"):
                release = self._program("release", self._procfile.release, self.env)
                await run_once(release, lambda line: self._voice.line("release", line))
        for program in programs:
            await supervisor.start(program)
        if "web" in self._processes:
            with self._voice.step(f"{', '.join(self._processes)} started, web ready"):
                await web_ready(self._host, self._settings.port, ready_within)

    def _program(self, name: str, line: str, env: Mapping[str, str]) -> Program:
        return Program(name=name, command=command_of(line, env), env=env, cwd=self._procfile.folder)
