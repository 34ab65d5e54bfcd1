"""Keys, tokens and requests from Node, against the real doors."""

from typing import Any
from uuid import uuid4

from tests.api.test_feed import FAR
from tests.api.test_socket_expiry import token
from tests.darkroom import User
from tests.javascript.conftest import Node
from tests.javascript.proxy import Proxy

WATCH = "await seen(darkroom.watch(given.id)).catch(refused);"


async def test_a_wrong_key_ends_with_its_problem(node: Node, user: User, proxy: Proxy) -> None:
    generation = await user.submit()
    async with node(WATCH, id=generation["id"], token="dk_nobodys") as program:
        (problem,) = await program.end()
        assert (problem["status"], problem["type"]) == (401, "/problems/unauthorized")
    assert proxy.accepted == 1


async def test_a_token_that_expires_is_followed_by_a_fresh_one(node: Node, user: User) -> None:
    generation = await user.submit(scheduled_at=FAR)
    source = """
        const tokens = [...given.tokens];
        const on = { onSubscribed: () => say("subscribed"), onDropped: (why) => say({ why }) };
        await seen(new Darkroom({ url: given.url, getToken: () => tokens.shift() }).watch(given.id, on));
    """
    async with node(source, id=generation["id"], tokens=[token(user, 1), token(user, 3600)]) as program:
        heard: list[Any] = []
        while not (dropped := [one["why"] for one in heard if "why" in one]) or heard[-1] != "subscribed":
            heard.append(await program.hear())
        assert "expired" in dropped[0]
        async with user.http.post(f"/v1/generations/{generation['id']}/cancel") as answer:
            assert answer.status == 200
        heard += await program.hear_until("over")
        assert [one["version"] for one in heard if "version" in one] == [1, 2]
        assert await program.end() == []


async def test_a_lost_answer_is_asked_for_again_and_bought_once(node: Node, user: User, proxy: Proxy) -> None:
    proxy.lose_answers = 2
    source = """say((await darkroom.submit({ prompt: "a lighthouse", scheduled_at: given.at })).id);"""
    async with node(source, at=FAR) as program:
        (id_,) = await program.end()
    async with user.http.get(f"/v1/generations/{id_}") as answer:
        assert answer.status == 200
    assert proxy.accepted == 3
    assert await user.rows() == 1


async def test_the_other_requests(node: Node, user: User) -> None:
    source = """
        const options = { idempotencyKey: "mine" };
        const { id } = await darkroom.submit({ prompt: "a", scheduled_at: given.at }, options);
        say((await darkroom.submit({ prompt: "a", scheduled_at: given.at }, options)).id === id);
        const { items, next_cursor } = await darkroom.list({ status: "pending", limit: 5, cursor: undefined });
        say([items.map((item) => item.id === id), next_cursor]);
        say([(await darkroom.get(id)).status, (await darkroom.cancel(id)).status, (await darkroom.retry(id)).status]);
        await darkroom.get(given.unknown).catch(refused);
        await darkroom.submit({ prompt: "a", width: 5000 }).catch(refused);
        await darkroom.submit({ prompt: "a" }, { signal: AbortSignal.abort() }).catch(({ name }) => say(name));
    """
    async with node(source, at=FAR, unknown=str(uuid4())) as program:
        replayed, listed, statuses, unknown, too_wide, aborted = await program.end()
        assert replayed is True
        assert listed == [[True], None]
        assert statuses == ["pending", "cancelled", "queued"]
        assert (unknown["status"], unknown["title"]) == (404, "There is no such thing here")
        assert (too_wide["status"], too_wide["errors"][0]["field"]) == (422, "width")
        assert aborted == "AbortError"
    assert await user.rows() == 1


async def test_what_cannot_be_meant_is_refused_at_once(node: Node) -> None:
    source = """
        const wrong = [
          () => new Darkroom({ url: "darkroom.example.com", token: "t" }),
          () => new Darkroom({ url: given.url }),
          () => darkroom.watch(given.id, { after: -1 }),
          () => darkroom.watch("x".repeat(100)),
        ];
        for (const call of wrong) try { call(); } catch (error) { say([error.name, error.message.split(":")[0]]); }
    """
    async with node(source) as program:
        assert await program.end() == [["TypeError", name] for name in ("url", "token", "after", "id")]
