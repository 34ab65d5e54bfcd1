"""Feeds, batches and the queue from Node: endless, resumed without a gap, and never holding up each other."""

from typing import Any

from tests.api.test_feed import FAR, batched
from tests.api.test_verbs import ask, completed
from tests.darkroom import User
from tests.javascript.conftest import Node
from tests.javascript.program import Program
from tests.javascript.proxy import Proxy

ALL = [1, 2, 3, 4]
FEED = """
const on = { onSubscribed: () => say("subscribed"), onDropped: () => say("dropped"), onReset: () => say("reset") };
for await (const { id, status, version, cursor } of darkroom.feed({ after: given.after, ...on }))
  say({ id, status, version, cursor });
"""


async def hear_completed(program: Program, count: int) -> dict[str, list[int]]:
    """Hear until so many generations are completed; the versions of each, in the order in which they came."""
    seen: dict[str, list[int]] = {}
    while count:
        said = await program.hear()
        if isinstance(said, dict):
            seen.setdefault(said["id"], []).append(said["version"])
            count -= said["status"] == "completed"
    return seen


async def test_a_feed_that_is_cut_again_and_again_has_no_gap(node: Node, user: User, proxy: Proxy) -> None:
    async with node(FEED) as program:
        assert await program.hear() == "subscribed"
        ids = [(await user.submit())["id"]]
        seen = await hear_completed(program, 1)
        for _ in range(4):
            ids += [(await user.submit())["id"] for _ in range(3)]
            proxy.cut()
        for id_, versions in (await hear_completed(program, 12)).items():
            seen.setdefault(id_, []).extend(versions)
        assert seen == dict.fromkeys(ids, ALL)


async def test_cut_before_anything_came_nothing_is_missed(node: Node, user: User, proxy: Proxy) -> None:
    async with node(FEED) as program:
        assert await program.hear() == "subscribed"
        proxy.cut(close=True)
        generation = await user.submit()
        await completed(user, generation)
        proxy.closed = False
        assert await hear_completed(program, 1) == {generation["id"]: ALL}


async def test_cut_while_what_was_missed_is_being_sent(node: Node, user: User, proxy: Proxy) -> None:
    """Only the last of its frames may carry the cursor of its end: else the rest would be lost."""
    async with node(FEED) as program:
        assert await program.hear() == "subscribed"
        first = await user.submit()
        assert await hear_completed(program, 1) == {first["id"]: ALL}
        proxy.cut(close=True)
        missed = [await user.submit() for _ in range(8)]
        for one in missed:
            await completed(user, one)
        proxy.closed, proxy.most, accepted = False, 10_000, proxy.accepted
        await proxy.until(lambda proxy: bool(proxy.open))
        await proxy.until(lambda proxy: not proxy.open or proxy.accepted > accepted + 1)
        proxy.most = None
        proxy.cut()
        assert await hear_completed(program, 8) == {one["id"]: ALL for one in missed}


async def test_a_cursor_that_was_kept_goes_on_in_another_run(node: Node, user: User) -> None:
    async with node(FEED) as program:
        assert await program.hear() == "subscribed"
        first = await user.submit()
        while (said := await program.hear())["version"] != 4:
            assert said["id"] == first["id"]
    second = await user.submit()
    await completed(user, second)
    async with node(FEED, after=said["cursor"]) as program:
        seen = await hear_completed(program, 1)
        while second["id"] not in seen or seen[second["id"]][-1] != 4:
            seen |= await hear_completed(program, 1)
        assert seen[second["id"]] == ALL
        assert set(seen) <= {first["id"], second["id"]}


async def test_what_cannot_be_resumed_says_so_and_begins_anew(node: Node, user: User) -> None:
    generation = await user.submit(scheduled_at=FAR)
    async with node(FEED, after="ab.1.2:ff") as program:
        assert [await program.hear() for _ in range(2)] == ["subscribed", "reset"]
        said = await program.hear()
        assert (said["id"], said["version"]) == (generation["id"], 1)


async def test_who_reads_slowly_misses_nothing_and_holds_up_nobody(node: Node, user: User) -> None:
    anchor, watched = [(await user.submit(scheduled_at=FAR))["id"] for _ in range(2)]
    source = """
        let full;
        const isFull = new Promise((resolve) => { full = resolve; });
        const feed = darkroom.feed({ onSubscribed: () => say("subscribed"), onDropped: full });
        await feed.next();
        const watched = (async () => {
          for await (const { version } of darkroom.watch(given.watched)) say({ watched: version });
        })();
        await isFull;
        say("full");
        await watched;
        await seen(feed);
    """
    async with node(source, watched=watched, maxWaiting=5) as program:
        assert [await program.hear() for _ in range(2)] == ["subscribed", {"watched": 1}]
        ids = [(await user.submit())["id"] for _ in range(6)]
        assert await program.hear() == "full"
        await ask(user, "POST", {"id": watched}, "/cancel")
        assert await program.hear() == {"watched": 2}
        heard: list[Any] = []
        seen: dict[str, list[int]] = {anchor: [], watched: []}
        while not all(seen.get(id_, [])[-1:] == [4] for id_ in ids):
            heard.append(await program.hear())
            if heard[-1] != "subscribed":
                seen.setdefault(heard[-1]["id"], []).append(heard[-1]["version"])
        assert "subscribed" in heard
        assert {id_: seen[id_] for id_ in ids} == dict.fromkeys(ids, ALL)


async def test_a_batch_with_its_counts(node: Node, user: User) -> None:
    batch_id, members = await batched(user, 2)
    source = """
        const onCounts = ({ pending, cancelled }) => say([pending, cancelled]);
        for await (const { id, status } of darkroom.batch(given.batch, { onCounts })) say({ id, status });
    """
    async with node(source, batch=batch_id) as program:
        heard = [await program.hear() for _ in range(3)]
        assert {one["id"] for one in heard if isinstance(one, dict)} == {one["id"] for one in members}
        assert [2, 0] in heard
        await ask(user, "POST", members[0], "/cancel")
        heard = [await program.hear() for _ in range(2)]
        assert {"id": members[0]["id"], "status": "cancelled"} in heard
        assert [1, 1] in heard


async def test_the_queue_shares_the_socket_with_a_feed(node: Node, user: User, proxy: Proxy) -> None:
    source = """
        (async () => { for await (const { id } of darkroom.feed()) say(id); })();
        for await (const { counts, lanes } of darkroom.queue()) say({ counts, lanes });
    """
    generation = await user.submit(scheduled_at=FAR)
    async with node(source) as program:
        heard = [await program.hear() for _ in range(3)]
        assert heard.count(generation["id"]) == 1
        frames = [one for one in heard if isinstance(one, dict)]
        assert len(frames) == 2
        assert all("replicate" in [lane["lane"] for lane in frame["lanes"]] for frame in frames)
    assert proxy.accepted == 1
