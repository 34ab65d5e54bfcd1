"""Watching from Node: every transition once and in order, whatever the line does."""

import asyncio
from uuid import uuid4

import pytest

from tests.api.test_feed import FAR
from tests.api.test_verbs import ask, completed
from tests.api.test_websocket import STAGES
from tests.darkroom import User
from tests.javascript.conftest import Node
from tests.javascript.development import develop
from tests.javascript.program import Program
from tests.javascript.proxy import Proxy

FOLLOW = """
const on = { onSubscribed: () => say("subscribed"), onDropped: () => say("dropped"), onReset: () => say("reset") };
await seen(darkroom.watch(given.id, { after: given.after, ...on }));
"""


async def begun(program: Program) -> int:
    """The version of the first transition, once it is subscribed."""
    assert await program.hear() == "subscribed"
    version: int = (await program.hear())["version"]
    return version


async def test_submit_and_watch(node: Node) -> None:
    source = """
        const { id, status } = await darkroom.submit({ prompt: "a lighthouse at dusk" });
        say({ id, status });
        await seen(darkroom.watch(id));
        const [image] = (await darkroom.get(id)).images;
        const picture = await fetch(darkroom.resolve(image.url));
        say([picture.status, (await picture.arrayBuffer()).byteLength === image.file_size]);
    """
    async with node(source) as program:
        submitted = await program.hear()
        moves = await program.hear_until("over")
        assert [move["status"] for move in moves] == STAGES
        assert [move["version"] for move in moves] == [1, 2, 3, 4]
        assert {move["id"] for move in moves} == {submitted["id"]}
        assert await program.end() == [[200, True]]


async def test_cut_in_mid_run_it_resumes(node: Node, user: User, proxy: Proxy) -> None:
    generation = await user.submit(scheduled_at=FAR)
    async with node(FOLLOW, id=generation["id"]) as program:
        assert await begun(program) == 1
        assert proxy.cut(close=True) == 1
        await develop(user, generation["id"])
        await proxy.until(lambda proxy: proxy.accepted >= 3)  # it has come again, and was sent away
        proxy.closed = False
        heard = [one for one in await program.hear_until("over") if one != "dropped"]
        assert heard[0] == "subscribed"
        assert [move["version"] for move in heard[1:]] == [2, 3, 4, 5]
        assert await program.end() == []


async def test_an_end_that_was_retried_is_none(node: Node, user: User, proxy: Proxy) -> None:
    generation = await user.submit(scheduled_at=FAR)
    async with node(FOLLOW, id=generation["id"]) as program:
        assert await begun(program) == 1
        proxy.cut(close=True)
        for verb in ("/cancel", "/retry"):
            await ask(user, "POST", generation, verb)
        await completed(user, generation)
        proxy.closed = False
        heard = [one for one in await program.hear_until("over") if isinstance(one, dict)]
        assert [(move["version"], move["status"]) for move in heard[:1]] == [(2, "cancelled")]
        assert [move["version"] for move in heard] == [2, 3, 4, 5, 6]
        assert await program.end() == []


async def test_a_half_open_line_is_noticed(node: Node, user: User, proxy: Proxy) -> None:
    generation = await user.submit(scheduled_at=FAR)
    async with node(FOLLOW, id=generation["id"], idleSeconds=0.2, answerSeconds=1) as program:
        assert await begun(program) == 1
        proxy.stall()
        await develop(user, generation["id"])
        heard = await program.hear_until("over")
        assert heard[:2] == ["dropped", "subscribed"]
        assert [move["version"] for move in heard if isinstance(move, dict)] == [2, 3, 4, 5]
        proxy.cut()  # Node holds on to a socket whose close is not answered, as long as the system does
        assert await program.end() == []


async def test_a_server_that_takes_and_says_nothing_is_tried_again(node: Node, user: User, proxy: Proxy) -> None:
    generation = await user.submit()
    proxy.mute = True
    async with node(FOLLOW, id=generation["id"], answerSeconds=0.5) as program:
        assert await program.hear() == "dropped"
        proxy.mute = False
        heard = await program.hear_until("over")
        assert [move["version"] for move in heard if isinstance(move, dict)] == [1, 2, 3, 4]
        assert await program.end() == []


@pytest.mark.parametrize(("after", "versions"), [(0, [1, 2, 3, 4]), (2, [3, 4]), (4, []), (7, ["reset", 1, 2, 3, 4])])
async def test_it_goes_on_behind_a_version(node: Node, user: User, after: int, versions: list[int | str]) -> None:
    generation = await user.submit()
    await completed(user, generation)
    async with node(FOLLOW, id=generation["id"], after=after) as program:
        heard = await program.hear_until("over")
        assert heard[0] == "subscribed"
        assert [move["version"] if isinstance(move, dict) else move for move in heard[1:]] == versions
        assert await program.end() == []


async def test_a_refused_topic_rejects_nobody_else(node: Node, user: User, proxy: Proxy) -> None:
    generation = await user.submit(scheduled_at=FAR)
    source = """
        const whole = seen(darkroom.watch(given.id));
        await seen(darkroom.watch(given.unknown)).catch(refused);
        await seen(darkroom.watch("no uuid")).catch(refused);
        await whole;
    """
    async with node(source, id=generation["id"], unknown=str(uuid4())) as program:
        heard = [await program.hear() for _ in range(3)]
        (move,) = [one for one in heard if "version" in one]
        unknown, misnamed = [one for one in heard if "version" not in one]
        assert move["version"] == 1
        assert (unknown["status"], unknown["type"]) == (404, "/problems/not-found")
        assert (misnamed["status"], misnamed["errors"][0]["field"]) == (422, "topic")
        await develop(user, generation["id"])
        moves = await program.hear_until("over")
        assert [move["version"] for move in moves] == [2, 3, 4, 5]
        assert await program.end() == []
    assert proxy.accepted == 1


async def test_a_hundred_topics_fit_on_a_socket_and_each_once(node: Node, user: User, proxy: Proxy) -> None:
    ids = [one["id"] for one in await asyncio.gather(*(user.submit(scheduled_at=FAR) for _ in range(101)))]
    source = """
        const leave = new AbortController(), { signal } = leave;
        const watches = [...given.ids, given.ids[0]].map((id) => darkroom.watch(id, { signal }));
        say((await Promise.all(watches.map((watch) => watch.next()))).map(({ value }) => value.id));
        const rest = watches.map((watch) => watch.next());
        leave.abort();
        say((await Promise.allSettled(rest)).every(({ reason }) => reason.name === "AbortError"));
    """
    async with node(source, ids=ids) as program:
        assert await program.hear() == [*ids, ids[0]]
        assert await program.end() == [True]
    # The hundred and first has another socket, and so has whoever follows the same again.
    assert proxy.accepted == 2
    await proxy.until(lambda proxy: not proxy.open)


@pytest.mark.parametrize("state", ["open", "refused", "connecting"])
async def test_abort_leaves_nothing_open(node: Node, user: User, proxy: Proxy, state: str) -> None:
    generation = await user.submit(scheduled_at=FAR)
    proxy.closed, proxy.mute = state == "refused", state == "connecting"
    source = """
        const leave = new AbortController(), { signal } = leave;
        const reason = (error) => say(error.name);
        const begun = new Promise((resolve) => {
          const on = { signal, onDropped: resolve };
          for (const each of [darkroom.watch(given.id, on), darkroom.feed(on), darkroom.queue(on)])
            (async () => { for await (const _ of each) resolve(); })().catch(reason);
          if (given.state === "connecting") setImmediate(resolve);
        });
        await begun;
        leave.abort();
        const late = darkroom.watch(given.id, { signal });
        await late.next().catch(reason);
        say((await late.next()).done);
    """
    async with node(source, id=generation["id"], state=state) as program:
        assert await program.end() == ["AbortError", "AbortError", "AbortError", "AbortError", True]
    await proxy.until(lambda proxy: not proxy.open)
