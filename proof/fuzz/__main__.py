"""`python -m proof.fuzz --minutes 15`: hostile input to a Darkroom of its own, until the time is up.

Exit codes: 0 no finding, 1 findings, 2 usage, 3 it could not run.
"""

import asyncio
import json
import signal
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

import typer

from pipeline.api_keys import key_hash, new_key
from pipeline.errors import DarkroomError
from pipeline.ids import new_id
from proof.fuzz.conformance import run_schemathesis
from proof.fuzz.drawing import draw_calls, draw_conversations
from proof.fuzz.sending import Found, Sender
from proof.fuzz.single_faults import single_faults
from proof.hosting import Hosted, hosted
from proof.plain_connection import connect

FINDINGS = 1
COULD_NOT_RUN = 3
MOST_FOUND = 20
CALLS, CONVERSATIONS = 2_000, 200
"""In a round."""
SCHEMA_SECONDS = 60
"""Of Schemathesis in a round, for each of the two keys."""
ANON_KEY = "the-anon-key"


class CouldNotRun(DarkroomError):
    """The fuzz could not run."""


class Fuzz(NamedTuple):
    """What runs against one Darkroom, and what it has found."""

    house: Hosted
    sender: Sender
    keys: dict[str, str | None]
    folder: Path
    found: list[str]
    until: float
    """By the monotonic clock."""

    def tried(self, what: str, work: Callable[[], None]) -> None:
        """Do `work`; write down what it finds."""
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {what}\n")
        try:
            work()
        except* Found as found:
            self.found.extend(f"{what}: {one}" for one in _leaves(found))

    @property
    def is_over(self) -> bool:
        """Whether the time is up, or enough was found."""
        return time.monotonic() >= self.until or len(self.found) >= MOST_FOUND


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    minutes: Annotated[float, typer.Option(min=0.1, help="How long.")] = 15.0,
    seed: Annotated[int, typer.Option(min=0, help="Of the first round; the next ones count on.")] = 1,
) -> None:
    """Send every known fault, then drawn calls, conversations and Schemathesis' sequences, round after round."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    begun = time.monotonic()
    try:
        with (
            hosted(
                failure=CouldNotRun,
                prefix="darkroom-fuzz-",
                SUPABASE_ANON_KEY=ANON_KEY,
                PAINTER_SECONDS="0.05-0.1",
                PAINTER_PREPARED="true",
            ) as house,
            TemporaryDirectory(prefix="darkroom-fuzz-") as folder,
        ):
            found, sent = _fuzz(house, Path(folder), begun + 60 * minutes, seed)
    except CouldNotRun as reason:
        sys.stderr.write(f"The fuzz could not run: {reason}\n")
        raise typer.Exit(COULD_NOT_RUN) from reason
    for finding in found:
        typer.echo(f"finding: {finding[:4_000]}")
    typer.echo(f"{sent} calls and frames beside Schemathesis', {len(found)} findings, {time.monotonic() - begun:.0f} s")
    if found:
        raise typer.Exit(FINDINGS)


def _fuzz(house: Hosted, folder: Path, until: float, seed: int) -> tuple[list[str], int]:
    """What was found, and how many calls and frames were sent."""
    user = asyncio.run(_user(house))
    keys = {"service": house.key, "user": user, "anonymous": ANON_KEY, "nobody": None}
    pids = house.pids()
    with Sender(house.url, keys, _generation(house.url, user)) as sender:
        fuzz = Fuzz(house, sender, keys, folder, [], until)
        for call in single_faults():
            if fuzz.is_over:
                break
            try:
                sender.send(call)
            except Found as one:
                fuzz.found.append(f"single fault: {one}")
        while not fuzz.is_over:
            _round(fuzz, seed)
            seed += 1
        fuzz.tried("in the end", sender.check_alive)
        if house.pids() != pids:
            fuzz.found.append(f"a process ended: {house.pids()} after {pids}\n{house.last_lines()}")
        return fuzz.found, sender.sent


def _round(fuzz: Fuzz, seed: int) -> None:
    fuzz.tried(f"calls, seed {seed}", lambda: draw_calls(fuzz.sender, CALLS, seed))
    if not fuzz.is_over:
        fuzz.tried(f"conversations, seed {seed}", lambda: draw_conversations(fuzz.sender, CONVERSATIONS, seed))
    for who in ("user", "service"):
        left = int(fuzz.until - time.monotonic())
        if left > 1 and not fuzz.is_over:
            key, seconds = fuzz.keys[who] or "", min(SCHEMA_SECONDS, left)
            fuzz.tried(
                f"schemathesis as {who}, seed {seed}",
                lambda: run_schemathesis(fuzz.house.url, key, seconds, seed, fuzz.folder),  # noqa: B023 - run at once
            )


def _leaves(found: BaseExceptionGroup[Found]) -> list[str]:
    """The findings in a group, which Hypothesis makes when there are several."""
    leaves = []
    for one in found.exceptions:
        leaves += _leaves(one) if isinstance(one, BaseExceptionGroup) else [str(one)]
    return leaves


async def _user(house: Hosted) -> str:
    """The key of a user."""
    key = new_key()
    connection = await connect(house.database_url)
    try:
        await connection.execute(
            "INSERT INTO api_keys (id, key_hash, name, user_id, role) VALUES ($1, $2, 'fuzz', 'somebody', 'user')",
            new_id(),
            key_hash(key),
        )
    finally:
        await connection.close()
    return key


def _generation(url: str, key: str) -> str:
    """The id of a generation of theirs."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        connection.request("POST", "/v1/generations", b'{"prompt": "a lighthouse"}', headers)
        made: str = json.loads(connection.getresponse().read())["id"]
    finally:
        connection.close()
    return made


if __name__ == "__main__":
    app()
