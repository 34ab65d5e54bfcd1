"""One proof from the first connection to the audit."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from proof.doors import Doors, session
from proof.gateway.audit.audit import audit
from proof.gateway.audit.rows import read_rows
from proof.gateway.audit.world import World
from proof.gateway.book import Batch, Book
from proof.gateway.clients.crowd import Crowd
from proof.gateway.failure import CouldNotRun
from proof.gateway.faults.cuts import Cuts
from proof.gateway.faults.hands import Hands
from proof.gateway.faults.late import Late
from proof.gateway.faults.listeners import Listeners
from proof.gateway.faults.pace import change_rows
from proof.gateway.faults.reserve import Reserve
from proof.gateway.faults.schedule import Schedule
from proof.gateway.last_act import last_act, still
from proof.gateway.load import Load
from proof.gateway.options import GATEWAYS, Options
from proof.gateway.outcome import Outcome, Times, outcome_of
from proof.gateway.people import Person, let_in
from proof.hosting import Hosted
from proof.plain_connection import connect
from proof.progress import Show

SHOW_SECONDS = 0.5
JOURNALS = "frames"


async def prove(options: Options, house: Hosted, show: Show) -> Outcome:
    """Do all of it. Raises CouldNotRun."""
    begun = time.monotonic()
    book = Book()
    users, service = await let_in(house.database_url, options.users)
    crowd = Crowd(options, users, service, house.gateways, house.home.parent / JOURNALS)
    async with (
        _living(crowd),
        _doors(options, users, house.gateways, book) as doors,
        _listeners(house.database_url) as listeners,
    ):
        await crowd.gather()
        play = Play(options, house, show, book, users, crowd, doors, listeners)
        await play.under_load()
        loaded = time.monotonic()
        await play.to_its_end()
        ended = time.monotonic()
    show("auditing", len(book.submitted))
    world = World(await read_rows(house.database_url), [client.record for client in crowd.everybody], book)
    findings = await asyncio.to_thread(audit, world, options)
    done = time.monotonic()
    return outcome_of(options, Times(loaded - begun, ended - loaded, done - ended, done - begun), world, findings)


class Play:
    """One run's parts, and the order in which they act."""

    def __init__(
        self,
        options: Options,
        house: Hosted,
        show: Show,
        book: Book,
        users: Sequence[Person],
        crowd: Crowd,
        doors: Mapping[str, Doors],
        listeners: Listeners,
    ) -> None:
        self._options = options
        self._house = house
        self._show = show
        self._book = book
        self._users = users
        self._crowd = crowd
        self._passing: set[asyncio.Task[None]] = set()
        """What goes on beside, and is given up when the rest is over."""
        url = house.database_url
        self._load = Load(options, doors, book, self._accepted, self._batched)
        self._reserve = Reserve(self._load, users)
        self._listeners = listeners
        cuts = Cuts(url, listeners, self._reserve, crowd.witnesses, book)
        self._schedule = Schedule(options, house, self._listeners, cuts, book)
        self._hands = Hands(url, self._reserve, users, crowd, book)
        self._late = Late(url, self._reserve)

    async def under_load(self) -> None:
        """Load, disconnects and faults, until all of them are done."""
        over, enough = asyncio.Event(), asyncio.Event()
        async with asyncio.TaskGroup() as self._beside:
            self._soon(self._listeners.keep_looking())
            self._soon(self._watch())
            await self._listeners.all_listen()
            async with asyncio.TaskGroup() as others:
                others.create_task(change_rows(self._options, self._hands, self._late, self._book, over))
                others.create_task(self._crowd.subscribe_again())
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._load.run(self._users, enough))
                    async with asyncio.TaskGroup() as faults:
                        faults.create_task(self._schedule.run())
                        faults.create_task(self._crowd.drop())
                    enough.set()
                over.set()
                self._crowd.rest()
            for task in self._passing:
                task.cancel()

    async def to_its_end(self) -> None:
        """Wait until nothing moves, then the last act. Raises CouldNotRun."""
        self._show("waiting until nothing moves", len(self._book.submitted))
        if not await still(self._house.database_url):
            raise CouldNotRun(f"the pipeline did not end what it had begun.\n{self._house.last_lines()}")
        self._show("the last act", len(self._book.submitted))
        dice = self._options.dice("last act")
        await last_act(self._house.database_url, self._crowd, self._reserve, self._users, dice, self._book)

    def _accepted(self, number: int, generation_id: str, owner: str) -> None:
        self._soon(self._crowd.follow_generation(number, generation_id, owner))

    def _batched(self, batch: Batch) -> None:
        self._soon(self._crowd.follow_batch(batch.id, batch.owner, self._options.dice("batch", batch.id)))

    def _soon(self, passing: Coroutine[None, None, None]) -> None:
        task = self._beside.create_task(passing)
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _watch(self) -> None:
        while True:
            dropped = sum(client.record.dropped.total() for client in self._crowd.clients)
            ended = self._book.done["listeners ended"]
            self._show(f"{dropped} disconnects, {ended} listeners ended", len(self._book.submitted))
            await asyncio.sleep(SHOW_SECONDS)


@asynccontextmanager
async def _living(crowd: Crowd) -> AsyncIterator[None]:
    """Every client lives its life inside, and says goodbye at the end."""
    async with asyncio.TaskGroup() as lives:
        for client in crowd.everybody:
            lives.create_task(client.live())
        yield
        await asyncio.gather(*(client.say_goodbye() for client in crowd.everybody))


@asynccontextmanager
async def _listeners(database_url: str) -> AsyncIterator[Listeners]:
    """Looked for over a connection of its own."""
    connection = await connect(database_url)
    try:
        yield Listeners(connection, GATEWAYS)
    finally:
        connection.terminate()


@asynccontextmanager
async def _doors(
    options: Options, users: Sequence[Person], gateways: Sequence[str], book: Book
) -> AsyncIterator[dict[str, Doors]]:
    """Every user's way in, over either gateway."""
    async with AsyncExitStack() as stack:
        doors: dict[str, Doors] = {}
        for user in users:
            http = await stack.enter_async_context(session(user.key))
            where = partial(options.dice("doors", user.id).choice, gateways)
            doors[user.id] = Doors(http, where, book)
        yield doors
